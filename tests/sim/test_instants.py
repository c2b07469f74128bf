"""Laws of what films, figures, pages and tables say of one flight: the same instants, clearances and endings, also of a part of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory

from sim.record.captions import captions
from sim.record.clearances import sample_clearances
from sim.record.instants import first_tick, sample_bodies, sample_times, step_ends, tick_times
from sim.record.near_misses import APART, NEAR, NearMisses, near_misses
from sim.record.phases import PHASE_COLORS, phase_color
from sim.record.plot import _draw_height, _draw_phases
from sim.record.plot_map import _draw_movers
from sim.record.reader import Flight, read_flight
from sim.record.route_marks import waypoints_done
from sim.record.step_table import step_table
from sim.record.words import clearance_words, value_words
from sim.record.writer import FlightLog
from sim.types import Decision, Event, Outcome
from sim.world.movers import movers_of
from tests.builders import flying, rough_walk
from tests.sim.test_moving_record import among_movers

LATE = 12
"""Control steps after which the partial log begins."""


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Flight, Flight]:
    """A flight among movers, whole and without its first steps."""
    folder = tmp_path_factory.mktemp("logs")
    with flying(among_movers()) as flight:
        rows = []
        for action in rough_walk(30):
            time, seen = flight.simulator.time, flight.observation()
            step = flight.advance(action)
            rows.append((time, action, step.ticks, seen, Decision(action=action), step.events))
        result = flight.result()
    for name, metadata, part in (("whole", {}, rows), ("part", {"part": "the end"}, rows[LATE:])):
        with FlightLog(folder / f"{name}.mcap", among_movers(), metadata) as log:
            for row in part:
                log.step(*row)
            log.close(result)
    return read_flight(folder / "whole.mcap"), read_flight(folder / "part.mcap")


def test_a_part_of_a_flight_has_the_times_and_clearances_of_the_whole(
    logs: tuple[Flight, Flight],
) -> None:
    whole, part = logs
    assert first_tick(part) == 16 * LATE
    for of in (step_ends, lambda flight: sample_clearances(flight)[1:]):
        np.testing.assert_allclose(of(part), of(whole)[LATE:], atol=1e-12)
    np.testing.assert_allclose(tick_times(part), tick_times(whole)[16 * LATE :], atol=1e-12)
    np.testing.assert_allclose(sample_times(part), sample_times(whole)[LATE:], atol=1e-12)
    # No way is invented from the start to where the log begins.
    assert np.linalg.norm(np.diff(sample_bodies(part)[:2, :3], axis=0)) < 0.5
    assert np.array_equal(step_table(part)["least_clearance_m"], sample_clearances(part)[1:])


def test_the_least_clearance_is_the_results(logs: tuple[Flight, Flight]) -> None:
    whole, _ = logs
    assert whole.result is not None
    assert sample_clearances(whole).min() == whole.result.min_clearance_m


def test_the_figure_of_a_part_has_one_time_axis_and_movers_where_they_were(
    logs: tuple[Flight, Flight],
) -> None:
    _, part = logs
    axes: list[Axes] = [Figure().add_subplot() for _ in range(3)]
    _draw_height(axes[0], part)
    _draw_phases(axes[1], part)
    _draw_movers(axes[2], part)
    times = np.asarray(axes[0].lines[0].get_xdata())
    begin, end = axes[1].get_xlim()
    assert (begin, end) == pytest.approx((LATE / 15, 2.0))
    assert (times[0], times[-1]) == pytest.approx((begin + 1 / 240, end))
    outline = axes[2].collections[1].get_paths()[0].vertices
    where = movers_of(part.scenario).positions_at(16 * 30)[0, :2]
    assert np.asarray(outline).mean(axis=0) == pytest.approx(where, abs=0.05)


def test_a_log_from_mid_flight_writes_movers_where_they_were(logs: tuple[Flight, Flight]) -> None:
    _, part = logs
    movers = movers_of(part.scenario)
    with part.path.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        found = [(m.log_time, s) for _, _, m, s in reader.iter_decoded_messages(topics=["/movers"])]
    for time, scene in found:
        ball = scene.entities[0].spheres[0].pose.position
        wanted = movers.positions_at(round(time * 1e-9 * 240))[0]
        assert (ball.x, ball.y, ball.z) == pytest.approx(wanted, abs=1e-9)
    assert found[1][0] == round((LATE + 1) / 15 * 1e9)


def _crashed(flight: Flight) -> Flight:
    """As a log that ends with a collision, its last step cut short after five ticks, and a visit before it."""
    assert flight.result is not None
    end = len(flight) / 15
    events = (Event(end, "site_visited", {"site": 0}), Event(end, "collision", {"with": "trunk"}))
    result = replace(flight.result, outcome=Outcome.COLLISION, events=events)
    starts = np.append(flight.tick_starts[:-1], flight.tick_starts[-2] + 5)
    return replace(
        flight, tick_starts=starts, poses=flight.poses[: starts[-1]], events=events, result=result
    )


def test_the_last_frames_tell_the_ending(
    logs: tuple[Flight, Flight], monkeypatch: pytest.MonkeyPatch
) -> None:
    crashed = _crashed(logs[0])
    clearance = np.full(len(crashed) + 1, 2.0)
    clearance[-4:] = 0.2, 0.1, 0.05, 0.3  # It bounced off, one step before the end.
    monkeypatch.setattr("sim.record.captions.sample_clearances", lambda flight: clearance)
    told = captions(crashed)
    assert told[-1][-1] == "collision, with trunk"
    assert not any("near miss" in words for row in told for words in row)
    assert not any("collision" in words for words in told[-2])
    landed = replace(crashed, events=(), result=replace(crashed.result, outcome=Outcome.TIMEOUT))  # type: ignore[arg-type, type-var]
    assert captions(landed)[-1][-1] == "timeout"
    assert any("near miss" in words for words in captions(landed)[-1])


def test_a_waypoint_reached_in_the_last_step_is_done(logs: tuple[Flight, Flight]) -> None:
    crashed = _crashed(logs[0])
    assert waypoints_done(crashed, len(crashed) - 2) == 0
    assert waypoints_done(crashed, len(crashed) - 1) == 1


def test_a_near_miss_is_one_pass_wherever_it_is_found() -> None:
    times = np.arange(90) / 15
    clearance = np.full(90, 2.0)
    clearance[:5] = 0.1  # Where it began, it has not passed.
    clearance[[20, 22, 30]] = 0.2, 0.15, 0.22  # Apart by less than a second.
    clearance[60] = NEAR + 0.01
    clearance[85] = 0.1
    assert [m.sample for m in near_misses(times, clearance, collided=False)] == [22, 85]
    assert [m.sample for m in near_misses(times, clearance, collided=True)] == [22]
    live, heard = NearMisses(), {}
    for index, (time, value) in enumerate(zip(times.tolist(), clearance.tolist(), strict=True)):
        if (miss := live.feed(time, value)) is not None:
            heard[index] = miss.sample
    assert heard == {30 + round(15 * APART): 22}


@pytest.mark.parametrize("value", [-0.001, -0.0, 0.004])
def test_no_zero_is_negative(value: float) -> None:
    assert clearance_words(value) == "0.00 m"
    assert value_words([value, -1.0]) == "(0.00, -1.00)"


def test_nothing_near_is_said_so() -> None:
    assert clearance_words(np.inf) == "nothing near"


def test_phases_that_follow_each_other_differ_in_colour() -> None:
    known = ("navigate", "detour", "dock", "inspect", "landing_scripted")
    assert len({phase_color(name) for name in known}) == len(known)
    assert phase_color("policy") == phase_color("policy") not in PHASE_COLORS.values()


def test_the_log_of_a_part_can_be_drawn_by_anyone(
    logs: tuple[Flight, Flight], tmp_path: Path
) -> None:
    from sim.record.page import write_page
    from sim.record.plot import write_plot

    write_plot(logs[1], tmp_path / "part.png")
    write_page(logs[1], tmp_path / "part.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["part.html", "part.png"]
