"""Faults do what they say, end when told, are logged, and are part of snapshots and re-flights."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from agents import fly, load_pilot
from sim.fault_board import injected_fault
from sim.faults import MEANINGS, Fault, components
from sim.flight import Flight
from sim.physics.plant import new_plant, noise_size, tick
from sim.physics.vehicle import load_vehicle, vehicle_record
from sim.record.reader import read_flight
from sim.record.refly import verify
from sim.record.writer import FlightLog
from sim.scenario import Limits, Scenario, Start
from sim.sensing.settings import Sensors
from sim.simulator import Simulator
from sim.types import POSITION, Decision, Event, Outcome
from tests.builders import (
    HEIGHT,
    HOVER,
    breeze,
    flying,
    goal,
    grainy,
    mission,
    rough_walk,
    scenario,
    simulating,
    trunk,
    wall,
    world,
)
from tests.laws.sensed_flight import nominal

THINGS = (trunk(12.0, 1.5), trunk(15.0, -2.0), wall(20.0, 0.0, (1.0, 12.0)))


def fault(component: str, kind: str, value: Any = None, at: float = 0.0, **which: Any) -> Fault:
    table = {"time_s": at, "component": component, "kind": kind, "value": value, **which}
    return Fault.model_validate(table)


def fused(**changes: Any) -> Scenario:
    """A flight on the nominal sensors."""
    return scenario(odometry=None, sensors=Sensors.model_validate(nominal()), **changes)


def faults_in(events: tuple[Event, ...]) -> list[tuple[float, str, str]]:
    return [
        (round(event.time, 3), event.name, f"{event.detail['component']} {event.detail['kind']}")
        for event in events
        if event.name.startswith("fault_")
    ]


# --- Motors.


@pytest.mark.parametrize("motor", [0, 1, 2, 3])
@pytest.mark.parametrize(("kind", "share"), [("wrong", 0.64), ("wrong", 1.0), ("off", 0.0)])
def test_a_motor_keeps_its_share_of_the_commanded_thrust(
    motor: int, kind: str, share: float
) -> None:
    """Thrust goes with the square of the speed; the other motors do what they did."""
    flight, vehicle = scenario(), load_vehicle("trident_1kg")
    with simulating(flight) as simulator:
        simulator.inject(fault("motor", kind, share if kind == "wrong" else None, motor=motor))
        simulator.faults.begin(0.0, simulator.plant, simulator.image)
        failed = simulator.plant.copy()
    sound, params = new_plant(vehicle, flight), vehicle_record(vehicle, flight)
    body = sound["estimate"][0].copy()
    body[9] = -0.5
    for plant in (sound, failed):
        tick(plant, params, body, np.zeros(noise_size(flight)), np.zeros(6))
    ratio = (failed["rotor_target"][0] / sound["rotor_target"][0]) ** 2
    expected = np.ones(4)
    expected[motor] = share
    assert ratio == pytest.approx(expected, abs=1e-12)


def test_a_motor_that_is_off_runs_down_with_its_time_constant_and_the_drone_falls() -> None:
    high = {"start": Start(position_m=(5.0, 0.0, 2.5), yaw_rad=0.0)}
    with flying(scenario(**high)) as flight:
        speed = float(flight.simulator.plant["rotor_truth"][0, 1])
        flight.inject(fault("motor", "off", motor=1))
        flight.advance(HOVER)
        lag = load_vehicle("trident_1kg").rotor_lag
        found = float(flight.simulator.plant["rotor_truth"][0, 1])
        assert found == pytest.approx(speed * np.exp(-1 / 15 / lag))
        while flight.outcome is None:
            flight.advance(HOVER)
        assert flight.outcome is Outcome.COLLISION
        assert flight.simulator.time < 3.0


def test_a_weak_motor_tips_the_drone_and_a_mended_one_flies_as_before() -> None:
    with flying(scenario()) as flight:
        flight.inject(fault("motor", "wrong", 0.6, motor=0))
        for _ in range(8):
            flight.advance(HOVER)
        tilt = np.abs(flight.simulator.body[3:5]).max()
        assert tilt > 0.01
        flight.inject(fault("motor", "ok", motor=0))
        for _ in range(60):
            flight.advance(HOVER)
        assert np.abs(flight.simulator.body[3:5]).max() < tilt / 10
        assert (flight.simulator.plant["motor_share"] == 1.0).all()


# --- Battery.


def test_a_battery_drops_to_its_share_and_gives_back_what_the_fault_took() -> None:
    with flying(scenario()) as flight:
        flight.advance(HOVER)
        voltage = float(flight.simulator.plant["voltage"][0])
        flight.inject(fault("battery", "wrong", 0.3))
        flight.advance(HOVER)
        energy = float(flight.simulator.plant["energy_used_wh"][0])
        assert 0.299 < flight.simulator.battery < 0.3
        assert flight.simulator.plant["voltage"][0] < 0.95 * voltage
        flight.inject(fault("battery", "ok"))
        flight.advance(HOVER)
        assert flight.simulator.battery == pytest.approx(1 - energy / 20.0, abs=1e-3)
        # What a fault takes is no energy flown with.
        assert flight.result().energy_wh < 1.0


def test_a_share_above_what_is_left_takes_nothing() -> None:
    with flying(scenario()) as flight:
        flight.advance(HOVER)
        flight.inject(fault("battery", "wrong", 1.0))
        flight.advance(HOVER)
        assert flight.simulator.plant["charge_lost_wh"][0] < 0.02


def test_a_battery_that_is_off_ends_the_flight() -> None:
    with flying(scenario()) as flight:
        flight.inject(fault("battery", "off"))
        assert flight.advance(HOVER).outcome is Outcome.BATTERY_EMPTY


# --- Camera and depth: the same flight with a sound camera beside it.


def seen(*faults: Fault, steps: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Images after each step, the first before any: with a sound camera, and with the faults."""
    both = []
    for schedule in ((), faults):
        images = []
        with simulating(
            scenario(world=world(*THINGS), camera=grainy(), faults=schedule)
        ) as simulator:
            images.append(simulator.image.copy())
            for action in rough_walk(steps):
                simulator.step(action)
                images.append(simulator.image.copy())
        both.append(np.array(images))
    return both[0], both[1]


