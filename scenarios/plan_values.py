"""Single values of a `.plan` file, checked: each error names the place and the value."""

import math
from typing import Any

from scenarios.plan_data import GeoPoint


def geo_point(value: Any, where: str) -> GeoPoint:
    """A latitude and a longitude on Earth."""
    pair = list_of(value, where)
    if len(pair) < 2:
        raise ValueError(f"{where}: {len(pair)} numbers, not latitude and longitude")
    latitude, longitude = (
        number_of(pair[0], f"{where}: latitude"),
        number_of(pair[1], f"{where}: longitude"),
    )
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValueError(
            f"{where}: latitude {latitude:g}, longitude {longitude:g} are no place on Earth"
        )
    return GeoPoint(latitude, longitude)


def seconds_of(value: Any, where: str) -> float:
    """A wait of at most an hour, s; 0 where nothing is said."""
    seconds = 0.0 if is_free(value) else number_of(value, where)
    if not 0.0 <= seconds <= 3600.0:
        raise ValueError(f"{where}: {seconds:g}: from 0 to 3600 s")
    return seconds


def speed_of(value: Any, where: str, hint: str = "") -> float:
    """A speed above 0 and below 100 m/s; `hint` ends the error."""
    speed = number_of(value, where)
    if not 0.0 < speed < 100.0:
        raise ValueError(f"{where}: {speed:g}: must be above 0 and below 100 m/s{hint}")
    return speed


def is_free(value: Any) -> bool:
    """Whether a parameter says nothing."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def number_of(value: Any, where: str) -> float:
    """A number that can be meant."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        shown = "null" if value is None else repr(str(value)[:60])
        raise ValueError(f"{where}: {shown}, not a number")
    if abs(value) > 1e9 or value != value:
        raise ValueError(f"{where}: {value!r:.40}: not a number that can be meant")
    return float(value)


def table_of(value: Any, where: str) -> dict[str, Any]:
    """The value, if it is a table."""
    if not isinstance(value, dict):
        raise ValueError(f"{where}: {type(value).__name__}, not a table")
    return value


def list_of(value: Any, where: str) -> list[Any]:
    """The value, if it is a list."""
    if not isinstance(value, list):
        raise ValueError(f"{where}: {type(value).__name__}, not a list")
    return value
