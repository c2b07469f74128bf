"""Every example runs, as a program and as the function it is made of."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import agents
import models
import scenarios
from sim.record.refly import verify
from sim.record.writer import FlightLog
from sim.simulator import Simulator
from sim.types import Outcome
from tests.sim.synthetic_flight import make_result, make_steps, write_log

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_random_agent_gets_nowhere() -> None:
    outcomes = {outcome for outcome, _ in load("random_agent").main(flights=2, max_steps=60)}
    assert outcomes <= {*map(str, Outcome), "cut"}
    assert "success" not in outcomes


def test_the_teacher_completes_the_hand_written_mission(tmp_path: Path) -> None:
    flight = load("fly_a_mission").main(tmp_path)
    assert flight.complete
    assert flight.result is not None
    assert flight.result.success
    names = [event.name for event in flight.events]
    assert names.count("site_visited") == 2
    assert names[-2:] == ["landed", "success"]
    assert (tmp_path / "flight.png").stat().st_size > 10_000


def test_a_short_clip_is_made_from_a_log(tmp_path: Path) -> None:
    steps = make_steps(20)
    log = write_log(tmp_path / "flight.mcap", steps, make_result(steps))
    size = load("short_clip").main(log, tmp_path / "clip.webp")
    assert 5_000 < size == (tmp_path / "clip.webp").stat().st_size


def test_the_clip_on_top_of_the_readme_is_small() -> None:
    assert 100_000 < (ROOT / "docs" / "media" / "mission.webp").stat().st_size < 3_000_000


def test_a_policy_from_outside_our_packages_flies() -> None:
    assert load("bring_a_policy").main().success


def test_the_teacher_reaches_the_goal_while_sensors_fail(tmp_path: Path) -> None:
    flown = scenarios.resolve(scenarios.load(str(ROOT / "examples" / "failing_sensors.toml")), None)
    with FlightLog(tmp_path / "flight.mcap", flown, {}) as log:
        result = agents.fly(flown, agents.load_pilot("teacher"), log)
    assert result.success
    names = [event.name for event in result.events]
    assert (names.count("fault_began"), names.count("fault_ended")) == (3, 2)
    assert verify(
        tmp_path / "flight.mcap", lambda log: Simulator(log.scenario, action=log.action_level)
    ).equal


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_a_program(example: Path, tmp_path: Path) -> None:
    # Those that train take the number of steps, and get few here.
    steps = ["600"] if example.stem.startswith("train_") else []
    done = subprocess.run(
        [sys.executable, str(example), *steps],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_hovering_can_be_trained_from_thrust_and_body_rates_without_a_camera() -> None:
    hover = load("train_hover")
    env = hover.make()
    observation, _ = env.reset(seed=0)
    assert observation in env.observation_space
    assert env.unwrapped.action_level.name == "body_rate"
    assert "image" not in env.unwrapped.observation_space.spaces
    env.close()
    agent = hover.train(steps=2048)
    assert agent.num_timesteps == 2048
    assert 0.0 <= hover.success(agent, episodes=2) <= 1.0


@pytest.mark.learning
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_hovering_is_learned() -> None:
    assert load("train_hover").main(episodes=100) >= 0.95


def test_our_trunk_trains_as_a_feature_extractor() -> None:
    example = load("train_navigation")
    agent = example.make_agent(environments=1, n_steps=64, batch_size=64, n_epochs=1)
    before = agent.policy.features_extractor.trunk.stem.weight.detach().clone()
    (shipped,) = agents.pilot_networks("shared")
    assert before.equal(models.load_checkpoint(shipped).trunk.stem.weight), "it starts from ours"
    agent.learn(256)
    assert agent.num_timesteps == 256
    assert not before.equal(agent.policy.features_extractor.trunk.stem.weight), (
        "its gradient arrives"
    )
