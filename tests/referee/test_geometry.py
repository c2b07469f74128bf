"""The referee's distances against brute force, known values, and the laws of distances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.referee.bins import bins_of
from scenarios.referee.convex import BOX, FRUSTUM, POINTS, ROW, clearance, separation
from scenarios.referee.shapes import Shapes, ball, bounding_boxes, box, limb, upright
from scenarios.referee.sweep import fresh, sweep
from sim.world_spec import LimbSpec

RADIUS, HALF = 0.25, 0.06


def random_row(rng: np.random.Generator, kind: float) -> np.ndarray:
    row = np.zeros(ROW)
    row[0] = kind
    if kind == POINTS:
        row[2:] = rng.normal(size=9) * rng.choice([0.05, 0.5, 3.0])
    elif kind == FRUSTUM:
        row[2:8] = rng.normal(size=6) * rng.choice([0.1, 1.0])
        row[8:10] = rng.uniform(0.01, 0.8, 2)
    else:
        row[2:5], row[5:8] = rng.normal(size=3), rng.uniform(0.02, 1.0, 3)
        turn = rng.uniform(0, 2 * np.pi)
        row[8:10] = np.cos(turn), np.sin(turn)
    return row


def away(row: np.ndarray, center: np.ndarray, axis: np.ndarray) -> float:
    x, y, z = center
    nx, ny, nz = axis
    return clearance(row, x, y, z, nx, ny, nz, RADIUS, HALF)


def points_of(row: np.ndarray, rng: np.random.Generator, count: int) -> np.ndarray:
    """Points all over a shape, many of them on its surface."""
    if row[0] == POINTS:
        return rng.dirichlet(np.full(3, 0.5), count) @ row[2:].reshape(3, 3)
    if row[0] == BOX:
        inside = rng.uniform(-1, 1, (count, 3))
        for axis in range(3):
            inside[axis::5, axis] = np.sign(inside[axis::5, axis])
        x, y, z = (inside * row[5:8]).T
        return row[2:5] + np.column_stack([row[8] * x - row[9] * y, row[9] * x + row[8] * y, z])
    along = rng.uniform(0, 1, count)
    along[: count // 4] = np.round(along[: count // 4])
    axis = (row[5:8] - row[2:5]) / np.linalg.norm(row[5:8] - row[2:5])
    across = np.linalg.svd(axis[None])[2][1:]
    angle, share = rng.uniform(0, 2 * np.pi, count), np.sqrt(rng.uniform(0, 1, count))
    share[::2] = 1.0
    reach = share * (row[8] + along * (row[9] - row[8]))
    spokes = np.cos(angle)[:, None] * across[0] + np.sin(angle)[:, None] * across[1]
    return row[2:5] + along[:, None] * (row[5:8] - row[2:5]) + reach[:, None] * spokes


def depth_in_hull(points: np.ndarray, center: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Signed distance of points from the hull, in closed form."""
    offset = points - center
    along = offset @ axis
    over = np.abs(along) - HALF
    side = np.sqrt(np.maximum((offset**2).sum(axis=1) - along**2, 0.0)) - RADIUS
    return np.where((over > 0) & (side > 0), np.hypot(over, side), np.maximum(over, side))


@given(st.integers(0, 10_000), st.sampled_from([POINTS, FRUSTUM, BOX]))
def test_clearance_is_what_sampling_the_obstacle_finds(seed: int, kind: float) -> None:
    rng = np.random.default_rng(seed)
    row = random_row(rng, kind)
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    center = rng.normal(size=3) * rng.choice([0.3, 1.0])
    found = away(row, center, axis)
    sampled = depth_in_hull(points_of(row, rng, 40_000), center, axis).min()
    # A sample may miss the nearest point, never beat it (but for how deep a hull can shrink).
    assert found <= sampled + 1e-4
    assert sampled - found < 0.06


