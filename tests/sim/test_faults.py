"""Faults of motors and battery do what they say, begin and end when told, and are events."""

import numpy as np
import pytest

from sim.fault_board import injected_fault
from sim.faults import Fault
from sim.flight import Flight
from sim.physics.plant import new_plant, noise_size, tick
from sim.physics.vehicle import load_vehicle, vehicle_record
from sim.scenario import Start
from sim.types import Event, Outcome
from tests.builders import (
    HOVER,
    flying,
    scenario,
    simulating,
)
from tests.sim.faulty import fault, faults_in

# --- Motors.


@pytest.mark.parametrize("motor", [0, 1, 2, 3])
@pytest.mark.parametrize(("kind", "share"), [("wrong", 0.64), ("wrong", 1.0), ("off", 0.0)])
def test_a_motor_keeps_its_share_of_the_commanded_thrust(
    motor: int, kind: str, share: float
) -> None:
    """Thrust goes with the square of the speed; the other motors do what they did."""
    flight, vehicle = scenario(), load_vehicle("trident_1kg")
    with simulating(flight) as simulator:
        simulator.inject(fault("motor", kind, share if kind == "wrong" else None, motor=motor))
        simulator.faults.begin(0.0, simulator.plant, simulator.image)
        failed = simulator.plant.copy()
    sound, params = new_plant(vehicle, flight), vehicle_record(vehicle, flight)
    body = sound["estimate"][0].copy()
    body[9] = -0.5
    for plant in (sound, failed):
        tick(plant, params, body, np.zeros(noise_size(flight)), np.zeros(6))
    ratio = (failed["rotor_target"][0] / sound["rotor_target"][0]) ** 2
    expected = np.ones(4)
    expected[motor] = share
    assert ratio == pytest.approx(expected, abs=1e-12)


def test_a_motor_that_is_off_runs_down_with_its_time_constant_and_the_drone_falls() -> None:
    high = {"start": Start(position_m=(5.0, 0.0, 2.5), yaw_rad=0.0)}
    with flying(scenario(**high)) as flight:
        speed = float(flight.simulator.plant["rotor_truth"][0, 1])
        flight.inject(fault("motor", "off", motor=1))
        flight.advance(HOVER)
        lag = load_vehicle("trident_1kg").rotor_lag
        found = float(flight.simulator.plant["rotor_truth"][0, 1])
        assert found == pytest.approx(speed * np.exp(-1 / 15 / lag))
        while flight.outcome is None:
            flight.advance(HOVER)
        assert flight.outcome is Outcome.COLLISION
        assert flight.simulator.time < 3.0


def test_a_weak_motor_tips_the_drone_and_a_mended_one_flies_as_before() -> None:
    with flying(scenario()) as flight:
        flight.inject(fault("motor", "wrong", 0.6, motor=0))
        for _ in range(8):
            flight.advance(HOVER)
        tilt = np.abs(flight.simulator.body[3:5]).max()
        assert tilt > 0.01
        flight.inject(fault("motor", "ok", motor=0))
        for _ in range(60):
            flight.advance(HOVER)
        assert np.abs(flight.simulator.body[3:5]).max() < tilt / 10
        assert (flight.simulator.plant["motor_share"] == 1.0).all()


# --- Battery.


def test_a_battery_drops_to_its_share_and_gives_back_what_the_fault_took() -> None:
    with flying(scenario()) as flight:
        flight.advance(HOVER)
        voltage = float(flight.simulator.plant["voltage"][0])
        flight.inject(fault("battery", "wrong", 0.3))
        flight.advance(HOVER)
        energy = float(flight.simulator.plant["energy_used_wh"][0])
        assert 0.299 < flight.simulator.battery < 0.3
        assert flight.simulator.plant["voltage"][0] < 0.95 * voltage
        flight.inject(fault("battery", "ok"))
        flight.advance(HOVER)
        assert flight.simulator.battery == pytest.approx(1 - energy / 20.0, abs=1e-3)
        # What a fault takes is no energy flown with.
        assert flight.result().energy_wh < 1.0


