"""Generators: worlds, tasks and whole scenarios from a seed."""

from scenarios.generate.check import check_buildable, check_flyable
from scenarios.generate.movers import draw_movers
from scenarios.generate.pad import check_pad
from scenarios.generate.resolve import (
    HEADROOM,
    MOVERS_STREAM,
    WEATHER_STREAM,
    draw_weather,
    resolve,
)
from scenarios.generate.site import Unplaceable

__all__ = [
    "HEADROOM",
    "MOVERS_STREAM",
    "WEATHER_STREAM",
    "Unplaceable",
    "check_buildable",
    "check_flyable",
    "check_pad",
    "draw_movers",
    "draw_weather",
    "resolve",
]