def frozen(kind: str, value: Any = None, component: str = "camera") -> tuple[Fault, Fault]:
    """From step 6 to step 16: images 7 to 16 are what the fault makes of them."""
    return fault(component, kind, value, at=0.4), fault(component, "ok", at=16 / 15)


def test_a_camera_that_is_off_shows_nothing_and_one_that_is_on_again_what_there_is() -> None:
    sound, failed = seen(*frozen("off"))
    assert not failed[7:17].any()
    np.testing.assert_array_equal(np.delete(failed, range(7, 17), 0), np.delete(sound, range(7, 17), 0))  # fmt: skip


def test_a_stuck_camera_shows_what_it_saw_last() -> None:
    sound, failed = seen(*frozen("stuck"))
    np.testing.assert_array_equal(failed[7:17], np.repeat(sound[6:7], 10, axis=0))
    np.testing.assert_array_equal(failed[17:], sound[17:])


def test_a_delayed_camera_stalls_and_then_shows_what_was() -> None:
    sound, failed = seen(*frozen("delayed", 0.2))
    np.testing.assert_array_equal(failed[7:10], np.repeat(sound[6:7], 3, axis=0))
    np.testing.assert_array_equal(failed[10:17], sound[7:14])
    np.testing.assert_array_equal(failed[17:], sound[17:])


def test_an_intermittent_camera_stalls_every_other_time() -> None:
    sound, failed = seen(*frozen("intermittent", 0.2))
    np.testing.assert_array_equal(failed[7:10], np.repeat(sound[6:7], 3, axis=0))
    np.testing.assert_array_equal(failed[10:13], sound[10:13])
    np.testing.assert_array_equal(failed[13:16], np.repeat(sound[12:13], 3, axis=0))


@pytest.mark.parametrize("kind", ["off", "stuck", "garbage"])
def test_a_fault_of_the_depth_leaves_the_colours(kind: str) -> None:
    sound, failed = seen(*frozen(kind, component="depth"))
    np.testing.assert_array_equal(failed[:, :3], sound[:, :3])
    np.testing.assert_array_equal(failed[17:], sound[17:])
    depth = failed[7:17, 3]
    if kind == "off":
        assert not depth.any()
    elif kind == "stuck":
        np.testing.assert_array_equal(depth, np.repeat(sound[6:7, 3], 10, axis=0))
    else:
        # All codes alike often: 256 bins of 120 each, and none of it the world's.
        counts = np.bincount(depth.ravel(), minlength=256)
        assert ((counts > 60) & (counts < 190)).all()
        assert abs(np.corrcoef(depth[0].ravel(), depth[1].ravel())[0, 1]) < 0.1


