"""Policies from elsewhere: trusted before they are loaded, held to what they declare, flown like our own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents import PilotError, fly, load_pilot, pilot_files, pilot_networks
from agents.policy import PolicyPilot
from scenarios.compute import pilot_digest
from sim.observation import observation_space
from sim.record.reader import read_flight
from sim.record.refly import verify
from sim.record.writer import FlightLog
from sim.simulator import Simulator
from tests.builders import goal, scenario

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = f"{ROOT / 'examples' / 'bring_a_policy.py'}:LooksAhead"
FIELD = scenario(task=goal(12.0, 3.0, 8.0))

CLASS = """
import numpy as np


class Steady:
    observation = {observation}
    action = {action}

    def reset(self, briefing):
        assert briefing.task == "navigate"

    def act(self, observation):
        assert tuple(observation) == self.observation
        return {answer}
"""


def write(
    folder: Path,
    observation: str = '("goal",)',
    action: str = '"velocity"',
    answer: str = "[0.2, 0, 0, 0]",
) -> str:
    """A policy file; returns the pilot it makes."""
    path = folder / "steady.py"
    path.write_text(CLASS.format(observation=observation, action=action, answer=answer))
    return f"{path}:Steady"


def graph(path: Path, inputs: dict[str, tuple[Any, ...]], **metadata: str) -> str:
    """An ONNX file that takes entries and flies ahead at 0.25."""
    onnx = pytest.importorskip("onnx")
    helper, types = onnx.helper, onnx.TensorProto
    entries = [
        helper.make_tensor_value_info(name, types.FLOAT, shape) for name, shape in inputs.items()
    ]
    output = helper.make_tensor_value_info("action", types.FLOAT, (1, 4))
    constant = helper.make_node(
        "Constant", [], ["action"],
        value=helper.make_tensor("value", types.FLOAT, (1, 4), [0.25, 0.0, 0.0, 0.0]),
    )  # fmt: skip
    used = [helper.make_node("Identity", [name], [f"seen_{name}"]) for name in inputs]
    model = helper.make_model(
        helper.make_graph([*used, constant], "ahead", entries, [output]),
        opset_imports=[helper.make_opsetid("", 17)], ir_version=9,
    )  # fmt: skip
    helper.set_model_props(model, metadata)
    onnx.save(model, path)
    return str(path)


def test_nothing_from_elsewhere_is_loaded_without_trust(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    (tmp_path / "evil.py").write_text(f"open({str(marker)!r}, 'w')\n")
    for name in (f"{tmp_path / 'evil.py'}:X", "some.module:Class", "net.onnx", "agent.zip"):
        with pytest.raises(PilotError, match=r"runs code .* add --trust"):
            load_pilot(name)
    assert not marker.exists()


def test_the_example_flies_by_its_class_and_is_no_network_of_ours() -> None:
    pilot = load_pilot(EXAMPLE, trust=True)
    assert isinstance(pilot, PolicyPilot)
    assert pilot.name == EXAMPLE
    assert fly(FIELD, pilot).success
    assert pilot_networks(EXAMPLE) == ()
    assert pilot_files(EXAMPLE) == (ROOT / "examples" / "bring_a_policy.py",)


def test_a_module_in_the_working_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    Path(write(tmp_path).partition(":")[0]).rename(tmp_path / "found_here.py")
    assert fly(FIELD, load_pilot("found_here:Steady", trust=True)).distance_m > 0
    assert pilot_files("found_here:Steady") == (tmp_path / "found_here.py",)


def test_a_policy_in_a_package_is_another_when_any_of_its_modules_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "packed_here"
    package.mkdir()
    Path(write(tmp_path).partition(":")[0]).rename(package / "steady.py")
    (package / "__init__.py").touch()
    helper = package / "helper.py"
    helper.write_text("GAIN = 1\n")
    before = pilot_digest("packed_here.steady:Steady")
    assert pilot_digest("packed_here.steady:Steady") == before
    helper.write_text("GAIN = 2\n")
    assert pilot_digest("packed_here.steady:Steady") != before


@pytest.mark.parametrize("level", ["velocity", "body_rate", "rotor"])
def test_it_commands_at_the_level_it_declares(tmp_path: Path, level: str) -> None:
    pilot = load_pilot(write(tmp_path, action=repr(level), answer="[0, 0, 0, 0]"), trust=True)
    assert pilot.action_level == level
    with FlightLog(tmp_path / "f.mcap", FIELD, {"action": pilot.action_level}) as log:
        fly(FIELD, pilot, log)
    assert read_flight(tmp_path / "f.mcap").action_level == level
    again = verify(
        tmp_path / "f.mcap", lambda log: Simulator(log.scenario, action=log.action_level)
    )
    assert again.equal


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"observation": '("gaol",)'}, "unknown observation entry 'gaol'.*did you mean 'goal'"),
        ({"observation": "None"}, "declare a tuple of ego"),
        ({"action": '"thrust"'}, "action = 'thrust': choose velocity, body_rate, rotor"),
    ],
)
def test_what_it_declares_must_exist(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    with pytest.raises(PilotError, match=said):
        load_pilot(write(tmp_path, **changes), trust=True)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("[0, 0]", "four numbers"),
        ("'ahead'", "four numbers"),
        ("[float('nan')] * 4", "finite"),
        ("[1 / 0] * 4", "Steady: call 1 of act: ZeroDivisionError"),
    ],
)
def test_what_it_answers_must_be_an_action(tmp_path: Path, answer: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        fly(FIELD, load_pilot(write(tmp_path, answer=answer), trust=True))


def test_a_class_without_its_methods_is_refused(tmp_path: Path) -> None:
    name = write(tmp_path)
    (tmp_path / "steady.py").write_text(
        "class Steady:\n    observation = ('goal',)\n    action = 'velocity'\n"
    )
    with pytest.raises(ValueError, match="no method reset"):
        load_pilot(name, trust=True)


def test_too_much_is_clipped(tmp_path: Path) -> None:
    clipped = load_pilot(write(tmp_path, answer="[0, 50.0, 0, 0]"), trust=True)
    assert isinstance(clipped, PolicyPilot)
    assert clipped.act(observation_space().sample()).action.tolist() == [0.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_module_anywhere:X", "ModuleNotFoundError"),
        ("json:Missing", "AttributeError"),
        ("absent.py:X", "no such file"),
        ("absent.onnx", "no such file"),
        ("absent.zip@sideways", "unknown action 'sideways'"),
        (f"{EXAMPLE}@rotor", "declares its action itself"),
    ],
)
def test_what_cannot_be_had_is_said_in_one_line(name: str, said: str) -> None:
    with pytest.raises(PilotError, match=said):
        load_pilot(name, trust=True)


# --- ONNX.


def test_an_onnx_graph_flies_with_entries_by_name(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    name = graph(tmp_path / "ahead.onnx", {"goal": (1, 6), "history": ("batch", 3, 12, 16)})
    pilot = load_pilot(name, trust=True)
    decision = _act(pilot)
    assert decision.tolist() == [0.25, 0.0, 0.0, 0.0]
    assert pilot.action_level == "velocity"
    assert load_pilot(f"{name}@rotor", trust=True).action_level == "rotor"
    own = graph(tmp_path / "own.onnx", {"ego": (16,)}, action="body_rate")
    assert load_pilot(own, trust=True).action_level == "body_rate"


def test_an_onnx_graph_that_asks_for_something_else_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(PilotError, match="unknown observation entry 'state'"):
        load_pilot(graph(tmp_path / "a.onnx", {"state": (1, 6)}), trust=True)
    with pytest.raises(PilotError, match=r"input goal has shape .*has 6 numbers"):
        load_pilot(graph(tmp_path / "b.onnx", {"goal": (1, 7)}), trust=True)
    (tmp_path / "c.onnx").write_bytes(b"not a graph")
    with pytest.raises(PilotError, match=r"c\.onnx"):
        load_pilot(str(tmp_path / "c.onnx"), trust=True)


# --- Stable-Baselines3.


@pytest.mark.parametrize("algorithm", ["PPO", "SAC"])
def test_a_zip_answers_as_the_agent_that_was_saved(tmp_path: Path, algorithm: str) -> None:
    sb3 = pytest.importorskip("stable_baselines3")
    agent = getattr(sb3, algorithm)("MultiInputPolicy", room(), device="cpu", **_SMALL[algorithm])
    agent.save(tmp_path / "agent.zip")
    pilot = load_pilot(str(tmp_path / "agent.zip"), trust=True)
    assert isinstance(pilot, PolicyPilot)
    space = room().observation_space
    space.seed(0)
    for _ in range(3):
        observation = space.sample()
        expected, _ = agent.predict(observation, deterministic=True)
        np.testing.assert_array_equal(pilot.act(observation).action, np.clip(expected, -1, 1))
    assert getattr(pilot.policy, "parameters", 0) > 1000


def test_a_zip_of_another_world_is_refused(tmp_path: Path) -> None:
    sb3 = pytest.importorskip("stable_baselines3")
    sb3.PPO("MlpPolicy", "Pendulum-v1", device="cpu", n_steps=8, batch_size=8).save(
        tmp_path / "p.zip"
    )
    with pytest.raises(PilotError, match="trained on Box, not on Trident's dictionary"):
        load_pilot(str(tmp_path / "p.zip"), trust=True)
    (tmp_path / "q.zip").write_bytes(b"not a zip")
    with pytest.raises(PilotError, match=r"q\.zip"):
        load_pilot(str(tmp_path / "q.zip"), trust=True)


def _act(pilot: Any) -> np.ndarray:
    space = observation_space()
    space.seed(0)
    return pilot.act(space.sample()).action


_SMALL = {"PPO": {"n_steps": 8, "batch_size": 8}, "SAC": {"buffer_size": 10}}


def room() -> Any:
    """An environment with two entries of Trident's observation."""
    import gymnasium

    class Room(gymnasium.Env[Any, Any]):
        observation_space = gymnasium.spaces.Dict(
            {name: observation_space().spaces[name] for name in ("ego", "goal")}
        )
        action_space = gymnasium.spaces.Box(-1.0, 1.0, (4,), np.float32)

    return Room()
