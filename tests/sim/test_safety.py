"""The safety layer: each trigger injected in flight, the reaction within a stated time, and what the flight counts as."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import agents
import scenarios
from sim.faults import Fault
from sim.flight import Flight
from sim.record.plot import write_plot
from sim.record.reader import read_flight
from sim.record.refly import verify
from sim.record.writer import FlightLog
from sim.safety_spec import Safety
from sim.scenario import Limits, Scenario
from sim.simulator import Simulator
from sim.types import MAX_SPEED, POSITION, VELOCITY, Event, Outcome
from tests.builders import HOVER, goal, place, scenario

AWAY = goal(60.0, 30.0)
"""A goal that nothing here leads to."""
EXAMPLE = Path(__file__).parents[2] / "examples" / "safety.toml"


def spec(**changes: Any) -> Safety:
    table = {
        "altitude_min_m": 0.0,
        "return_altitude_m": 2.0,
        "return_by": "straight",
        "geofence_action": "hold",
        **changes,
    }
    return Safety.model_validate(table)


def zone(x: float, y: float, radius: float) -> dict[str, Any]:
    return {"kind": "circle", "center_m": [x, y], "radius_m": radius, "low_m": 0.0, "high_m": 9.0}


def example(**safety: Any) -> Scenario:
    loaded = scenarios.load(str(EXAMPLE))
    assert isinstance(loaded, Scenario)
    assert loaded.safety is not None
    return loaded.model_copy(update={"safety": loaded.safety.model_copy(update=safety)})


@contextmanager
def flown(flight: Flight) -> Iterator[Flight]:
    try:
        yield flight
    finally:
        flight.close()


def steered(flight: Flight, velocity: tuple[float, float, float], seconds: float) -> list[Event]:
    """Command one velocity until the time is over or the flight is; what happened."""
    action = np.array([*velocity, 0.0], dtype=np.float32) / MAX_SPEED
    events: list[Event] = []
    for _ in range(round(15 * seconds)):
        if flight.outcome is None:
            events += flight.advance(action).events
    return events


def names(events: list[Event]) -> list[str]:
    return [event.name for event in events]


# --- Ahead of a breach.


@pytest.mark.parametrize("speed", [2.0, 5.0, 12.0])
@pytest.mark.parametrize("bearing", [0.0, 0.6])
def test_full_speed_at_a_fence_stops_before_it(speed: float, bearing: float) -> None:
    area = {**zone(20.0, 0.0, 1.0), "radius_m": 19.0}
    changes = {"speed_limit_m_s": speed, "safety": spec(geofence=[area]), "task": AWAY}
    with flown(Flight(scenario(**changes), camera=False)) as flight:
        events = steered(
            flight, (speed * np.cos(bearing), speed * np.sin(bearing), 0.0), max(60.0 / speed, 10.0)
        )
        assert flight.outcome is None
        away = np.linalg.norm(flight.simulator.body[:2] - [20.0, 0.0])
        assert 17.0 < away < 19.0
        assert "fence_avoided" in names(events)
        assert "geofence_breach" not in names(events)


def test_a_zone_is_slid_along_and_never_entered() -> None:
    changes = {"task": AWAY, "safety": spec(no_fly=[zone(15.0, 1.0, 3.0)])}
    with flown(Flight(scenario(**changes), camera=False)) as flight:
        events = steered(flight, (5.0, 0.0, 0.0), 6.0)
        assert "no_fly_zone" not in names(events)
        assert flight.simulator.body[0] > 20.0


@pytest.mark.parametrize(("climb", "edge"), [(4.0, 3.0), (-4.0, 0.9)])
def test_altitude_limits_hold_back_climb_and_descent(climb: float, edge: float) -> None:
    changes = {"limits": Limits(altitude_max_m=3.0), "safety": spec(altitude_min_m=0.9)}
    with flown(Flight(scenario(**changes), camera=False)) as flight:
        steered(flight, (3.0, 0.0, 0.0), 3.0)  # Away from home, where the least altitude binds.
        events = steered(flight, (0.0, 0.0, climb), 5.0)
        assert flight.outcome is None
        assert "fence_avoided" in names(events)
        assert abs(flight.simulator.body[2] - edge) < 0.8


def test_rotor_and_rate_commands_are_taken_from_the_pilot_before_a_fence() -> None:
    area = zone(20.0, 0.0, 19.0)
    pitched = np.array([0.05, 0.0, 0.08, 0.0], dtype=np.float32)
    flight = Flight(
        scenario(task=AWAY, safety=spec(geofence=[area]), limits=Limits(altitude_max_m=40.0)),
        action="body_rate",
        camera=False,
    )
    with flown(flight):
        for step in range(15 * 8):
            flight.advance(pitched if step < 8 else 0.0 * pitched)
            if flight.outcome is not None:
                break
        assert flight.outcome is None
        assert flight.simulator.body[0] > 25.0  # It did go there.


def test_without_a_table_nothing_is_watched_and_flights_are_as_they_were() -> None:
    watched = spec(geofence=[zone(20.0, 0.0, 200.0)])
    ends = []
    for safety in (None, watched):
        with flown(Flight(scenario(safety=safety), camera=False)) as flight:
            steered(flight, (3.0, 1.0, 0.1), 4.0)
            ends.append(flight.simulator.body.copy())
            assert (flight.simulator.safety is None) == (safety is None)
    assert np.array_equal(*ends)  # A layer that has nothing to say changes nothing either.


# --- After a breach, in truth and by the estimate.


@pytest.mark.parametrize(
    ("safety", "where", "outcome"),
    [
        (spec(geofence=[zone(5.0, 0.0, 6.0)]), (15.0, 0.0, 1.5), Outcome.GEOFENCE_BREACH),
        (spec(no_fly=[zone(15.0, 0.0, 2.0)]), (15.0, 0.0, 1.5), Outcome.NO_FLY_ZONE),
        (spec(altitude_min_m=1.0), (15.0, 0.0, 0.6), Outcome.ALTITUDE_BREACH),
    ],
)
def test_a_true_breach_ends_the_flight(
    safety: Safety, where: tuple[float, float, float], outcome: Outcome
) -> None:
    with flown(Flight(scenario(safety=safety), camera=False)) as flight:
        place(flight.simulator, where)
        flight.advance(HOVER)
        assert flight.outcome is outcome


@pytest.mark.parametrize("action", ["warning", "hold", "return", "land"])
def test_an_estimate_beyond_the_fence_is_reacted_to(action: str) -> None:
    """The estimate jumps across the fence, as after a wrong position fix; the drone itself stays within."""
    safety = spec(geofence=[zone(5.0, 0.0, 12.0)], geofence_action=action)
    with flown(Flight(scenario(safety=safety), camera=False)) as flight:
        steered(flight, (2.0, 0.0, 0.0), 2.0)
        flight.simulator.plant["position_error"][0, 0] += 15.0
        steered(flight, (0.0, 0.0, 0.0), 0.2)
        first = names(list(flight.result().events))
        assert "geofence_breach" in first  # Within 0.2 s.
        assert (f"failsafe_{action}" in first) == (action != "warning")


# --- Failures at a mission point.


def until_first_site(flight: Flight, act: Callable[[Any], Any]) -> None:
    while flight.outcome is None:
        step = flight.advance(act(flight.observation()).action)
        if "site_visited" in names(list(step.events)):
            return
    raise AssertionError(f"no site was visited: {flight.outcome}")


def react(
    flown_scenario: Scenario, fault: list[dict[str, Any]], reaction: str, within: float
) -> tuple[Flight, float]:
    """Fly to the first site, inject, fly on to the end; the time from the injection to the reaction."""
    flight, pilot = Flight(flown_scenario), agents.load_pilot("teacher")
    try:
        pilot.reset(flight)
        until_first_site(flight, pilot.act)
        began = flight.simulator.time
        for one in fault:
            flight.inject(Fault.model_validate({"time_s": 0.0, **one}))
        while flight.outcome is None:
            flight.advance(pilot.act(flight.observation()).action)
        times = [event.time for event in flight.result().events if event.name == reaction]
        assert times, [event.name for event in flight.result().events]
        assert times[0] - began <= within
        return flight, began
    finally:
        flight.close()


@pytest.mark.slow
def test_a_critical_battery_brings_the_drone_home_at_once() -> None:
    drain = [{"component": "battery", "kind": "wrong", "value": 0.24}]
    flight, _ = react(example(), drain, "failsafe_return", within=0.1)
    assert flight.outcome is Outcome.FAILSAFE_LANDED
    assert not flight.result().success
    here = flight.simulator.body[POSITION][:2]
    assert np.linalg.norm(here - [28.0, -14.0]) < 1.0  # The rally point was nearer than home.
    assert flight.result().prize > 0.0  # What was earned was earned.


def test_an_emergency_battery_lands_where_it_is() -> None:
    drain = [{"component": "battery", "kind": "wrong", "value": 0.09}]
    flight, began = react(example(), drain, "failsafe_land", within=0.1)
    assert flight.outcome is Outcome.FAILSAFE_LANDED
    assert flight.simulator.time - began < 6.0
    assert np.linalg.norm(flight.simulator.body[POSITION][:2] - [30.0, 6.0]) < 4.0


@pytest.mark.slow
def test_a_low_battery_is_a_warning_and_no_more() -> None:
    drain = [{"component": "battery", "kind": "wrong", "value": 0.39}]
    flight, _ = react(example(battery=spec(battery={"low": 0.4, "critical": 0.02, "emergency": 0.01}).battery), drain, "battery_low", within=0.1)  # fmt: skip
    assert flight.outcome in (Outcome.SUCCESS, Outcome.RESERVE_VIOLATED)


@pytest.mark.slow
def test_a_black_camera_sends_the_drone_home() -> None:
    flight, _ = react(example(), [{"component": "camera", "kind": "off"}], "failsafe_return", 0.7)
    assert flight.outcome is Outcome.FAILSAFE_LANDED


@pytest.mark.slow
def test_a_frozen_camera_is_noticed_too() -> None:
    flight, _ = react(example(), [{"component": "camera", "kind": "stuck"}], "camera_lost", 0.8)
    assert flight.outcome is Outcome.FAILSAFE_LANDED


@pytest.mark.slow
def test_lost_depth_is_a_lost_camera_and_holding_ends_when_it_is_back() -> None:
    loss = spec(camera_loss={"after_s": 0.5, "action": "hold"}).camera_loss
    flight, pilot = Flight(example(camera_loss=loss)), agents.load_pilot("teacher")
    with flown(flight):
        pilot.reset(flight)
        until_first_site(flight, pilot.act)
        flight.inject(Fault(time_s=0.0, component="depth", kind="off"))
        held = []
        for _ in range(45):
            held += flight.advance(pilot.act(flight.observation()).action).events
        assert "failsafe_hold" in names(held)
        assert np.linalg.norm(flight.simulator.body[VELOCITY]) < 0.5  # It stands after 3 s.
        flight.inject(Fault(time_s=0.0, component="depth", kind="ok"))
        while flight.outcome is None:
            flight.advance(pilot.act(flight.observation()).action)
        assert "failsafe_released" in names(list(flight.result().events))
        assert flight.outcome is Outcome.SUCCESS  # What only held was saved by nobody.


@pytest.mark.slow
def test_a_lost_position_lands_where_it_is() -> None:
    gone = [{"component": "gps", "kind": "off"}, {"component": "vio", "kind": "off"}]
    flight, _ = react(example(), gone, "failsafe_land", within=12.0)
    assert flight.outcome is Outcome.FAILSAFE_LANDED


@pytest.mark.slow
def test_a_return_along_the_track_keeps_to_the_way_that_was_flown() -> None:
    """The straight way home leads through the no-fly zone; the way flown does not."""
    drain = [{"component": "battery", "kind": "wrong", "value": 0.24}]
    flight, _ = react(example(return_by="track", rally_m=()), drain, "failsafe_return", 0.1)
    assert flight.outcome is Outcome.FAILSAFE_LANDED
    assert np.linalg.norm(flight.simulator.body[POSITION][:2]) < 1.0


@pytest.mark.slow
def test_a_straight_return_climbs_first_and_goes_around_the_zone() -> None:
    drain = [{"component": "battery", "kind": "wrong", "value": 0.24}]
    flight, _ = react(example(rally_m=()), drain, "failsafe_return", 0.1)
    assert flight.outcome is Outcome.FAILSAFE_LANDED
    assert np.linalg.norm(flight.simulator.body[POSITION][:2]) < 1.0


def test_a_snapshot_holds_the_layer() -> None:
    with flown(Flight(example(), camera=False)) as flight:
        steered(flight, (3.0, 0.0, 0.0), 2.0)
        saved = flight.simulator.save()
        first = steered(flight, (3.0, 1.0, 0.0), 2.0)
        body = flight.simulator.body.copy()
        flight.simulator.restore(saved)
        again = steered(flight, (3.0, 1.0, 0.0), 2.0)
        assert np.array_equal(flight.simulator.body, body)
        assert first == again


@pytest.mark.slow
def test_a_flight_with_fences_flies_again_bit_for_bit_and_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "flight.mcap"
    with FlightLog(path, example(), {"pilot": "classical"}) as log:
        result = agents.fly(example(), agents.load_pilot("classical"), log)
    assert result.outcome is Outcome.SUCCESS
    assert "fence_avoided" in names(list(result.events))
    assert verify(path, lambda flight: Simulator(flight.scenario)).equal
    write_plot(read_flight(path), tmp_path / "flight.png")
    assert (tmp_path / "flight.png").stat().st_size > 10_000
