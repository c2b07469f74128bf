"""Pilots in pairs: who is compared with whom, world by world."""

from collections.abc import Mapping, Sequence

import numpy as np

from agents.arm_names import arm_of
from agents.way_names import split_way, way_of
from scenarios.report.blocks import over_blocks, prize_fraction
from scenarios.report.contents import Comparison
from scenarios.report.worlds import Worlds
from scenarios.row import Row
from scenarios.statistics import mcnemar_exact, paired_counts, paired_difference


def whole_arm(name: str) -> tuple[str, int | None]:
    """The arm that a name flies for, whole or in part, and its training seed; a rule of its own makes an arm of its own."""
    return arm_of(name if way_of(name) == "all" else split_way(name)[0])


def pairs_of(flown: Sequence[str], pilots: Sequence[str]) -> list[tuple[str, str]]:
    """What is compared: the first arm with each other flown the same way, seed by seed; substitutions with all learned."""
    found: list[tuple[str, str]] = []
    arm = arm_of(pilots[0])[0]
    own = [pilot for pilot in pilots if arm_of(pilot)[0] == arm]
    for name in flown:
        base, way = split_way(name)
        other, seed = whole_arm(name)
        if other != arm and not way.startswith("teacher="):
            # A pilot with one training only meets every training of the other arm.
            rivals = [
                pilot
                for pilot in own
                if None in (seed, arm_of(pilot)[1]) or seed == arm_of(pilot)[1]
            ]
            rivals = [f"{rival}@{way}" if way == "head" else rival for rival in rivals]
            found += [(rival, name) for rival in rivals if rival in flown and rival != name]
        elif way.startswith("teacher=") and base in flown:
            found.append((base, name))
    return found


def compare_pilots(
    task: str,
    first: str,
    second: str,
    flown: Mapping[str, Sequence[Row]],
    worlds: Worlds,
) -> Comparison:
    """One pair on one task, without a verdict yet; `flown` holds rows of every pilot, in the worlds' order."""
    successes = [np.array([row.success for row in flown[pilot]]) for pilot in (first, second)]
    counts = paired_counts(successes[0], successes[1])
    pairs = list(zip(flown[first], flown[second], strict=True))
    more = np.array([one.prize - other.prize for one, other in pairs])
    blocks = worlds.blocks
    apart = successes[0].astype(np.float64) - successes[1]
    return Comparison(
        task=task,
        first=first,
        second=second,
        difference=over_blocks(paired_difference(counts), apart, blocks, (-1.0, 1.0)),
        first_only=counts.first_only,
        second_only=counts.second_only,
        mcnemar_p=mcnemar_exact(counts) if blocks is None else None,
        holm_p=None,
        verdict="",
        prize_difference=prize_fraction(worlds.optima, more, blocks),
        blocks=None if blocks is None else len(set(blocks)),
    )
