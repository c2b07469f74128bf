"""Degrees to metres: an equirectangular projection about a point, good to 0.1 % within 10 km of it outside the polar regions."""

import math

import numpy as np
from jaxtyping import Float

# WGS 84: semi-major axis, m, and first eccentricity squared.
_A, _E2 = 6_378_137.0, 6.694_379_990_14e-3


def metres_per_degree(latitude: float) -> tuple[float, float]:
    """Of latitude and of longitude, at a latitude in degrees: the ellipsoid's two radii of curvature there."""
    sine = math.sin(math.radians(latitude))
    bend = 1.0 - _E2 * sine**2
    meridian = _A * (1.0 - _E2) / bend**1.5
    normal = _A / math.sqrt(bend)
    return math.radians(meridian), math.radians(normal * math.cos(math.radians(latitude)))


def to_local_plane(
    latitude: Float[np.ndarray, " n"],
    longitude: Float[np.ndarray, " n"],
    latitude_0: float,
    longitude_0: float,
) -> Float[np.ndarray, "n 2"]:
    """East and north of a point, m; all angles in degrees, longitudes either side of 180 are neighbours."""
    north, east = metres_per_degree(latitude_0)
    turn = (np.asarray(longitude) - longitude_0 + 180.0) % 360.0 - 180.0
    return np.column_stack([east * turn, north * (np.asarray(latitude) - latitude_0)])


def from_local_plane(
    offset: Float[np.ndarray, "2"], latitude_0: float, longitude_0: float
) -> tuple[float, float]:
    """Latitude and longitude, degrees, of a point some metres east and north of another."""
    north, east = metres_per_degree(latitude_0)
    return latitude_0 + float(offset[1]) / north, longitude_0 + float(offset[0]) / east
