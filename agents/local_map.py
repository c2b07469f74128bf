"""A local map from depth images: what was seen stays where it was seen, by dead reckoning, until it is looked through."""

from collections import deque

import numpy as np
from jaxtyping import Float

from agents.evidence import Evidence, as_rays, clear, mark, solid_points
from agents.pilot import Briefing, Whereabouts
from agents.reckoning import turn_about_z
from sim.sensing.camera import decode_depth, max_pool_code
from sim.sensing.pinhole import pixel_rays
from sim.types import IMAGE_SHAPE, Observation

_RANGE = 9.0
"""m of depth beyond which a return is too uncertain to be kept."""
_POOL = 2
"""Rays that clear are pooled in blocks of this side; a block's nearest return counts."""
_NEAR_CELL, _NEAR_LAYER, _NEAR_SHAPE = 0.25, 0.3, (96, 96, 16)
"""m, m, cells: what is near, in three dimensions, for checking candidates."""
_PLAN_CELL, _PLAN_SHAPE = 0.25, (512, 512, 1)
"""m, cells: what stands at flying height, for finding the way."""
_BAND = 0.45
"""m above and below the drone within which things stand in the way."""
_MEMORY_S = 60.0
"""s after which dead reckoning has drifted too far for an unrefreshed point."""
_SHY = 0.3
"""m before a return, besides twice its spread, at which a ray stops clearing."""
_NO_RETURN = 20.0
"""m that stand for the depth of a ray without a return."""
_BESIDE = 1.3
"""m above and below the drone within which near things are handed out."""


class LocalMap:
    """Two grids of evidence and the pose among them; the frame is the world's, but for the drift of dead reckoning."""

    def __init__(self, briefing: Briefing) -> None:
        self._late = briefing.camera_delay_s * briefing.control_hz
        self._spread = briefing.depth_spread
        self._rays = as_rays(_block_rays(briefing, 1))
        self._block_rays = as_rays(_block_rays(briefing, _POOL))
        self._near = Evidence.empty(_NEAR_SHAPE, _NEAR_CELL, _NEAR_LAYER)
        self._plan = Evidence.empty(_PLAN_SHAPE, _PLAN_CELL, 1e3)
        self._oldest = round(_MEMORY_S * briefing.control_hz)
        self.frame = -1
        self._poses: deque[Whereabouts] = deque(maxlen=int(self._late) + 2)

    def move(self, here: Whereabouts) -> None:
        """Follow the drone for one step; to be called every step."""
        self.frame += 1
        self._poses.append(here)

    @property
    def position(self) -> Float[np.ndarray, "3"]:
        """m, world as far as dead reckoning goes; z is the height above ground."""
        return self._poses[-1].position

    @property
    def yaw(self) -> float:
        return self._poses[-1].yaw

    def look(self, observation: Observation) -> None:
        """Take in an image, from the pose it was taken at."""
        eye, rotation = self._pose_of_image()
        code = observation["image"][3]
        depth = decode_depth(code).ravel()
        rows, columns = code.shape
        nearest = decode_depth(max_pool_code(code, (rows // _POOL, columns // _POOL))).ravel()
        # What is spread evenly is the reciprocal of depth, and no return at all is as good as one from far off.
        surely = 1.0 / (1.0 / np.minimum(nearest, _NO_RETURN) + 2.0 * self._spread)
        reach = np.minimum(surely - _SHY, _RANGE)
        rays, block_rays = self._rays @ rotation.T, self._block_rays @ rotation.T
        for grid in (self._near, self._plan.around(float(self.position[2]), _BAND)):
            mark(grid, eye, rays, depth, _RANGE, self.frame)
            clear(grid, eye, block_rays, reach, self.frame)

    def points(self, reach: float) -> Float[np.ndarray, "n 3"]:
        """Everything solid within `reach` along x and y, heading frame, relative to the drone."""
        z, oldest = float(self.position[2]), self.frame - self._oldest
        found = solid_points(self._near, self.position, reach, z - _BESIDE, z + _BESIDE, oldest)
        return (found - self.position) @ turn_about_z(self.yaw)

    def in_the_way(self, center: Float[np.ndarray, "2"], reach: float) -> Float[np.ndarray, "n 3"]:
        """Everything that stands at flying height within `reach` of a point along x and y, world."""
        return solid_points(self._plan, center, reach, 0.0, 0.0, self.frame - self._oldest)

    # --- Private.

    def _pose_of_image(self) -> tuple[np.ndarray, np.ndarray]:
        """Position and rotation world from body, between the two steps that enclose the image's instant."""
        newest = len(self._poses) - 1
        late = min(self._late, float(newest))
        after, share = newest - int(late), late - int(late)
        before = max(after - 1, 0)
        then, now = self._poses[before], self._poses[after]
        return (
            share * then.position + (1.0 - share) * now.position,
            share * then.world_from_body + (1.0 - share) * now.world_from_body,
        )


def _block_rays(briefing: Briefing, pool: int) -> Float[np.ndarray, "h w 3"]:
    """Rays of unit depth in the body frame, through the centres of an image's blocks."""
    _, height, width = IMAGE_SHAPE
    return pixel_rays(width // pool, height // pool, briefing.focal_px / pool, briefing.camera_tilt)
