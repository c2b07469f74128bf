"""Widths of things that are cut by a height: known shapes, and limbs that are other shapes written otherwise."""

import numpy as np
import pytest

import scenarios
from scenarios.avoidbench import relative_gap
from scenarios.generate.site import ground_of
from scenarios.widths import widths_at
from sim.world.build import build_world
from sim.world_spec import CylinderSpec, LimbSpec, WorldSpec
from tests.builders import HEIGHT, HIGH, LOW, trunk


def limb(
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    start_radius: float,
    end_radius: float,
) -> LimbSpec:
    return LimbSpec(
        start_m=start,
        end_m=end,
        start_radius_m=start_radius,
        end_radius_m=end_radius,
        semantic="trunk",
        color=(0.4, 0.3, 0.2),
    )


def widths(*things: CylinderSpec | LimbSpec, height: float = HEIGHT) -> list[float]:
    spec = WorldSpec(
        low_m=LOW,
        high_m=HIGH,
        place="",
        crop_m=(0.0, 0.0, 0.0, 0.0),
        cylinders=tuple(thing for thing in things if isinstance(thing, CylinderSpec)),
        limbs=tuple(thing for thing in things if isinstance(thing, LimbSpec)),
    )
    return sorted(widths_at(build_world(spec, ()), height).tolist())


def test_a_limb_that_stands_and_does_not_taper_is_a_cylinder() -> None:
    upright = limb((5.0, 2.0, 0.0), (5.0, 2.0, 9.0), 0.3, 0.3)
    assert widths(upright) == pytest.approx(widths(trunk(5.0, 2.0, 0.3))) == [pytest.approx(0.6)]


@pytest.mark.parametrize("height", [0.5, HEIGHT, 7.0])
def test_a_trunk_that_tapers_narrows_evenly(height: float) -> None:
    found = widths(limb((5.0, 2.0, 0.0), (5.0, 2.0, 8.0), 0.4, 0.1), height=height)
    assert found == [pytest.approx(2 * (0.4 - 0.3 * height / 8.0))]


@pytest.mark.parametrize("bearing", [0.0, 0.4, 2.0])
@pytest.mark.parametrize("lean", [0.1, 0.6, 1.2])
def test_a_pole_is_cut_longer_the_more_it_leans(lean: float, bearing: float) -> None:
    along = np.array([np.sin(lean) * np.cos(bearing), np.sin(lean) * np.sin(bearing), np.cos(lean)])
    start, end = np.array([5.0, 2.0, HEIGHT]) - 9.0 * along, [5.0, 2.0, HEIGHT] + 9.0 * along
    found = widths(limb(tuple(start.tolist()), tuple(end.tolist()), 0.1, 0.1))
    assert found == [pytest.approx(0.2 / np.cos(lean))]


def test_what_does_not_reach_the_height_has_no_width() -> None:
    below = limb((5.0, 2.0, 0.0), (5.0, 2.0, HEIGHT - 0.1), 0.3, 0.2)
    above = limb((9.0, 2.0, HEIGHT + 0.1), (9.0, 2.0, 6.0), 0.3, 0.2)
    assert widths(below, above) == []


@pytest.mark.parametrize("tapering", [True, False])
def test_branches_are_no_trees_of_their_own(tapering: bool) -> None:
    """One at the height makes its tree wider, on its side; others change nothing."""
    stem = limb((5.0, 2.0, 0.0), (5.0, 2.0, 9.0), 0.2, 0.2) if tapering else trunk(5.0, 2.0, 0.2)
    low = limb((5.0, 2.0, 0.7), (6.5, 2.0, 0.7), 0.02, 0.02)
    level = limb((5.0, 2.0, HEIGHT), (6.5, 2.0, HEIGHT), 0.02, 0.02)
    twig = limb((6.0, 2.0, HEIGHT), (6.0, 4.0, HEIGHT), 0.01, 0.01)
    assert widths(stem, low) == [pytest.approx(0.4)]
    assert widths(low, stem, level) == [pytest.approx(0.2 + 1.5, abs=1e-3)]
    assert widths(twig, stem, level) == [pytest.approx(np.hypot(1.0, 2.0) + 0.2, abs=0.02)]


def test_trunks_that_overlap_on_the_ground_stay_two() -> None:
    one, other = ((x, 2.0, 0.0) for x in (5.0, 5.1))
    tops = ((x, 2.0, 9.0) for x in (5.0, 5.1))
    limbs = [limb(foot, top, 0.3, 0.3) for foot, top in zip((one, other), tops, strict=True)]
    assert widths(*limbs) == pytest.approx([0.6, 0.6])
    assert widths(trunk(5.0, 2.0, 0.3), trunk(5.1, 2.0, 0.3)) == pytest.approx([0.6, 0.6])


@pytest.mark.parametrize("name", ["tier1-navigation", "tier4-avoidance", "clutter-navigation"])
def test_worlds_of_limbs_have_a_gap(name: str) -> None:
    ground = ground_of(scenarios.resolve(scenarios.load(name), 10_000))
    found = relative_gap(ground)
    assert ground.spec.limbs
    assert found is not None
    assert np.isfinite(found)
