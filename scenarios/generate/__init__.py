"""Generators: worlds, tasks and whole scenarios from a seed."""

from scenarios.generate.check import check_buildable, check_flyable
from scenarios.generate.resolve import resolve

__all__ = ["check_buildable", "check_flyable", "resolve"]
