"""The classical eyes: panels as the camera shows them, and points where obstacles are."""

import numpy as np
import pytest

from agents.panel_reader import read_panel
from agents.pilot import make_briefing
from agents.sites import read_sites
from scenarios.generate.missions import draw_cells
from tests.builders import (
    FAULTY,
    HEALTHY,
    HEIGHT,
    HOVER,
    flying,
    grainy,
    mission,
    noisy,
    place,
)

VIEWS = ((0.0, 0.0, 0.0), (0.5, 0.4, -0.15), (-0.3, -0.6, 0.2))
"""Offsets from the viewpoint, m, m and rad: a pilot never stands exactly there."""
PATTERNS = {
    HEALTHY: False,
    "b" * 16: False,
    "w" * 16: False,
    "bbbbbwwbbwwbbbbb": False,  # a white block
    "oboboboooboboobo": False,  # half of it orange, no block
    "bbbbboobbobbbbbb": False,  # three of four
    FAULTY: True,
    "oobboobbbbbwbbbb": True,
    "bbbbwbbbbboobboo": True,
    "oowwoowwwwwwwwww": True,
}


def readings(cells: str, covered: bool = False) -> np.ndarray:
    """p(faulty), p(blocked) from every view, through a noisy camera."""
    flight = mission(
        {"x": 15.0, "y": 5.0, "yaw": 0.7, "cells": cells, "covered": covered},
        camera=grainy(),
        odometry=noisy(),
    )
    with flying(flight) as flown:
        seen = []
        for along, aside, turn in VIEWS:
            ahead, left = (
                np.array([np.cos(0.7), np.sin(0.7)]),
                np.array([-np.sin(0.7), np.cos(0.7)]),
            )
            x, y = np.array([15.0, 5.0]) + along * ahead + aside * left
            place(flown.simulator, (x, y, HEIGHT), 0.7 + turn)
            flown.advance(HOVER)
            observation = flown.observation()
            sites, briefing = read_sites(observation), make_briefing(flown)
            assert sites.in_view(briefing.panel_side) == 1
            seen.append(read_panel(observation, sites.panel_offset[1], sites.facing[1], briefing))
    return np.array(seen)


@pytest.mark.parametrize(("cells", "faulty"), PATTERNS.items())
def test_a_pattern_is_read_whatever_else_is_on_the_panel(cells: str, faulty: bool) -> None:
    read = readings(cells)
    assert ((read[:, 0] > 0.5) == faulty).all()
    if "b" * 4 in cells or "o" in cells:  # An all-white panel looks like a cover.
        assert (read[:, 1] < 0.5).all()


@pytest.mark.parametrize("faulty", [True, False])
def test_drawn_panels_are_read(faulty: bool) -> None:
    rng = np.random.default_rng(5)
    read = np.concatenate([readings(draw_cells(faulty, rng)) for _ in range(8)])
    assert ((read[:, 0] > 0.5) == faulty).mean() > 0.95
    assert (read[:, 1] < 0.5).all()


@pytest.mark.parametrize("cells", [HEALTHY, FAULTY])
def test_a_cover_hides_the_pattern_and_shows_itself(cells: str) -> None:
    read = readings(cells, covered=True)
    assert (read[:, 0] < 0.5).all()
    assert (read[:, 1] > 0.5).all()


@pytest.mark.parametrize(("side", "away"), [(1.3, 4.0), (2.6, 8.0)])
def test_a_panel_is_read_from_three_of_its_sides(side: float, away: float) -> None:
    """Smaller ones from nearer, larger ones from further, and beyond that they are not in view."""
    rng, right = np.random.default_rng(6), []
    for faulty in (True, False, True, False, True, False):
        flight = mission(
            {"x": 15.0, "y": 5.0, "yaw": 0.0, "cells": draw_cells(faulty, rng)}, camera=grainy()
        )
        panels = tuple(p.model_copy(update={"side_m": side}) for p in flight.world.panels)
        flight = flight.model_copy(
            update={"world": flight.world.model_copy(update={"panels": panels})}
        )
        with flying(flight) as flown:
            place(flown.simulator, (19.0 - away, 5.0, HEIGHT), 0.0)
            flown.advance(HOVER)
            observation = flown.observation()
            sites, briefing = read_sites(observation), make_briefing(flown)
            assert sites.in_view(briefing.panel_side) == 1
            read = read_panel(observation, sites.panel_offset[1], sites.facing[1], briefing)
            right.append((read[0] > 0.5) == faulty)
            place(flown.simulator, (19.0 - 1.15 * away, 5.0, HEIGHT), 0.0)
            flown.advance(HOVER)
            assert read_sites(flown.observation()).in_view(briefing.panel_side) == -1
    assert all(right)


def test_a_panel_out_of_the_image_tells_nothing() -> None:
    with flying(mission({"x": 15.0, "y": 5.0, "cells": FAULTY})) as flight:
        place(flight.simulator, (15.0, 5.0, HEIGHT), np.pi)
        flight.advance(HOVER)
        observation = flight.observation()
        sites = read_sites(observation)
        read = read_panel(
            observation, sites.panel_offset[1], sites.facing[1], make_briefing(flight)
        )
        np.testing.assert_array_equal(read, 0.5)
