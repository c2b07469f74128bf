"""What a log does not hold of a flight: its actions are flown again, and the estimator and the autopilot are asked."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sim.physics.autopilot import FROM_VELOCITY
from sim.record.reader import Flight
from sim.record.refly import injected_faults
from sim.record.viewer.rows import unknown
from sim.simulator import Simulator


@dataclass(frozen=True)
class Recollection:
    """Estimates and setpoints at the start and after each step; NaN where they are not known."""

    estimates: Float[np.ndarray, "n 13"]
    setpoints: Float[np.ndarray, "n 4"]
    gap: str | None
    """Why some are not known."""


def recollect(flight: Flight) -> Recollection:
    """Fly the log again as long as the bodies come out as logged."""
    estimates, setpoints = unknown(len(flight) + 1)
    if flight.part is not None:
        return Recollection(estimates, setpoints, f"the log holds {flight.part}")
    # Nothing but the safety layer flies by what the camera sees.
    simulator = Simulator(
        flight.scenario, action=flight.action_level, camera=flight.scenario.safety is not None
    )
    try:
        faults = injected_faults(flight)
        estimates[0] = believed(simulator)
        for step, action in enumerate(flight.actions):
            for fault in faults.get(step, ()):
                simulator.inject(fault)
            if not np.array_equal(simulator.step(action), flight.step_ticks(step)):
                gap = f"flown again on this machine, the flight differs from step {step} on"
                return Recollection(estimates, setpoints, gap)
            estimates[step + 1], setpoints[step + 1] = believed(simulator), told(simulator)
    finally:
        simulator.close()
    return Recollection(estimates, setpoints, None)


def believed(simulator: Simulator) -> Float[np.ndarray, "13"]:
    """The estimate, laid out as the body; a copy."""
    return simulator.plant["estimate"][0].copy()


def told(simulator: Simulator) -> Float[np.ndarray, "4"]:
    """The velocity, m/s, world, and the heading, rad, that the autopilot holds; NaN below its velocity loop."""
    state = simulator.plant[0]
    if state["entry"] != FROM_VELOCITY:
        return np.full(4, np.nan)
    return np.append(state["velocity_command_world"], state["yaw_setpoint"])
