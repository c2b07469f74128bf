"""Compiled passes over one image: rays, hit faces to colour, depth and class, then noise, depth code and pooling.

Shapes: n = h w rays, f faces; images are (h, w), colour images (3, h, w). Division follows IEEE
(`error_model="numpy"`): a check for zero in the loop would keep the compiler from using vector instructions.
"""

import math

import numpy as np
from numba import njit

from sim.frames import rotation_entries
from sim.sensing.grain import draw_grain
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
_BEHIND_GROUND, _BEHIND_GROUND_M = np.float32(1.001), np.float32(0.01)
"""How far behind the ground a ray ends, relative and in m: more than rounding to single precision shifts a hit."""


@njit(cache=True)
def aim(position, quat, to_body, focal, height, width, view):
    """Write the view (4, 3) of a body pose, world: eye, ray through the first pixel, its change a column and a row.

    Rays have length 1 along the optical axis, so that a ray's parameter is the depth. `to_body` (3, 3) turns the
    optical frame into the body.
    """
    r = rotation_entries(quat)
    x, y = (0.5 - width / 2) / focal, (0.5 - height / 2) / focal
    for axis in range(3):
        right = _turned(r, to_body, axis, 0)
        down = _turned(r, to_body, axis, 1)
        view[0, axis] = position[axis]
        view[1, axis] = x * right + y * down + _turned(r, to_body, axis, 2)
        view[2, axis] = right / focal
        view[3, axis] = down / focal


@njit(cache=True)
def _turned(r, to_body, axis, column):
    """One entry of the rotation r (nine numbers) after `to_body`."""
    k = 3 * axis
    return r[k] * to_body[0, column] + r[k + 1] * to_body[1, column] + r[k + 2] * to_body[2, column]


@njit(cache=True)
def _row_start(view, row):
    """The ray through a row's first pixel, world."""
    return (
        view[1, 0] + row * view[3, 0],
        view[1, 1] + row * view[3, 1],
        view[1, 2] + row * view[3, 2],
    )


@njit(cache=True, error_model="numpy")
def spread(view, mask, rays, reach, pixels):
    """Write the rays (n, 3) of the pixels set in mask (h, w), in the single precision that Embree takes; returns m.

    The first m of `pixels` (n,) then are the numbers of those pixels, row by row. `reach` (n,) ends each ray just
    behind the ground, which hides what is farther: Embree then skips that.
    """
    height = np.float32(view[0, 2]) * _BEHIND_GROUND
    # Seen from below, the ground hides nothing.
    level = _ZERO if height > _ZERO else -_FAR_AWAY
    rx, ry, rz = view[2, 0], view[2, 1], view[2, 2]
    width = mask.shape[1]
    count = 0
    for row in range(mask.shape[0]):
        x, y, z = _row_start(view, row)
        for column in range(width):
            # Written for every pixel, kept for those set: cheaper than a branch no processor can foresee.
            down = np.float32(z + column * rz)
            rays[count, 0] = np.float32(x + column * rx)
            rays[count, 1] = np.float32(y + column * ry)
            rays[count, 2] = down
            reach[count] = _BEHIND_GROUND_M - height / down if down < level else _FAR_AWAY
            pixels[count] = row * width + column
            count += mask[row, column]
    return count


@njit(cache=True)
def _ground_tone(x, y, distance):
    """Brightness of the ground at a point: a hash of its square metre, fading where squares get smaller than pixels."""
    cell = (np.int64(math.floor(x)) * 73856093) ^ (np.int64(math.floor(y)) * 19349663)
    cell = (cell ^ (cell >> 13)) * 1274126177
    unit = ((cell ^ (cell >> 16)) & 255) / 127.5 - 1.0
    return 1.0 + _GROUND_TEXTURE * unit * min(1.0, 8.0 / max(distance, 1e-9))


@njit(cache=True)
def resolve(hits, pixels, view, planes, colors, classes, ground, sky, rgb, depth, labels):
    """The faces (n,) hit at pixels (n,) to colour, depth and class; the nearer of face and ground wins."""
    for row in range(depth.shape[0]):
        _lay_ground(view, row, ground, sky, rgb, depth[row], labels[row])
    _put_faces(hits, pixels, view, planes, colors, classes, rgb, depth, labels)


