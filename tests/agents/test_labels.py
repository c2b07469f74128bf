"""Labels: complete, allowed, and the same in a mirror."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from agents.augmentation import mirror
from agents.collect import CollectionJob, collect_flight
from agents.dataset import FIELDS, batches, save_shard, stack_frames
from agents.frame_store import map_shards
from agents.labels import Labeller
from agents.lattice import CANDIDATES, TURN_LEFT, TURN_RIGHT
from agents.lattice_pilot import LatticePilot
from agents.teacher import TeacherBrain
from sim.flight import Flight
from sim.scenario import Scenario, Start, Weather
from sim.types import HISTORY_SHAPE, INSPECT, MAX_SPEED
from tests.builders import (
    FAULTY,
    HEIGHT,
    course,
    goal,
    mirrored,
    mission,
    rough_walk,
    scenario,
    trunk,
    wall,
    world,
)

THINGS = (trunk(10.0, 1.0), trunk(12.0, -1.5), wall(18.0, 3.0, (1.0, 8.0)))
TURNED = Start(position_m=(5.0, 0.4, HEIGHT), yaw_rad=0.2)
FLIGHTS = {
    "navigate": scenario(world=world(*THINGS), start=TURNED, task=goal(25.0, 3.0, 22.0)),
    "avoid": scenario(world=world(*THINGS), start=TURNED, task=course(0.1)),
    "mission": mission(
        {"x": 9.0, "y": 2.0, "yaw": 0.4, "cells": FAULTY},
        {"x": 20.0, "y": -6.0, "prize": 3.0},
        {"x": 14.0, "y": 8.0, "yaw": 2.0, "covered": True},
        things=THINGS,
    ),
}


def labelled(flight: Scenario, actions: np.ndarray) -> dict[str, np.ndarray]:
    """Frames of a flight that follows some actions, labelled by the teacher, every fifth step."""
    flown = Flight(flight)
    try:
        teacher = TeacherBrain()
        pilot = LatticePilot("teacher", teacher)
        pilot.reset(flown)
        # The same draws in every flight, so that random targets are the same ones.
        labeller = Labeller(teacher, np.random.default_rng(0))
        labeller.reset(flown)
        rows: list[Mapping[str, np.ndarray]] = []
        for step, action in enumerate(actions):
            observation = flown.observation()
            pilot.act(observation)
            if step % 5 == 0:
                frame = labeller.label(observation, pilot)
                rows.append({**frame, "history": frame["history"].reshape(HISTORY_SHAPE)})
            flown.advance(action)
        return stack_frames(rows)
    finally:
        flown.close()


def as_tensors(frames: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(array) for name, array in frames.items()}


@pytest.mark.parametrize("kind", FLIGHTS)
def test_every_frame_has_every_field_and_labels_mean_what_they_say(kind: str) -> None:
    frames = labelled(FLIGHTS[kind], rough_walk(30))
    for name, (shape, dtype) in FIELDS.items():
        assert frames[name].shape == (6, *shape)
        assert frames[name].dtype == dtype
    np.testing.assert_allclose(frames["target_navigation"].sum(axis=1), 1.0, atol=5e-3)
    assert (frames["mask_navigation"] == (kind != "avoid")).all()
    assert frames["mask_survival"].all()
    assert not (frames["target_mission"] & ~frames["allowed_mission"]).any()
    assert (frames["mask_mission"] == frames["target_mission"].any(axis=1)).all()
    assert frames["mask_mission"].any() == (kind == "mission")
    if kind != "mission":
        assert not frames["mask_status"].any()


@pytest.mark.parametrize("kind", FLIGHTS)
def test_a_mirrored_flight_has_mirrored_labels(kind: str) -> None:
    actions = rough_walk(30)
    windy = FLIGHTS[kind].model_copy(
        update={"weather": Weather(wind_world_m_s=(0.5, 1.0, 0.0), turbulence_m_s=0.0)}
    )
    swapped = actions * np.array([1, -1, 1, -1], dtype=np.float32)
    expected = mirror(as_tensors(labelled(windy, actions)))
    found = as_tensors(labelled(mirrored(windy), swapped))
    for name in ("ego", "goal", "sites"):
        torch.testing.assert_close(found[name], expected[name], atol=2e-3, rtol=1e-3)
    for name in ("sites_mask", "target_mission", "allowed_mission", "target_status", "mask_status"):
        assert torch.equal(found[name], expected[name]), name
    # Images and grids are quantised: edges of pixels and cells may fall to either side.
    depth = (found["image"][:, 3].int() - expected["image"][:, 3].int()).abs()
    assert (depth > 1).float().mean() < 0.02
    assert (found["target_survival"] != expected["target_survival"]).float().mean() < 0.02
    off = (found["target_navigation"] - expected["target_navigation"]).abs().sum(dim=1)
    assert off.float().mean() < 0.1
    # A mirror that does nothing would be found out.
    assert not torch.equal(found["target_navigation"], found["target_navigation"].flip(1))


def test_the_status_label_is_the_panel_in_view_and_a_fault_is_worth_staying() -> None:
    flown = Flight(FLIGHTS["mission"])
    try:
        teacher = TeacherBrain()
        pilot = LatticePilot("teacher", teacher)
        pilot.reset(flown)
        labeller = Labeller(teacher, np.random.default_rng(0))
        labeller.reset(flown)
        seen = {}
        while flown.outcome is None and len(seen) < 3:
            observation = flown.observation()
            frame = labeller.label(observation, pilot)
            if frame["mask_status"].any():
                seen[pilot.control.target if pilot.control else -1] = frame["target_status"]
            if frame["allowed_mission"][INSPECT] and frame["target_status"][0]:
                assert frame["target_mission"].tolist() == [i == INSPECT for i in range(14)]
            flown.advance(pilot.act(observation).action)
        labels = {tuple(status.tolist()) for status in seen.values()}
        assert labels <= {(True, False), (False, False), (False, True)}
        assert (True, False) in labels
    finally:
        flown.close()


# --- Collection and shards.


def test_a_collected_flight_repeats_and_shows_what_was_perturbed() -> None:
    flight = scenario(world=world(*THINGS), start=TURNED, task=goal(14.0, 1.0, 10.0))
    job = CollectionJob(index=3, seed=0, pilot="teacher")
    first, outcome = collect_flight(flight, job)
    second, _ = collect_flight(flight, job)
    assert outcome == "success"
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])
    other, _ = collect_flight(flight, CollectionJob(index=4, seed=0, pilot="teacher"))
    assert not np.array_equal(first["ego"], other["ego"])
    assert np.abs(first["ego"][:, 12:15]).max() * MAX_SPEED <= 5.0 + 1e-3


def test_images_that_are_left_out_change_no_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """The teacher's missions keep every third frame, and only those images are taken that the kept ones hold."""
    job = CollectionJob(index=3, seed=0, pilot="teacher")
    few, outcome = collect_flight(FLIGHTS["mission"], job)
    monkeypatch.setattr("agents.collect._Behaviour.sees", True)
    all_, same = collect_flight(FLIGHTS["mission"], job)
    assert outcome == same
    assert len(np.unique(few["history"])) > 5
    for name, array in all_.items():
        np.testing.assert_array_equal(few[name], array)