def test_faults_of_camera_and_depth_add_up() -> None:
    sound, failed = seen(*frozen("stuck"), *frozen("off", component="depth"))
    np.testing.assert_array_equal(failed[7:17, :3], np.repeat(sound[6:7, :3], 10, axis=0))
    assert not failed[7:17, 3].any()


def test_the_history_remembers_what_a_failing_camera_showed() -> None:
    with simulating(scenario(world=world(*THINGS), faults=(fault("camera", "off"),))) as simulator:
        for _ in range(14):
            simulator.step(HOVER)
        assert not simulator.observe()["history"].any()


# --- Schedule, injection and events.


def test_each_begin_and_end_is_an_event_of_its_step() -> None:
    schedule = (
        fault("depth", "ok", at=0.55),
        fault("depth", "off", at=0.2),
        fault("camera", "stuck", at=0.3),
    )
    with flying(scenario(faults=schedule)) as flight:
        events: list[Event] = []
        for step in range(12):
            if step == 4:
                flight.inject(fault("motor", "wrong", 0.9, motor=3))
            new = flight.advance(HOVER).events
            assert all(event.time == pytest.approx(step / 15) for event in new)
            events += new
        assert faults_in(tuple(events)) == [
            (0.2, "fault_began", "depth off"),
            (round(4 / 15, 3), "fault_began", "motor wrong"),
            (round(5 / 15, 3), "fault_began", "camera stuck"),
            (0.6, "fault_ended", "depth ok"),
        ]
        assert faults_in(flight.result().events) == faults_in(tuple(events))
        motor = injected_fault(events[1])
        assert motor is not None
        assert (motor.motor, motor.value) == (3, 0.9)
        assert injected_fault(events[0]) is None
        flight.reset()
        assert faults_in(flight.result().events) == []
        assert (flight.simulator.plant["motor_share"] == 1.0).all()


def test_an_injected_ok_ends_a_scheduled_fault_and_takes_its_end_away() -> None:
    schedule = (fault("camera", "off", at=0.0), fault("camera", "ok", at=0.4))
    with flying(scenario(faults=schedule)) as flight:
        flight.advance(HOVER)
        flight.inject(fault("camera", "ok"))
        for _ in range(8):
            flight.advance(HOVER)
        assert [name for _, name, _ in faults_in(flight.result().events)] == ["fault_began", "fault_ended"]  # fmt: skip
        assert flight.simulator.image.any()


def test_what_cannot_be_injected_is_an_error_and_changes_nothing() -> None:
    with flying(scenario()) as flight:
        with pytest.raises(ValueError, match="senses with \\[odometry\\]; choose motor, battery"):
            flight.inject(fault("gps", "off"))
        with pytest.raises(ValueError, match="camera ok at 0 s: it has no fault to end"):
            flight.inject(fault("camera", "ok"))
        flight.inject(fault("camera", "off"))
        with pytest.raises(ValueError, match=r"camera stuck.*off since 0 s.*injected.*'ok'"):
            flight.inject(fault("camera", "stuck"))
        assert faults_in(flight.advance(HOVER).events) == [(0.0, "fault_began", "camera off")]


# --- Snapshots and logs.

EVERYTHING = (
    fault("motor", "wrong", 0.9, motor=1),
    fault("battery", "wrong", 0.6),
    fault("camera", "delayed", 0.3),
    fault("depth", "garbage"),
    fault("gyro", "wrong", (0.01, 0.0, -0.01)),
    fault("accel", "wrong", (0.1, 0.0, 0.0)),
    fault("gps", "wrong", (2.0, 0.0, 0.0), at=0.2),
    fault("baro", "delayed", 0.2, at=0.4),
    fault("distance_sensor", "stuck", at=0.5),
    fault("vio", "intermittent", 0.3),
    fault("gps", "ok", at=1.5),
    fault("camera", "ok", at=2.0),
)


def everything() -> Scenario:
    return fused(
        world=world(*THINGS),
        weather=breeze(),
        camera=grainy(delay_ticks=24),
        faults=EVERYTHING,
        limits=Limits(altitude_max_m=5.5),
    )


def trace(simulator: Simulator, actions: np.ndarray) -> list[np.ndarray]:
    found = []
    for action in actions:
        found.append(simulator.step(action))
        found += [*simulator.observe().values(), np.array([simulator.battery])]
        found.append(simulator.plant["estimate"].copy())
    return found


