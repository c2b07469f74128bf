"""The committed figures: read for the gate, and replaced name by name by what was measured anew."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from benchmarks.metrics import Metric

BASELINE = Path(__file__).with_name("baseline.json")


def read_baseline(path: Path = BASELINE) -> dict[str, float]:
    """Values by name."""
    recorded = json.loads(path.read_text(encoding="utf-8"))
    return {name: entry["value"] for name, entry in recorded["metrics"].items()}


def write_baseline(found: dict[str, Metric], path: Path = BASELINE) -> None:
    """New figures replace old ones of the same name; what was not measured now stays."""
    old = json.loads(path.read_text(encoding="utf-8"))["metrics"] if path.exists() else {}
    new = {
        name: asdict(metric) | {"value": round(metric.value, 4)} for name, metric in found.items()
    }
    document = {"machine": _machine(), "metrics": old | new}
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _machine() -> dict[str, str | int]:
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":")[1].strip() for line in info if "model name" in line), "unknown")
    return {"cpu": model, "cores": os.cpu_count() or 1}
