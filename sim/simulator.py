"""One flight's machinery: Bullet, rotors, wind, estimator and camera, advanced one control step at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sim.actions import action_level
from sim.entries import path_account
from sim.fault_board import FaultBoard
from sim.faults import Fault
from sim.frames import quat_to_matrix, yaw_of
from sim.physics.plant import new_plant, noise_size
from sim.physics.stepping import tick_step
from sim.physics.vehicle import colliding_hull, load_vehicle, vehicle_record
from sim.safety import safety_layer
from sim.scenario import Scenario
from sim.sensing.camera import Camera, CameraScene, max_pool_code
from sim.sensing.mover_rays import SeenMovers
from sim.types import (
    BODY_SIZE,
    HISTORY_AGES_S,
    HISTORY_SHAPE,
    IMAGE_SHAPE,
    POSITION,
    QUATERNION,
    RATES,
    VELOCITY,
    Body,
    Quat,
    Vec3,
)
from sim.world.berth import berth
from sim.world.build import world_of
from sim.world.bullet import BulletWorld, Contact
from sim.world.clearance import ClearanceField
from sim.world.meshing import angular_triangles
from sim.world.mover_bodies import MoverBodies
from sim.world.movers import movers_of

_PHYSICS_STREAM, _CAMERA_STREAM = 1, 2


@dataclass(frozen=True)
class Estimate:
    """What the estimator believes; autopilot and observation see nothing else."""

    position_world: Vec3
    quat_xyzw: Quat
    velocity_world: Vec3
    rates_body: Vec3
    yaw: float


@dataclass(frozen=True)
class Snapshot:
    """Everything a simulator needs to continue bit for bit, Bullet's own part by its handle."""

    world: BulletWorld
    """Whose state it is."""
    bullet: int
    way: tuple[float, float]
    arrays: dict[str, np.ndarray]
    streams: tuple[Mapping[str, Any], Mapping[str, Any]]
    step_count: int
    faults: Any
    """What `FaultBoard.save` made."""
    safety: Any = None
    """What `SafetyLayer.save` made; None without one."""


