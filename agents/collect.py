"""Data collection: a learner or a perturbed teacher flies, the teacher labels every head on the same frame."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from itertools import count
from pathlib import Path

import numpy as np

from agents.dataset import check_shard, save_shard, stack_frames
from agents.fanout import Engine, Failed
from agents.labels import Labeller
from agents.lattice import MOVING, candidate_action
from agents.lattice_pilot import LatticePilot
from agents.loading import load_pilot
from agents.teacher import TeacherBrain
from agents.training_settings import write_json
from sim.flight import Flight
from sim.scenario import Scenario
from sim.types import Decision, Observation

Source = Callable[[int], Scenario]
"""Draws the scenario of a training seed; must be picklable."""

_STREAM = 7
"""Of the scenario's seed and the flight's index."""
_KEEP_EVERY = {"navigate": 1, "avoid": 1, "mission": 3}
"""Neighbouring frames say nearly the same; missions are long and would crowd out the other tasks."""
_PERTURB_CHANCE = 0.03
"""Per step, of beginning a burst of random but surviving flight when the teacher flies."""
_PERTURB_STEPS = (4, 12)
_PERTURB_STILL = 0.25
"""Share of the bursts that hover or turn on the spot: a learner that stops must have seen how to go on."""
_DANGER, _SAFE = 0.2, 0.5
"""Shares of surviving candidates below and above which the teacher takes over and hands back."""


@dataclass(frozen=True)
class CollectionJob:
    """One flight to collect."""

    index: int
    seed: int
    pilot: str
    """"teacher", or a checkpoint folder whose network flies."""


@dataclass(frozen=True)
class CollectionRound:
    """A batch of flights that together make one DAgger round."""

    name: str
    pilots: tuple[str, ...]
    """Taken in turn, flight by flight."""
    first_seed: int
    frames: int
    """Stop once this many are kept."""


def collect_round(
    round_: CollectionRound,
    source: Source,
    out: Path,
    engine: Engine,
    report: Callable[[str], None],
) -> list[Path]:
    """Fly until enough frames are kept; finished flights are not flown again after a kill. Returns the shards."""
    folder = out / round_.name
    write_json(folder / "round.json", asdict(round_))
    done = {int(p.stem.split("_")[1]): check_shard(p) for p in folder.glob("flight_*.npz")}
    shards = _first_enough(folder, done, round_.frames)
    if shards:
        return shards
    fly = partial(_fly_job, source=source, folder=folder)
    for job, answer in engine.fan_out(fly, _jobs(round_, done)):
        if isinstance(answer, Failed):
            raise RuntimeError(f"{round_.name}, flight {job.index}: {answer.reason}")
        done[job.index], outcome = answer
        kept = sum(done.values())
        report(f"{round_.name}: flight {job.index} {outcome}, {kept} of {round_.frames} frames")
    return _first_enough(folder, done, round_.frames)


def collect_flight(scenario: Scenario, job: CollectionJob) -> tuple[dict[str, np.ndarray], str]:
    """Fly one scenario, label every kept frame; returns the frames and the outcome."""
    flight = Flight(scenario, once=True)
    try:
        rng = np.random.default_rng([scenario.seed, job.index, _STREAM])
        teacher = TeacherBrain()
        expert = LatticePilot("teacher", teacher, detours=False)
        expert.reset(flight)
        pilot = expert if job.pilot == "teacher" else _learner(job.pilot)
        if pilot is not expert:
            pilot.reset(flight)
        labeller = Labeller(teacher, rng)
        labeller.reset(flight)
        behaviour = _Behaviour(pilot, expert, teacher, rng, flight)
        rows = list(_rows(flight, behaviour, labeller))
        return stack_frames(rows), str(flight.outcome or "cut")
    finally:
        flight.close()


# --- Private.


@lru_cache(maxsize=2)
def _learner(folder: str) -> LatticePilot:
    """The pilot of a checkpoint folder, read once however many flights it flies; to be reset before each."""
    pilot = load_pilot(folder)
    assert isinstance(pilot, LatticePilot)
    return pilot


class _Behaviour:
    """Who flies: the pilot, the expert near collisions, or a burst of perturbation."""

    def __init__(
        self,
        pilot: LatticePilot,
        expert: LatticePilot,
        teacher: TeacherBrain,
        rng: np.random.Generator,
        flight: Flight,
    ) -> None:
        self.pilot = pilot
        self._expert, self._teacher, self._rng = expert, teacher, rng
        self._limit = flight.scenario.speed_limit_m_s
        self._takeover = False
        self._burst = 0
        self._candidate = 0

    @property
    def sees(self) -> bool:
        """Whether images change what is flown: the expert goes by the truth."""
        return self.pilot is not self._expert

    def act(self, observation: Observation) -> Decision:
        """The flown decision; which candidates truly survive is only asked where it matters."""
        decision = self.pilot.act(observation)
        if decision.chosen < 0:  # A scripted manoeuvre.
            return decision
        survival = self._teacher.survives()
        if self.pilot is self._expert:
            return self._perturbed(decision, survival)
        return self._guarded(decision, observation, survival)

    def _guarded(
        self, decision: Decision, observation: Observation, survival: np.ndarray
    ) -> Decision:
        share = survival.mean()
        if share < _DANGER:
            self._takeover = True
        elif share > _SAFE:
            self._takeover = False
        if not self._takeover:
            return decision
        if self._expert.control is not None and self.pilot.control is not None:
            # The expert steers to where the pilot wants to go.
            self._expert.control.target = self.pilot.control.target
            return self._expert.steer_to_target(observation)
        return self._expert.act(observation)

    def _perturbed(self, decision: Decision, survival: np.ndarray) -> Decision:
        if self._burst == 0 and self._rng.random() < _PERTURB_CHANCE and survival.any():
            self._burst = int(self._rng.integers(*_PERTURB_STEPS))
            self._candidate = self._random_candidate(survival)
        if self._burst == 0:
            return decision
        self._burst -= 1
        if not survival[self._candidate]:
            self._burst = 0
            return decision
        return Decision(action=candidate_action(self._candidate, self._limit), phase="perturbed")

    def _random_candidate(self, survival: np.ndarray) -> int:
        still = survival.copy()
        still[:MOVING] = False
        if self._rng.random() >= _PERTURB_STILL or not still.any():
            still = survival
        return int(self._rng.choice(np.flatnonzero(still)))


def _rows(
    flight: Flight, behaviour: _Behaviour, labeller: Labeller
) -> Iterator[Mapping[str, np.ndarray]]:
    """Advance the flight, yielding the labelled frames that are kept."""
    every = _KEEP_EVERY[flight.scenario.task.kind]
    ages = (0, *flight.simulator.history_steps)
    observation = flight.observation()
    while flight.outcome is None:
        step = flight.simulator.step_count
        if step % every == 0:
            yield labeller.label(observation, behaviour.pilot)
        decision = behaviour.act(observation)
        look = behaviour.sees or any((step + 1 + age) % every == 0 for age in ages)
        flight.advance(decision.action, look=look)
        if flight.outcome is None:
            observation = flight.observation()


def _first_enough(folder: Path, done: Mapping[int, int], frames: int) -> list[Path]:
    """Shards of the first flights that hold enough frames, none if one is missing: which flight ended first must not matter."""
    kept, paths = 0, []
    while kept < frames:
        index = len(paths)
        if index not in done:
            return []
        paths.append(_shard(folder, index))
        kept += done[index]
    return paths


def _jobs(round_: CollectionRound, done: Mapping[int, int]) -> Iterator[CollectionJob]:
    """Flights not flown yet, in order, until those flown hold enough frames; `done` grows meanwhile."""
    first = set(done)
    for index in count():
        # What a kill left in the air comes first, however much was flown beyond it.
        if index > max(first, default=0) and sum(done.values()) >= round_.frames:
            return
        if index not in first:
            pilot = round_.pilots[index % len(round_.pilots)]
            yield CollectionJob(index, round_.first_seed + index, pilot)


def _fly_job(job: CollectionJob, source: Source, folder: Path) -> tuple[int, str]:
    """Frames kept and the outcome."""
    frames, outcome = collect_flight(source(job.seed), job)
    save_shard(frames, _shard(folder, job.index))
    return len(frames["image"]), outcome


def _shard(folder: Path, index: int) -> Path:
    return folder / f"flight_{index:05d}.npz"
