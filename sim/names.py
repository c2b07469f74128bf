"""Messages for names that do not exist: what was asked for, what there is, and what was probably meant."""

import difflib
from collections.abc import Iterable

_LIKENESS = 0.5
"""Least similarity (difflib's ratio) at which a guess is offered: two of three letters right is enough."""


def nearest(value: object, choices: Iterable[str]) -> str | None:
    """The choice most like a value; None where nothing is near, or the value is no text at all."""
    if not isinstance(value, str):
        return None
    by_small = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(value.lower(), by_small, n=1, cutoff=_LIKENESS)
    return by_small[close[0]] if close else None


def did_you_mean(value: object, choices: Iterable[str]) -> str:
    """`; did you mean 'x'?`, to append to a message; empty where nothing is near."""
    near = nearest(value, choices)
    return "" if near is None else f"; did you mean {near!r}?"


def unknown(what: str, value: object, choices: Iterable[str], or_else: str = "") -> str:
    """One line for an unknown name; `or_else` says what could be given instead of a name."""
    known = list(choices)
    listed = ", ".join([*known, or_else] if or_else else known)
    return f"unknown {what} {value!r}: choose {listed}{did_you_mean(value, known)}"
