"""Whether a solid's surfaces enclose it, standing on the ground; measured by the area its holes have."""

import numpy as np
from jaxtyping import Float, Int

_SAME_POINT = 3  # decimals of a metre to which corners are told apart


def missing_area(vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]) -> float:
    """Area of the hole in a surface whose floor, at z = 0, may be left out, m2; seams that do not match have none.

    The vector areas of a closed surface's faces sum to zero. What a missing floor would add is the area inside
    the edges on the ground that only one face has. Of several holes that face each other, the sum may vanish.
    """
    _, merged = np.unique(vertices.round(_SAME_POINT), axis=0, return_inverse=True)
    names = merged.reshape(-1)
    a, b, c = vertices[faces].transpose(1, 0, 2)
    total = np.cross(b - a, c - a).sum(axis=0) / 2
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends = ends[(vertices[ends][:, :, 2] == 0.0).all(axis=1)]
    start, end = names[ends].T
    # An edge run both ways cancels, in this sum as in the surface.
    low, high = np.minimum(start, end), np.maximum(start, end)
    _, first, inverse = np.unique(
        low * len(vertices) + high, return_index=True, return_inverse=True
    )
    runs = np.bincount(
        inverse.reshape(-1), weights=np.where(start < end, 1.0, -1.0), minlength=len(first)
    )
    flip = start[first] > end[first]
    p = vertices[np.where(flip, ends[first, 1], ends[first, 0])]
    q = vertices[np.where(flip, ends[first, 0], ends[first, 1])]
    # Edges that do not come round are a door's, not a floor's.
    if np.abs(runs @ (q - p)).max(initial=0.0) < 10.0**-_SAME_POINT:
        total[2] -= (runs * (p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0])).sum() / 2
    return float(np.linalg.norm(total))
