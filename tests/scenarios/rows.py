"""Flights of campaigns as rows, made up."""

from typing import Any

from scenarios.row import Row


def made_up_row(
    pilot: str, success: bool = True, scenario: str = "forest", index: int = 0, **more: Any
) -> Row:
    """A flight on the acceptance world of an index; `more` sets or replaces fields of `Row`."""
    values: dict[str, Any] = {
        "pilot": pilot, "scenario": scenario, "seed": 15_000 + index, "success": success,
        "outcome": "success" if success else "collision", "duration_s": 1.0, "distance_m": 1.0,
        "min_clearance_m": None, "energy_wh": 1.0, "prize": 0.0, "prize_optimum": None,
        "world": f"{scenario}-{index}", "wall_s": 1.0,
    }  # fmt: skip
    return Row(**values | more)
