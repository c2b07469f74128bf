"""Fitting: whatever makes flights succeed, the rule that does it best is found, on worlds that all rules share."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest

from agents.fanout import Failed
from agents.fusion import LEARNED, FusionRule
from scenarios.commands import fit as fit_command
from scenarios.fitting import COURSE_WEIGHTS, VETOES, WEIGHTS, Fitted, Fly, fit_rule, rule_name
from scenarios.row import Job, Row
from tests.scenarios.rows import made_up_row

SEEDS = range(10_000, 10_040)


BEST = FusionRule(2.0, 0.5, 0.4, 0.7, LEARNED.keep)


def judge(best: FusionRule, seen: list[Job]) -> Fly:
    """Flights that succeed on fewer worlds the further their rule is from the best."""

    def succeeds(job: Job) -> bool:
        weight, course_weight, veto, course_veto = map(
            float, job.pilot.rpartition("=")[2].split(",")
        )
        if "avoidance" in job.scenario:
            off = abs(course_weight - best.course_weight), abs(course_veto - best.course_veto_below)
        else:
            off = abs(weight - best.weight), abs(veto - best.veto_below)
        return job.seed % 10 >= off[0] + 10 * off[1]

    def fly(jobs: Sequence[Job]) -> list[Row]:
        seen.extend(jobs)
        return [made_up_row(job.pilot, succeeds(job), job.scenario, seed=job.seed) for job in jobs]

    return fly


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("veto", VETOES)
def test_the_best_rule_of_the_grid_is_found(weight: float, veto: float) -> None:
    for course_weight, course_veto in product(COURSE_WEIGHTS, VETOES):
        best = FusionRule(weight, course_weight, veto, course_veto, LEARNED.keep)
        assert fit_rule("net", LEARNED, SEEDS, judge(best, [])).rule == best


def test_of_equals_the_first_of_the_grid_wins() -> None:
    def fly(jobs: Sequence[Job]) -> list[Row]:
        return [made_up_row(job.pilot, True, job.scenario, seed=job.seed) for job in jobs]

    first = FusionRule(WEIGHTS[0], COURSE_WEIGHTS[0], VETOES[0], VETOES[0], LEARNED.keep)
    assert fit_rule("net", LEARNED, SEEDS, fly).rule == first


def test_every_rule_flies_the_same_worlds_and_only_finalists_fly_more() -> None:
    seen: list[Job] = []
    fitted = fit_rule("net", LEARNED, SEEDS, judge(BEST, seen))
    worlds: dict[tuple[str, str], list[int]] = {}
    for job in seen:
        worlds.setdefault((job.pilot, job.scenario), []).append(job.seed)
    few = len(SEEDS) // 4
    # Three finalists on five tasks, then on one; the other rules of both grids.
    others = 5 * (len(WEIGHTS) * len(VETOES) - 3) + len(COURSE_WEIGHTS) * len(VETOES) - 3
    assert sorted(map(len, worlds.values())) == [few] * others + [len(SEEDS)] * 18
    assert all(seeds == list(SEEDS)[: len(seeds)] for seeds in worlds.values())
    assert sum(trial.flights for trial in fitted.trials) == len(seen)
    assert len(fitted.trials) == (len(WEIGHTS) + len(COURSE_WEIGHTS)) * len(VETOES)


def test_a_rule_is_written_as_pilots_are_named() -> None:
    assert rule_name("a#1", FusionRule(2.0, 1.5, 0.55, 0.4, 0.8)) == "a#1@rule=2,1.5,0.55,0.4"


class Here:
    """Flies in this process; every third flight dies while it is ill."""

    def __init__(self) -> None:
        self.ill = True
        self.flown = 0

    def fan_out(
        self, work: Callable[[Job], Row], jobs: Iterable[Job]
    ) -> Iterator[tuple[Job, Row | Failed]]:
        for job in jobs:
            self.flown += 1
            row = made_up_row(job.pilot, True, job.scenario, seed=job.seed)
            yield job, Failed("died") if self.ill and self.flown % 3 == 0 else row


def test_lost_flights_leave_no_rule_until_they_are_flown_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Here()
    monkeypatch.setattr(fit_command, "open_engine", lambda *given: engine)

    def fitted(retry: bool) -> Fitted | None:
        return fit_command.fit_pilot("shared", 4, 1, tmp_path, retry)

    assert fitted(retry=False) is None
    flown, engine.ill = engine.flown, False
    assert fitted(retry=False) is None
    assert engine.flown == flown
    # Other rules win now; what others lost in their finals is asked for no more, and does not count.
    assert fitted(retry=True) is not None
    assert flown < engine.flown < 2 * flown
    assert fitted(retry=False) is not None
