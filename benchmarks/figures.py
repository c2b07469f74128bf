"""Every figure that is measured, by name: its unit, which way is better, what is noise, and what is promised."""

from typing import Literal

from benchmarks.metrics import Metric

_Kind = tuple[str, Literal["higher", "lower"], float, float | None]
_RATE: _Kind = ("steps/s", "higher", 0.1, None)
_SHARE: _Kind = ("ratio", "higher", 0.1, None)
SUITE: dict[str, _Kind] = {
    "camera_steps_100": ("steps/s", "higher", 0.1, 1200),
    "state_steps_100": ("steps/s", "higher", 0.1, 3000),
    "floor_steps_100": _RATE,
    "camera_steps_300": ("steps/s", "higher", 0.1, 1200),
    "state_steps_300": ("steps/s", "higher", 0.1, 3000),
    "floor_steps_300": _RATE,
    "camera_of_floor_100": ("ratio", "higher", 0.1, 0.65),
    "camera_of_floor_300": _SHARE,
    "state_of_floor_100": _SHARE,
    "camera_300_of_100": ("ratio", "higher", 0.1, 0.85),
    "memory_growth_1000_resets": ("%", "lower", 0.5, 2.0),
    "build_100": ("ms", "lower", 0.2, 60),
    "delft_first": ("s", "lower", 0.2, 5.0),
    "delft_later": ("s", "lower", 0.2, 5.0),
    "log_step": ("ms", "lower", 0.2, 0.4),
    "log_two_minutes": ("MB", "lower", 0.1, 15.0),
    "logged_of_plain_steps": ("ratio", "higher", 0.1, None),
}
"""Unit, better, tolerance and goal of what `benchmarks.suite` always measures."""
VECTOR: dict[str, _Kind] = {
    "async_1_kept_worlds": _RATE,
    "async_2_kept_worlds": _RATE,
    "async_2_over_1_kept_worlds": ("ratio", "higher", 0.1, 1.7),
    "async_1_new_worlds": _RATE,
    "async_2_new_worlds": _RATE,
    "async_2_over_1_new_worlds": _SHARE,
}
"""The same with `--vector`, which needs two idle cores."""
RIVALS: dict[str, _Kind] = {
    "pyflyt_steps_100": _RATE,
    "trident_beside_pyflyt_steps_100": _RATE,
    "trident_over_pyflyt_100": ("ratio", "higher", 0.1, 12.0),
}
"""What `benchmarks.rivals.pyflyt` measures."""
FIGURES = SUITE | VECTOR | RIVALS


def metrics(values: dict[str, float]) -> dict[str, Metric]:
    """Measured values as metrics; KeyError for a name that is not in the table."""
    return {name: Metric(value, *FIGURES[name]) for name, value in values.items()}
