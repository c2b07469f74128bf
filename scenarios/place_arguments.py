"""`--place-option key=value` on the command line: values as in TOML, words without quotes."""

import tomllib
from typing import Any


def parse_options(words: tuple[str, ...]) -> dict[str, Any]:
    """Tables of `PlaceOptions` from words such as `lod=1.2`, `up=y` and `columns.x=POINT_X`."""
    found: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        path = key.strip().split(".")
        if not equals or not all(path) or len(path) > 2:
            raise ValueError(f"place-option = {word!r}: write it as key=value, such as lod=1.2")
        table = found
        for part in path[:-1]:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise ValueError(f"place-option = {word!r}: {part} is no table")
        if path[-1] in table:
            raise ValueError(f"place-option = {word!r}: {'.'.join(path)} is said twice")
        table[path[-1]] = _value(value.strip(), text_only=path[0] in _TEXTS)
    return found


_TEXTS = ("lod", "columns")
"""Keys whose values are words even where they look like numbers."""


def _value(text: str, *, text_only: bool = False) -> Any:
    if text_only:
        return text.strip("\"'")
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text
