"""Faults of sensors, on a body that stands still 5 m up."""

from typing import Any

import numpy as np
import pytest

from sim.faults import MEANINGS
from sim.sensing.suite import SENSORS
from tests.laws.rigid_body import hold
from tests.laws.sensed_flight import (
    Sensed,
    fly_sensed,
    nominal,
    sensed,
)
from tests.laws.sensor_errors import (
    HIGH,
    HOVER,
    TABLES,
    channels,
    delay_of,
    failing,
)


def still_with(component: str, kind: str, value: Any = None) -> tuple[Sensed, Sensed]:
    """Without the fault, and with it from the second second on."""
    flown = sensed(**HIGH)
    fault = failing(flown, component, kind, value, at=30)
    return (
        fly_sensed(hold(HOVER, 8), flown, still=True),
        fly_sensed(hold(HOVER, 8), flown, still=True, before_step=fault),
    )


@pytest.mark.parametrize(
    ("sensor", "kind"), [(sensor, kind) for sensor in SENSORS for kind in MEANINGS[sensor]]
)
def test_a_sensors_fault_does_what_it_says(sensor: str, kind: str) -> None:
    imu = sensor in ("gyro", "accel")
    scalar = sensor in ("baro", "distance_sensor")
    value: Any = {
        "wrong": 2.0 if scalar else (1.0, 2.0, 3.0),
        "garbage": 7.0,
        "delayed": 0.25,
        "intermittent": 1.0,
    }.get(kind)
    whole, faulty = still_with(sensor, kind, value)
    index, cut = SENSORS.index(sensor), channels(sensor)
    np.testing.assert_array_equal(faulty.readings[:480], whole.readings[:480])
    came, usual = np.flatnonzero(faulty.fresh[480:, index]), np.flatnonzero(whole.fresh[480:, index])  # fmt: skip
    after, before = faulty.readings[480:, cut], whole.readings[480:, cut]
    if kind == "off":
        assert (after == 0).all() if imu else len(came) == 0
    elif kind == "stuck":
        np.testing.assert_array_equal(came, usual)
        assert (after == faulty.readings[479, cut]).all()
    elif kind == "garbage":
        assert after[came].std() == pytest.approx(7.0, rel=0.3)
    elif kind == "wrong":
        offset = np.zeros(after.shape[1])
        offset[:3] = value
        np.testing.assert_allclose((after - before)[came], np.tile(offset, (len(came), 1)), atol=1e-9)  # fmt: skip
    elif kind == "delayed":
        late = (came - delay_of(sensor) - 60) % (240 // nominal()[TABLES[sensor]]["rate_hz"])
        assert (late == 0).all()
        assert len(came) > 10
    else:
        silent = came // 240 % 2 == 0
        assert len(came) > 5
        assert not silent.any()
