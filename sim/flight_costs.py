"""What flying costs in energy, for planning: the one model that mission generator, teacher and pilots share."""

from dataclasses import dataclass

from sim.physics.battery import hover_power, level_flight_power
from sim.physics.vehicle import Vehicle
from sim.rules import CRUISE_HALVED, LANDING_SECONDS, STOP_SECONDS

_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True)
class FlightCosts:
    """Energies in Wh; on a round trip head and tail wind nearly cancel, so wind is left out."""

    per_metre_wh: float
    """Along the way, at cruise speed."""
    hover_w: float

    @property
    def per_stop_wh(self) -> float:
        """Slowing down, turning to a panel and leaving."""
        return self.hovering_wh(STOP_SECONDS)

    @property
    def landing_wh(self) -> float:
        """Centring over the pad and descending."""
        return self.hovering_wh(LANDING_SECONDS)

    def hovering_wh(self, seconds: float) -> float:
        """Hovering for a time."""
        return seconds * self.hover_w / _SECONDS_PER_HOUR


def cruise_speed(speed_limit: float) -> float:
    """Speed in m/s that missions average along the free way: the faster they may, the less of it they do between turns."""
    return speed_limit / (1.0 + (speed_limit / CRUISE_HALVED) ** 2)


def flight_costs(vehicle: Vehicle, speed_limit: float) -> FlightCosts:
    """The costs of a vehicle under a speed limit in m/s."""
    speed = cruise_speed(speed_limit)
    power = level_flight_power(vehicle, speed, 0.0)
    return FlightCosts(per_metre_wh=power / speed / _SECONDS_PER_HOUR, hover_w=hover_power(vehicle))
