"""Bullet behind names, NumPy and SI units: the only file that imports PyBullet."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from jaxtyping import Float

from sim.physics.vehicle import GRAVITY
from sim.types import BODY_SIZE, POSITION, QUATERNION, RATES, VELOCITY, Body
from sim.world.bullet_limits import check_size
from sim.world.bullet_lists import vertex_rows
from sim.world.meshing import Triangles
from sim.world.primitives import BOX, CYLINDER, ROW_SIZE, SPHERE
from sim.world.quiet import silent_stderr
from sim.world.relief import Relief

# PyBullet greets with its build time on standard error, where a command's one message belongs.
with silent_stderr():
    import pybullet

_NO_MOVERS = np.zeros((0, ROW_SIZE))
_NO_BALLS = np.zeros((0, 4))
_BALLS_A_BODY = 16
"""PyBullet's MAX_COMPOUND_COLLISION_SHAPES."""
_NO_TURN = (0.0, 0.0, 0.0)
_LEAST_UPWARD = 0.5
"""Vertical part of the normal of ground: steeper than 60 degrees is a wall."""
_RELIEF_ERROR = 0.25
"""m between the ground's triangles and its raster, at breaks of slope."""


@dataclass(frozen=True)
class Contact:
    """One point where the hull touches something, or comes near it."""

    position: tuple[float, float, float]
    """On the hull, m, world."""
    normal: tuple[float, float, float]
    """Unit vector from the obstacle to the hull, world."""
    distance: float
    """m; negative inside."""
    is_ground: bool
    mover: int = -1
    """Index of the moving obstacle it is with, -1 for none."""


