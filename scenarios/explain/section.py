"""The form of an explanation: sections of named lines, for whoever shows them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """One part of an explanation."""

    title: str
    rows: tuple[tuple[str, str], ...]
