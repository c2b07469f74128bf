"""Flights on fused sensors: they hover, complete missions, and fail without an exception."""

import numpy as np

from agents import fly, load_pilot
from sim.sensing.settings import Sensors
from sim.types import POSITION, Outcome
from tests.builders import (
    HEIGHT,
    HOVER,
    breeze,
    flying,
    goal,
    grainy,
    mission,
    trunk,
)
from tests.laws.sensed_flight import nominal
from tests.sim.faulty import fault, fused


def test_hovering_on_fused_sensors_stays_where_it_is() -> None:
    with flying(fused(weather=breeze())) as flight:
        for _ in range(150):
            flight.advance(HOVER)
        away = flight.simulator.body[POSITION] - (5.0, 0.0, HEIGHT)
        # The autopilot holds velocity, not place: half a metre is what gusts and a noisy velocity make of 10 s.
        assert np.linalg.norm(away) < 0.6
        estimate = flight.simulator.estimate
        assert np.linalg.norm(estimate.position_world - flight.simulator.body[POSITION]) < 0.3


def test_the_teacher_flies_a_mission_at_five_metres_a_second_on_fused_sensors() -> None:
    there = mission(
        {"x": 25.0, "y": 6.0, "mandatory": True},
        {"x": 35.0, "y": -8.0, "mandatory": True},
        things=(trunk(12.0, 1.5), trunk(16.0, -2.0), trunk(24.0, 1.0)),
        odometry=None,
        sensors=Sensors.model_validate(nominal()),
        weather=breeze(),
        camera=grainy(),
    )
    result = fly(there, load_pilot("teacher"))
    assert result.success, result


def test_a_flight_that_is_blind_and_lost_ends_without_an_exception() -> None:
    failed = (fault("gyro", "off", at=1.0), fault("accel", "garbage", 30.0, at=1.0))
    with flying(fused(faults=failed, task=goal(x=45.0))) as flight:
        while flight.outcome is None:
            flight.advance(np.array([0.4, 0.0, 0.0, 0.0]))
        assert flight.outcome in (Outcome.COLLISION, Outcome.ALTITUDE_BREACH, Outcome.OUT_OF_BOUNDS)
