"""Generators: worlds, tasks and whole scenarios from a seed."""

from scenarios.generate.check import check_buildable, check_flyable
from scenarios.generate.pad import check_pad
from scenarios.generate.resolve import HEADROOM, WEATHER_STREAM, draw_weather, resolve

__all__ = [
    "HEADROOM",
    "WEATHER_STREAM",
    "check_buildable",
    "check_flyable",
    "check_pad",
    "draw_weather",
    "resolve",
]
