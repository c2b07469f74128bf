"""The main decisions of a whole flight, in words."""

import numpy as np

from sim.record.reader import Flight as Log
from sim.record.words import choice_words, event_words
from sim.task_spec import MissionTask


def decision_rows(log: Log) -> list[tuple[str, str]]:
    """Of a flight: choices of the mission, vetoes, interventions."""
    rows = []
    if isinstance(log.scenario.task, MissionTask):
        choices = [(t, d.mission_choice) for t, d in zip(log.times, log.decisions, strict=True)]
        changes = [c for i, c in enumerate(choices) if i == 0 or c[1] != choices[i - 1][1]]
        told = "; ".join(f"{time:.1f} s {choice_words(choice)}" for time, choice in changes)
        rows.append(("choices", told))
    asked = [d for d in log.decisions if d.fused is not None]
    if asked:
        vetoed = np.mean([np.isneginf(d.fused).mean() for d in asked if d.fused is not None])
        rows.append(
            ("vetoed", f"{vetoed:.0%} of all candidates on average, over {len(asked)} steps")
        )
    marks = [name for decision in log.decisions for name in decision.events]
    counted = "; ".join(
        f"{event_words(name)}: {marks.count(name)} times" for name in sorted(set(marks))
    )
    return [*rows, ("interventions", counted or "none")]
