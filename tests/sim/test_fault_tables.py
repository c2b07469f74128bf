"""Faults as tables: which make sense, alone and after each other."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from sim.faults import MEANINGS, Fault, components
from sim.sensing.settings import Sensors
from tests.builders import (
    scenario,
)
from tests.laws.sensed_flight import nominal
from tests.sim.faulty import fault


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"component": "rudder", "kind": "off"}, ["component", "rudder", "choose motor, battery", "gps"]),
        ({"component": "camera", "kind": "broken"}, ["kind", "broken", "'stuck'"]),
        ({"component": "camera", "kind": "wrong"}, ["'wrong'", "'camera'", "stuck", "delayed"]),
        ({"component": "motor", "kind": "off"}, ["motor is missing", "0, 1, 2, 3"]),
        ({"component": "motor", "kind": "off", "motor": 4}, ["motor", "4", "0, 1, 2 or 3"]),
        ({"component": "gps", "kind": "off", "motor": 1}, ["motor = 1", "'gps'"]),
        ({"component": "motor", "motor": 1, "kind": "wrong"}, ["value is missing", "share from 0 to 1"]),
        ({"component": "motor", "motor": 1, "kind": "wrong", "value": 1.5}, ["1.5", "share"]),
        ({"component": "camera", "kind": "delayed", "value": 0}, ["value = 0", "above 0 and at most 600 s"]),
        ({"component": "camera", "kind": "delayed", "value": 1e9}, ["value = 1000000000.0", "at most 10 s"]),
        ({"component": "gps", "kind": "intermittent", "value": 1e9}, ["value = 1000000000.0", "at most 600 s"]),
        ({"component": "gps", "kind": "wrong", "value": 3.0}, ["value = 3.0", "three numbers"]),
        ({"component": "baro", "kind": "wrong", "value": [1, 2, 3]}, ["value", "a number"]),
        ({"component": "gps", "kind": "garbage", "value": -1}, ["value = -1", "0 or more"]),
        ({"component": "camera", "kind": "off", "value": 1.0}, ["value = 1.0", "no value"]),
        ({"component": "camera", "kind": "off", "time_s": -1.0}, ["time_s", "-1"]),
        ({"component": "camera", "kind": "off", "time_s": float("nan")}, ["time_s", "nan"]),
    ],
)  # fmt: skip
def test_a_fault_that_makes_no_sense(table: dict[str, Any], named: list[str]) -> None:
    with pytest.raises(ValidationError) as raised:
        Fault.model_validate({"time_s": 1.0, **table})
    assert [word for word in named if word not in str(raised.value)] == []


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {"component": "imu", "kind": "off"},
            "fault: component: unknown component 'imu': choose motor, battery, camera, depth, gyro, accel, gps, baro, "
            "distance_sensor, vio; did you mean 'gyro' or 'accel'?",
        ),
        (
            {"component": "gps", "kind": "of"},
            "fault: kind: unknown kind 'of': choose ok, off, stuck, garbage, wrong, delayed, intermittent; "
            "did you mean 'off'?",
        ),
        ({"component": "gps", "kind": "wrong", "value": 3.0}, "fault: value = 3.0 with gps wrong: needs three numbers"),
        ({"component": "gps", "kind": "delayed", "value": True}, "fault: value: True is neither a finite number nor three of them"),
        ({"component": "camera"}, "fault: kind: missing"),
    ],
)  # fmt: skip
def test_a_fault_made_in_python_is_refused_on_one_line(table: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Fault(time_s=0.0, **table)


def test_every_component_and_kind_has_a_meaning() -> None:
    everything = Sensors.model_validate(nominal())
    assert set(components(everything)) == set(MEANINGS)
    assert components(None) == ("motor", "battery", "camera", "depth")


@pytest.mark.parametrize(
    ("schedule", "named"),
    [
        (
            (fault("camera", "off", at=2.0), fault("gps", "off", at=1.0), fault("gps", "stuck", at=3.0)),
            ["faults.2", "gps stuck at 3 s", "off since 1 s", "faults.1"],
        ),
        ((fault("gps", "ok", at=1.0),), ["faults.0", "gps ok at 1 s", "no fault to end"]),
        (
            (fault("motor", "off", at=0.0, motor=1), fault("motor", "wrong", 0.5, at=1.0, motor=1)),
            ["faults.1", "motor 1 wrong", "off since 0 s", "faults.0"],
        ),
        ((fault("vio", "off"),), ["faults.0", "'vio'", "gyro, accel, gps", "choose motor, battery"]),
        ((fault("gps", "delayed", 5.0),), ["faults.0", "value = 5.0", "gps delayed", "0.4 s"]),
    ],
)  # fmt: skip
def test_a_schedule_that_cannot_be(schedule: tuple[Fault, ...], named: list[str]) -> None:
    suite = {name: table for name, table in nominal().items() if name != "visual_odometry"}
    with pytest.raises(ValidationError) as raised:
        scenario(odometry=None, sensors=Sensors.model_validate(suite), faults=schedule)
    assert [word for word in named if word not in str(raised.value)] == []


def test_two_motors_and_one_fault_after_another_are_fine() -> None:
    scenario(
        faults=(
            fault("motor", "off", at=0.0, motor=1),
            fault("motor", "off", at=0.0, motor=2),
            fault("motor", "ok", at=1.0, motor=1),
            fault("motor", "wrong", 0.4, at=1.0, motor=1),
        )
    )
