"""What `trident export` writes flies as the pilot it was made of."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import agents
import models
from agents.lattice_pilot import LatticePilot
from agents.loading import PilotError, network_pilot
from agents.metered import Metered
from agents.network_onnx import OnnxBrain, exported_networks
from models import Card, NetworkConfig, new_network, save_checkpoint
from scenarios.commands.console import InputError
from scenarios.commands.export import export
from scenarios.compute import compute_of, pilot_digest
from sim.flight import Flight
from sim.types import Observation
from tests.builders import mission

CARD = Card("Small", "A test.", "none", "0", "none", "0.1")
SETS = {
    "one": (("navigation", "avoidance", "mission"),),
    "several": (("navigation", "mission"), ("avoidance",)),
}


@pytest.fixture(scope="module", params=SETS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small pilot's checkpoint(s), and beside it `pilot.onnx`."""
    folder = tmp_path_factory.mktemp(request.param)
    sets = SETS[request.param]
    for seed, heads in enumerate(sets):
        place = folder / "net" / ("" if len(sets) == 1 else "+".join(heads))
        save_checkpoint(place, new_network(NetworkConfig(heads=heads, width=0.25), seed), CARD)
    assert export(str(folder / "net"), onnx=folder / "pilot.onnx", int8=None) == 0
    return folder


def both(made: Path) -> tuple[LatticePilot, LatticePilot]:
    ours, theirs = (
        network_pilot(made / "net", "net"),
        agents.load_pilot(str(made / "pilot.onnx"), trust=True),
    )
    assert isinstance(theirs, LatticePilot)
    assert isinstance(theirs.brain, OnnxBrain)
    return ours, theirs


def recorded(steps: int) -> list[Observation]:
    """What a drone sees on a short mission."""
    flight = Flight(mission({"x": 12.0, "y": 3.0}, {"x": 20.0, "y": -3.0}))
    found = []
    for step in range(steps):
        found.append(flight.observation())
        flight.advance(np.array([0.3, 0.1 * np.sin(step), 0.0, 0.2], dtype=np.float32))
    flight.close()
    return found


def drawn(count: int) -> list[Observation]:
    """Anything of the right shapes."""
    return [
        {
            name: value[0].numpy().reshape(-1) if name == "sites" else value[0].numpy()
            for name, value in models.example_batch(NetworkConfig(), seed=seed).items()
        }
        for seed in range(count)
    ]


def test_every_skill_answers_alike_on_recorded_and_drawn_frames(made: Path) -> None:
    ours, theirs = (pilot.brain for pilot in both(made))
    for observation in [*recorded(20), *drawn(20)]:
        np.testing.assert_allclose(
            theirs.navigate(observation), ours.navigate(observation), rtol=1e-4, atol=1e-4
        )
        np.testing.assert_allclose(
            theirs.survive(observation), ours.survive(observation), rtol=1e-4, atol=1e-5
        )
        plans = theirs.plan(observation), ours.plan(observation)
        np.testing.assert_allclose(plans[0].logits, plans[1].logits, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(plans[0].status, plans[1].status, rtol=1e-4, atol=1e-5)


def test_it_flies_the_same_way(made: Path) -> None:
    scenario = mission({"x": 12.0, "y": 3.0})
    ends = [agents.fly(scenario, pilot) for pilot in both(made)]
    assert ends[0].outcome == ends[1].outcome
    assert ends[0].distance_m == pytest.approx(ends[1].distance_m, abs=0.01)


def test_it_says_what_it_holds_and_costs(made: Path) -> None:
    path, net = str(made / "pilot.onnx"), str(made / "net")
    told = exported_networks(made / "pilot.onnx")
    ours, theirs = both(made)
    costs = compute_of({net: ours, path: theirs})
    assert told is not None
    assert told.weights == pilot_digest(net)
    for cost in (told, costs[path]):
        assert (cost.networks, cost.parameters) == (costs[net].networks, costs[net].parameters)
    assert costs[path].weights_bytes == (made / "pilot.onnx").stat().st_size
    latency = costs[path].latency_p50_ms
    assert latency is not None
    assert 0.0 < latency < 100.0


def test_what_it_takes_is_counted_by_the_runs_it_makes(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the graph in every run: one for the mission, and another to steer to where it says."""
    path = str(made / "pilot.onnx")
    pilot = both(made)[1]
    assert isinstance(pilot.brain, OnnxBrain)
    runs: list[object] = []
    session = pilot.brain._session
    monkeypatch.setattr(pilot.brain, "_session", Counting(session, runs))
    scenario, meter = mission({"x": 12.0, "y": 3.0}), Metered(pilot)
    result = agents.fly(scenario, meter)
    cost = compute_of({path: pilot})[path]
    assert cost.graph_macs is not None
    asked_hz = {skills: steps / result.duration_s for skills, steps in meter.asked.items()}
    by_runs = cost.graph_macs * len(runs) / result.duration_s
    assert cost.macs_per_second_of(asked_hz) == pytest.approx(by_runs)
    assert cost.macs_per_second == 16 * cost.graph_macs


class Counting:
    """A session that notes its runs."""

    def __init__(self, session: Any, runs: list[object]) -> None:
        self._session, self._runs = session, runs

    def get_inputs(self) -> Any:
        return self._session.get_inputs()

    def run(self, *given: Any) -> Any:
        self._runs.append(given)
        return self._session.run(*given)


def test_heads_can_be_taken_out_of_it(made: Path) -> None:
    pilot = agents.load_pilot(f"{made / 'pilot.onnx'}@teacher=navigation,avoidance", trust=True)
    assert agents.fly(mission({"x": 12.0, "y": 3.0}), pilot).distance_m > 1.0
    with pytest.raises(PilotError, match="--trust"):
        agents.load_pilot(str(made / "pilot.onnx"))


def test_eight_bits_fly_from_their_folder(made: Path, tmp_path: Path) -> None:
    assert export(str(made / "net"), onnx=None, int8=tmp_path / "small") == 0
    pilot = agents.load_pilot(str(tmp_path / "small"))
    assert isinstance(pilot, LatticePilot)
    whole = network_pilot(made / "net", "net")
    for observation in recorded(5):
        np.testing.assert_allclose(
            pilot.brain.survive(observation), whole.brain.survive(observation), atol=0.05
        )
    cards = [path.read_text() for path in (tmp_path / "small").rglob("card.md")]
    assert all("8-bit" in card and "# Small" in card for card in cards)
    with pytest.raises(InputError, match="not empty"):
        export(str(made / "net"), onnx=None, int8=tmp_path / "small")


@pytest.mark.parametrize(
    ("pilot", "options", "said"),
    [
        ("shared", {}, "nothing to write"),
        ("teacher", {"onnx": "a.onnx"}, "'teacher': has no networks to export; choose shared"),
        ("sharde", {"onnx": "a.onnx"}, "unknown pilot 'sharde'"),
        ("shared", {"onnx": "a.txt"}, r"ends in '\.txt'"),
        ("shared", {"int8": "file"}, "is a file, not a folder"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(
    pilot: str, options: dict[str, str], said: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("kept")
    asked = {name: tmp_path / value for name, value in options.items()}
    with pytest.raises(InputError, match=said):
        export(pilot, onnx=asked.get("onnx"), int8=asked.get("int8"))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "kept"
