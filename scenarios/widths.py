"""How wide the things of a world are where a level plane cuts them: what measures of the gaps between them need."""

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import pdist

from sim.world.geometry import Cylinders, Limbs, World

_SIDES = 16
"""Of the prism that stands for a limb. An even number of corners, some of them along the lean: widths of discs and of
leaning poles come out exact."""


def widths_at(world: World, height: float) -> Float[np.ndarray, " n"]:
    """Largest extent in plan, m, of what a height cuts of every obstacle; a tree is one with the branches that grow on it."""
    boxes, spheres = world.boxes, world.spheres
    reaching = np.abs(boxes.centers[:, 2] - height) < boxes.half_sizes[:, 2]
    above = np.abs(spheres.centers[:, 2] - height)
    cut = above < spheres.radii
    return np.concatenate(
        [
            _tree_widths(_joined(_as_limbs(world.cylinders), world.limbs), height),
            2.0 * np.linalg.norm(boxes.half_sizes[reaching, :2], axis=1),
            2.0 * np.sqrt(spheres.radii[cut] ** 2 - above[cut] ** 2),
        ]
    )


# --- Private.


def _as_limbs(cylinders: Cylinders) -> Limbs:
    """Upright limbs that do not taper."""
    top = cylinders.bases + np.outer(cylinders.heights, [0.0, 0.0, 1.0])
    radii = cylinders.radii
    return Limbs(cylinders.bases, top, radii, radii, cylinders.semantic, cylinders.colors)


def _joined(first: Limbs, second: Limbs) -> Limbs:
    pairs = zip(vars(first).values(), vars(second).values(), strict=True)
    return Limbs(*(np.concatenate(pair) for pair in pairs))


def _tree_widths(limbs: Limbs, height: float) -> Float[np.ndarray, " n"]:
    points, limb = _cut(limbs, height)
    tree = _trees(limbs)[limb]
    order = np.argsort(tree, kind="stable")
    starts = np.flatnonzero(np.diff(tree[order])) + 1
    outlines = np.split(points[order], starts) if len(points) else []
    return np.array([pdist(outline).max() for outline in outlines])


def _cut(limbs: Limbs, height: float) -> tuple[Float[np.ndarray, "p 2"], Int[np.ndarray, " p"]]:
    """Where the edges of the limbs' prisms cross a height, in plan, and which limb each point is of."""
    corners = _corners(limbs)
    here = np.arange(_SIDES)
    after = (here + 1) % _SIDES
    first = np.concatenate([here, here, here + _SIDES])
    last = np.concatenate([here + _SIDES, after, after + _SIDES])
    a, b = corners[:, first], corners[:, last]
    crossed = (a[..., 2] <= height) != (b[..., 2] <= height)
    a, b = a[crossed], b[crossed]
    share = (height - a[:, 2]) / (b[:, 2] - a[:, 2])
    return (a + share[:, None] * (b - a))[:, :2], np.nonzero(crossed)[0]


def _corners(limbs: Limbs) -> Float[np.ndarray, "n v 3"]:
    """Both rings on the round shape itself; the first corners lie level with the axis, a quarter on is along its lean."""
    axis = limbs.ends - limbs.starts
    axis = axis / np.linalg.norm(axis, axis=1, keepdims=True)
    upright = np.hypot(axis[:, 0], axis[:, 1]) < 1e-9
    level = np.where(upright[:, None], [1.0, 0.0, 0.0], np.cross([0.0, 0.0, 1.0], axis))
    level = level / np.linalg.norm(level, axis=1, keepdims=True)
    angles = (2 * np.pi * np.arange(_SIDES) / _SIDES)[:, None]
    ring = np.cos(angles) * level[:, None] + np.sin(angles) * np.cross(axis, level)[:, None]
    rings = [
        limbs.starts[:, None] + limbs.start_radii[:, None, None] * ring,
        limbs.ends[:, None] + limbs.end_radii[:, None, None] * ring,
    ]
    return np.concatenate(rings, axis=1)


def _trees(limbs: Limbs) -> Int[np.ndarray, " n"]:
    """Number of the tree that each limb belongs to: with another it is one where it starts inside it.

    Trunks that overlap on the ground stay two, as they were drawn.
    """
    axis = limbs.ends - limbs.starts
    length = np.linalg.norm(axis, axis=1)
    grown, on = [], []
    for index, start in enumerate(limbs.starts):
        away = start - limbs.starts
        along = np.einsum("ij,ij->i", away, axis) / length
        aside = np.sqrt(np.maximum(np.einsum("ij,ij->i", away, away) - along**2, 0.0))
        radii = limbs.start_radii + along / length * (limbs.end_radii - limbs.start_radii)
        inside = np.flatnonzero((along > 0.0) & (along < length) & (aside < radii))
        grown += [index] * len(inside)
        on += inside.tolist()
    links = coo_array((np.ones(len(on)), (grown, on)), shape=(len(length), len(length)))
    return connected_components(links, directed=False)[1]