def small_shard(count: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(count)
    return {
        name: rng.integers(0, 2, (count, *shape)).astype(dtype)
        for name, (shape, dtype) in FIELDS.items()
    }


def test_shards_survive_the_disk_in_order(tmp_path: Path) -> None:
    parts = [small_shard(3), small_shard(5)]
    paths = [tmp_path / "a.npz", tmp_path / "b.npz"]
    for part, path in zip(parts, paths, strict=True):
        save_shard(part, path)
    loaded = map_shards(paths, tmp_path / "frames")
    for name in FIELDS:
        np.testing.assert_array_equal(loaded[name], np.concatenate([p[name] for p in parts]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz", "frames"]


def test_a_store_is_written_once_and_again_for_other_shards(tmp_path: Path) -> None:
    paths = [tmp_path / "a.npz", tmp_path / "b.npz"]
    for count, path in zip((3, 5), paths, strict=True):
        save_shard(small_shard(count), path)
    first = map_shards(paths[:1], tmp_path / "frames")
    save_shard(small_shard(7), paths[0])
    again = map_shards(paths[:1], tmp_path / "frames")
    assert len(first["world"]) == len(again["world"]) == 3
    both = map_shards(paths, tmp_path / "frames")
    assert len(both["world"]) == 12
    assert len(first["world"]) == 3  # Whoever has mapped the old store keeps it.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz", "frames"]


def test_a_file_that_is_no_shard_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "odd.npz", image=np.zeros(3))
    with pytest.raises(ValueError, match=r"odd\.npz.*ego"):
        map_shards([tmp_path / "odd.npz"], tmp_path / "frames")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "odd.npz").read_bytes()[:50])
    with pytest.raises(ValueError, match=r"cut\.npz: not a shard"):
        map_shards([tmp_path / "cut.npz"], tmp_path / "frames")


def test_a_pass_gives_every_frame_at_most_once_and_mirrors_some_batches() -> None:
    frames = small_shard(40)
    frames["ego"][:, 11] = np.arange(40)  # The battery is the same in a mirror.
    frames["target_survival"][:] = False
    frames["target_survival"][:, TURN_LEFT] = True
    seen, sides = [], set()
    for batch in batches(frames, np.arange(40), 8, np.random.default_rng(1), "cpu"):
        seen += batch["ego"][:, 11].tolist()
        left, right = batch["target_survival"][:, [TURN_LEFT, TURN_RIGHT]].all(dim=0).tolist()
        assert left != right
        sides.add(left)
        assert batch["target_survival"].shape == (8, CANDIDATES)
    assert sorted(seen) == list(range(40))
    assert sides == {True, False}
