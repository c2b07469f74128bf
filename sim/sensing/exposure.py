"""Compiled passes over one image: hit faces to colour, depth and class, then noise and the depth code.

Shapes: n = h w rays, f faces; images are (h, w), colour images (h, w, 3) or (3, h, w).
"""

import math

import numpy as np
from numba import njit

from sim.types import DEPTH_FAR, DEPTH_NEAR
from sim.world.geometry import Semantic

_EDGE_STEP = 0.1
"""Relative jump in depth between neighbours that makes an edge."""
_EDGE_DROPOUT = 10.0
"""How many times likelier stereo matching fails at an edge, where one eye sees what the other does not."""
_GROUND_TEXTURE = 0.08
"""Relative brightness the ground varies by from one square metre to the next."""
_GROUND = int(Semantic.GROUND)
_SKY = int(Semantic.SKY)


@njit(cache=True)
def _ground_tone(x, y, distance):
    """Brightness of the ground at a point: a hash of its square metre, fading where squares get smaller than pixels."""
    cell = (np.int64(math.floor(x)) * 73856093) ^ (np.int64(math.floor(y)) * 19349663)
    cell = (cell ^ (cell >> 13)) * 1274126177
    unit = ((cell ^ (cell >> 16)) & 255) / 127.5 - 1.0
    return 1.0 + _GROUND_TEXTURE * unit * min(1.0, 8.0 / max(distance, 1e-9))


@njit(cache=True)
def resolve(hits, rays, origin, planes, colors, classes, ground, sky, rgb, depth, labels):
    """Hit faces to colour, depth and class; the nearer of face and ground wins."""
    width = depth.shape[1]
    for index in range(hits.shape[0]):
        row, column = index // width, index % width
        dx, dy, dz = rays[index, 0], rays[index, 1], rays[index, 2]
        face = hits[index]
        nearest = math.inf
        if face >= 0:
            plane = planes[face]
            along = plane[0] * dx + plane[1] * dy + plane[2] * dz
            gap = plane[3] - plane[0] * origin[0] - plane[1] * origin[1] - plane[2] * origin[2]
            if along != 0.0:
                nearest = max(gap / along, 1e-3)
        floor = -origin[2] / dz if dz < 0.0 and origin[2] > 0.0 else math.inf
        if nearest <= floor and nearest < math.inf:
            rgb[row, column, :] = colors[face]
            labels[row, column] = classes[face]
            depth[row, column] = nearest
        elif floor < math.inf:
            tone = _ground_tone(origin[0] + floor * dx, origin[1] + floor * dy, floor)
            for channel in range(3):
                rgb[row, column, channel] = np.uint8(min(255.0, ground[channel] * tone))
            labels[row, column] = _GROUND
            depth[row, column] = floor
        else:
            rgb[row, column, :] = sky
            labels[row, column] = _SKY
            depth[row, column] = 0.0


@njit(cache=True)
def _is_edge(depth, row, column):
    """Whether the depth jumps to the right or lower neighbour, or from the left or upper one."""
    here = depth[row, column]
    height, width = depth.shape
    if column + 1 < width and abs(depth[row, column + 1] - here) > _EDGE_STEP * here:
        return True
    if row + 1 < height and abs(depth[row + 1, column] - here) > _EDGE_STEP * here:
        return True
    if column > 0 and abs(depth[row, column - 1] - here) > _EDGE_STEP * here:
        return True
    return row > 0 and abs(depth[row - 1, column] - here) > _EDGE_STEP * here


@njit(cache=True)
def expose(rgb, depth, depth_noise, drop_noise, color_noise, disparity, dropout, color_std, image):
    """Noise, then codes. Stereo measures f b / z; an error of that by s px moves the depth by z^2 s / (f b), to first order."""
    height, width = depth.shape
    for row in range(height):
        for column in range(width):
            for channel in range(3):
                value = rgb[row, column, channel] + color_std * color_noise[channel, row, column]
                image[channel, row, column] = np.uint8(min(255.0, max(0.0, value + 0.5)))
            z = depth[row, column]
            code = 0.0
            if z > 0.0:
                # Measured over true disparity; where noise eats all of it, nothing is matched.
                ratio = 1.0 + z * disparity * depth_noise[row, column]
                z = z / ratio if ratio > 0.0 else math.inf
                chance = dropout
                if dropout > 0.0 and _is_edge(depth, row, column):
                    chance = _EDGE_DROPOUT * dropout
                if z <= DEPTH_FAR and drop_noise[row, column] >= chance:
                    code = 255.0 * math.sqrt(DEPTH_NEAR / max(z, DEPTH_NEAR)) + 0.5
            image[3, row, column] = np.uint8(code)
