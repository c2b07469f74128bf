"""Fitting: whatever makes flights succeed, the rule that does it best is found, on worlds that all rules share."""

from collections.abc import Sequence

import pytest

from agents.fusion import LEARNED, FusionRule
from scenarios.fitting import COURSE_WEIGHTS, VETOES, WEIGHTS, Fly, fit_rule, rule_name
from scenarios.row import Job, Row
from tests.scenarios.rows import made_up_row

SEEDS = range(10_000, 10_040)


def judge(best: FusionRule, seen: list[Job]) -> Fly:
    """Flights that succeed on fewer worlds the further their rule is from the best."""

    def succeeds(job: Job) -> bool:
        weight, course, veto = map(float, job.pilot.rpartition("=")[2].split(","))
        off = abs(veto - best.veto_below) * 10 + abs(weight - best.weight)
        if "avoidance" in job.scenario:
            off = abs(course - best.course_weight)
        return job.seed % 10 >= off

    def fly(jobs: Sequence[Job]) -> list[Row]:
        seen.extend(jobs)
        return [made_up_row(job.pilot, succeeds(job), job.scenario, seed=job.seed) for job in jobs]

    return fly


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("veto", VETOES)
def test_the_best_rule_of_the_grid_is_found(weight: float, veto: float) -> None:
    for course in COURSE_WEIGHTS:
        best = FusionRule(weight, course, veto, LEARNED.keep)
        seen: list[Job] = []
        fitted = fit_rule("net", LEARNED, SEEDS, judge(best, seen))
        assert fitted.rule == best
        assert len(set(seen)) == len(seen)


def test_every_rule_flies_the_same_worlds_and_only_finalists_fly_more() -> None:
    seen: list[Job] = []
    fitted = fit_rule("net", LEARNED, SEEDS, judge(LEARNED, seen))
    few = len(SEEDS) // 4
    worlds = {}
    for job in seen:
        worlds.setdefault((job.pilot, job.scenario), set()).add(job.seed)
    fused = {key: seeds for key, seeds in worlds.items() if "avoidance" not in key[1]}
    assert sorted(map(len, fused.values()))[:12] == [few] * 12
    assert sorted(map(len, fused.values()))[-6:] == [len(SEEDS)] * 6
    assert sum(trial.flights for trial in fitted.trials) == len(seen)


def test_a_rule_is_written_as_pilots_are_named() -> None:
    assert rule_name("a#1", FusionRule(2.0, 1.5, 0.55, 0.8)) == "a#1@rule=2,1.5,0.55"