class Simulator:
    """The world of one scenario; owns a Bullet client until `close`."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        action: str = "velocity",
        camera: bool = True,
        once: bool = False,
    ) -> None:
        """A simulator at its scenario's start.

        Args:
            scenario: What is flown.
            action: The level commands come at, see `sim.actions`.
            camera: Without it nothing is rendered.
            once: Flown from its start once only, `reset` then refuses: so it is made in less time.
        """
        self.scenario = scenario
        self.vehicle = load_vehicle(scenario.vehicle)
        self.action_level = action_level(action)
        self._once, self.step_count = once, 0
        self._take_over = self.action_level.commander(self.vehicle, scenario.speed_limit_m_s)
        self._sees = camera
        self.world = world_of(scenario)
        self.clearance = ClearanceField(self.world, scenario.limits.altitude_max_m)
        self._hull_radius, hull_height = colliding_hull(self.vehicle, scenario)
        self._berth = berth(self.world, self.clearance, self._hull_radius, hull_height)
        low, high = self.world.bounds
        # Outside them, and above the altitude limit, a mesh may lie where its distance grid has ended.
        self._field_bounds = low.tolist(), [*high[:2].tolist(), scenario.limits.altitude_max_m]
        self.scene = CameraScene(self.world)
        self.camera = Camera(scenario.camera)
        self.movers = movers_of(scenario)
        self._params = vehicle_record(self.vehicle, scenario)
        self._noise_size = noise_size(scenario)
        self.faults = FaultBoard(scenario)
        self.safety = safety_layer(scenario, self.vehicle, sees=camera)
        if self.safety is not None:
            velocity = action_level("velocity")
            self._fly_safely = velocity.commander(self.vehicle, scenario.speed_limit_m_s)
        self._ticks_per_step = scenario.rates.ticks_per_step
        self._history_steps = np.array(
            [round(age * scenario.rates.control_hz) for age in HISTORY_AGES_S]
        )
        self.bullet = BulletWorld(
            angular_triangles(self.world),
            mass=self.vehicle.mass,
            inertia=self.vehicle.inertia,
            hull_radius=self._hull_radius,
            hull_height=hull_height,
            timestep=1.0 / scenario.rates.physics_hz,
            balls=np.column_stack([self.world.spheres.centers, self.world.spheres.radii]),
            movers=self.movers.table_at(0),
            relief=self.world.relief,
            once=once,
        )
        self.mover_bodies = MoverBodies(self.movers, self.bullet) if self.movers else None
        self.reset()

    def reset(self) -> None:
        """Put everything back to the scenario's start, independent of what was flown before."""
        if self._once and self.step_count > 0:
            raise RuntimeError("made with once=True: flown already, it cannot be reset")
        start = self.scenario.start
        self.body: Body = np.zeros(BODY_SIZE)
        self.body[POSITION] = start.position_m
        self.body[QUATERNION] = 0.0, 0.0, np.sin(start.yaw_rad / 2), np.cos(start.yaw_rad / 2)
        self.bullet.reset(self.body)
        if self.mover_bodies is not None:
            self.mover_bodies.settle(0)
        self.plant = new_plant(self.vehicle, self.scenario)
        seed = self.scenario.seed
        self._physics_rng = np.random.default_rng([seed, _PHYSICS_STREAM])
        self._camera_rng = np.random.default_rng([seed, _CAMERA_STREAM])
        self.faults.reset()
        if self.safety is not None:
            self.safety.reset()
        self.step_count = 0
        self.previous_action = np.zeros(4, dtype=np.float32)
        self.previous_body = self.body.copy()
        self.contacts: list[Contact] = []
        self._wrench = np.zeros(6)
        # Of the last step: its length, m, and largest speed, m/s, as `path_account` has them.
        self.way = 0.0, 0.0
        # One row a tick, newest last, long enough for the delayed camera.
        self._trail = np.tile(self.body, (self.scenario.camera.delay_ticks + 1, 1))
        self.image = np.zeros((4, self.camera.height, self.camera.width), dtype=np.uint8)
        self._expose()
        depth = self.max_history + 1
        self._past_codes = np.repeat(self._pooled()[None], depth, axis=0)

    @property
    def history_steps(self) -> tuple[int, ...]:
        """Ages of what an observation holds of the depth memory, in control steps."""
        return tuple(self._history_steps.tolist())

    @property
    def max_history(self) -> int:
        """Control steps the depth memory reaches back."""
        return max(self.history_steps)

    @property
    def time(self) -> float:
        """Seconds since the start."""
        return self.step_count / self.scenario.rates.control_hz

    @property
    def tick(self) -> int:
        """Physics ticks since the start."""
        return int(self.plant["tick"][0])

    @property
    def yaw(self) -> float:
        """True heading, rad."""
        return yaw_of(self.body[QUATERNION])

    @property
    def battery(self) -> float:
        """Fraction of the pack's capacity left."""
        pack = self.scenario.battery
        gone = float(self.plant["energy_used_wh"][0] + self.plant["charge_lost_wh"][0])
        return max(0.0, pack.initial_fraction - gone / pack.capacity_wh)

    @property
    def estimate(self) -> Estimate:
        """The estimator's present belief, copied."""
        state = self.plant["estimate"][0].copy()
        quat = state[QUATERNION]
        rates_body = quat_to_matrix(quat).T @ state[RATES]
        return Estimate(state[POSITION], quat, state[VELOCITY], rates_body, yaw_of(quat))

    def step(
        self, action: Float[np.ndarray, "4"], *, look: bool = True
    ) -> Float[np.ndarray, "t 13"]:
        """Fly one control period with a command in [-1, 1]; returns the body after every tick.

        Without `look` nobody will look at the image at its end, nor at the depth memory's entry of it: they may stay what
        they were. All else, later images included, is the same.

        Contacts of the first tick that touched anything are left in `contacts`, and the physics
        stops there, so that what is reported is the moment of the impact.
        """
        self.faults.begin(self.time, self.plant, self.image)
        self._command(action)
        ticks = self._fly_ticks()
        if self.mover_bodies is not None:
            self.mover_bodies.settle(self.tick)
        self.step_count += 1
        self.way = path_account(self.previous_body, ticks)
        if self.way[1] == np.inf:
            return ticks  # Nothing can be seen from nowhere: the images stay as they were.
        self._remember(ticks)
        if self._sees:
            self._past_codes[1:] = self._past_codes[:-1]
            # The safety layer and faults of images go by every one, whoever else looks.
            if look or self.safety is not None or self.faults.on_images:
                self._expose()
                self._past_codes[0] = self._pooled()
            else:
                self.camera.skip(self._camera_rng)
        return ticks

    def inject(self, fault: Fault) -> None:
        """Let a fault begin (or with kind ok end) with the next step; its own time is not looked at."""
        self.faults.inject(fault, self.time)

    def observe(self) -> dict[str, np.ndarray]:
        """The camera's part of the observation: `image` and `history`; nothing without a camera."""
        if not self._sees:
            return {}
        if self.image.shape == IMAGE_SHAPE:
            image = self.image.copy()
        else:
            raise ValueError(
                f"camera of {self.image.shape[2]} x {self.image.shape[1]} px: observations are 64 x 48"
            )
        # Flat, because Stable-Baselines3 takes any three-dimensional entry for a picture of >= 36 px.
        history = self._past_codes.take(self._history_steps, axis=0).reshape(-1)
        return {"image": image, "history": history}

    def least_clearance(self, ticks: Float[np.ndarray, "t 13"]) -> float:
        """Distance from the hull to the nearest obstacle, m, the ground excepted, after the ticks last flown.

        What moves is looked at after each of them: it may have passed by within the step.
        """
        least = self.clearance.at(self.body[POSITION])
        if self.movers:
            path = ticks[:, POSITION]
            least = min(least, self.movers.least_distance(self.tick - len(path) + 1, path))
        return least - self._hull_radius

    def save(self) -> Snapshot:
        """A snapshot from which `restore` continues bit for bit.

        Bullet copies its whole world, meshes included: 15 ms and 2 MB with 100 obstacles, kept until `discard` or `close`.
        """
        arrays = {name: getattr(self, name).copy() for name in _SAVED_ARRAYS}
        streams = (self._physics_rng.bit_generator.state, self._camera_rng.bit_generator.state)
        faults, safety = self.faults.save(), None if self.safety is None else self.safety.save()
        state = self.bullet.save()
        return Snapshot(
            self.bullet, state, self.way, arrays, streams, self.step_count, faults, safety
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Return to a snapshot of this simulator; ValueError for one discarded. What touched then is not told again."""
        self._check_own(snapshot)
        self.bullet.restore(snapshot.bullet)
        for name in _SAVED_ARRAYS:
            getattr(self, name)[...] = snapshot.arrays[name]
        self._physics_rng.bit_generator.state, self._camera_rng.bit_generator.state = (
            snapshot.streams
        )
        self.step_count = snapshot.step_count
        self.faults.restore(snapshot.faults)
        if self.safety is not None:
            self.safety.restore(snapshot.safety)
        self.contacts, self.way = [], snapshot.way

    def discard(self, snapshot: Snapshot) -> None:
        """Free the memory of a snapshot that is no longer needed."""
        self._check_own(snapshot)
        self.bullet.discard(snapshot.bullet)

    def close(self) -> None:
        """Give the Bullet client back."""
        self.bullet.close()

    # --- Private steps, in the order `step` takes them.

    def _check_own(self, snapshot: Snapshot) -> None:
        if snapshot.world is not self.bullet:
            raise ValueError("a snapshot of another simulator")

    def _command(self, action: Float[np.ndarray, "4"]) -> None:
        """Hand the action to the autopilot, at the level it was chosen for, or what the safety layer puts in its place."""
        if self.safety is None:
            self._take_over(self.plant, action)
        else:
            action = self._guarded(action)
        self.previous_action[:] = action

    def _guarded(self, action: Float[np.ndarray, "4"]) -> Float[np.ndarray, "4"]:
        """Command what the safety layer lets pass; returns the action that is flown, the pilot's at other levels."""
        assert self.safety is not None
        is_velocity = self.action_level.name == "velocity"
        wanted = action if is_velocity else None
        safe = self.safety.command(wanted, self.time, self.plant, self.battery, self.image)
        if safe is None:
            self._take_over(self.plant, action)
            return action
        self._fly_safely(self.plant, safe)
        return safe if is_velocity else action

    def _fly_ticks(self) -> Float[np.ndarray, "t 13"]:
        self.previous_body[:] = self.body
        count, wrench, bullet = self._ticks_per_step, self._wrench, self.bullet
        noise = self._physics_rng.standard_normal((count, self._noise_size))
        plant, params = self.plant.view(np.uint8), self._params.view(np.uint8)
        path = np.empty((count + 1, BODY_SIZE))
        path[0] = self.body
        self.contacts = []
        free, movers, first = self._free_distance(), self.mover_bodies, self.tick
        if movers is not None and movers.begin(self.body, first, count):
            free = 0.0
        done, advance = 0, bullet.advance
        while done < count:
            # Bullet looks for contacts first and moves then: where the hull stands before the tick decides.
            may_touch = tick_step(plant, params, path, done, noise, free, wrench)
            done += 1
            advance(wrench, path, done)
            if movers is not None:
                movers.advance(first + done)
            if may_touch and bullet.touching():
                self.contacts = bullet.contacts()
                break
        self.body[:] = path[done]
        return path[1 : done + 1]

    def _free_distance(self) -> float:
        """How far, m, the hull may go from where it is before Bullet need be asked whether it touches anything.

        Asking costs as much as the autopilot's tick. 0 where the clearance field does not reach.
        """
        position = self.body[POSITION]
        x, y, z = position.tolist()
        low, high = self._field_bounds
        if not (low[0] <= x <= high[0] and low[1] <= y <= high[1] and z <= high[2]):
            return 0.0
        return min(self.clearance.at(position), z) - self._berth

    def _remember(self, ticks: Float[np.ndarray, "t 13"]) -> None:
        trail, new = self._trail, len(ticks)
        trail[:-new] = trail[new:]
        trail[-new:] = ticks[-len(trail) :]

    def _expose(self) -> None:
        """Render the camera image, at the pose `delay_ticks` ago."""
        if not self._sees:
            return
        pose = self._trail[0]
        if self.movers:
            then = self.movers.table_at(self.tick - self.scenario.camera.delay_ticks)
            self.scene.movers = SeenMovers(then, self.movers.colors, self.movers.classes)
        self.camera.expose(
            self.scene, pose[POSITION], pose[QUATERNION], self._camera_rng, self.image
        )
        self.faults.spoil(self.image)

    def _pooled(self) -> np.ndarray:
        return max_pool_code(self.image[3], HISTORY_SHAPE[1:])


_SAVED_ARRAYS = (
    "plant",
    "body",
    "previous_body",
    "previous_action",
    "image",
    "_trail",
    "_past_codes",
)