def test_a_flight_restored_amid_its_faults_continues_bit_for_bit() -> None:
    actions = rough_walk(60)
    with simulating(everything()) as simulator:
        trace(simulator, actions[:18])
        simulator.inject(fault("motor", "wrong", 0.95, motor=2))
        snapshot = simulator.save()
        first, events = trace(simulator, actions[18:]), list(simulator.faults.events)
        for _ in range(2):
            simulator.restore(snapshot)
            for one, other in zip(first, trace(simulator, actions[18:]), strict=True):
                np.testing.assert_array_equal(one, other)
            assert simulator.faults.events == events
        simulator.reset()
        again = trace(simulator, actions[:18])
        simulator.reset()
        for one, other in zip(again, trace(simulator, actions[:18]), strict=True):
            np.testing.assert_array_equal(one, other)


def record(flight: Flight, path: Path, inject: dict[int, list[Fault]]) -> None:
    with FlightLog(path, flight.scenario, {}) as log:
        observation = flight.observation()
        for step, action in enumerate(rough_walk(40)):
            time = flight.simulator.time
            for each in inject.get(step, ()):
                flight.inject(each)
            done = flight.advance(action)
            log.step(time, action, done.ticks, observation, Decision(action), done.events)
            observation = flight.observation()
            if done.outcome is not None:
                break
        log.close(flight.result(interrupted=True))


def test_a_log_with_faults_flies_again_bit_for_bit(tmp_path: Path) -> None:
    injected = {
        3: [fault("motor", "wrong", 0.93, motor=0), fault("battery", "ok")],
        9: [fault("motor", "ok", motor=0)],
        20: [fault("depth", "ok")],
        25: [fault("vio", "ok"), fault("camera", "ok")],
    }
    with flying(everything()) as flight:
        record(flight, tmp_path / "flight.mcap", injected)
    logged = read_flight(tmp_path / "flight.mcap")
    assert sum(injected_fault(event) is not None for event in logged.events) == 6
    assert logged.scenario.faults == EVERYTHING
    verification = verify(
        tmp_path / "flight.mcap", lambda log: Simulator(log.scenario, action=log.action_level)
    )
    assert verification.equal, verification
    assert verification.steps > 30
    # And they are what makes it equal: re-flown without the injected ones it is another flight.
    assert not verify(tmp_path / "flight.mcap", lambda log: _Deaf(log.scenario)).equal


class _Deaf(Simulator):
    """Does not hear of injected faults."""

    def inject(self, fault: Fault) -> None:
        """Nothing."""


# --- Flying on fused sensors.


def test_hovering_on_fused_sensors_stays_where_it_is() -> None:
    with flying(fused(weather=breeze())) as flight:
        for _ in range(150):
            flight.advance(HOVER)
        away = flight.simulator.body[POSITION] - (5.0, 0.0, HEIGHT)
        # The autopilot holds velocity, not place: half a metre is what gusts and a noisy velocity make of 10 s.
        assert np.linalg.norm(away) < 0.6
        estimate = flight.simulator.estimate
        assert np.linalg.norm(estimate.position_world - flight.simulator.body[POSITION]) < 0.3


def test_the_teacher_flies_a_mission_at_five_metres_a_second_on_fused_sensors() -> None:
    there = mission(
        {"x": 25.0, "y": 6.0, "mandatory": True},
        {"x": 35.0, "y": -8.0, "mandatory": True},
        things=(trunk(12.0, 1.5), trunk(16.0, -2.0), trunk(24.0, 1.0)),
        odometry=None,
        sensors=Sensors.model_validate(nominal()),
        weather=breeze(),
        camera=grainy(),
    )
    result = fly(there, load_pilot("teacher"))
    assert result.success, result


def test_a_flight_that_is_blind_and_lost_ends_without_an_exception() -> None:
    failed = (fault("gyro", "off", at=1.0), fault("accel", "garbage", 30.0, at=1.0))
    with flying(fused(faults=failed, task=goal(x=45.0))) as flight:
        while flight.outcome is None:
            flight.advance(np.array([0.4, 0.0, 0.0, 0.0]))
        assert flight.outcome in (Outcome.COLLISION, Outcome.ALTITUDE_BREACH, Outcome.OUT_OF_BOUNDS)


