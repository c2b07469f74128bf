"""What it took: sections on networks and decisions, and on the machine and versions that flew."""

from collections.abc import Sequence

from scenarios.compute import Compute
from scenarios.report.contents import Cell, Report
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
                _number(_in_missions(cost, decisions), 1e6, ".1f", " M"),
                _weights(cost),
                _number(cost.latency_p50_ms, 1.0, ".2f", ""),
                _number(cost.latency_p99_ms, 1.0, ".2f", ""),
                _number(max(p50, default=None), 1.0, ".2f", ""),
                _number(max(p99, default=None), 1.0, ".2f", ""),
            ]
        )
    header = [
        "pilot", "networks", "parameters", "multiply-adds/s", "in missions", "weights", "network p50, ms",
        "network p99, ms", "decision p50, ms", "decision p99, ms",
    ]  # fmt: skip
    note = (
        "Multiply-adds a second: at full rate, steering at each of 15 control steps a second and planning once a second; "
        "in missions by what was asked for in flight (scripted metres ask nobody, events ask the mission head more "
        "often), of the task that asked most. Weights: their files, and how many bits a number has there; "
        "in flight all have 32. Network: one frame through every network, batch 1, one thread, nothing else running, all "
        "pilots by turns. Decision: the pilot's whole answer in flight, of its slowest task, while the other workers fly."
    )
    return Section("Compute", header, lines, note)


def environment_section(report: Report) -> Section:
    """Where it was flown, and with what."""
    facts = {**report.environment, **report.stamp}
    return Section("Environment", ["what", "which"], [[name, facts[name]] for name in facts])


# --- Private.


def _in_missions(cost: Compute, cells: Sequence[Cell]) -> float | None:
    """Of the tasks in which the mission head was asked, the most."""
    asked = [
        cell.asked_hz for cell in cells if any("mission" in skills for skills in cell.asked_hz)
    ]
    found = [cost.macs_per_second_of(rates) for rates in asked]
    return max((macs for macs in found if macs is not None), default=None)


def _weights(cost: Compute) -> str:
    size = _number(cost.weights_bytes, 1e6, ".2f", " MB")
    return f"{size}, {cost.weights_bits} bits" if size else ""


def _number(value: float | None, unit: float, form: str, suffix: str) -> str:
    """A number in its unit; nothing for what is unknown, or zero because there is nothing."""
    return "" if not value else f"{value / unit:{form}}{suffix}"
