"""What it took: sections on networks and decisions, and on the machine and versions that flew."""

from scenarios.report.contents import Report
from scenarios.report.section import Section


def compute_section(report: Report) -> Section:
    """What networks cost."""
    lines = []
    for pilot, cost in report.compute.items():
        decisions = [cell for cell in report.cells if cell.pilot == pilot]
        p50 = [cell.decision_p50_ms for cell in decisions if cell.decision_p50_ms is not None]
        p99 = [cell.decision_p99_ms for cell in decisions if cell.decision_p99_ms is not None]
        lines.append(
            [
                pilot,
                {0: "none", None: "not ours"}.get(cost.networks, str(cost.networks)),
                _number(cost.parameters, 1e6, ".2f", " M"),
                _number(cost.macs_per_second, 1e6, ".1f", " M"),
                _number(cost.latency_p50_ms, 1.0, ".2f", ""),
                _number(cost.latency_p99_ms, 1.0, ".2f", ""),
                _number(max(p50, default=None), 1.0, ".2f", ""),
                _number(max(p99, default=None), 1.0, ".2f", ""),
            ]
        )
    header = [
        "pilot", "networks", "parameters", "multiply-adds/s", "network p50, ms", "network p99, ms",
        "decision p50, ms", "decision p99, ms",
    ]  # fmt: skip
    note = (
        "Network: one frame through every network, batch 1, one thread, nothing else running. Decision: the "
        "pilot's whole answer in flight, of its slowest task, while the other workers fly."
    )
    return Section("Compute", header, lines, note)


def environment_section(report: Report) -> Section:
    """Where it was flown, and with what."""
    facts = {**report.environment, **report.stamp}
    return Section("Environment", ["what", "which"], [[name, facts[name]] for name in facts])


# --- Private.


def _number(value: float | None, unit: float, form: str, suffix: str) -> str:
    """A number in its unit; nothing for what is unknown, or zero because there is nothing."""
    return "" if not value else f"{value / unit:{form}}{suffix}"
