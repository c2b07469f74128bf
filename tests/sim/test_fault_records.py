"""Faults are part of snapshots and logs: what is restored or flown again is the same flight."""

from pathlib import Path

import numpy as np

from sim.fault_board import injected_fault
from sim.faults import Fault
from sim.flight import Flight
from sim.record.reader import read_flight
from sim.record.refly import verify
from sim.record.writer import FlightLog
from sim.simulator import Simulator
from sim.types import Decision
from tests.builders import (
    flying,
    rough_walk,
    simulating,
)
from tests.sim.faulty import EVERYTHING, everything, fault


def trace(simulator: Simulator, actions: np.ndarray) -> list[np.ndarray]:
    found = []
    for action in actions:
        found.append(simulator.step(action))
        found += [*simulator.observe().values(), np.array([simulator.battery])]
        found.append(simulator.plant["estimate"].copy())
    return found


def test_a_flight_restored_amid_its_faults_continues_bit_for_bit() -> None:
    actions = rough_walk(60)
    with simulating(everything()) as simulator:
        trace(simulator, actions[:18])
        simulator.inject(fault("motor", "wrong", 0.95, motor=2))
        snapshot = simulator.save()
        first, events = trace(simulator, actions[18:]), list(simulator.faults.events)
        for _ in range(2):
            simulator.restore(snapshot)
            for one, other in zip(first, trace(simulator, actions[18:]), strict=True):
                np.testing.assert_array_equal(one, other)
            assert simulator.faults.events == events
        simulator.reset()
        again = trace(simulator, actions[:18])
        simulator.reset()
        for one, other in zip(again, trace(simulator, actions[:18]), strict=True):
            np.testing.assert_array_equal(one, other)


def record(flight: Flight, path: Path, inject: dict[int, list[Fault]]) -> None:
    with FlightLog(path, flight.scenario, {}) as log:
        observation = flight.observation()
        for step, action in enumerate(rough_walk(40)):
            time = flight.simulator.time
            for each in inject.get(step, ()):
                flight.inject(each)
            done = flight.advance(action)
            log.step(time, action, done.ticks, observation, Decision(action), done.events)
            observation = flight.observation()
            if done.outcome is not None:
                break
        log.close(flight.result())


def test_a_log_with_faults_flies_again_bit_for_bit(tmp_path: Path) -> None:
    injected = {
        3: [fault("motor", "wrong", 0.93, motor=0), fault("battery", "ok")],
        9: [fault("motor", "ok", motor=0)],
        20: [fault("depth", "ok")],
        25: [fault("vio", "ok"), fault("camera", "ok")],
    }
    with flying(everything()) as flight:
        record(flight, tmp_path / "flight.mcap", injected)
    logged = read_flight(tmp_path / "flight.mcap")
    assert sum(injected_fault(event) is not None for event in logged.events) == 6
    assert logged.scenario.faults == EVERYTHING
    verification = verify(
        tmp_path / "flight.mcap", lambda log: Simulator(log.scenario, action=log.action_level)
    )
    assert verification.equal, verification
    assert verification.steps > 30
    # And they are what makes it equal: re-flown without the injected ones it is another flight.
    assert not verify(tmp_path / "flight.mcap", lambda log: _Deaf(log.scenario)).equal


class _Deaf(Simulator):
    """Does not hear of injected faults."""

    def inject(self, fault: Fault) -> None:
        """Nothing."""
