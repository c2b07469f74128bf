"""Navigation and avoidance: arrival and course, with the hull put where a rule begins or ends."""

import numpy as np
import pytest

from sim.scenario import Limits, Start
from sim.task_spec import Finish
from sim.types import GOAL_FIELDS, POSITION, Outcome
from tests.builders import (
    HEIGHT,
    course,
    flying,
    goal,
    hover,
    scenario,
)
from tests.sim.on_task import ended, put

# --- Navigation.


@pytest.mark.parametrize(("away", "outcome"), [(1.45, Outcome.SUCCESS), (1.6, None)])
def test_a_goal_is_reached_within_a_metre_and_a_half(away: float, outcome: Outcome | None) -> None:
    for bearing in (0.0, 2.0, 4.0):
        with flying(scenario()) as flight:
            put(flight, 30.0 + away * np.cos(bearing), away * np.sin(bearing))
            assert ended(flight) == outcome


def test_the_goal_counts_in_three_dimensions() -> None:
    with flying(scenario(limits=Limits(altitude_max_m=5.0))) as flight:
        put(flight, 30.0, 0.0, HEIGHT + 1.6)
        assert ended(flight) is None


def test_progress_rewards_add_up_to_the_distance_gained() -> None:
    with flying(scenario()) as flight:
        rewards = [
            flight.advance(np.array([0.3, 0.1, 0.0, 0.0])).rewards["progress"] for _ in range(30)
        ]
        gained = 25.0 - np.linalg.norm(flight.simulator.body[POSITION] - (30.0, 0.0, HEIGHT))
        assert sum(rewards) == pytest.approx(gained)
        assert gained > 1.0


def test_time_runs_out_at_three_times_the_way_and_ten_seconds() -> None:
    """A way of 1 m at 5 m/s leaves 10.6 s: 159 steps."""
    with flying(scenario(task=goal(geodesic=1.0))) as flight:
        hover(flight, 158)
        assert flight.outcome is None
        assert ended(flight) == Outcome.TIMEOUT
        assert flight.result().duration_s == pytest.approx(10.6)


def test_the_goal_entry_points_to_the_goal_in_the_heading_frame() -> None:
    start = Start(position_m=(5.0, 0.0, HEIGHT), yaw_rad=np.pi / 2)
    with flying(scenario(start=start)) as flight:
        entry = dict(zip(GOAL_FIELDS, flight.observation()["goal"].tolist(), strict=True))
        # Facing north, a goal in the east lies to the right.
        assert (entry["direction_x"], entry["direction_y"]) == pytest.approx((0.0, -1.0), abs=1e-6)
        assert entry["log_distance"] == pytest.approx(np.log1p(25.0))
        assert (entry["speed_limit"], entry["valid"]) == (5.0, 1.0)


# --- Avoidance.


@pytest.mark.parametrize("bearing", [0.0, 0.4, -0.7])
def test_a_course_is_completed_by_progress_along_it_alone(bearing: float) -> None:
    ahead, aside = (np.array([np.cos(a), np.sin(a)]) for a in (bearing, bearing + np.pi / 2))
    start = np.array([5.0, 0.0])
    for progress, drift, outcome in ((9.9, 6.0, None), (10.05, -6.0, Outcome.SUCCESS)):
        with flying(scenario(task=course(bearing, 10.0))) as flight:
            put(flight, *(start + progress * ahead + drift * aside))
            assert ended(flight) == outcome


def test_a_course_must_be_kept_at_the_stated_share_of_the_speed() -> None:
    """5 m at half of 5 m/s: 2 s, 30 steps."""
    with flying(scenario(task=course(distance=5.0))) as flight:
        hover(flight, 29)
        assert flight.outcome is None
        assert ended(flight) == Outcome.TIMEOUT


def test_a_course_is_a_direction_that_no_drift_or_progress_changes() -> None:
    with flying(scenario(task=course(0.5))) as flight:
        before = flight.observation()["goal"]
        put(flight, 12.0, 8.0)
        hover(flight, 1)
        np.testing.assert_allclose(flight.observation()["goal"], before, atol=1e-3)
        np.testing.assert_allclose(before[:2], (np.cos(0.5), np.sin(0.5)), atol=1e-6)


# --- Published finishes.


@pytest.mark.parametrize(
    ("shape", "within", "inside", "outside"),
    [
        ("ball", 1.5, (28.6, 0.0, 0.0), (28.6, 0.0, 0.9)),
        ("column", 0.8, (29.3, 0.0, 1.2), (29.1, 0.0, 0.0)),
        ("plane", 2.0, (28.1, 9.0, 1.0), (27.9, 0.0, 0.0)),
    ],
)
def test_a_finish_is_a_ball_a_column_or_a_plane(
    shape: str, within: float, inside: tuple[float, ...], outside: tuple[float, ...]
) -> None:
    """The goal is at x = 30; places are given by x, y and height above the goal."""
    task = goal().model_copy(update={"finish": Finish(shape=shape, within_m=within)})  # pyright: ignore[reportArgumentType]
    flown = scenario(task=task, limits=Limits(altitude_max_m=5.0))
    for (x, y, up), outcome in ((outside, None), (inside, Outcome.SUCCESS)):
        with flying(flown, camera=False) as flight:
            put(flight, x, y, HEIGHT + up)
            assert ended(flight) is outcome


def test_a_finish_may_state_the_time_limit() -> None:
    task = goal().model_copy(update={"finish": Finish(time_limit_s=2.0)})
    with flying(scenario(task=task), camera=False) as flight:
        steps = 1
        while ended(flight) is None:
            steps += 1
    assert (flight.outcome, steps) == (Outcome.TIMEOUT, 30)


def test_the_usual_finish_is_not_written() -> None:
    assert set(goal().model_dump()) == {"kind", "goal_m", "geodesic_m"}
    changed = goal().model_copy(update={"finish": Finish(shape="plane")})
    assert changed.model_dump()["finish"] == {"shape": "plane", "within_m": 1.5}
