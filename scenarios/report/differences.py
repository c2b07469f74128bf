"""Who is better than whom: sections on arms over their training seeds, and on pilots in pairs."""

from scenarios.report.contents import Report
from scenarios.report.section import Section, percent
from scenarios.statistics import Estimate

_REAL = (
    "In real places flights of a block are not independent: no McNemar test; intervals, of prizes too, are over blocks "
    "(bootstrap and t, never narrower than the plain one), and what is explored is told apart where they leave 0 out, not "
    "corrected for how many comparisons there are. One block allows no statement. "
)


def arms_section(report: Report) -> Section:
    """Arms over their training seeds."""
    lines = [
        [
            arms.task,
            f"{arms.first} − {arms.second}",
            str(len(arms.seeds)),
            _level(arms.first_success, arms.first_deviation),
            _level(arms.second_success, arms.second_deviation),
            percent(arms.seed_interval, sign="+"),
            percent(arms.world_interval, sign="+"),
            arms.verdict,
        ]
        for arms in report.arms
    ]
    header = [
        "task", "arms", "seeds", "first", "second", "difference, t over seeds", "difference, bootstrap", "verdict",
    ]  # fmt: skip
    note = (
        "Training seed against training seed of the same number, on the same worlds. The t interval over seed pairs judges "
        "the primary endpoint with its margin of 5 points (better, worse, equivalent, no worse, undecided), except for a learned arm with one training only. The bootstrap "
        "draws training seeds and worlds anew, in real places blocks, where the t interval is never narrower than it; for what is explored the verdict counts the seeds "
        "whose McNemar test under Holm, in real places whose interval over blocks, tells the arms apart. ± is the deviation from training seed to training seed."
    )
    return Section("Arms over training seeds", header, lines, note)


def differences_section(report: Report) -> Section:
    """Pilots in pairs."""
    lines = [
        [
            pair.task,
            f"{pair.first} − {pair.second}",
            percent(pair.difference, sign="+"),
            f"{pair.first_only} : {pair.second_only}",
            "" if pair.mcnemar_p is None else f"{pair.mcnemar_p:.3f}",
            "primary" if pair.primary else "" if pair.holm_p is None else f"{pair.holm_p:.3f}",
            pair.verdict,
            percent(pair.prize_difference, sign="+"),
        ]
        for pair in report.comparisons
    ]
    header = [
        "task", "pair", "difference [95 %]", "only one succeeded", "McNemar p", "Holm p", "verdict",
        "prize difference",
    ]  # fmt: skip
    primary = (
        "No endpoint is primary: every comparison is exploratory, with exact McNemar tests under Holm."
        if report.suite.primary is None
        else f"Primary endpoint: success on {report.suite.primary}, the first arm against the second, judged "
        "by its interval with a margin of 5 points; every other comparison is exploratory, with exact McNemar tests under Holm."
    )
    note = (
        f"Identical worlds, paired flight by flight; Newcombe intervals. {primary} Where both "
        "succeed on more than 95 % the worlds are too easy for a verdict, and the failures are counted. "
        + (_REAL if any(pair.blocks is not None for pair in report.comparisons) else "")
        + (
            "Pilots of several trainings meet seed by seed."
            if report.arms
            else "One set of weights a pilot: nothing here says how another training would have come out."
        )
    )
    return Section("Paired differences", header, lines, note, "differences" if lines else "")


# --- Private.


def _level(success: Estimate, deviation: float | None) -> str:
    return percent(success) + ("" if deviation is None else f" ±{100 * deviation:.1f}")
