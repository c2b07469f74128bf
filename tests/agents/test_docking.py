"""Scripted manoeuvres: they bring the drone there, never fast, and let it down gently."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.docking import DESCENT_SPEED, hold, land
from sim.flight import Flight
from sim.frames import heading_from_world, wrap_angle
from sim.rules import LANDING_SPEED
from sim.types import MAX_SPEED, MAX_YAW_RATE, POSITION, VELOCITY, Outcome
from tests.builders import HEIGHT, mission, scenario

metres = st.floats(-6.0, 6.0)


@given(x=metres, y=metres, z=metres, turn=st.floats(-np.pi, np.pi))
def test_holding_flies_towards_the_point_and_turns_towards_the_heading(
    x: float, y: float, z: float, turn: float
) -> None:
    offset = np.array([x, y, z])
    action = hold(offset, turn)
    velocity, distance = MAX_SPEED * action[:3].astype(float), np.linalg.norm(offset)
    assert (np.abs(action) <= 1).all()
    assert np.linalg.norm(velocity) <= 1.5 + 1e-5
    assert velocity @ offset >= (1 - 1e-5) * np.linalg.norm(velocity) * distance - 1e-6
    assert action[3] * turn >= 0
    assert abs(action[3]) * MAX_YAW_RATE <= 2.0 * abs(turn) + 1e-5


def test_a_drone_that_is_there_is_told_to_hover() -> None:
    np.testing.assert_array_equal(hold(np.zeros(3), 0.0), 0.0)


@given(x=metres, y=metres, z=st.floats(-3.0, 0.0))
def test_landing_descends_over_the_pad_only_and_slower_than_a_crash(
    x: float, y: float, z: float
) -> None:
    action = land(np.array([x, y, z]))
    assert action[2] * MAX_SPEED == pytest.approx(-DESCENT_SPEED if np.hypot(x, y) < 0.35 else 0.0)
    assert DESCENT_SPEED < LANDING_SPEED
    assert action[3] == 0.0
    assert action[0] * x >= 0
    assert action[1] * y >= 0


@pytest.mark.parametrize("turn", [0.0, 1.2, -2.5])
def test_holding_settles_at_the_point_in_the_real_dynamics(turn: float) -> None:
    """Within 20 cm and 0.3 m/s, what a close-up asks for, in five seconds from 1.7 m off."""
    flight = Flight(scenario())
    try:
        goal = np.array([6.2, 1.2, HEIGHT + 0.2])
        for _ in range(75):
            sim = flight.simulator
            offset = heading_from_world(goal - sim.body[POSITION], sim.yaw)
            flight.advance(hold(offset, float(wrap_angle(turn - sim.yaw))))
        assert np.linalg.norm(goal - flight.simulator.body[POSITION]) < 0.2
        assert np.linalg.norm(flight.simulator.body[VELOCITY]) < 0.1
        assert abs(wrap_angle(turn - flight.simulator.yaw)) < 0.1
    finally:
        flight.close()


def test_landing_ends_on_the_pad() -> None:
    flight = Flight(mission({"x": 15.0, "y": 5.0}))
    try:
        while flight.outcome is None:
            pad = np.array([5.7, 0.0, 0.0]) - flight.simulator.body[POSITION]
            # A pad 0.7 m beside the true one: the descent must begin by centring.
            flight.advance(land(heading_from_world(pad, flight.simulator.yaw)))
        assert flight.outcome is Outcome.SUCCESS
        landed = next(event for event in flight.result().events if event.name == "landed")
        assert landed.detail["from_pad_m"] == pytest.approx(0.7, abs=0.36)
        assert landed.detail["speed_m_s"] == pytest.approx(DESCENT_SPEED, abs=0.2)
    finally:
        flight.close()
