"""Laws of how flights are told: landings read as landings, prizes add up to the result, endings stand long enough to be read."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.record.captions import captions
from sim.record.duty import progress_words, task_words
from sim.record.outcome_view import ending_words, impact
from sim.record.prizes import prize_words, prizes_earned, site_prizes
from sim.record.reader import Flight, read_flight
from sim.record.told import ending_event, main_events, told_events
from sim.record.video import film_length, frames
from sim.record.words import describe_event
from sim.rules import FAULT_FACTOR
from sim.types import MASKED, Event, Outcome
from tests.sim.synthetic_flight import make_result, make_steps, write_log

STEPS = make_steps(150)
TOUCHED = {"with": "ground", "position_m": [1.0, 2.0, 0.0], "speed_m_s": 0.5}
HIT = {"with": "obstacle", "position_m": [1.0, 2.0, 1.5], "speed_m_s": 4.21}


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> Flight:
    path = tmp_path_factory.mktemp("log") / "flight.mcap"
    return read_flight(write_log(path, STEPS, make_result(STEPS)))


def ended(flight: Flight, outcome: Outcome, detail: dict[str, object]) -> Flight:
    assert flight.result is not None
    event = Event(flight.result.duration_s, outcome.value, dict(detail))
    return replace(flight, result=replace(flight.result, outcome=outcome, events=(event,)))


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome.SUCCESS, "success, landed"),
        (Outcome.MISSION_INCOMPLETE, "mission incomplete, landed, position (1.00, 2.00, 0.00) m, speed 0.50 m/s"),
        (Outcome.LANDED_AWAY, "landed away, position (1.00, 2.00, 0.00) m, speed 0.50 m/s"),
        (Outcome.COLLISION, "collision, with ground, position (1.00, 2.00, 0.00) m, speed 0.50 m/s"),
    ],
)  # fmt: skip
def test_a_landing_reads_as_one_and_a_crash_on_the_ground_as_a_crash(
    outcome: Outcome, said: str
) -> None:
    assert describe_event(outcome.value, TOUCHED) == said


def test_a_forbidden_choice_is_told_without_jargon() -> None:
    assert "mask" not in describe_event(MASKED, {})


def test_a_flight_without_an_event_of_its_end_still_has_one(flight: Flight) -> None:
    assert flight.result is not None
    stopped = replace(flight.result, outcome=Outcome.INTERRUPTED)
    event = ending_event(stopped)
    assert (event.name, event.time, event.detail) == ("interrupted", stopped.duration_s, {})


def test_what_comes_every_second_is_neither_caption_nor_mark(flight: Flight) -> None:
    assert any(MASKED in decision.events for decision in flight.decisions)
    noisy = replace(flight, events=(*flight.events, *(Event(float(t), MASKED) for t in range(9))))
    assert main_events(noisy) == main_events(flight)
    assert len(told_events(noisy)) == len(told_events(flight)) + 9
    assert captions(noisy) == captions(flight)


def test_prizes_grow_by_what_sites_pay(flight: Flight) -> None:
    visits, close_ups = site_prizes(flight.scenario)
    paying = visits > 0
    assert set((close_ups[paying] / visits[paying]).tolist()) <= {0.0, FAULT_FACTOR}
    events = (Event(2.0, "site_visited", {"site": 0}), Event(6.0, "close_up_done", {"site": 0}))
    assert flight.result is not None
    told = replace(flight, result=replace(flight.result, events=events))
    earned = prizes_earned(told)
    assert earned[0] == 0.0
    assert (np.diff(earned) >= 0.0).all()
    assert earned[-1] == visits[0] + close_ups[0]
    ends = np.arange(1, len(flight) + 1) / 15
    assert (earned[ends > 2.0 + 1e-6] >= visits[0]).all()
    assert (earned[ends < 2.0 - 1e-6] == 0.0).all()


def test_a_prize_stands_against_the_optimum_where_that_is_known(flight: Flight) -> None:
    on_offer = sum(float(part.sum()) for part in site_prizes(flight.scenario))
    assert prize_words(flight.scenario, 3.0, 4.5) == "3 of optimum 4.5"
    assert prize_words(flight.scenario, 3.0, None) == f"3 of {on_offer:g} on offer"


def test_the_film_of_a_collision_tells_what_where_and_how_fast(flight: Flight) -> None:
    crash = ended(flight, Outcome.COLLISION, HIT)
    title, told = ending_words(crash)
    assert title == "collision"
    for part in ("obstacle", "(1.00, 2.00, 1.50) m", "4.21 m/s", progress_words(crash)):
        assert part in told
    assert impact(crash) == ((1.0, 2.0, 1.5), 4.21)
    assert impact(ended(flight, Outcome.SUCCESS, TOUCHED)) is None


def test_a_collision_stands_still_for_long_enough_to_be_read(tmp_path: Path) -> None:
    steps = make_steps(12)
    short = read_flight(write_log(tmp_path / "f.mcap", steps, make_result(steps)))
    crash = ended(short, Outcome.COLLISION, HIT)
    shown = [frame.copy() for frame in frames(crash)]
    assert len(shown) == film_length(crash)
    still, card = shown[len(short)], shown[-1]
    alike = [np.array_equal(frame, still) for frame in shown[len(short) :]]
    assert sum(alike) >= 1.4 * 15
    assert alike == sorted(alike, reverse=True)
    assert np.array_equal(card, shown[-30])
    assert not np.array_equal(still, shown[len(short) - 1]), "the place is marked"


def test_task_and_progress_are_told(flight: Flight) -> None:
    assert f"{len(flight.scenario.task.sites)} sites" in task_words(flight)  # pyright: ignore[reportAttributeAccessIssue]
    assert progress_words(flight).startswith("sites visited: ")
