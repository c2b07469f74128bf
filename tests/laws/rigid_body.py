"""A free rigid body and a hand-built scenario: what the laws are flown with, without Bullet."""

import numpy as np
from jaxtyping import Float
from numba import njit

from sim.frames import quat_perturb, rotation_entries
from sim.physics.plant import NOISE_SIZE, WRENCH_SIZE, new_plant, set_command, tick
from sim.physics.vehicle import GRAVITY, Vehicle, load_vehicle, vehicle_record
from sim.scenario import Scenario

TICKS_PER_STEP = 16
DT = 1.0 / 240.0
VEHICLE = load_vehicle("trident_1kg")


def scenario(
    *,
    wind: tuple[float, float, float] = (0.0, 0.0, 0.0),
    turbulence: float = 0.0,
    odometry: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
    position: tuple[float, float, float] = (0.0, 0.0, 50.0),
    yaw: float = 0.0,
) -> Scenario:
    """An empty sky; odometry is position drift, velocity, attitude and rate deviations."""
    drift, velocity, attitude, rate = odometry
    return Scenario.model_validate(
        {
            "format": "scenario/1", "name": "law", "seed": 0, "redraws": 0, "vehicle": "trident_1kg", "speed_limit_m_s": 12.0,
            "world": {"low_m": (-500, -500, 0), "high_m": (500, 500, 100), "place": "", "crop_m": (0, 0, 0, 0)},
            "start": {"position_m": position, "yaw_rad": yaw},
            "task": {"kind": "navigate", "goal_m": (40, 0, 50), "geodesic_m": 40},
            "limits": {"altitude_max_m": 100},
            "battery": {"capacity_wh": 20, "initial_fraction": 1, "reserve_fraction": 0.2},
            "weather": {"wind_world_m_s": wind, "turbulence_m_s": turbulence},
            "odometry": {
                "position_drift": drift, "height_std_m": drift, "velocity_std_m_s": velocity, "attitude_std_rad": attitude,
                "rate_std_rad_s": rate, "correlation_s": 1.0,
            },
            "camera": {
                "width_px": 64, "height_px": 48, "fov_deg": 90, "tilt_rad": 0, "delay_ticks": 0,
                "disparity_std_px": 0, "baseline_m": 0.1, "dropout": 0, "color_std": 0,
            },
            "rates": {"physics_hz": 240, "control_hz": 15, "mission_hz": 1},
        }
    )  # fmt: skip


@njit(cache=True)
def integrate(body, wrench, mass, inertia, dt):
    """One symplectic Euler step of a body (13,) under a world wrench (6,) and gravity."""
    for i in range(3):
        body[7 + i] += dt * wrench[i] / mass
    body[9] -= dt * GRAVITY
    for i in range(3):
        body[i] += dt * body[7 + i]
    r = np.array(rotation_entries(body[3:7])).reshape(3, 3)
    rates = r.T @ body[10:13]
    rates += dt * (r.T @ wrench[3:6] - np.cross(rates, inertia * rates)) / inertia
    turned = np.empty(4)
    quat_perturb(body[3:7], dt * rates, turned)
    body[3:7] = turned / np.sqrt(np.sum(turned**2))
    body[10:13] = np.array(rotation_entries(body[3:7])).reshape(3, 3) @ rates


@njit(cache=True)
def _run(plant, params, body, noise, commands, in_world, mass, inertia, bodies, wrenches):
    for step in range(len(commands)):
        set_command(plant, commands[step])
        if in_world:
            plant[0].velocity_command_world[:] = commands[step, 0:3]
        for k in range(TICKS_PER_STEP):
            row = step * TICKS_PER_STEP + k
            tick(plant, params, body, noise[row], wrenches[row])
            integrate(body, wrenches[row], mass, inertia, DT)
            bodies[row] = body


def fly(
    commands: Float[np.ndarray, "steps 4"],
    flown: Scenario | None = None,
    *,
    vehicle: Vehicle = VEHICLE,
    seed: int = 0,
    in_world: bool = False,
) -> tuple[Float[np.ndarray, "ticks 13"], np.ndarray]:
    """Fly commands (heading frame, or world) from the scenario's start; bodies after every tick, and the plant at the end."""
    flown = flown or scenario()
    plant, params = new_plant(vehicle, flown), vehicle_record(vehicle, flown)
    ticks = len(commands) * TICKS_PER_STEP
    noise = np.random.default_rng(seed).standard_normal((ticks, NOISE_SIZE))
    bodies, wrenches = np.empty((ticks, 13)), np.empty((ticks, WRENCH_SIZE))
    body = plant["estimate"][0].copy()
    inertia = np.array(vehicle.inertia)
    _run(
        plant,
        params,
        body,
        noise,
        np.asarray(commands, float),
        in_world,
        vehicle.mass,
        inertia,
        bodies,
        wrenches,
    )
    return bodies, plant


def hold(
    command: tuple[float, float, float, float], seconds: float
) -> Float[np.ndarray, "steps 4"]:
    """One command for a while."""
    return np.tile(np.array(command, float), (round(seconds * 15), 1))
