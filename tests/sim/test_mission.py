"""Missions: what a visit and a close-up take and pay, and what the tokens tell."""

from typing import Any

import numpy as np
import pytest

from sim.tasks.mission import Mission
from sim.types import SITE_FIELDS
from tests.builders import (
    FAULTY,
    HEALTHY,
    HEIGHT,
    HOVER,
    flying,
    hover,
    mission,
)
from tests.sim.on_task import CLOSE_UP_STEPS, SITE, one_site, put, site_token

# --- Visiting.


@pytest.mark.parametrize(
    ("offset", "yaw", "visited"),
    [
        ((0.0, 0.0), 0.0, True),
        ((1.4, 0.0), 0.0, True),
        ((0.0, -1.4), 0.0, True),
        ((0.0, -1.6), 0.0, False),
        ((0.0, 0.0), np.deg2rad(28), True),
        ((0.0, 0.0), np.deg2rad(-28), True),
        ((0.0, 0.0), np.deg2rad(33), False),
        ((0.0, 0.0), np.pi, False),
    ],
)
def test_a_visit_needs_position_and_heading(
    offset: tuple[float, float], yaw: float, visited: bool
) -> None:
    with flying(one_site()) as flight:
        put(flight, SITE[0] + offset[0], SITE[1] + offset[1], yaw=yaw)
        names = hover(flight, 1)
        assert ("site_visited" in names) == visited
        assert (site_token(flight)["visited"] == 1.0) == visited
        assert flight.result().prize == (2.0 if visited else 0.0)


def test_a_heading_is_met_across_the_turn_of_the_circle() -> None:
    with flying(one_site(yaw=np.pi - 0.1)) as flight:
        put(flight, *SITE, yaw=-np.pi + 0.1)
        assert "site_visited" in hover(flight, 1)


def test_a_site_is_visited_once() -> None:
    with flying(one_site()) as flight:
        for _ in range(2):
            put(flight, *SITE)
            hover(flight, 2)
            put(flight, 25.0, 0.0)
            hover(flight, 2)
        assert [event.name for event in flight.result().events] == ["site_visited"]
        assert flight.result().prize == 2.0


def test_a_visit_pays_at_departure() -> None:
    with flying(one_site()) as flight:
        put(flight, *SITE)
        assert [flight.advance(HOVER).rewards["prize"] for _ in range(3)] == [0.0, 0.0, 0.0]
        put(flight, 25.0, 0.0)
        assert [flight.advance(HOVER).rewards["prize"] for _ in range(3)] == [2.0, 0.0, 0.0]


def test_a_covered_panel_is_visited_but_pays_nothing() -> None:
    with flying(one_site(covered=True, cells=FAULTY)) as flight:
        put(flight, *SITE)
        names = hover(flight, CLOSE_UP_STEPS + 3)
        assert names == ["site_visited", "close_up_done"]
        assert site_token(flight)["visited"] == 1.0
        assert flight.result().prize == 0.0


# --- Close-ups.


@pytest.mark.parametrize(("cells", "prize"), [(FAULTY, 2.0 + 3 * 2.0), (HEALTHY, 2.0)])
def test_a_close_up_takes_three_seconds_and_pays_for_a_fault_only(cells: str, prize: float) -> None:
    with flying(one_site(cells=cells)) as flight:
        put(flight, *SITE)
        assert hover(flight, CLOSE_UP_STEPS - 1) == ["site_visited"]
        assert site_token(flight)["dwell"] == pytest.approx(3.0 - 1 / 15)
        assert flight.result().prize == 2.0
        assert hover(flight, 1) == ["close_up_done"]
        assert hover(flight, CLOSE_UP_STEPS) == []
        assert site_token(flight)["dwell"] == 3.0
        assert flight.result().prize == prize
        put(flight, 25.0, 0.0)
        assert flight.advance(HOVER).rewards["prize"] == prize


