"""How wide a berth proves that the hull touches nothing, whatever Bullet's surfaces make of the exact shapes."""

import math

from sim.world.clearance import ClearanceField
from sim.world.geometry import World
from sim.world.limb_mesh import outstanding as limbs_outstanding
from sim.world.meshing import CYLINDER_CIRCUMRADIUS, SPHERE_CIRCUMRADIUS

_SPARE = 0.1
"""m; Bullet reports contacts from 0.02 m on, and rounds to single precision where it stores triangles."""


def berth(world: World, clearance: ClearanceField, hull_radius: float, hull_height: float) -> float:
    """The clearance of the hull's centre, m, beyond which Bullet can find no contact, however the hull is turned.

    Beside the hull itself it covers how far triangles stand out of round shapes, and the error of interpolating
    between the nodes of a mesh's distance grid: distances change by at most a metre a metre, so half a cell's diagonal.
    """
    enclosing = math.hypot(hull_radius, hull_height / 2)
    outstanding = max(
        (CYLINDER_CIRCUMRADIUS - 1.0) * float(world.cylinders.radii.max(initial=0.0)),
        (SPHERE_CIRCUMRADIUS - 1.0) * float(world.spheres.radii.max(initial=0.0)),
        limbs_outstanding(world.limbs),
    )
    interpolation = math.sqrt(3.0) / 2 * clearance.arrays.grid_spacing if world.meshes else 0.0
    return enclosing + outstanding + interpolation + _SPARE
