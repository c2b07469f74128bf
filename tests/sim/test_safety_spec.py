"""The `[safety]` table: what it refuses, and that scenarios without one are written as they were."""

from typing import Any

import pytest
from pydantic import ValidationError

from sim.safety_spec import CircleArea, PolygonArea, Safety
from sim.scenario import Scenario
from tests.builders import scenario

SQUARE = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]]


def table(**changes: Any) -> dict[str, Any]:
    return {
        "altitude_min_m": 0.5,
        "return_altitude_m": 2.0,
        "return_by": "straight",
        "geofence_action": "hold",
        **changes,
    }


def polygon(corners: list[list[float]], **changes: Any) -> dict[str, Any]:
    return {"kind": "polygon", "corners_m": corners, "low_m": 0.0, "high_m": 50.0, **changes}


def test_a_scenario_without_safety_is_written_without_it() -> None:
    assert "safety" not in scenario().model_dump()


def test_a_scenario_with_safety_survives_the_round_trip() -> None:
    areas = {
        "geofence": [polygon(SQUARE)],
        "no_fly": [
            {"kind": "circle", "center_m": [5.0, 5.0], "radius_m": 1.0, "low_m": 0.0, "high_m": 9.0}
        ],
        "rally_m": [[1.0, 1.0, 0.0]],
        "battery": {"low": 0.4, "critical": 0.3, "emergency": 0.1},
        "camera_loss": {"after_s": 0.5, "action": "hold"},
    }
    flight = scenario(safety=Safety.model_validate(table(**areas)))
    assert Scenario.model_validate(flight.model_dump()) == flight
    assert isinstance(flight.safety, Safety)
    assert isinstance(flight.safety.geofence[0], PolygonArea)
    assert isinstance(flight.safety.no_fly[0], CircleArea)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"geofence": [polygon([[0, 0], [10, 10], [10, 0], [0, 10]])]}, "less than 1 m2"),
        ({"geofence": [polygon([[0, 0], [10, 10], [10, 0], [0, 8]])]}, "edge 0 crosses edge 2"),
        ({"geofence": [polygon(SQUARE, low_m=5.0, high_m=4.0)]}, "must be below high_m"),
        ({"battery": {"low": 0.2, "critical": 0.3, "emergency": 0.1}}, "each must be below"),
        ({"return_altitude_m": 3.5}, "safety.return_altitude_m = 3.5"),
        ({"altitude_min_m": 2.5}, "between safety.altitude_min_m = 2.5"),
        (
            {"position_loss": {"eph_m": 3.0, "after_s": 1.0, "action": "land"}},
            "needs \\[sensors\\]",
        ),
        ({"geofence_action": "explode"}, "geofence_action"),
    ],
)
def test_what_cannot_be_is_refused_by_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        scenario(safety=table(**changes))