@njit(cache=True, error_model="numpy")
def _lay_ground(view, row, ground, sky, rgb, depth, labels):
    """A row of ground and sky, as if nothing stood on it: without branches, so in vector instructions."""
    ox, oy, oz = view[0, 0], view[0, 1], view[0, 2]
    rx, ry, rz = view[2, 0], view[2, 1], view[2, 2]
    x, y, z = _row_start(view, row)
    red, green, blue = rgb[0, row], rgb[1, row], rgb[2, row]
    ground_red, ground_green, ground_blue = ground[0], ground[1], ground[2]
    sky_red, sky_green, sky_blue = np.float64(sky[0]), np.float64(sky[1]), np.float64(sky[2])
    for column in range(depth.shape[0]):
        dz = z + column * rz
        below = (dz < 0.0) & (oz > 0.0)
        floor = -oz / dz if below else 0.0
        tone = _ground_tone(ox + floor * (x + column * rx), oy + floor * (y + column * ry), floor)
        red[column] = np.uint8(np.int32(min(255.0, ground_red * tone) if below else sky_red))
        green[column] = np.uint8(np.int32(min(255.0, ground_green * tone) if below else sky_green))
        blue[column] = np.uint8(np.int32(min(255.0, ground_blue * tone) if below else sky_blue))
        labels[column] = _GROUND if below else _SKY
        depth[column] = floor


@njit(cache=True, error_model="numpy")
def _put_faces(hits, pixels, view, planes, colors, classes, rgb, depth, labels):
    """The faces, where they are nearer than the ground already there (0 is sky)."""
    ox, oy, oz = view[0, 0], view[0, 1], view[0, 2]
    rx, ry, rz = view[2, 0], view[2, 1], view[2, 2]
    width = depth.shape[1]
    for index in range(hits.shape[0]):
        face = hits[index]
        if face < 0:
            continue
        row, column = pixels[index] // width, pixels[index] % width
        x, y, z = _row_start(view, row)
        nx, ny, nz = planes[face, 0], planes[face, 1], planes[face, 2]
        dx, dy, dz = x + column * rx, y + column * ry, z + column * rz
        along = nx * dx + ny * dy + nz * dz
        gap = planes[face, 3] - nx * ox - ny * oy - nz * oz
        nearest = max(gap / along, 1e-3) if along != 0.0 else math.inf
        floor = -oz / dz if dz < 0.0 < oz else math.inf
        if nearest <= floor and nearest < math.inf:
            for channel in range(3):
                rgb[channel, row, column] = colors[face, channel]
            labels[row, column] = classes[face]
            depth[row, column] = nearest


@njit(cache=True)
def spoil(rgb, depth, key, table, disparity, dropout, color_std, rows, image):
    """Noise, then codes: writes the observed image (4, h, w); `key` and `table` are the grain's.

    Row by row, in three short loops over `rows` (6, w), which are overwritten: only such loops become vector
    instructions, and what they pass on stays in the fastest cache.
    """
    height, width = depth.shape
    to_ratio, to_color = np.float32(disparity), np.float32(color_std)
    inside, at_edge = np.float32(dropout), np.float32(_EDGE_DROPOUT * dropout)
    limits = rows[5]
    for row in range(height):
        draw_grain(key, row * width, table, rows)
        for channel in range(3):
            _add_color_noise(rgb[channel, row], rows[channel], to_color, image[channel, row])
        above, below = depth[max(row - 1, 0)], depth[min(row + 1, height - 1)]
        _limit_dropouts(above, depth[row], below, inside, at_edge, limits)
        _code_depth(depth[row], rows[3], rows[4], limits, to_ratio, image[3, row])


@njit(cache=True)
def _add_color_noise(clean, normals, color_std, observed):
    for index in range(clean.shape[0]):
        value = np.float32(clean[index]) + color_std * normals[index] + _HALF
        # By way of a signed integer, for which there is a vector instruction.
        observed[index] = np.uint8(np.int32(min(_WHITE, max(_ZERO, value))))


@njit(cache=True)
def _limit_dropouts(above, depth, below, inside, at_edge, limits):
    """The chance of a dropout: higher where the depth jumps to one of the four neighbours."""
    last = depth.shape[0] - 1
    for column in range(1, last):
        here = depth[column]
        beside = max(abs(depth[column - 1] - here), abs(depth[column + 1] - here))
        jump = max(beside, max(abs(above[column] - here), abs(below[column] - here)))
        limits[column] = at_edge if jump > _EDGE_STEP * here else inside
    # Apart, so that the loop above needs no test for the border.
    for column, neighbour in ((0, 1), (last, last - 1)):
        here = depth[column]
        jump = max(abs(above[column] - here), abs(below[column] - here))
        jump = max(jump, abs(depth[neighbour] - here))
        limits[column] = at_edge if jump > _EDGE_STEP * here else inside


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
