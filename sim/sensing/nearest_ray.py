"""Several rays a pixel: of a finer image, the nearest return in each block becomes the pixel."""

from numba import njit


@njit(cache=True)
def take_nearest(fine_rgb, fine_depth, fine_labels, rgb, depth, labels):
    """Reduce images of n h by n w rays to h by w pixels; where nothing returns, the block's first ray stands."""
    height, width = depth.shape
    side = fine_depth.shape[0] // height
    for row in range(height):
        for column in range(width):
            best_v, best_u = row * side, column * side
            nearest = fine_depth[best_v, best_u]
            for v in range(row * side, (row + 1) * side):
                for u in range(column * side, (column + 1) * side):
                    found = fine_depth[v, u]
                    if found > 0.0 and (nearest == 0.0 or found < nearest):
                        nearest, best_v, best_u = found, v, u
            for channel in range(3):
                rgb[channel, row, column] = fine_rgb[channel, best_v, best_u]
            depth[row, column] = nearest
            labels[row, column] = fine_labels[best_v, best_u]
