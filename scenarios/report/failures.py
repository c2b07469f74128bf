"""What went wrong: sections on failure reasons, the worst flights, and where the referee disagrees."""

from scenarios.report.contents import Report, Worst
from scenarios.report.section import Section
from sim.record.words import number, spaced


def reasons_section(report: Report) -> Section:
    """What ended failed flights, and which rules overruled pilots; nothing where neither happened."""
    names = sorted({n for cell in report.cells for n in cell.outcomes if n != "success"})
    rules = sorted({rule for cell in report.cells for rule in cell.interventions})
    lines = [
        [
            cell.task,
            cell.pilot,
            *(str(cell.outcomes.get(name, 0) or "") for name in names),
            *(str(cell.interventions.get(rule, 0) or "") for rule in rules),
        ]
        for cell in report.cells
        if names or rules
    ]
    starred = [f"{spaced(rule)} *" if names else spaced(rule) for rule in rules]
    header = ["task", "pilot", *map(spaced, names), *starred]
    if not names:
        note = "How often a rule overruled the pilot, over all flights; none of them failed."
        return Section("Rules that overruled pilots", header, lines, note)
    note = "Failed flights by what ended them." + (
        " With a star: how often a rule overruled the pilot, over all flights." if rules else ""
    )
    return Section("Failure reasons", header, lines, note, "reasons")


def lost_section(report: Report) -> Section:
    """What flights without a result said."""
    lines = [
        [
            loss.task,
            loss.pilot,
            spaced(loss.outcome),
            str(loss.flights),
            str(loss.seed),
            loss.message,
        ]
        for loss in report.losses
    ]
    header = ["task", "pilot", "outcome", "flights", "first seed", "what it said"]
    note = (
        "The commonest reasons, shortened and told by the first flight; others that differ in numbers only count with it. "
        "The whole traceback is the flight's `reason` in `flights.jsonl` and `flights.parquet`."
    )
    return Section("Lost flights", header, lines, note)


def referee_section(report: Report) -> Section:
    """Flights that the independent referee sees otherwise, or has not seen."""
    found = () if report.referee is None else report.referee.disagreements
    lines = [
        [
            each.row.scenario,
            each.row.pilot,
            str(each.row.seed),
            spaced(each.row.outcome),
            spaced(each.outcome),
            "; ".join(each.findings),
            each.log,
        ]
        for each in found
    ]
    missing = () if report.referee is None else report.referee.unjudged
    lines += [
        [
            row.scenario,
            row.pilot,
            str(row.seed),
            spaced(row.outcome),
            "unjudged",
            "its recording failed: there is no log",
            "",
        ]
        for row in missing
    ]
    header = ["scenario", "pilot", "seed", "environment", "referee", "findings", "log"]
    note = f"The independent referee {report.referee}. Where it does not agree, or could not look:"
    links = (*(each.log for each in found), *("" for _ in missing))
    return Section("The referee disagrees", header, lines, note, links=links)


def worst_section(report: Report) -> Section:
    """The flights that are worth a look, with their logs."""
    header = ["task", "pilot", "seed", "outcome", "reason", "clearance, m", "prize", "log"]
    links = tuple(worst.log or "" for worst in report.worst)
    note = (
        "Failures first, then the smaller prize, then the smaller clearance; tasks and pilots take turns. "
        "`trident replay LOG --video film.mp4` shows one."
    )
    lines = [_worst_line(worst) for worst in report.worst]
    return Section("The worst flights", header, lines, note, links=links)


# --- Private.


def _worst_line(worst: Worst) -> list[str]:
    row = worst.row
    clearance = "" if row.min_clearance_m is None else number(row.min_clearance_m)
    prize = "" if row.prize_optimum is None else f"{row.prize:g} of {row.prize_optimum:g}"
    return [
        worst.task,
        row.pilot,
        str(row.seed),
        spaced(row.outcome),
        row.reason,
        clearance,
        prize,
        worst.log or "",
    ]