@pytest.mark.parametrize(
    ("place_at", "motion", "counts"),
    [
        ((0.0, 0.0), {}, True),
        ((-0.4, 0.0), {}, True),
        ((-0.6, 0.0), {}, False),  # 4.6 m from the panel
        ((1.4, 0.0), {"yaw": np.deg2rad(40)}, True),
        ((1.4, 0.0), {"yaw": np.deg2rad(50)}, False),  # out of the image, 45 degrees to a side
        ((0.0, 0.0), {"velocity": (0.0, 0.5, 0.0)}, False),
    ],
)
def test_a_close_up_is_near_slow_and_in_view(
    place_at: tuple[float, float], motion: dict[str, Any], counts: bool
) -> None:
    with flying(one_site()) as flight:
        put(flight, SITE[0] - 1.0, SITE[1])
        hover(flight, 1)
        assert site_token(flight)["visited"] == 1.0
        assert site_token(flight)["dwell"] == 0.0
        put(flight, SITE[0] + place_at[0], SITE[1] + place_at[1], **motion)
        hover(flight, 1)
        assert (site_token(flight)["dwell"] > 0.0) == counts


def test_a_close_up_may_be_interrupted() -> None:
    with flying(one_site(cells=FAULTY)) as flight:
        for steps in (20, 25):
            put(flight, *SITE)
            hover(flight, steps)
            put(flight, 25.0, 0.0)
            hover(flight, 5)
        assert flight.result().prize == 8.0


def test_no_close_up_counts_before_the_visit() -> None:
    """Close to the panel but 1.6 m beyond the viewpoint's circle."""
    with flying(one_site(cells=FAULTY)) as flight:
        put(flight, SITE[0] + 1.7, SITE[1])
        hover(flight, CLOSE_UP_STEPS + 5)
        assert flight.result().prize == 0.0


def test_what_a_panel_shows_is_in_no_token_before_departure() -> None:
    """Healthy, faulty and covered panels give the same tokens and rewards, whatever is done there."""
    seen = []
    for settings in ({}, {"cells": FAULTY}, {"covered": True}):
        with flying(one_site(**settings)) as flight:
            put(flight, *SITE)
            rows = []
            for _ in range(CLOSE_UP_STEPS + 5):
                step = flight.advance(HOVER)
                observation = flight.observation()
                rows.append((*observation["sites"], *observation["goal"], step.rewards["prize"]))
            seen.append(rows)
    np.testing.assert_array_equal(seen[0], seen[1])
    np.testing.assert_array_equal(seen[0], seen[2])


def test_tokens_tell_home_and_sites_from_the_drone() -> None:
    with flying(one_site(yaw=np.pi / 2, prize=3.0, mandatory=True)) as flight:
        observation = flight.observation()
        assert observation["sites_mask"].tolist() == [1, 1] + [0] * 10
        tokens = observation["sites"].reshape(12, -1)
        np.testing.assert_allclose(tokens[0, :3], (0.0, 0.0, -HEIGHT), atol=1e-6)
        np.testing.assert_array_equal(tokens[2:], 0.0)
        site = site_token(flight)
        assert (site["x"], site["y"], site["z"]) == pytest.approx((10.0, 5.0, 0.0), abs=1e-6)
        assert (site["facing_cos"], site["facing_sin"]) == pytest.approx((0.0, 1.0), abs=1e-6)
        assert (site["prize"], site["mandatory"], site["visited"], site["home"]) == (3, 1, 0, 0)
        assert (site["belief_faulty"], site["belief_blocked"]) == (0.5, 0.5)
        assert tokens[0, SITE_FIELDS.index("home")] == 1.0
        np.testing.assert_array_equal(observation["goal"], [0, 0, 0, 0, 5.0, 0])


def test_rewards_of_a_mission_add_up_to_its_prize() -> None:
    sites = ({"x": 15.0, "y": 5.0, "cells": FAULTY}, {"x": 15.0, "y": -5.0, "prize": 3.0})
    with flying(mission(*sites)) as flight:
        total = 0.0
        for spot in ((15.0, 5.0), (25.0, 0.0), (15.0, -5.0), (25.0, 0.0)):
            put(flight, *spot)
            for _ in range(CLOSE_UP_STEPS + 1):
                total += flight.advance(HOVER).rewards["prize"]
        assert isinstance(flight.task, Mission)
        assert total == flight.result().prize == 2.0 + 6.0 + 3.0
