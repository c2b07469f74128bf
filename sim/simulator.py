"""One flight's machinery: Bullet, rotors, wind, estimator and camera, advanced one control step at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sim.frames import quat_to_matrix, yaw_of
from sim.physics.plant import NOISE_SIZE, new_plant
from sim.physics.stepping import command_step, tick_step
from sim.physics.vehicle import load_vehicle, vehicle_record
from sim.scenario import MissionTask, Scenario
from sim.sensing.camera import Camera, CameraScene, max_pool_code
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
from sim.world.build import build_world
from sim.world.bullet import BulletWorld, Contact
from sim.world.clearance import ClearanceField
from sim.world.meshing import world_triangles

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
    """Everything a flight needs to continue bit for bit, Bullet's own part by its handle."""

    bullet: int
    arrays: dict[str, np.ndarray]
    streams: tuple[Mapping[str, Any], Mapping[str, Any]]
    step_count: int


class Simulator:
    """The world of one scenario; owns a Bullet client until `close`."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.vehicle = load_vehicle(scenario.vehicle)
        pads = (scenario.task.home_m,) if isinstance(scenario.task, MissionTask) else ()
        self.world = build_world(scenario.world, pads)
        self.clearance = ClearanceField(self.world, scenario.limits.altitude_max_m + 2.0)
        self._berth = berth(
            self.world, self.clearance, self.vehicle.hull_radius, self.vehicle.hull_height
        )
        low, high = self.world.bounds
        # Outside them, and above the altitude limit, a mesh may lie where its distance grid has ended.
        self._field_bounds = low.tolist(), [*high[:2].tolist(), scenario.limits.altitude_max_m]
        self.scene = CameraScene(self.world)
        self.camera = Camera(scenario.camera)
        self._params = vehicle_record(self.vehicle, scenario)
        self._ticks_per_step = scenario.rates.ticks_per_step
        self._history_steps = np.array(
            [round(age * scenario.rates.control_hz) for age in HISTORY_AGES_S]
        )
        self.bullet = BulletWorld(
            world_triangles(self.world),
            mass=self.vehicle.mass,
            inertia=self.vehicle.inertia,
            hull_radius=self.vehicle.hull_radius,
            hull_height=self.vehicle.hull_height,
            timestep=1.0 / scenario.rates.physics_hz,
        )
        self.reset()

    def reset(self) -> None:
        """Put everything back to the scenario's start, independent of what was flown before."""
        start = self.scenario.start
        self.body: Body = np.zeros(BODY_SIZE)
        self.body[POSITION] = start.position_m
        self.body[QUATERNION] = 0.0, 0.0, np.sin(start.yaw_rad / 2), np.cos(start.yaw_rad / 2)
        self.bullet.reset(self.body)
        self.plant = new_plant(self.vehicle, self.scenario)
        seed = self.scenario.seed
        self._physics_rng = np.random.default_rng([seed, _PHYSICS_STREAM])
        self._camera_rng = np.random.default_rng([seed, _CAMERA_STREAM])
        self.step_count = 0
        self.previous_action = np.zeros(4, dtype=np.float32)
        self.previous_body = self.body.copy()
        self.contacts: list[Contact] = []
        self._wrench = np.zeros(6)
        self._setpoint = np.zeros(4)
        # One row a tick, newest last, long enough for the delayed camera.
        self._trail = np.tile(self.body, (self.scenario.camera.delay_ticks + 1, 1))
        self.image = np.zeros((4, self.camera.height, self.camera.width), dtype=np.uint8)
        self._expose()
        depth = self.max_history + 1
        self._past_codes = np.repeat(self._pooled()[None], depth, axis=0)

    @property
    def max_history(self) -> int:
        """Control steps the depth memory reaches back."""
        return int(self._history_steps.max())

    @property
    def time(self) -> float:
        """Seconds since the start."""
        return self.step_count / self.scenario.rates.control_hz

    @property
    def yaw(self) -> float:
        """True heading, rad."""
        return yaw_of(self.body[QUATERNION])

    @property
    def battery(self) -> float:
        """Fraction of the pack's capacity left."""
        pack = self.scenario.battery
        return max(
            0.0, pack.initial_fraction - float(self.plant["energy_used_wh"][0]) / pack.capacity_wh
        )

    @property
    def estimate(self) -> Estimate:
        """The estimator's present belief, copied."""
        state = self.plant["estimate"][0].copy()
        quat = state[QUATERNION]
        rates_body = quat_to_matrix(quat).T @ state[RATES]
        return Estimate(state[POSITION], quat, state[VELOCITY], rates_body, yaw_of(quat))

    def step(self, action: Float[np.ndarray, "4"]) -> Float[np.ndarray, "t 13"]:
        """Fly one control period with a velocity command in [-1, 1]; returns the body after every tick.

        Contacts of the first tick that touched anything are left in `contacts`, and the physics
        stops there, so that what is reported is the moment of the impact.
        """
        self._command(action)
        ticks = self._fly_ticks()
        self._remember(ticks)
        self.step_count += 1
        self._expose()
        self._past_codes[1:] = self._past_codes[:-1]
        self._past_codes[0] = self._pooled()
        return ticks

    def observe(self) -> dict[str, np.ndarray]:
        """The camera's part of the observation: `image` and `history`."""
        if self.image.shape == IMAGE_SHAPE:
            image = self.image.copy()
        else:
            raise ValueError(
                f"camera of {self.image.shape[2]} x {self.image.shape[1]} px: observations are 64 x 48"
            )
        # Flat, because Stable-Baselines3 takes any three-dimensional entry for a picture of >= 36 px.
        history = self._past_codes.take(self._history_steps, axis=0).reshape(-1)
        return {"image": image, "history": history}

    def save(self) -> Snapshot:
        """A snapshot from which `restore` continues bit for bit."""
        arrays = {name: getattr(self, name).copy() for name in _SAVED_ARRAYS}
        streams = (self._physics_rng.bit_generator.state, self._camera_rng.bit_generator.state)
        return Snapshot(self.bullet.save(), arrays, streams, self.step_count)

    def restore(self, snapshot: Snapshot) -> None:
        """Return to a snapshot of this simulator."""
        self.bullet.restore(snapshot.bullet)
        for name in _SAVED_ARRAYS:
            getattr(self, name)[...] = snapshot.arrays[name]
        self._physics_rng.bit_generator.state, self._camera_rng.bit_generator.state = (
            snapshot.streams
        )
        self.step_count = snapshot.step_count
        self.contacts = []

    def close(self) -> None:
        """Give the Bullet client back."""
        self.bullet.close()

    # --- Private steps, in the order `step` takes them.

    def _command(self, action: Float[np.ndarray, "4"]) -> None:
        """Scale the action to SI and clip its norm to the speed limit."""
        command_step(
            self.plant.view(np.uint8), action, self.scenario.speed_limit_m_s, self._setpoint
        )
        self.previous_action[:] = action

    def _fly_ticks(self) -> Float[np.ndarray, "t 13"]:
        self.previous_body[:] = self.body
        count, wrench, bullet = self._ticks_per_step, self._wrench, self.bullet
        noise = self._physics_rng.standard_normal((count, NOISE_SIZE))
        plant, params = self.plant.view(np.uint8), self._params.view(np.uint8)
        free = self._free_distance()
        path = np.empty((count + 1, BODY_SIZE))
        path[0] = self.body
        self.contacts = []
        done, advance = 0, bullet.advance
        while done < count:
            # Bullet looks for contacts first and moves then: where the hull stands before the tick decides.
            may_touch = tick_step(plant, params, path, done, noise, free, wrench)
            done += 1
            advance(wrench, path, done)
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
        pose = self._trail[0]
        self.camera.expose(
            self.scene, pose[POSITION], pose[QUATERNION], self._camera_rng, self.image
        )

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