# --- Tables that make no sense.


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"component": "rudder", "kind": "off"}, ["component", "rudder", "'motor'", "'gps'"]),
        ({"component": "camera", "kind": "broken"}, ["kind", "broken", "'stuck'"]),
        ({"component": "camera", "kind": "wrong"}, ["'wrong'", "'camera'", "stuck", "delayed"]),
        ({"component": "motor", "kind": "off"}, ["motor = None", "0, 1, 2, 3"]),
        ({"component": "motor", "kind": "off", "motor": 4}, ["motor", "4", "0, 1, 2 or 3"]),
        ({"component": "gps", "kind": "off", "motor": 1}, ["motor = 1", "'gps'"]),
        ({"component": "motor", "motor": 1, "kind": "wrong"}, ["value = None", "share from 0 to 1"]),
        ({"component": "motor", "motor": 1, "kind": "wrong", "value": 1.5}, ["1.5", "share"]),
        ({"component": "camera", "kind": "delayed", "value": 0}, ["value = 0", "above 0 s"]),
        ({"component": "gps", "kind": "wrong", "value": 3.0}, ["value = 3.0", "three numbers"]),
        ({"component": "baro", "kind": "wrong", "value": [1, 2, 3]}, ["value", "a number"]),
        ({"component": "gps", "kind": "garbage", "value": -1}, ["value = -1", "0 or more"]),
        ({"component": "camera", "kind": "off", "value": 1.0}, ["value = 1.0", "no value"]),
        ({"component": "camera", "kind": "off", "time_s": -1.0}, ["time_s", "-1"]),
        ({"component": "camera", "kind": "off", "time_s": float("nan")}, ["time_s", "nan"]),
    ],
)  # fmt: skip
def test_a_fault_that_makes_no_sense(table: dict[str, Any], named: list[str]) -> None:
    with pytest.raises(ValidationError) as raised:
        Fault.model_validate({"time_s": 1.0, **table})
    assert [word for word in named if word not in str(raised.value)] == []


def test_every_component_and_kind_has_a_meaning() -> None:
    everything = Sensors.model_validate(nominal())
    assert set(components(everything)) == set(MEANINGS)
    assert components(None) == ("motor", "battery", "camera", "depth")


@pytest.mark.parametrize(
    ("schedule", "named"),
    [
        (
            (fault("camera", "off", at=2.0), fault("gps", "off", at=1.0), fault("gps", "stuck", at=3.0)),
            ["faults.2", "gps stuck at 3 s", "off since 1 s", "faults.1"],
        ),
        ((fault("gps", "ok", at=1.0),), ["faults.0", "gps ok at 1 s", "no fault to end"]),
        (
            (fault("motor", "off", at=0.0, motor=1), fault("motor", "wrong", 0.5, at=1.0, motor=1)),
            ["faults.1", "motor 1 wrong", "off since 0 s", "faults.0"],
        ),
        ((fault("vio", "off"),), ["faults.0", "'vio'", "gyro, accel, gps", "choose motor, battery"]),
        ((fault("gps", "delayed", 5.0),), ["faults.0", "value = 5.0", "gps delayed", "0.4 s"]),
    ],
)  # fmt: skip
def test_a_schedule_that_cannot_be(schedule: tuple[Fault, ...], named: list[str]) -> None:
    suite = {name: table for name, table in nominal().items() if name != "visual_odometry"}
    with pytest.raises(ValidationError) as raised:
        scenario(odometry=None, sensors=Sensors.model_validate(suite), faults=schedule)
    assert [word for word in named if word not in str(raised.value)] == []


def test_two_motors_and_one_fault_after_another_are_fine() -> None:
    scenario(
        faults=(
            fault("motor", "off", at=0.0, motor=1),
            fault("motor", "off", at=0.0, motor=2),
            fault("motor", "ok", at=1.0, motor=1),
            fault("motor", "wrong", 0.4, at=1.0, motor=1),
        )
    )


def test_a_scheduled_end_leaves_an_injected_fault_alone() -> None:
    """While what was injected lasts, the plan neither begins nor ends anything on its component."""
    planned = (
        Fault(time_s=0.2, component="motor", motor=1, kind="wrong", value=0.9),
        Fault(time_s=0.4, component="motor", motor=1, kind="ok"),
    )
    flight = Flight(scenario(faults=planned))
    try:
        flight.inject(Fault(time_s=0.0, component="motor", motor=1, kind="wrong", value=0.8))
        for _ in range(12):
            flight.advance(HOVER)
        assert flight.simulator.plant["motor_share"][0, 1] == pytest.approx(np.sqrt(0.8))
        assert [event.name for event in flight.simulator.faults.events] == ["fault_began"]
    finally:
        flight.close()