@given(st.integers(0, 10_000))
def test_separation_is_symmetric_and_moves_with_both(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = random_row(rng, FRUSTUM), random_row(rng, POINTS)
    apart = separation(first, second)
    assert separation(second, first) == pytest.approx(apart, abs=1e-5)
    shift = rng.normal(size=3)
    first[2:8] += np.tile(shift, 2)
    second[2:] += np.tile(shift, 3)
    assert separation(first, second) == pytest.approx(apart, abs=1e-5)


@pytest.mark.parametrize("gap", [0.4, 0.011, 0.009, 0.0, -0.01, -0.05])
@pytest.mark.parametrize(
    ("row", "surface"),
    [
        (upright((2.0, 0.0, 0.0), 0.3, 9.0), 1.7),
        (box((2.0, 0.0, 1.5), (0.5, 4.0, 1.5), 0.0), 1.5),
        (ball((2.0, 0.0, 1.5), 0.3), 1.7),
    ],
)
def test_beside_an_obstacle_clearance_is_the_gap(
    row: np.ndarray, surface: float, gap: float
) -> None:
    at = surface - RADIUS - gap
    assert clearance(row, at, 0.0, 1.5, 0.0, 0.0, 1.0, RADIUS, HALF) == pytest.approx(gap, abs=2e-6)


def test_a_tilted_hull_reaches_lower_by_its_rim() -> None:
    slab, tilt = box((0.0, 0.0, -1.0), (9.0, 9.0, 1.0), 0.3), 0.4
    lowest = HALF * np.cos(tilt) + RADIUS * np.sin(tilt)
    found = clearance(slab, 0.0, 0.0, 1.0, np.sin(tilt), 0.0, np.cos(tilt), RADIUS, HALF)
    assert found == pytest.approx(1.0 - lowest, abs=2e-6)


def standing_shapes(*rows: np.ndarray) -> Shapes:
    table = np.array(rows)
    return Shapes(table, *bounding_boxes(table), (("thing", len(rows)),))


def path_of(positions: np.ndarray) -> np.ndarray:
    return np.column_stack([positions, np.tile([0.0, 0.0, 1.0], (len(positions), 1))])


@given(st.integers(0, 10_000))
def test_a_limb_is_where_its_specification_puts_it(seed: int) -> None:
    """A truncated cone, sampled from its own formula, all over and on its surface."""
    rng = np.random.default_rng(seed)
    start, end = rng.normal(size=(2, 3)) * rng.choice([0.3, 1.0])
    radii = rng.uniform(0.01, 0.6, 2)
    spec = LimbSpec(
        start_m=tuple(start), end_m=tuple(end), start_radius_m=radii[0], end_radius_m=radii[1],
        semantic="trunk", color=(0.4, 0.3, 0.2),
    )  # fmt: skip
    along = (end - start) / np.linalg.norm(end - start)
    share = rng.uniform(0, 1, 40_000)
    share[:10_000] = np.round(share[:10_000])
    spokes = rng.normal(size=(40_000, 3))
    spokes -= (spokes @ along)[:, None] * along
    spokes /= np.linalg.norm(spokes, axis=1, keepdims=True)
    out = np.sqrt(rng.uniform(0, 1, 40_000))
    out[::2] = 1.0
    reach = out * (radii[0] + share * (radii[1] - radii[0]))
    points = start + share[:, None] * (end - start) + reach[:, None] * spokes
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    center = rng.normal(size=3)
    sampled = depth_in_hull(points, center, axis).min()
    found = away(limb(spec), center, axis)
    assert found <= sampled + 1e-4
    assert sampled - found < 0.06
    low, high = bounding_boxes(limb(spec)[None])
    assert (points >= low - 1e-9).all()
    assert (points <= high + 1e-9).all()


def test_bounding_boxes_hold_their_shapes(rng: np.random.Generator) -> None:
    for kind in (POINTS, FRUSTUM, BOX):
        row = random_row(rng, kind)
        low, high = bounding_boxes(row[None])
        points = points_of(row, rng, 20_000)
        assert (points >= low - 1e-9).all()
        assert (points <= high + 1e-9).all()
        assert np.ptp(points, axis=0) == pytest.approx((high - low)[0], abs=0.15)


def test_what_lies_between_two_samples_is_met() -> None:
    shapes = standing_shapes(upright((0.0, 0.0, 0.0), 0.01, 9.0))
    near, what = fresh(2)
    path = path_of(np.array([[-1.0, 0.1, 1.0], [1.0, 0.1, 1.0]]))
    sweep(path, shapes.rows, shapes.low, shapes.high, bins_of(shapes), RADIUS, HALF, near, what)
    # Neither end is near, the way passes 0.1 m beside the axis.
    assert near.tolist() == pytest.approx([1.0 - 0.26, -0.06], abs=0.01)
    assert what.tolist() == [0, 0]


@given(st.integers(0, 1_000))
def test_sweeping_finds_what_dense_sampling_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [random_row(rng, kind) for kind in (POINTS, FRUSTUM, BOX)]
    shapes = standing_shapes(*rows)
    ends = rng.normal(size=(2, 3)) * 2
    near, what = fresh(2)
    coarse = path_of(ends)
    sweep(coarse, shapes.rows, shapes.low, shapes.high, bins_of(shapes), RADIUS, HALF, near, what)
    dense = ends[0] + np.linspace(0, 1, 400)[:, None] * (ends[1] - ends[0])
    least = min(away(row, p, np.array([0.0, 0.0, 1.0])) for row in rows for p in dense)
    if np.linalg.norm(ends[1] - ends[0]) < 3.0:  # Farther apart, a mover would have wrapped round.
        assert near.min() == pytest.approx(min(least, 4.0), abs=0.01)
        assert near.min() <= least + 1e-3