class BulletWorld:
    """One rigid hull among static geometry; owns a Bullet client until `close`."""

    def __init__(
        self,
        triangles: Triangles,
        *,
        mass: float,
        inertia: tuple[float, float, float],
        hull_radius: float,
        hull_height: float,
        timestep: float,
        balls: Float[np.ndarray, "b 4"] = _NO_BALLS,
        movers: Float[np.ndarray, "n 9"] = _NO_MOVERS,
        relief: Relief | None = None,
        once: bool = False,
    ) -> None:
        """Mass kg, principal moments of inertia kg m^2, the hull an upright cylinder, m; timestep s.

        `balls` are centres and radii, m: exactly round, as no triangles are. What is touched where `relief` is, from above,
        is ground. `movers` are primitives (`sim/world/primitives.py`) that `place_movers` moves about. A world that is
        flown in `once` keeps no copy of itself to be reset to, which takes as long to make as the world.
        """
        check_size(triangles)
        self._relief = relief
        self._client = pybullet.connect(pybullet.DIRECT)
        if self._client < 0:
            raise RuntimeError("no Bullet client: 1024 are already open")
        client = {"physicsClientId": self._client}
        pybullet.setGravity(0.0, 0.0, -GRAVITY, **client)
        # Without ordered pairs a restored state or a second reset goes on differently.
        pybullet.setPhysicsEngineParameter(
            fixedTimeStep=timestep, deterministicOverlappingPairs=1, **client
        )
        self._ground = _add_ground(self._client)
        if len(triangles.faces):
            _add_mesh(triangles, self._client)
        for first in range(0, len(balls), _BALLS_A_BODY):
            _add_balls(balls[first : first + _BALLS_A_BODY], self._client)
        self._movers = [_add_mover(row, self._client) for row in movers]
        self._mover_quats = [_upright_quat(row) for row in movers]
        shape = pybullet.createCollisionShape(
            pybullet.GEOM_CYLINDER, radius=hull_radius, height=hull_height, **client
        )
        self._hull = pybullet.createMultiBody(mass, shape, basePosition=[0, 0, 10], **client)
        pybullet.changeDynamics(
            self._hull,
            -1,
            localInertiaDiagonal=list(inertia),
            linearDamping=0.0,
            angularDamping=0.0,
            restitution=0.0,
            activationState=pybullet.ACTIVATION_STATE_DISABLE_SLEEPING,
            **client,
        )
        self._position = (0.0, 0.0, 10.0)
        self._orientation = (0.0, 0.0, 0.0, 1.0)
        self._state = np.zeros((1, BODY_SIZE))
        self._saved: set[int] = set()
        self._pristine = None if once else self.save()

    def step(self, wrench: Float[np.ndarray, "6"]) -> None:
        """Apply force and torque (N, N m, world, at the centre of mass) and advance one tick."""
        self.advance(wrench, self._state, 0)

    def advance(
        self, wrench: Float[np.ndarray, "6"], path: Float[np.ndarray, "t 13"], row: int
    ) -> None:
        """`step`, and write the new state into a row of a contiguous path."""
        fx, fy, fz, tx, ty, tz = wrench.tolist()
        client, hull = self._client, self._hull
        _apply_force(hull, -1, (fx, fy, fz), self._position, _WORLD_FRAME, client)
        _apply_torque(hull, -1, (tx, ty, tz), _WORLD_FRAME, client)
        _step(client)
        position, orientation = self._position, self._orientation = _get_pose(hull, client)
        linear, angular = _get_velocity(hull, client)
        state = (*position, *orientation, *linear, *angular)
        _pack_body(path, row * _BODY_BYTES, *state)

    def bare_ticks(self, wrench: tuple[float, ...], ticks: int) -> None:
        """Force and torque in, state out, and nothing else: what no simulator on PyBullet can do without."""
        client, hull, position = self._client, self._hull, self._position
        force, torque = wrench[:3], wrench[3:]
        for _ in range(ticks):
            _apply_force(hull, -1, force, position, _WORLD_FRAME, client)
            _apply_torque(hull, -1, torque, _WORLD_FRAME, client)
            _step(client)
            position, self._orientation = _get_pose(hull, client)
            _get_velocity(hull, client)
        self._position = position

    def read(self, body: Body) -> None:
        """Write the hull's state into `body`."""
        linear, angular = _get_velocity(self._hull, self._client)
        body[:] = self._position + self._orientation + linear + angular

    def set_state(self, body: Body) -> None:
        """Move the hull."""
        self._position = tuple(body[POSITION].tolist())
        self._orientation = tuple(body[QUATERNION].tolist())
        client = {"physicsClientId": self._client}
        pybullet.resetBasePositionAndOrientation(
            self._hull, self._position, self._orientation, **client
        )
        pybullet.resetBaseVelocity(
            self._hull, body[VELOCITY].tolist(), body[RATES].tolist(), **client
        )
        # Bullet normalises the quaternion, so what it holds is read back.
        self._position, self._orientation = _get_pose(self._hull, self._client)

    def place_movers(
        self,
        chosen: list[int],
        positions: Float[np.ndarray, "n 3"],
        velocities: Float[np.ndarray, "n 3"],
    ) -> None:
        """Move some of the moving obstacles, m and m/s, world; their velocity is what a contact pushes with."""
        client, at, speed = self._client, positions.tolist(), velocities.tolist()
        for index in chosen:
            body = self._movers[index]
            _reset_pose(body, at[index], self._mover_quats[index], client)
            _reset_velocity(body, speed[index], _NO_TURN, client)

    def reset(self, body: Body) -> None:
        """Place the hull as in a world nothing has happened in: what was flown before leaves no trace.

        Where the world is flown in once, nothing must have been.
        """
        if self._pristine is not None:
            self.restore(self._pristine)
        self.set_state(body)
        # Points of touch outlive a restored state until Bullet looks again.
        pybullet.performCollisionDetection(physicsClientId=self._client)

    def touching(self) -> bool:
        """Whether the hull touches anything."""
        return any(map(_touches, _get_contacts(self._hull, -1, -1, -1, self._client)))

    def contacts(self) -> list[Contact]:
        """Points of touch in the last tick."""
        points = _get_contacts(self._hull, -1, -1, -1, self._client)
        return [self._contact(point) for point in points if _touches(point)]

    def save(self) -> int:
        """A handle to the present state, contacts included; Bullet keeps a copy of the world with it until `discard`."""
        state = pybullet.saveState(physicsClientId=self._client)
        self._saved.add(state)
        return state

    def restore(self, state: int) -> None:
        """Return to a saved state; what follows is bit-equal to what followed it."""
        if state not in self._saved:
            raise ValueError(f"state {state}: discarded, or never saved here")
        pybullet.restoreState(stateId=state, physicsClientId=self._client)
        self._position, self._orientation = _get_pose(self._hull, self._client)

    def discard(self, state: int) -> None:
        """Free a saved state; twice is no error."""
        if state not in self._saved:
            return
        self._saved.remove(state)
        pybullet.removeState(state, physicsClientId=self._client)

    def close(self) -> None:
        """Give the client back; closing twice is no error."""
        if self._client >= 0:
            pybullet.disconnect(self._client)
            self._client = -1

    def __enter__(self) -> "BulletWorld":
        """The world itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def _contact(self, point: tuple) -> Contact:
        other = point[2]
        mover = self._movers.index(other) if other in self._movers else -1
        is_ground = other == self._ground or (mover < 0 and self._is_relief(point[5], point[7]))
        return Contact(point[5], point[7], point[8], is_ground, mover)

    def _is_relief(
        self, where: tuple[float, float, float], normal: tuple[float, float, float]
    ) -> bool:
        """Whether a point of touch with what stands still is one with the ground."""
        if self._relief is None or normal[2] < _LEAST_UPWARD:
            return False
        return abs(where[2] - self._relief.height(where[0], where[1])) < _RELIEF_ERROR


def _touches(point: tuple) -> bool:
    """Whether a contact point is a touch; Bullet also lists pairs whose surfaces only come near.

    Index 8 is the distance before the tick, 9 the normal force: Bullet stops what would pass through a
    surface within the tick while it is still up to a tick's way off, and such a touch never gets nearer.
    """
    return point[8] <= 0.0 or point[9] > 0.0


# PyBullet's functions, bound once: the tick looks no attribute up.
_WORLD_FRAME = pybullet.WORLD_FRAME
_apply_force = pybullet.applyExternalForce
_apply_torque = pybullet.applyExternalTorque
_step = pybullet.stepSimulation
_get_pose = pybullet.getBasePositionAndOrientation
_get_velocity = pybullet.getBaseVelocity
_get_contacts = pybullet.getContactPoints
# Half the time of assigning a tuple to an array.
_BODY_STRUCT = struct.Struct(f"{BODY_SIZE}d")
# Typed loosely: on Python 3.11 no annotation says that arrays are buffers.
_pack_body: Callable[..., None] = _BODY_STRUCT.pack_into
_BODY_BYTES = _BODY_STRUCT.size
_reset_pose = pybullet.resetBasePositionAndOrientation
_reset_velocity = pybullet.resetBaseVelocity


def _add_ground(client: int) -> int:
    shape = pybullet.createCollisionShape(
        pybullet.GEOM_PLANE, planeNormal=[0, 0, 1], physicsClientId=client
    )
    return pybullet.createMultiBody(0.0, shape, physicsClientId=client)


def _add_mesh(triangles: Triangles, client: int) -> None:
    """All static geometry as one concave mesh: a tick costs the same at any count."""
    vertices, indices = vertex_rows(triangles.vertices), triangles.faces.reshape(-1).tolist()
    shape = pybullet.createCollisionShape(
        pybullet.GEOM_MESH,
        vertices=vertices,
        indices=indices,
        flags=pybullet.GEOM_FORCE_CONCAVE_TRIMESH,
        physicsClientId=client,
    )
    # PyBullet never lets go of the lists it was given: emptied, they are next to nothing instead of 1.2 MB a reset.
    vertices.clear()
    indices.clear()
    pybullet.createMultiBody(0.0, shape, physicsClientId=client)


def _add_balls(balls: Float[np.ndarray, "b 4"], client: int) -> None:
    """Some balls as one body: a tick looks at bodies first."""
    shape = pybullet.createCollisionShapeArray(
        shapeTypes=[pybullet.GEOM_SPHERE] * len(balls),
        radii=balls[:, 3].tolist(),
        collisionFramePositions=balls[:, :3].tolist(),
        physicsClientId=client,
    )
    pybullet.createMultiBody(0.0, shape, physicsClientId=client)


def _upright_quat(row: Float[np.ndarray, "9"]) -> tuple[float, float, float, float]:
    """The quaternion xyzw of a primitive, which is turned about z only."""
    half_yaw = 0.5 * float(np.arctan2(row[8], row[7])) if row[0] == BOX else 0.0
    return 0.0, 0.0, float(np.sin(half_yaw)), float(np.cos(half_yaw))


def _add_mover(row: Float[np.ndarray, "9"], client: int) -> int:
    """A body without mass: nothing pushes it, and pairs of such bodies are never looked at."""
    kind, size = row[0], row[4:7].tolist()
    if kind == SPHERE:
        form = {"shapeType": pybullet.GEOM_SPHERE, "radius": size[0]}
    elif kind == CYLINDER:
        form = {"shapeType": pybullet.GEOM_CYLINDER, "radius": size[0], "height": 2.0 * size[1]}
    else:
        form = {"shapeType": pybullet.GEOM_BOX, "halfExtents": size}
    shape = pybullet.createCollisionShape(**form, physicsClientId=client)
    return pybullet.createMultiBody(
        0.0, shape, basePosition=row[1:4].tolist(), physicsClientId=client
    )
