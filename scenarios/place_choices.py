"""What a user says of how a place is read and of which part of it is flown in, checked."""

from typing import Any

import numpy as np

from scenarios.catalog import ScenarioError, validated
from scenarios.hand_mission import FARTHEST
from scenarios.place_window import Window
from sim.fields import Model
from sim.world.place_options import PlaceOptions


class _Holder(Model):
    """Lets errors say `place_options.` before the key."""

    place_options: PlaceOptions


def chosen_options(place: str, own: Any, given: dict[str, Any], where: str) -> PlaceOptions | None:
    """A file's own options with those given beside it, which go first; None where there are none."""
    if not isinstance(own, dict):
        raise ScenarioError(f"{where}: place_options: not a table")
    merged = {**own, **given}
    for key, value in given.items():
        if isinstance(value, dict) and isinstance(own.get(key), dict):
            merged[key] = {**own[key], **value}
    if not merged:
        return None
    if not place:
        raise ScenarioError(f"{where}: place_options: there is no place")
    return validated({"place_options": merged}, _Holder, where).place_options


def chosen_window(crop: Any, where: str) -> Window:
    """The part of the place that a file names."""
    good = isinstance(crop, list) and len(crop) == 4
    if not good or not all(type(x) in (int, float) and abs(x) <= FARTHEST for x in crop):
        shown = str(crop)[:80]
        raise ScenarioError(
            f"{where}: crop_m = {shown}: not x, y low and x, y high, of at most {FARTHEST:g} m"
        )
    low, high = np.array(crop[:2], dtype=float), np.array(crop[2:], dtype=float)
    if not (high > low).all():
        raise ScenarioError(
            f"{where}: crop_m = {crop}: the highest corner must lie above the lowest"
        )
    return Window(low, high - low)
