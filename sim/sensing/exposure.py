"""Compiled passes over one image: rays, hit faces to colour, depth and class, then noise, depth code and pooling.

Shapes: n = h w rays, f faces; images are (h, w), colour images (3, h, w). Division follows IEEE
(`error_model="numpy"`): a check for zero in the loop would keep the compiler from using vector instructions.
"""

import math

import numpy as np
from numba import njit

from sim.frames import rotation_entries
from sim.types import DEPTH_FAR, DEPTH_NEAR
from sim.world.geometry import Semantic

_EDGE_STEP = np.float32(0.1)
"""Relative jump in depth between neighbours that makes an edge."""
_EDGE_DROPOUT = 10.0
"""How many times likelier stereo matching fails at an edge, where one eye sees what the other does not."""
_GROUND_TEXTURE = 0.08
"""Relative brightness the ground varies by from one square metre to the next."""
_GROUND = int(Semantic.GROUND)
_SKY = int(Semantic.SKY)
_NEAR, _FAR = np.float32(DEPTH_NEAR), np.float32(DEPTH_FAR)
_ZERO, _HALF, _ONE, _WHITE = (np.float32(value) for value in (0.0, 0.5, 1.0, 255.0))
_FAR_AWAY = np.float32(1e37)
"""Embree's own default for a ray without an end."""
_BEHIND_GROUND, _BEHIND_GROUND_M = 1.001, 0.01
"""How far behind the ground a ray ends, relative and in m: more than rounding to single precision shifts a hit."""


@njit(cache=True, error_model="numpy")
def aim(rays_body, position, quat, rays_world, rays_single, reach):
    """Turn the camera's rays (n, 3) into the world, in double and in the single precision Embree takes.

    `reach` (n,) ends each ray just behind the ground, which hides what is farther: Embree then skips that.
    """
    r = rotation_entries(quat)
    height = position[2]
    for index in range(rays_body.shape[0]):
        bx, by, bz = rays_body[index, 0], rays_body[index, 1], rays_body[index, 2]
        x = r[0] * bx + r[1] * by + r[2] * bz
        y = r[3] * bx + r[4] * by + r[5] * bz
        z = r[6] * bx + r[7] * by + r[8] * bz
        rays_world[index, 0] = x
        rays_world[index, 1] = y
        rays_world[index, 2] = z
        rays_single[index, 0] = np.float32(x)
        rays_single[index, 1] = np.float32(y)
        rays_single[index, 2] = np.float32(z)
        end = -height / z * _BEHIND_GROUND + _BEHIND_GROUND_M
        reach[index] = np.float32(end) if z < 0.0 < height and end < _FAR_AWAY else _FAR_AWAY


@njit(cache=True)
def _ground_tone(x, y, distance):
    """Brightness of the ground at a point: a hash of its square metre, fading where squares get smaller than pixels."""
    cell = (np.int64(math.floor(x)) * 73856093) ^ (np.int64(math.floor(y)) * 19349663)
    cell = (cell ^ (cell >> 13)) * 1274126177
    unit = ((cell ^ (cell >> 16)) & 255) / 127.5 - 1.0
    return 1.0 + _GROUND_TEXTURE * unit * min(1.0, 8.0 / max(distance, 1e-9))


@njit(cache=True, error_model="numpy")
def resolve(hits, rays, origin, planes, colors, classes, ground, sky, rgb, depth, labels):
    """Hit faces to colour, depth and class; the nearer of face and ground wins."""
    height, width = depth.shape
    ox, oy, oz = origin[0], origin[1], origin[2]
    for row in range(height):
        for column in range(width):
            index = row * width + column
            dx, dy, dz = rays[index, 0], rays[index, 1], rays[index, 2]
            face = hits[index]
            nearest = math.inf
            if face >= 0:
                nx, ny, nz = planes[face, 0], planes[face, 1], planes[face, 2]
                along = nx * dx + ny * dy + nz * dz
                gap = planes[face, 3] - nx * ox - ny * oy - nz * oz
                if along != 0.0:
                    nearest = max(gap / along, 1e-3)
            floor = -oz / dz if dz < 0.0 < oz else math.inf
            if nearest <= floor and nearest < math.inf:
                for channel in range(3):
                    rgb[channel, row, column] = colors[face, channel]
                labels[row, column] = classes[face]
                depth[row, column] = nearest
            elif floor < math.inf:
                tone = _ground_tone(ox + floor * dx, oy + floor * dy, floor)
                for channel in range(3):
                    rgb[channel, row, column] = np.uint8(min(255.0, ground[channel] * tone))
                labels[row, column] = _GROUND
                depth[row, column] = floor
            else:
                for channel in range(3):
                    rgb[channel, row, column] = sky[channel]
                labels[row, column] = _SKY
                depth[row, column] = 0.0