def test_a_share_above_what_is_left_takes_nothing() -> None:
    with flying(scenario()) as flight:
        flight.advance(HOVER)
        flight.inject(fault("battery", "wrong", 1.0))
        flight.advance(HOVER)
        assert flight.simulator.plant["charge_lost_wh"][0] < 0.02


def test_a_battery_that_is_off_ends_the_flight() -> None:
    with flying(scenario()) as flight:
        flight.inject(fault("battery", "off"))
        assert flight.advance(HOVER).outcome is Outcome.BATTERY_EMPTY


# --- Schedule, injection and events.


def test_each_begin_and_end_is_an_event_of_its_step() -> None:
    schedule = (
        fault("depth", "ok", at=0.55),
        fault("depth", "off", at=0.2),
        fault("camera", "stuck", at=0.3),
    )
    with flying(scenario(faults=schedule)) as flight:
        events: list[Event] = []
        for step in range(12):
            if step == 4:
                flight.inject(fault("motor", "wrong", 0.9, motor=3))
            new = flight.advance(HOVER).events
            assert all(event.time == pytest.approx(step / 15) for event in new)
            events += new
        assert faults_in(tuple(events)) == [
            (0.2, "fault_began", "depth off"),
            (round(4 / 15, 3), "fault_began", "motor wrong"),
            (round(5 / 15, 3), "fault_began", "camera stuck"),
            (0.6, "fault_ended", "depth ok"),
        ]
        assert faults_in(flight.result().events) == faults_in(tuple(events))
        motor = injected_fault(events[1])
        assert motor is not None
        assert (motor.motor, motor.value) == (3, 0.9)
        assert injected_fault(events[0]) is None
        flight.reset()
        assert faults_in(flight.result().events) == []
        assert (flight.simulator.plant["motor_share"] == 1.0).all()


def test_an_injected_ok_ends_a_scheduled_fault_and_takes_its_end_away() -> None:
    schedule = (fault("camera", "off", at=0.0), fault("camera", "ok", at=0.4))
    with flying(scenario(faults=schedule)) as flight:
        flight.advance(HOVER)
        flight.inject(fault("camera", "ok"))
        for _ in range(8):
            flight.advance(HOVER)
        assert [name for _, name, _ in faults_in(flight.result().events)] == ["fault_began", "fault_ended"]  # fmt: skip
        assert flight.simulator.image.any()


def test_what_cannot_be_injected_is_an_error_and_changes_nothing() -> None:
    with flying(scenario()) as flight:
        with pytest.raises(ValueError, match="senses with \\[odometry\\]; choose motor, battery"):
            flight.inject(fault("gps", "off"))
        with pytest.raises(ValueError, match="camera ok at 0 s: it has no fault to end"):
            flight.inject(fault("camera", "ok"))
        flight.inject(fault("camera", "off"))
        with pytest.raises(ValueError, match=r"camera stuck.*off since 0 s.*injected.*'ok'"):
            flight.inject(fault("camera", "stuck"))
        assert faults_in(flight.advance(HOVER).events) == [(0.0, "fault_began", "camera off")]


def test_a_scheduled_end_leaves_an_injected_fault_alone() -> None:
    """While what was injected lasts, the plan neither begins nor ends anything on its component."""
    planned = (
        Fault(time_s=0.2, component="motor", motor=1, kind="wrong", value=0.9),
        Fault(time_s=0.4, component="motor", motor=1, kind="ok"),
    )
    flight = Flight(scenario(faults=planned))
    try:
        flight.inject(Fault(time_s=0.0, component="motor", motor=1, kind="wrong", value=0.8))
        for _ in range(12):
            flight.advance(HOVER)
        assert flight.simulator.plant["motor_share"][0, 1] == pytest.approx(np.sqrt(0.8))
        assert [event.name for event in flight.simulator.faults.events] == ["fault_began"]
    finally:
        flight.close()
