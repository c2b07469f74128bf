"""Which faces of a mesh hang together: a file's one mesh may hold a floor, walls and pillars that only touch."""

import numpy as np
from jaxtyping import Float, Int


def bodies_of(
    vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]
) -> Int[np.ndarray, " f"]:
    """The number of every face's body; faces that share a corner, by where it is, are of one."""
    from scipy.sparse import coo_array  # Takes a moment: imported where it is needed.
    from scipy.sparse.csgraph import connected_components

    _, corner = np.unique(vertices[faces].reshape(-1, 3), axis=0, return_inverse=True)
    a, b, c = corner.reshape(-1, 3).T
    count = int(corner.max()) + 1
    links = (np.ones(2 * len(faces), dtype=bool), (np.r_[a, b], np.r_[b, c]))
    _, body = connected_components(coo_array(links, shape=(count, count)), directed=False)
    return body[a].astype(np.int64)