@njit(cache=True)
def spoil(rgb, depth, normals, chances, limits, disparity, dropout, color_std, image):
    """Noise, then codes: writes the observed image (4, h, w).

    `normals` (4, h, w) spoil red, green, blue and depth, `chances` (h, w) below `limits` (h, w, overwritten) lose a
    pixel. Three short loops over flat memory, because only such loops become vector instructions.
    """
    _add_color_noise(rgb, normals, np.float32(color_std), image)
    _dropout_limits(depth, np.float32(dropout), np.float32(_EDGE_DROPOUT * dropout), limits)
    _code_depth(
        depth.reshape(-1),
        normals[3].reshape(-1),
        chances.reshape(-1),
        limits.reshape(-1),
        np.float32(disparity),
        image[3].reshape(-1),
    )


@njit(cache=True)
def _add_color_noise(rgb, normals, color_std, image):
    for channel in range(3):
        clean, normal = rgb[channel].reshape(-1), normals[channel].reshape(-1)
        observed = image[channel].reshape(-1)
        for index in range(clean.shape[0]):
            value = np.float32(clean[index]) + color_std * normal[index] + _HALF
            # By way of a signed integer, for which there is a vector instruction.
            observed[index] = np.uint8(np.int32(min(_WHITE, max(_ZERO, value))))


@njit(cache=True)
def _dropout_limits(depth, inside, at_edge, limits):
    """The chance of a dropout: higher where the depth jumps to one of the four neighbours."""
    height, width = depth.shape
    for row in range(height):
        up, down = max(row - 1, 0), min(row + 1, height - 1)
        for column in range(1, width - 1):
            here = depth[row, column]
            jump = max(
                max(abs(depth[row, column - 1] - here), abs(depth[row, column + 1] - here)),
                max(abs(depth[up, column] - here), abs(depth[down, column] - here)),
            )
            limits[row, column] = at_edge if jump > _EDGE_STEP * here else inside
        # Outside the loop above, so that it needs no test for the border.
        for column, beside in ((0, 1), (width - 1, width - 2)):
            here = depth[row, column]
            jump = max(
                abs(depth[row, beside] - here),
                max(abs(depth[up, column] - here), abs(depth[down, column] - here)),
            )
            limits[row, column] = at_edge if jump > _EDGE_STEP * here else inside


@njit(cache=True, error_model="numpy")
def _code_depth(depth, normals, chances, limits, disparity, code):
    """Stereo measures f b / z; an error of that by s px moves the depth by z^2 s / (f b), to first order."""
    for index in range(depth.shape[0]):
        here = depth[index]
        # Measured over true disparity; where noise eats all of it, nothing is matched.
        ratio = _ONE + here * disparity * normals[index]
        seen = (here > _ZERO) & (here <= _FAR * ratio) & (chances[index] >= limits[index])
        near = min(_NEAR * ratio / here, _ONE)
        value = _WHITE * np.sqrt(near) + _HALF if seen else _ZERO
        code[index] = np.uint8(np.int32(value))


@njit(cache=True)
def pool(code, pooled):
    """The largest code of each block of (h, w) as (p, q): codes fall with distance, so the nearest return wins."""
    tall, wide = code.shape[0] // pooled.shape[0], code.shape[1] // pooled.shape[1]
    for row in range(pooled.shape[0]):
        for column in range(pooled.shape[1]):
            nearest = np.uint8(0)
            for i in range(tall):
                for j in range(wide):
                    nearest = max(nearest, code[row * tall + i, column * wide + j])
            pooled[row, column] = nearest
