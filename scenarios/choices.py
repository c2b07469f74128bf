"""Messages for names that do not exist."""

import difflib
from collections.abc import Iterable


def unknown(what: str, value: str, choices: Iterable[str]) -> str:
    """One line that names what was asked for, what there is, and what was probably meant."""
    known = list(choices)
    close = difflib.get_close_matches(value, known, n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"unknown {what} {value!r}: choose {', '.join(known)}{hint}"
