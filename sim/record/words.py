"""Events and numbers in words, the same in films, figures, pages and viewers."""

from typing import Any

import numpy as np


def describe_event(name: str, detail: dict[str, Any]) -> str:
    """An event in words, as it is captioned: `collision, with obstacle, position (1.00, 2.00, 3.00) m, speed 4.20 m/s`."""
    told = describe_detail(detail)
    return f"{spaced(name)}, {told}" if told else spaced(name)


def describe_detail(detail: dict[str, Any]) -> str:
    """What an event's detail says, in a line."""
    return ", ".join(f"{key} {value}" for key, value in detail_words(detail).items())


def detail_words(detail: dict[str, Any]) -> dict[str, str]:
    """What an event's detail says, by name without unit, values with it; what is None is left out."""
    # Sites count from 0 in events, and from 1 on maps, where 0 is the pad's token.
    told = {**detail, "site": detail["site"] + 1} if isinstance(detail.get("site"), int) else detail
    split = ((*_split_unit(key), value) for key, value in told.items() if value is not None)
    return {
        name: f"{value_words(value)} {unit}" if unit else value_words(value)
        for name, unit, value in split
    }


def describe_near_miss(clearance: float) -> str:
    """A near miss in words, from its least clearance, m."""
    return f"near miss, {clearance:.2f} m from the hull"


def clearance_words(clearance: float) -> str:
    """A least clearance, m; infinite where nothing stood within reach."""
    return f"{number(clearance)} m" if np.isfinite(clearance) else "nothing near"


def number(value: float) -> str:
    """With two decimals, and never a negative zero."""
    return f"{round(value, 2) + 0.0:.2f}"


def spaced(name: str) -> str:
    """A name in code as words."""
    return name.replace("_", " ")


def value_words(value: object) -> str:
    """A value of an event's detail."""
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list):
        return "(" + ", ".join(value_words(part) for part in value) + ")"
    return str(value)


_UNITS = {"_rad_s": "rad/s", "_m_s": "m/s", "_deg": "degrees", "_rad": "rad", "_m": "m", "_s": "s"}
"""By the suffix that names bear; the longer of two that fit comes first."""


def _split_unit(key: str) -> tuple[str, str]:
    """The name in words, and its unit or nothing."""
    for suffix, unit in _UNITS.items():
        if key.endswith(suffix):
            return spaced(key.removesuffix(suffix)), unit
    return spaced(key), ""
