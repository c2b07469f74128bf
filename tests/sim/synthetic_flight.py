"""A made-up but plausible inspection flight, for tests of what is recorded and drawn."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.record.writer import FlightLog
from sim.scenario import Scenario
from sim.types import Decision, Event, FlightResult, Observation, Outcome

LATTICE = {
    "speeds": [1 / 3, 2 / 3, 1.0],
    "elevations": np.deg2rad([-20.0, 0.0, 20.0]).tolist(),
    "azimuths": np.deg2rad(np.linspace(-50.0, 50.0, 11)).tolist(),
}
_SPEED = 4.0
_HZ, _TICKS = 15, 16
_TREES = [
    (18.0, 9.0),
    (14.0, 22.0),
    (30.0, 20.0),
    (36.0, 12.0),
    (22.0, 33.0),
    (44.0, 30.0),
    (9.0, 30.0),
    (50.0, 18.0),
]
_SITES = [
    ((20.0, 15.0), 3.0, True),
    ((40.0, 20.0), 2.0, False),
    ((42.0, 40.0), 5.0, True),
    ((12.0, 38.0), 1.0, False),
]


@dataclass(frozen=True)
class MadeStep:
    """The arguments of one `FlightLog.step`."""

    time: float
    action: np.ndarray
    ticks: np.ndarray
    observation: Observation
    decision: Decision
    events: tuple[Event, ...]


def make_scenario() -> Scenario:
    """A mission over a yard with trees, two sheds and four panels."""
    green, grey = (0.35, 0.30, 0.22), (0.62, 0.56, 0.50)
    return Scenario.model_validate(
        {
            "format": "scenario/1",
            "name": "made-up-mission",
            "seed": 7,
            "redraws": 0,
            "vehicle": "trident_1kg",
            "speed_limit_m_s": 5.0,
            "world": {
                "low_m": (0, 0, 0),
                "high_m": (60, 50, 10),
                "place": "",
                "crop_m": (0, 0, 0, 0),
                "cylinders": [
                    {
                        "base_m": (x, y, 0),
                        "radius_m": 0.4,
                        "height_m": 9,
                        "semantic": "trunk",
                        "color": green,
                    }
                    for x, y in _TREES
                ],
                "boxes": [
                    {
                        "center_m": (28, 30, 2),
                        "size_m": (8, 5, 4),
                        "yaw_rad": 0.4,
                        "semantic": "building",
                        "color": grey,
                    },
                    {
                        "center_m": (47, 9, 2),
                        "size_m": (6, 7, 4),
                        "yaw_rad": -0.2,
                        "semantic": "building",
                        "color": grey,
                    },
                ],
                "panels": [
                    {
                        "center_m": (x + 4, y, 1.3),
                        "yaw_rad": np.pi,
                        "cells": "oowbooww" * 2,
                        "covered": False,
                    }
                    for (x, y), _, _ in _SITES
                ],
            },
            "start": {"position_m": (5, 5, 1.4), "yaw_rad": 0.6},
            "task": {
                "kind": "mission",
                "home_m": (5, 5, 0),
                "sites": [
                    {
                        "position_m": (x, y, 1.3),
                        "yaw_rad": 0.0,
                        "prize": prize,
                        "mandatory": mandatory,
                        "panel": index,
                    }
                    for index, ((x, y), prize, mandatory) in enumerate(_SITES)
                ],
                "time_limit_s": 90,
                "detour_factor": 1.2,
            },
            "limits": {"altitude_max_m": 3.0},
            "battery": {"capacity_wh": 4.0, "initial_fraction": 1.0, "reserve_fraction": 0.2},
            "weather": {"wind_world_m_s": (1, 0, 0), "turbulence_m_s": 0.3},
            "odometry": {
                "position_drift": 0.02,
                "height_std_m": 0.02,
                "velocity_std_m_s": 0.05,
                "attitude_std_rad": 0.01,
                "rate_std_rad_s": 0.01,
                "correlation_s": 2.0,
            },
            "camera": {
                "width_px": 64,
                "height_px": 48,
                "fov_deg": 90.0,
                "tilt_rad": 0.1,
                "delay_ticks": 0,
                "disparity_std_px": 0.1,
                "baseline_m": 0.1,
                "dropout": 0.01,
                "color_std": 3.0,
            },
            "rates": {"physics_hz": 240, "control_hz": 15, "mission_hz": 1},
        }
    )


def make_steps(count: int, seed: int = 0) -> list[MadeStep]:
    """Fly round the sites and home along a smoothed line."""
    rng = np.random.default_rng(seed)
    positions, velocities = _path(count * _TICKS)
    yaws = np.unwrap(np.arctan2(velocities[:, 1], velocities[:, 0]))
    bodies = np.zeros((count * _TICKS, 13))
    bodies[:, 0:3], bodies[:, 7:10] = positions, velocities
    bodies[:, 5], bodies[:, 6] = np.sin(yaws / 2), np.cos(yaws / 2)
    bodies[1:, 12] = np.diff(yaws) * 240
    return [_make_step(index, count, bodies, yaws, rng) for index in range(count)]


def make_result(steps: list[MadeStep], outcome: Outcome = Outcome.SUCCESS) -> FlightResult:
    """A result that fits the steps."""
    duration = len(steps) / _HZ
    ending = Event(duration, outcome.value, {"position_m": [5.0, 5.1, 0.1], "speed_m_s": 0.2})
    events = (*(event for step in steps for event in step.events), ending)
    return FlightResult(outcome, duration, _SPEED * duration, 0.61, 0.03 * duration, 13.0, events)


def write_log(path: Path, steps: list[MadeStep], result: FlightResult | None) -> Path:
    """Log the steps, with the lattice in the metadata as pilots do."""
    metadata = {"pilot": "made-up", "pilot_hash": "0", "lattice": json.dumps(LATTICE)}
    log = FlightLog(path, make_scenario(), metadata)
    for step in steps:
        log.step(step.time, step.action, step.ticks, step.observation, step.decision, step.events)
    log.close(result)
    return path


def _path(ticks: int) -> tuple[np.ndarray, np.ndarray]:
    corners = np.array([(5, 5), *(xy for xy, _, _ in _SITES), (6, 20), (5, 5)], dtype=float)
    legs = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    along = np.minimum(np.arange(ticks) / 240 * _SPEED, legs.sum() - 1e-6)
    marks = np.concatenate([[0.0], np.cumsum(legs)])
    line = np.stack([np.interp(along, marks, corners[:, axis]) for axis in (0, 1)], axis=1)
    kernel = np.hanning(241) / np.hanning(241).sum()
    smooth = np.stack(
        [np.convolve(np.pad(line[:, axis], 120, "edge"), kernel, "valid") for axis in (0, 1)],
        axis=1,
    )
    height = 1.4 + 0.3 * np.sin(np.arange(ticks) / 400)
    positions = np.column_stack([smooth, height])
    velocities = np.gradient(positions, 1 / 240, axis=0) + 1e-9
    return positions, velocities


def _make_step(
    index: int, count: int, bodies: np.ndarray, yaws: np.ndarray, rng: np.random.Generator
) -> MadeStep:
    body, yaw = bodies[index * _TICKS], yaws[index * _TICKS]
    target = 1 + min(4 * index // count, 3)
    battery = 1.0 - 0.75 * index / count
    decision = _decision(body, yaw, target, battery, index, rng)
    return MadeStep(
        time=index / _HZ,
        action=decision.action,
        ticks=bodies[index * _TICKS : (index + 1) * _TICKS],
        observation=_observation(body, yaw, target, battery, decision.action, rng),
        decision=decision,
        events=(Event(index / _HZ, "site_visited", {"site": target - 1}),)
        if index % 60 == 59
        else (),
    )


def _decision(
    body: np.ndarray, yaw: float, target: int, battery: float, index: int, rng: np.random.Generator
) -> Decision:
    goal = np.array(_SITES[target - 1][0]) - body[:2]
    bearing = (np.arctan2(goal[1], goal[0]) - yaw + np.pi) % (2 * np.pi) - np.pi
    speed, elevation, azimuth = (
        grid.ravel()
        for grid in np.meshgrid(
            LATTICE["speeds"], LATTICE["elevations"], LATTICE["azimuths"], indexing="ij"
        )
    )
    score = np.append(
        2 * speed - 4 * (azimuth - bearing) ** 2 - 10 * elevation**2, [-3.0, -2.0, -2.0]
    )
    navigation = (score - np.log(np.exp(score).sum())).astype(np.float32)
    headings = yaw + azimuth
    reach = body[:2] + 5 * speed[:, None] * np.column_stack([np.cos(headings), np.sin(headings)])
    nearest = np.min([np.linalg.norm(reach - np.array(tree), axis=1) for tree in _TREES], axis=0)
    survival = np.append(1 / (1 + np.exp(-3 * (nearest - 1.5))), [0.99, 0.98, 0.98]).astype(
        np.float32
    )
    fused = np.where(survival < 0.5, -np.inf, navigation + np.log(survival)).astype(np.float32)
    mission = np.full(14, -np.inf, np.float32)
    mission[:5] = rng.normal(0, 0.3, 5)
    mission[target] += 2.0
    belief = np.full((12, 2), 0.5, np.float32)
    belief[1 : target + 1] = (0.9, 0.05)
    chosen = int(fused.argmax())
    action = np.array([0.3, 0.0, 0.0, 0.1 * bearing], np.float32)
    return Decision(
        action=action,
        phase=("navigate", "inspect")[index % 60 > 45] if battery > 0.3 else "dock",
        navigation=navigation,
        survival=survival,
        fused=fused,
        chosen=chosen,
        mission=mission if index % 15 == 0 else None,
        mission_choice=target,
        target=target,
        belief=belief,
        events=("mission_mask",) if index % 200 == 60 else (),
    )


def _observation(
    body: np.ndarray,
    yaw: float,
    target: int,
    battery: float,
    action: np.ndarray,
    rng: np.random.Generator,
) -> Observation:
    ego = np.zeros(16, np.float32)
    ego[0], ego[5], ego[9], ego[10], ego[11] = (
        np.linalg.norm(body[7:10]),
        -1,
        body[2],
        3 - body[2],
        battery,
    )
    ego[12:] = action
    sites, mask = np.zeros((12, 12), np.float32), np.zeros(12, np.int8)
    mask[:5] = 1
    sites[0, 9] = 1
    for token, ((x, y), prize, mandatory) in enumerate(_SITES, start=1):
        sites[token, :6] = x - body[0], y - body[1], 1.3 - body[2], 1, 0, prize
        sites[token, 6:8] = mandatory, token < target
    return {
        "image": _image(body, yaw, rng),
        "history": rng.integers(0, 256, 576, dtype=np.uint8),
        "ego": ego,
        "goal": np.zeros(6, np.float32),
        "sites": sites.ravel(),
        "sites_mask": mask,
    }


def _image(body: np.ndarray, yaw: float, rng: np.random.Generator) -> np.ndarray:
    """Sky, ground and trunks seen by a level camera; noise in every channel."""
    column, row = np.meshgrid(np.arange(64) + 0.5 - 32, np.arange(48) + 0.5 - 24)
    depth = np.where(row > 0, 32 * body[2] / np.maximum(row, 1e-3), np.inf)
    colors = np.where(row[..., None] > 0, (107, 120, 84), (158, 191, 230)).astype(float)
    for tree in _TREES:
        offset = np.array(tree) - body[:2]
        ahead = np.cos(yaw) * offset[0] + np.sin(yaw) * offset[1]
        left = np.cos(yaw) * offset[1] - np.sin(yaw) * offset[0]
        if ahead > 0.5:
            trunk = (np.abs(column + 32 * left / ahead) < 32 * 0.4 / ahead) & (depth > ahead)
            depth[trunk], colors[trunk] = ahead, np.array((90, 66, 48)) * (1 - min(ahead, 30) / 60)
    code = np.where(depth < 20, np.rint(255 * np.sqrt(0.3 / np.maximum(depth, 0.3))), 0)
    colors += rng.normal(0, 4, colors.shape)
    return np.concatenate([np.clip(colors, 0, 255).transpose(2, 0, 1), code[None]]).astype(np.uint8)
