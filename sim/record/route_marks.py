"""How far along its route a flight was: the site tokens show one waypoint only, so its events are counted."""

import numpy as np

from sim.record.instants import step_ends
from sim.record.reader import Flight


def waypoints_done(flight: Flight, step: int) -> int:
    """Waypoints of a route that were done by the end of a step."""
    if not flight.decisions:
        return 0
    last = len(flight) - 1
    # A crash cuts the last step short, but dates what it ends to the step's full length.
    time = np.inf if step >= last else float(step_ends(flight)[step])
    done = (event for event in flight.events if event.name == "site_visited")
    return sum(event.time <= time + 1e-9 for event in done)
