"""A flight that diverges ends as `diverged` and leaves its last seconds as a log that can be opened."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenarios.commands.replay import replay
from scenarios.commands.replay_options import Batch, Drawn
from sim.env import TridentEnv
from sim.faults import Fault
from sim.flight import Flight
from sim.record.black_box import _KEEP_FILES, SECONDS
from sim.record.reader import read_flight
from sim.record.refly import verify
from sim.types import Outcome
from tests.builders import HOVER, place, scenario


def broken(folder: Path, steps: int = 60, **options: Any) -> tuple[TridentEnv, dict[str, Any]]:
    """An environment whose rotors turn at no speed at all after some steps, and the last info."""
    env = TridentEnv(lambda seed: scenario(seed=seed), range(9), dump_to=folder, **options)
    env.reset(options={"world_seed": 0})
    for _ in range(steps):
        assert env.step(HOVER)[2:4] == (False, False)
    assert env.flight is not None
    env.flight.simulator.plant["rotor_truth"][0, 2] = np.nan
    observation, reward, terminated, truncated, info = env.step(HOVER)
    assert (terminated, truncated) == (True, False)
    assert reward == -10.0
    assert env.observation_space.contains(observation), "the last that could be seen"
    return env, info


@pytest.mark.parametrize("options", [{}, {"state_only": True, "action": "rotor"}])
def test_a_nan_ends_the_flight_and_its_last_seconds_can_be_replayed(
    tmp_path: Path, options: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    env, info = broken(tmp_path / "dumps", **options)
    assert info["outcome"] == "diverged"
    assert env.flight is not None
    event = env.flight.result().events[-1]
    assert "is nan at tick" in event.detail["why"]
    assert event.detail["log"] == info["log"]
    env.close()
    path = Path(info["log"])
    assert path.parent == tmp_path / "dumps"
    log = read_flight(path)
    assert log.complete
    assert len(log) == round(SECONDS * 15)
    assert log.action_level == options.get("action", "velocity")
    assert np.isfinite(log.poses[: -len(log.step_ticks(len(log) - 1))]).all()
    assert not np.isfinite(log.poses[-1]).all()
    assert log.result is not None
    assert log.result.outcome is Outcome.DIVERGED
    assert np.isfinite([log.result.distance_m, log.result.energy_wh]).all()
    assert log.times[-1] == pytest.approx(4.0)
    assert replay((path,), drawn=Drawn(), batch=Batch()) == 0
    assert "diverged" in capsys.readouterr().out
    with pytest.raises(
        ValueError, match=r"cannot be flown again: it holds the last 45 control steps"
    ):
        verify(path, lambda flight: None)  # type: ignore[arg-type, return-value]


def test_a_reset_after_divergence_begins_a_clean_flight(tmp_path: Path) -> None:
    env, _ = broken(tmp_path, steps=3)
    with pytest.raises(RuntimeError, match=r"diverged"):
        env.step(HOVER)
    env.reset(options={"world_seed": 0})
    observation, *_ = env.step(HOVER)
    assert all(np.isfinite(value).all() for value in observation.values())
    env.close()


def test_an_impossible_speed_says_so_and_leaves_a_log(tmp_path: Path) -> None:
    flight = Flight(scenario(), dump_to=tmp_path)
    place(flight.simulator, (10.0, 0.0, 2.0), velocity=(70.0, 0.0, 0.0))
    step = flight.advance(HOVER)
    flight.close()
    assert step.outcome is Outcome.DIVERGED
    assert "exceeds 60 m/s" in step.events[-1].detail["why"]
    assert len(read_flight(step.events[-1].detail["log"])) == 1


def test_the_log_holds_all_events_of_the_flight_in_order(tmp_path: Path) -> None:
    """Also those older than the steps it holds, and of the step that diverged."""
    old = Fault(time_s=0.2, component="camera", kind="off")
    recent = Fault(time_s=0.0, component="motor", motor=3, kind="wrong", value=0.99)
    flight = Flight(scenario(faults=(old,)), dump_to=tmp_path)
    for _ in range(80):
        flight.advance(HOVER)
    flight.inject(recent)
    place(flight.simulator, (10.0, 0.0, 2.0), velocity=(70.0, 0.0, 0.0))
    step = flight.advance(HOVER)
    log, told = read_flight(step.events[-1].detail["log"]), flight.result().events
    flight.close()
    assert [event.name for event in told] == ["fault_began", "fault_began", "diverged"]
    assert log.events == told
    assert log.times[0] > told[0].time
    assert log.result is not None
    assert log.result.events == told


def test_a_folder_that_cannot_be_written_costs_the_log_not_the_episode(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file, not a folder")
    env, info = broken(taken, steps=2)
    assert info["log"] is None
    assert env.flight is not None
    assert "taken" in env.flight.result().events[-1].detail["log_error"]
    env.close()


def test_old_dumps_give_way_to_new_ones(tmp_path: Path) -> None:
    for index in range(_KEEP_FILES + 5):
        (tmp_path / f"diverged-old-{index}.mcap").touch()
    (tmp_path / "mine.mcap").touch()
    env, info = broken(tmp_path, steps=1)
    env.close()
    assert len(list(tmp_path.glob("diverged-*.mcap"))) == _KEEP_FILES
    assert Path(info["log"]).exists()
    assert (tmp_path / "mine.mcap").exists()
