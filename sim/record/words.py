"""Events and numbers in words, the same in films, figures, pages and viewers."""

from typing import Any

import numpy as np

from sim.types import HOME, INSPECT, LAND, MASKED, Outcome


def describe_event(name: str, detail: dict[str, Any]) -> str:
    """An event in words, as it is captioned: `collision, with obstacle, position (1.00, 2.00, 3.00) m, speed 4.20 m/s`."""
    told = describe_circumstances(name, detail)
    return f"{event_words(name)}, {told}" if told else event_words(name)


def describe_circumstances(name: str, detail: dict[str, Any]) -> str:
    """What an event says besides its name."""
    landed = ["landed"] if _is_landing(name, detail) and "landed" not in name else []
    if name == Outcome.SUCCESS:  # Where and how was told by the event that completed the task.
        return "".join(landed)
    return ", ".join(
        [*landed, *(f"{key} {value}" for key, value in event_details(name, detail).items())]
    )


def event_words(name: str) -> str:
    """An event's name, as somebody says it who does not know the code."""
    return _PLAIN.get(name, spaced(name))


def event_details(name: str, detail: dict[str, Any]) -> dict[str, str]:
    """`detail_words` of an event; that a landing touched the ground goes without saying."""
    told = detail_words(detail)
    if _is_landing(name, detail):
        del told["with"]
    return told


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


_PLAIN = {
    MASKED: "first choice forbidden by rules or battery reserve",
    "guard_altitude": "held off the ground or the height limit",
}
"""Names of interventions that say nothing to whoever has not read the code."""
_UNITS = {"_rad_s": "rad/s", "_m_s": "m/s", "_deg": "degrees", "_rad": "rad", "_m": "m", "_s": "s"}
"""By the suffix that names bear; the longer of two that fit comes first."""


def _is_landing(name: str, detail: dict[str, Any]) -> bool:
    return detail.get("with") == "ground" and name != Outcome.COLLISION


def _split_unit(key: str) -> tuple[str, str]:
    """The name in words, and its unit or nothing."""
    for suffix, unit in _UNITS.items():
        if key.endswith(suffix):
            return spaced(key.removesuffix(suffix)), unit
    return spaced(key), ""


def choice_words(choice: int) -> str:
    """A mission choice in words."""
    named = {-1: "none", HOME: "return home", INSPECT: "inspect here", LAND: "land"}
    return named.get(choice, f"site {choice}")
