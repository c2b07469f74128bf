"""The rule that a pilot's networks are fused by, beside their weights: fitted once for each arm on choice worlds."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from math import isfinite
from pathlib import Path
from typing import Any

from agents.fusion import FusionRule
from sim.files import replacing

RULE = "rule.json"


def read_rule(folder: Path) -> FusionRule | None:
    """The rule in a pilot's folder; None where there is none. ValueError with the file's name where it is damaged."""
    path = folder / RULE
    if not path.exists():
        return None
    try:
        return rule_of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: not a fusion rule: {error}") from error


def write_rule(folder: Path, rule: FusionRule) -> Path:
    """Write it so that a kill leaves the old one or the new; returns where."""
    path = folder / RULE
    with replacing(path) as partial:
        partial.write_text(json.dumps(asdict(rule), indent=2) + "\n", encoding="utf-8")
    return path


def rule_of(values: Mapping[str, Any]) -> FusionRule:
    """The rule of these numbers by field; ValueError names one that is missing, unknown or out of range."""
    names = [field.name for field in fields(FusionRule)]
    if not isinstance(values, Mapping) or set(values) != set(names):
        raise ValueError(f"give {', '.join(names)}, and nothing else")
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise ValueError(f"{name} = {value!r}: must be a finite number")
        if value < 0.0:
            raise ValueError(f"{name} = {value:g}: must not be negative")
        if name.endswith("veto_below") and value >= 1.0:
            raise ValueError(f"{name} = {value:g}: must lie below 1, or every candidate is vetoed")
    return FusionRule(**{name: float(value) for name, value in values.items()})
