"""Pilots by name and folder, networks as brains, and the loop that flies them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from agents import PilotError, fly, load_pilot, pilot_names, pilot_networks
from agents.lattice_pilot import LatticePilot
from agents.loading import SKILLS
from agents.network import NetworkBrain
from models import Card, MultiTaskNet, NetworkConfig, new_network, save_checkpoint
from models.checkpoint import CONFIG, WEIGHTS
from sim.flight import Flight
from sim.types import HISTORY_SHAPE, Decision, Event, FlightResult, Observation, Outcome
from tests.builders import goal, mission, scenario

CARD = Card("test", "A network for tests.", "none", "0", "none", "none")


def save(folder: Path, *heads: str, seed: int = 0) -> MultiTaskNet:
    network = new_network(NetworkConfig(heads=heads or SKILLS, width=0.25), seed).eval()
    save_checkpoint(folder, network, CARD)
    return network


@pytest.fixture
def flight() -> Iterator[Flight]:
    made = Flight(mission({"x": 15.0, "y": 5.0}, {"x": 20.0, "y": -6.0}))
    yield made
    made.close()


# --- Names and folders.


@pytest.mark.parametrize("name", ["classical", "teacher", "random"])
def test_pilots_without_weights_are_had_by_name(name: str) -> None:
    assert load_pilot(name).name == name
    assert name in pilot_names()
    assert pilot_networks(name) == ()


@pytest.mark.parametrize("name", ["shard", "techer", "randm"])
def test_an_unknown_pilot_lists_the_choices_and_guesses(name: str) -> None:
    meant = {"shard": "shared", "techer": "teacher", "randm": "random"}[name]
    for ask in (load_pilot, pilot_networks):
        with pytest.raises(PilotError, match=f"'{name}'.*specialists.*did you mean '{meant}'"):
            ask(name)


def test_a_folder_holds_one_network_or_three(tmp_path: Path) -> None:
    save(tmp_path / "one")
    for head in SKILLS:
        save(tmp_path / "three" / head, head)
    one, three = tmp_path / "one", tmp_path / "three"
    assert load_pilot(str(one)).name == str(one)
    assert pilot_networks(str(one)) == (one,)
    assert pilot_networks(str(three)) == tuple(three / skill for skill in SKILLS)


def test_a_network_that_lacks_a_skill_is_no_pilot(tmp_path: Path) -> None:
    save(tmp_path / "half", "navigation", "avoidance")
    with pytest.raises(PilotError, match="lacks mission"):
        load_pilot(str(tmp_path / "half"))


@pytest.mark.parametrize("kept", [0, 7, 100, -1])
def test_truncated_weights_are_named(tmp_path: Path, kept: int) -> None:
    save(tmp_path / "net")
    weights = tmp_path / "net" / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:kept])
    with pytest.raises(ValueError, match=rf"{WEIGHTS}.*truncated"):
        load_pilot(str(tmp_path / "net"))


@pytest.mark.parametrize("lost", [WEIGHTS, CONFIG])
def test_missing_files_are_named(tmp_path: Path, lost: str) -> None:
    save(tmp_path / "net")
    (tmp_path / "net" / lost).unlink()
    with pytest.raises(ValueError, match=lost):
        load_pilot(str(tmp_path / "net"))


def test_a_specialist_in_the_wrong_folder_is_refused(tmp_path: Path) -> None:
    for head, trained in zip(SKILLS, ("navigation", "navigation", "mission"), strict=True):
        save(tmp_path / head, trained)
    with pytest.raises(PilotError, match="lacks avoidance"):
        load_pilot(str(tmp_path))


# --- Brains.


def test_a_brain_answers_what_its_network_computes(flight: Flight) -> None:
    network = new_network(NetworkConfig(width=0.25), 0).eval()
    brain = NetworkBrain(network)
    brain.reset(flight)
    for _ in range(2):
        observation = flight.observation()
        batch = {name: torch.from_numpy(value)[None] for name, value in observation.items()}
        batch["history"] = batch["history"].reshape(1, *HISTORY_SHAPE)
        with torch.inference_mode():
            expected = network(batch)
        navigation = torch.log_softmax(expected["navigation"][0], 0).numpy()
        np.testing.assert_allclose(brain.navigate(observation), navigation, atol=1e-5)
        survival = torch.sigmoid(expected["avoidance"][0]).numpy()
        np.testing.assert_allclose(brain.survive(observation), survival, atol=1e-5)
        plan, status = brain.plan(observation), torch.sigmoid(expected["status"][0]).numpy()
        np.testing.assert_allclose(plan.logits, expected["mission"][0].numpy(), atol=1e-4)
        np.testing.assert_allclose(plan.status, status, atol=1e-5)
        flight.advance(np.array([0.3, 0.0, 0.0, 0.5]))


def test_three_copies_of_one_network_fly_as_the_one(tmp_path: Path) -> None:
    save(tmp_path / "one")
    for head in SKILLS:
        save(tmp_path / "three" / head)
    results = [
        fly(mission({"x": 9.0, "y": 3.0}, time_limit_s=2.0), load_pilot(str(tmp_path / name)))
        for name in ("one", "three")
    ]
    assert results[0] == results[1]


def test_the_trunk_runs_once_a_frame() -> None:
    network = new_network(NetworkConfig(width=0.25), 0).eval()
    calls = []
    network.trunk.register_forward_hook(lambda *_: calls.append(1))
    pilot = LatticePilot("counted", NetworkBrain(network))
    flight = Flight(scenario())
    pilot.reset(flight)
    for count in (1, 2, 3):
        flight.advance(pilot.act(flight.observation()).action)
        assert len(calls) == count
    flight.close()


# --- The loop.


class Notes:
    """A recorder in memory, which may interrupt the flight."""

    def __init__(self, interrupt_at: int = -1) -> None:
        self.times: list[float] = []
        self.actions: list[np.ndarray] = []
        self.events: list[Event] = []
        self.result: FlightResult | None = None
        self._interrupt_at = interrupt_at

    def step(
        self,
        time: float,
        action: np.ndarray,
        ticks: np.ndarray,
        observation: Observation,
        decision: Decision,
        events: tuple[Event, ...],
    ) -> None:
        self.times.append(time)
        self.actions.append(action)
        self.events += events
        if len(self.times) == self._interrupt_at:
            raise KeyboardInterrupt

    def close(self, result: FlightResult) -> None:
        self.result = result


def test_a_flight_is_recorded_step_by_step_to_its_result() -> None:
    notes, seen = Notes(), []
    flight = scenario(task=goal(9.0, 0.0, 4.0))
    result = fly(flight, load_pilot("teacher"), notes, seen.append)
    assert result.outcome is Outcome.SUCCESS
    assert notes.result == result
    np.testing.assert_allclose(np.diff(notes.times), 1 / 15)
    assert seen[-1] == result.duration_s == pytest.approx(notes.times[-1] + 1 / 15)
    assert tuple(event for event in notes.events if event.name != "guard_altitude") == result.events


def test_the_recorded_actions_fly_the_same_again() -> None:
    notes = Notes()
    flight = scenario(task=goal(9.0, 0.0, 4.0))
    result = fly(flight, load_pilot("random"), notes)
    again = Flight(flight)
    for action in notes.actions:
        again.advance(action)
    assert again.result() == result
    again.close()


def test_an_interrupted_flight_closes_its_log_and_is_raised() -> None:
    notes = Notes(interrupt_at=5)
    with pytest.raises(KeyboardInterrupt):
        fly(scenario(), load_pilot("teacher"), notes)
    assert notes.result is not None
    assert notes.result.outcome is Outcome.INTERRUPTED
    assert notes.result.duration_s == pytest.approx(5 / 15)


def test_the_random_pilot_is_random_by_the_worlds_seed() -> None:
    first, same, other = (
        fly(scenario(seed=seed, task=goal(9.0, 0.0, 4.0)), load_pilot("random"))
        for seed in (0, 0, 1)
    )
    assert first == same
    assert first.distance_m != other.distance_m
