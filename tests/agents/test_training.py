"""Training: resumes to the same weights, stays on its seeds, and fails early."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents.aggregate import shards_of, training_only
from agents.collect import CollectionRound, collect_round
from agents.dataset import FIELDS, Frames, check_shard, one_label_each, save_shard, split_by_world
from agents.engines import open_engine
from agents.frame_store import StoredFrames
from agents.imitate import BALANCES, ImitationConfig, imitate, validate
from agents.lattice import CANDIDATES
from agents.loading import load_pilot
from agents.side_by_side import Training, train_side_by_side
from agents.train_config import LAST_TRAINING_SEED, TrainConfig
from agents.training import train
from agents.training_settings import SettingsError
from models import MultiTaskNet, NetworkConfig
from models.checkpoint import WEIGHTS
from sim.flight import Flight
from sim.scenario import Scenario
from sim.types import CHOICES
from tests.builders import goal, mission, scenario, trunk, world

CONFIG = ImitationConfig(steps=10, batch=16, learning_rate=1e-3, seed=0)
FRAMES = 100
"""Of 25 worlds, the first of which validates: ninety-six train, six batches a pass."""


class Killed(Exception):
    """Stands for a kill."""


def quiet(text: str) -> None:
    """A report nobody reads."""


def kill_at(start: str) -> Callable[[str], None]:
    """A report that dies at the first line that starts so."""

    def report(text: str) -> None:
        if text.startswith(start):
            raise Killed(text)

    return report


@pytest.fixture(scope="module")
def frames() -> Frames:
    """Frames whose labels are as those of flights: distributions, and choices among those allowed."""
    rng = np.random.default_rng(0)
    made = {
        name: rng.integers(0, 2, (FRAMES, *shape)).astype(dtype)
        for name, (shape, dtype) in FIELDS.items()
    }
    made["world"] = np.arange(FRAMES, dtype=np.int32) // 4
    made["image"] = rng.integers(0, 256, made["image"].shape, dtype=np.uint8)
    made["ego"] = rng.normal(size=made["ego"].shape).astype(np.float32)
    made["sites_mask"][:, 0] = 1
    made["target_navigation"] = rng.dirichlet(np.ones(CANDIDATES), FRAMES).astype(np.float16)
    made["allowed_mission"][:, 0] = True
    made["target_mission"] = made["allowed_mission"] & (np.arange(CHOICES) == 0)
    return made


def small(*heads: str) -> NetworkConfig:
    return NetworkConfig(heads=heads or ("navigation", "avoidance", "mission"), width=0.25)


def assert_same_weights(first: MultiTaskNet, second: MultiTaskNet) -> None:
    one, other = first.state_dict(), second.state_dict()
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert value.numpy().tobytes() == other[name].numpy().tobytes(), name


# --- Imitation.


@pytest.mark.parametrize("balance", BALANCES)
def test_a_killed_run_resumes_to_the_same_weights(
    balance: str, frames: Frames, tmp_path: Path
) -> None:
    """Killed after the first of two passes, which ends in the middle of the second."""
    config = replace(CONFIG, balance=balance)
    straight = imitate(small(), frames, config, tmp_path / "straight", quiet)
    with pytest.raises(Killed):
        imitate(small(), frames, config, tmp_path / "killed", kill_at(""))
    resumed = imitate(small(), frames, config, tmp_path / "killed", quiet)
    assert_same_weights(straight, resumed)
    rows = [json.loads(row) for row in (tmp_path / "killed" / "log.jsonl").read_text().splitlines()]
    assert [(row["pass"], row["step"]) for row in rows] == [(1, 6), (2, 10)]


def test_a_finished_run_is_not_trained_again(frames: Frames, tmp_path: Path) -> None:
    first = imitate(small(), frames, CONFIG, tmp_path, quiet)
    assert_same_weights(first, imitate(small(), frames, CONFIG, tmp_path, kill_at("")))


def test_seeds_make_the_difference(frames: Frames, tmp_path: Path) -> None:
    first, same, other = (
        imitate(
            small("navigation"),
            frames,
            ImitationConfig(steps=2, batch=16, learning_rate=1e-3, seed=seed),
            tmp_path / str(run),
            quiet,
        )
        for run, seed in enumerate((0, 0, 1))
    )
    assert_same_weights(first, same)
    with pytest.raises(AssertionError):
        assert_same_weights(first, other)


def test_a_start_is_where_training_begins(frames: Frames, tmp_path: Path) -> None:
    """At a learning rate too small to matter, the result is the start and not fresh weights."""
    start = imitate(small(), frames, CONFIG, tmp_path / "start", quiet)
    still = ImitationConfig(steps=1, batch=16, learning_rate=1e-9, seed=5, weight_decay=0.0)
    after = imitate(small(), frames, still, tmp_path / "after", quiet, start).state_dict()
    for name, value in start.state_dict().items():
        if value.is_floating_point() and "running" not in name:
            np.testing.assert_allclose(after[name].numpy(), value.numpy(), atol=1e-6)


def test_the_training_loss_falls(frames: Frames, tmp_path: Path) -> None:
    config = ImitationConfig(steps=48, batch=16, learning_rate=3e-3, seed=0, warmup=5)
    imitate(small(), frames, config, tmp_path, quiet)
    rows = [json.loads(row) for row in (tmp_path / "log.jsonl").read_text().splitlines()]
    for head in ("navigation", "avoidance", "mission"):
        losses = [row[f"train_{head}"] for row in rows]
        assert losses[-1] < losses[0], head


def test_the_best_pass_is_what_is_kept(frames: Frames, tmp_path: Path) -> None:
    """Random labels cannot be learned: what passes learn by heart makes the held-out loss worse."""
    config = ImitationConfig(steps=60, batch=16, learning_rate=1e-2, seed=0, warmup=5)
    net = imitate(small("avoidance"), frames, config, tmp_path, quiet)
    rows = [json.loads(row) for row in (tmp_path / "log.jsonl").read_text().splitlines()]
    losses = [row["held_out_avoidance"] for row in rows]
    assert min(losses) < losses[-1]
    _, held_out = split_by_world(frames, 1)
    found = validate(net, frames, held_out, 16)["held_out_avoidance"]
    assert found == pytest.approx(min(losses), rel=1e-5)


def test_a_held_out_loss_is_of_labelled_frames_however_they_lie(
    frames: Frames, tmp_path: Path
) -> None:
    """Batches in which no frame has a label, as where flights lie one after the other, count for nothing."""
    few = {**frames, "mask_mission": np.arange(FRAMES) < 10}
    few["mask_status"] = np.zeros_like(frames["mask_status"])
    net = imitate(small("mission"), few, replace(CONFIG, steps=1), tmp_path, quiet)
    rows = np.arange(FRAMES)
    losses = [validate(net, few, rows, batch)["held_out_mission"] for batch in (7, FRAMES)]
    only_labelled = validate(net, few, rows[:10], 10)["held_out_mission"]
    assert losses == pytest.approx([only_labelled] * 2, rel=1e-5)


def test_looks_at_flights_come_four_times(frames: Frames, tmp_path: Path) -> None:
    config = ImitationConfig(steps=24, batch=16, learning_rate=1e-3, seed=0)
    seen = []

    def probe(net: MultiTaskNet) -> dict[str, float]:
        assert not net.training
        seen.append(net)
        return {"success_navigation": 0.5}

    imitate(small("navigation"), frames, config, tmp_path, quiet, probe=probe)
    rows = [json.loads(row) for row in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert len(seen) == sum("success_navigation" in row for row in rows) == 4


def test_given_weights_pull_at_the_trunk_as_hard_as_they_say(
    frames: Frames, tmp_path: Path
) -> None:
    """With all but nothing on the others, they learn less than with as much as navigation has."""
    light = {"avoidance": 1e-6, "mission": 1e-6}
    config = ImitationConfig(steps=40, batch=16, learning_rate=3e-3, seed=0, warmup=5)
    for name, weights in (("all", {}), ("one", light)):
        imitate(small(), frames, replace(config, weights=weights), tmp_path / name, quiet)
    last = {
        name: json.loads((tmp_path / name / "log.jsonl").read_text().splitlines()[-1])
        for name in ("all", "one")
    }
    for head in light:
        assert last["one"][f"train_{head}"] > last["all"][f"train_{head}"]


# --- Frames for training.


def test_no_world_both_trains_and_validates(frames: Frames) -> None:
    training, validation = split_by_world(frames, 1)
    assert not set(frames["world"][training]) & set(frames["world"][validation])
    assert sorted([*training, *validation]) == list(range(FRAMES))
    # As docs/training.md says.
    assert (frames["world"][validation] % 25 == 0).all()
    assert (frames["world"][training] % 25 != 0).all()


def test_frames_of_one_kind_of_world_are_refused(frames: Frames) -> None:
    with pytest.raises(SettingsError, match="0 of 100 frames"):
        split_by_world({**frames, "world": np.ones(FRAMES, dtype=np.int32)}, 1)


def test_disjoint_labels_are_one_a_frame_and_a_third_each(frames: Frames) -> None:
    many = {name: np.concatenate([array] * 60) for name, array in frames.items()}
    many["mask_navigation"][:] = many["mask_survival"][:] = True
    many["mask_mission"] = np.arange(len(many["image"])) % 5 < 2
    many["mask_status"][:] = False
    one = one_label_each(many, seed=3)
    masks = [one[f"mask_{name}"] for name in ("navigation", "survival", "mission")]
    assert (np.sum(masks, axis=0) == 1).all()
    assert [mask.mean() for mask in masks] == pytest.approx([1 / 3] * 3, abs=0.02)
    assert not (one["mask_mission"] & ~many["mask_mission"]).any()
    assert one["image"] is many["image"]


def test_fewer_frames_than_a_batch_are_refused(frames: Frames, tmp_path: Path) -> None:
    """Instead of passing over nothing for ever."""
    few = {name: array[:15] for name, array in frames.items()}
    with pytest.raises(SettingsError, match=r"batch = 16.*11"):
        imitate(small(), few, CONFIG, tmp_path, quiet)


# --- Side by side.


def test_networks_trained_side_by_side_are_the_same_ones(frames: Frames, tmp_path: Path) -> None:
    """By one process in turn, or by two; on all labels or on one a frame."""
    save_shard(frames, tmp_path / "flight_0.npz")
    stored = StoredFrames((tmp_path / "flight_0.npz",), tmp_path / "frames", disjoint=True)

    def trained(workers: int) -> dict[str, MultiTaskNet]:
        trainings = [
            Training(name, small(head), stored, CONFIG, tmp_path / f"{workers} workers" / name)
            for name, head in (("one", "navigation"), ("two", "avoidance"))
        ]
        found = train_side_by_side(trainings, workers, quiet)
        return {training.name: net for training, net in found}

    alone, together = trained(1), trained(2)
    assert alone.keys() == together.keys() == {"one", "two"}
    for name, net in alone.items():
        assert_same_weights(net, together[name])


def test_a_training_that_fails_beside_others_says_which_and_why(
    frames: Frames, tmp_path: Path
) -> None:
    save_shard(frames, tmp_path / "flight_0.npz")
    stored = StoredFrames((tmp_path / "flight_0.npz",), tmp_path / "frames")
    trainings = [
        Training(name, small(), stored, CONFIG, tmp_path / name, start=tmp_path / "nowhere")
        for name in ("one", "two")
    ]
    with pytest.raises(RuntimeError, match=r"(?s)(one|two): .*nowhere"):
        list(train_side_by_side(trainings, 2, quiet))


@pytest.mark.parametrize("workers", [1, 2])
def test_frames_that_are_too_few_are_told_before_any_training_begins(
    workers: int, frames: Frames, tmp_path: Path
) -> None:
    save_shard(frames, tmp_path / "flight_0.npz")
    stored = StoredFrames((tmp_path / "flight_0.npz",), tmp_path / "frames", disjoint=True)
    greedy = replace(CONFIG, batch=99)
    trainings = [
        Training(name, small(), stored, config, tmp_path / name)
        for name, config in (("one", CONFIG), ("two", greedy))
    ]
    with pytest.raises(SettingsError, match=r"batch = 99: only 96 of 100"):
        list(train_side_by_side(trainings, workers, quiet))
    assert not (tmp_path / "one").exists()


# --- Collecting.


def test_a_round_that_was_cut_with_a_flight_in_the_air_is_completed(tmp_path: Path) -> None:
    """The flight after it had landed, and the frames were enough: the same shards, none lost."""
    round_ = CollectionRound("round", ("teacher",), 0, frames=80)
    said: list[str] = []
    engine = open_engine("local", 1)
    whole = collect_round(round_, tiny_source, tmp_path, engine, said.append)
    assert len(whole) > 1
    content = whole[0].read_bytes()
    whole[0].unlink()
    greedy = replace(round_, frames=sum(check_shard(path) for path in whole[1:]))
    again = collect_round(greedy, tiny_source, tmp_path, engine, said.append)
    assert again[0] == whole[0]
    assert whole[0].read_bytes() == content


# --- What may train.


def tiny_source(seed: int) -> Scenario:
    """Short flights of two tasks in turn; at module level, so that other processes find it."""
    if seed % 2:
        return mission({"x": 10.0, "y": 3.0, "yaw": 0.4}, seed=seed, time_limit_s=8.0)
    return scenario(seed=seed, world=world(trunk(8.0, 0.5)), task=goal(13.0, 0.0, 8.0))


@pytest.mark.parametrize("seed", [LAST_TRAINING_SEED + 1, 15_000, 20_000, -1])
def test_worlds_beyond_the_training_set_are_refused(seed: int) -> None:
    with pytest.raises(ValueError, match=f"world seed {seed}: training uses 0-9999"):
        training_only(tiny_source)(seed)
    assert training_only(tiny_source)(LAST_TRAINING_SEED).seed == LAST_TRAINING_SEED


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"arms": ("shard",)}, "'shard'.*did you mean 'shared'"),
        ({"arms": ()}, "arm = none"),
        ({"frames": 0}, "frames = 0"),
        ({"batch": -1}, "batch = -1"),
        ({"seeds": (3, -1)}, "seed = 3 -1"),
        ({"budget": "fill"}, "'fill'.*did you mean 'full'"),
        ({"balance": "pcgrab"}, "'pcgrab'.*did you mean 'pcgrad'"),
        ({"weights": (1.0, 2.0)}, "weights = 1.0 2.0: give three"),
        ({"data": Path("nowhere")}, "data = nowhere: no such folder"),
        ({"learners": Path("docs")}, "learners = docs: no folder learners_1 there"),
        ({"learning_rate": float("nan")}, "learning_rate = nan"),
        ({"first_world_seed": 10_000}, "first_world_seed = 10000"),
    ],
)
def test_settings_that_cannot_train_are_named(settings: dict, named: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=named):
        TrainConfig(out=tmp_path, **settings)


def test_a_list_of_frames_that_was_cut_is_named(tmp_path: Path) -> None:
    (tmp_path / "rounds.json").write_text('["round_0/flight_')
    with pytest.raises(SettingsError, match=r"rounds\.json: damaged"):
        shards_of(tmp_path)


def test_a_shard_that_is_none_is_named(tmp_path: Path) -> None:
    """A collection that goes on counts the flights that it finds."""
    folder = tmp_path / "round"
    folder.mkdir()
    (folder / "flight_00000.npz").write_bytes(b"half a flight")
    round_ = CollectionRound("round", ("teacher",), 0, frames=80)
    with pytest.raises(SettingsError, match=r"flight_00000\.npz: not a shard of frames"):
        collect_round(round_, tiny_source, tmp_path, open_engine("local", 1), quiet)


# --- All of it.


@pytest.mark.slow
def test_a_whole_run_resumes_after_kills_to_the_same_bytes(tmp_path: Path) -> None:
    """Two rounds, two arms: killed in the first round's flights, in a learner, and in a final network."""

    def config(name: str) -> TrainConfig:
        return TrainConfig(
            arms=("shared", "partial:NA+M"),
            out=tmp_path / name,
            frames=120,
            rounds=2,
            steps=5,
            learner_steps=3,
            batch=16,
            workers=1,
            live_worlds=0,
        )

    straight = train(config("run"), tiny_source, quiet)
    kept = {
        path.relative_to(tmp_path / "run"): path.read_bytes()
        for path in (tmp_path / "run").rglob(WEIGHTS)
    }
    # Learners, shared and specialists, and the final networks of both arms: four and three.
    assert len(kept) == 7
    # A log's path is part of no weight, but the pilots' paths are: the same folder is used again.
    shutil.rmtree(tmp_path / "run")
    for line in (
        "round_0: flight 1",
        "learners_1/specialists, avoidance: step 3",
        "round_1: flight 0",
        "partial-NA+M/seed-1, mission: step 5",
    ):
        with pytest.raises(Killed):
            train(config("run"), tiny_source, kill_at(line))
    # What is finished is neither flown nor trained again.
    flights = sorted((tmp_path / "run").rglob("flight_*.npz"))
    assert train(config("run"), tiny_source, quiet) == straight
    assert train(config("run"), tiny_source, kill_at("round")) == straight
    assert sorted((tmp_path / "run").rglob("flight_*.npz")) == flights
    for path, content in kept.items():
        assert (tmp_path / "run" / path).read_bytes() == content, path
    for arm in straight.values():
        pilot = load_pilot(str(arm))
        flight = Flight(tiny_source(0))
        pilot.reset(flight)
        assert np.isfinite(pilot.act(flight.observation()).action).all()
        flight.close()
