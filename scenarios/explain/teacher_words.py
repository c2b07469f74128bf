"""What the teacher, which sees the true world, would have done at a step, and what it makes of the command: in words."""

import numpy as np

from agents.teacher import SURVIVAL_MARGIN
from scenarios.explain.heads import candidate_words
from scenarios.explain.odds import odds_words
from scenarios.explain.privileged import Truth
from scenarios.explain.section import Section
from sim.record.reader import Flight as Log
from sim.record.words import choice_words
from sim.task_spec import AvoidTask


def teacher_section(log: Log, step: int, truth: Truth) -> Section:
    """What would have been right at a step, and what the pilot's command was worth."""
    decision = log.decisions[step]
    chosen, passed = truth.chosen, int(truth.survives.sum())
    rows = [
        (
            "would command",
            f"{candidate_words(log, chosen)}: keeps {truth.clearance[chosen]:.2f} m over 2 s",
        ),
        (
            "would survive",
            f"{passed} of {len(truth.survives)} candidates, with {SURVIVAL_MARGIN:g} m to spare",
        ),
    ]
    if decision.chosen >= 0:
        gap = float(truth.preference.max() - truth.preference[decision.chosen])
        least = float(truth.clearance[decision.chosen])
        way = "course" if isinstance(log.scenario.task, AvoidTask) else "shortest free way"
        fate = "hits" if least <= 0.0 else f"keeps {least:.2f} m"
        rows.append(("of the command", f"{fate} if flown on for 2 s; {_rating(gap, way)}"))
    if truth.best.any():
        named = ", ".join(choice_words(choice) for choice in np.flatnonzero(truth.best).tolist())
        rows.append(("would choose", named))
    return Section("what the teacher, which sees the true world, says of it", tuple(rows))


# --- Private.


def _rating(gap: float, way: str) -> str:
    """Where a command stands on a way, by the log-odds of the best against it."""
    if gap < 0.05:
        return f"none leads better along the {way}"
    return f"another leads better along the {way}, by {odds_words(gap)}"
