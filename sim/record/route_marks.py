"""How far along its route a flight was: the site tokens show one waypoint only, so its events are counted."""

from sim.record.reader import Flight


def waypoints_done(flight: Flight, step: int) -> int:
    """Waypoints of a route that were done by the end of a step."""
    if not flight.decisions:
        return 0
    time = flight.times[min(step, len(flight.times) - 1)]
    done = (event for event in flight.events if event.name == "site_visited")
    return sum(event.time <= time + 1e-9 for event in done)
