"""Airframes: constants read from TOML, checked, and packed into the record that compiled code reads."""

import math
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from sim.names import did_you_mean, unknown
from sim.scenario import MAX_GUSTS, Scenario
from sim.sensing.suite import SUITE_DTYPE, pack_suite

GRAVITY = 9.80665  # m/s2, standard gravity; Bullet gets the same
AIR_DENSITY = 1.225  # kg/m3, ISA at sea level
_LIBRARY = Path(__file__).parent / "vehicles"
_Triple = tuple[float, float, float]


class VehicleError(ValueError):
    """A vehicle that does not exist or whose constants make no sense."""


@dataclass(frozen=True)
class Vehicle:
    """A quadrotor in X layout; every constant and its source stands in `vehicles/*.toml`. SI units."""

    name: str
    mass: float  # kg
    inertia: _Triple  # kg m2, about body x, y, z
    arm: float  # m, centre to rotor axis
    hull_radius: float  # m, vertical cylinder that encloses the rotors
    hull_height: float  # m
    rotor_radius: float  # m
    thrust_coefficient: float  # N s2, thrust over rotor speed squared
    torque_ratio: float  # m, reaction torque over thrust
    rotor_speed_min: float  # rad/s
    rotor_speed_max: float  # rad/s
    rotor_lag: float  # s
    ground_effect: float  # gain near the ground, see rotors.ground_gain; 0 = none
    rotor_drag: float  # N s2/m, in-plane force over rotor speed and air speed
    drag_area: _Triple  # m2, drag coefficient times area along body x, y, z
    induced_factor: float  # induced power over the ideal
    solidity_drag: float  # rotor solidity times profile drag coefficient
    drive_efficiency: float  # shaft over electrical power
    avionics_power: float  # W
    cells: float  # in series
    cell_resistance: float  # ohm
    velocity_gain: float  # 1/s, horizontal
    climb_gain: float  # 1/s
    attitude_gain: float  # 1/s
    rate_gain: _Triple  # 1/s
    yaw_gain: float  # 1/s
    yaw_acceleration_max: float  # rad/s2
    observer_bandwidth: float  # rad/s
    acceleration_max: float  # m/s2, horizontal
    climb_acceleration_max: float  # m/s2
    descent_acceleration_max: float  # m/s2
    tilt_max: float  # rad
    rate_max: _Triple  # rad/s

    @property
    def hover_rotor_speed(self) -> float:
        """Speed, rad/s, at which four rotors carry the weight."""
        return math.sqrt(self.mass * GRAVITY / (4.0 * self.thrust_coefficient))

    @property
    def thrust_to_weight(self) -> float:
        """Largest thrust over weight."""
        return 4.0 * self.thrust_coefficient * self.rotor_speed_max**2 / (self.mass * GRAVITY)


_MAY_BE_ZERO = {"ground_effect"}
_CONSTANTS = [field for field in fields(Vehicle) if field.name != "name"]
_SCENARIO_CONSTANTS = [
    ("dt", "f8"),  # s
    ("capacity_wh", "f8"),
    ("initial_fraction", "f8"),
    ("wind_world", "f8", 3),  # m/s
    ("wind_direction", "f8", 2),  # unit vector of the horizontal mean wind
    ("shear_exponent", "f8"),
    ("shear_reference", "f8"),  # m
    ("gust_count", "i8"),
    ("gusts", "f8", (MAX_GUSTS, 5)),  # start s, duration s, peak in the world m/s
    ("turbulence", "f8"),  # m/s
    ("position_drift", "f8"),  # m per square root of metre
    ("height_std", "f8"),  # m
    ("velocity_std", "f8"),  # m/s
    ("attitude_std", "f8"),  # rad
    ("rate_std", "f8"),  # rad/s
    ("correlation", "f8"),  # s
    ("suite", SUITE_DTYPE),
]
VEHICLE_DTYPE = np.dtype(
    [(field.name, "f8", 3) if field.type == _Triple else (field.name, "f8") for field in _CONSTANTS]
    + _SCENARIO_CONSTANTS,
    align=True,
)
"""What `plant.tick` reads: the vehicle's constants, then weather, odometry or sensors, battery and tick length of the flight."""


def vehicle_names() -> tuple[str, ...]:
    """The shipped vehicles."""
    return tuple(sorted(path.stem for path in _LIBRARY.glob("*.toml")))


def load_vehicle(name_or_path: str | Path) -> Vehicle:
    """Read a shipped vehicle by name, or any TOML file by its path."""
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = _library_path(str(name_or_path))
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise VehicleError(f"vehicle file {str(path)!r}: {error.strerror}") from error
    except ValueError as error:  # TOML syntax or text encoding
        raise VehicleError(f"vehicle file {str(path)!r}: {error}") from error
    return _checked(path, table)


def colliding_hull(vehicle: Vehicle, scenario: Scenario) -> tuple[float, float]:
    """Radius and height, m, of the cylinder that collides: the hull, or the smaller body that a scenario asks for."""
    radius = scenario.collision_radius_m
    if radius is None:
        return vehicle.hull_radius, vehicle.hull_height
    if radius > vehicle.hull_radius:
        raise ValueError(
            f"collision_radius_m = {radius}: larger than the hull's {vehicle.hull_radius} m"
        )
    return radius, min(vehicle.hull_height, 2.0 * radius)


def airframe_record(vehicle: Vehicle) -> Shaped[np.ndarray, "1"]:
    """Pack the vehicle's constants alone: no weather, perfect odometry, no battery."""
    record = np.zeros(1, VEHICLE_DTYPE)
    for field in _CONSTANTS:
        record[field.name] = getattr(vehicle, field.name)
    return record


def vehicle_record(vehicle: Vehicle, scenario: Scenario) -> Shaped[np.ndarray, "1"]:
    """Pack what stays constant during a flight for the compiled tick."""
    record = airframe_record(vehicle)
    record["dt"] = 1.0 / scenario.rates.physics_hz
    record["capacity_wh"] = scenario.battery.capacity_wh
    record["initial_fraction"] = scenario.battery.initial_fraction
    wind = np.array(scenario.weather.wind_world_m_s)
    speed = math.hypot(wind[0], wind[1])
    record["wind_world"] = wind
    record["wind_direction"] = wind[:2] / speed if speed > 0 else (1.0, 0.0)
    record["turbulence"] = scenario.weather.turbulence_m_s
    record["suite"] = pack_suite(scenario.sensors, scenario.rates.physics_hz)
    record["shear_exponent"] = scenario.weather.shear_exponent
    record["shear_reference"] = scenario.weather.shear_reference_m
    record["gust_count"] = len(scenario.weather.gusts)
    for index, gust in enumerate(scenario.weather.gusts):
        record["gusts"][0, index] = gust.start_s, gust.duration_s, *gust.peak_world_m_s
    odometry = scenario.odometry
    if odometry is None:
        return record
    record["position_drift"] = odometry.position_drift
    record["height_std"] = odometry.height_std_m
    record["velocity_std"] = odometry.velocity_std_m_s
    record["attitude_std"] = odometry.attitude_std_rad
    record["rate_std"] = odometry.rate_std_rad_s
    record["correlation"] = odometry.correlation_s
    return record


def _library_path(name: str) -> Path:
    names = vehicle_names()
    if name in names:
        return _LIBRARY / f"{name}.toml"
    raise VehicleError(unknown("vehicle", name, names, or_else="or a .toml file"))


def _checked(path: Path, table: dict[str, Any]) -> Vehicle:
    names = [field.name for field in _CONSTANTS]
    for key in table:
        if key not in names:
            hint = did_you_mean(key, names) or f": the constants are {', '.join(names)}"
            raise VehicleError(f"{path.name}: unknown constant {key!r}{hint}")
    values: dict[str, Any] = {}
    for field in _CONSTANTS:
        if field.name not in table:
            raise VehicleError(f"{path.name}: constant {field.name!r} is missing")
        values[field.name] = _constant(
            path, field.name, table[field.name], triple=field.type == _Triple
        )
    vehicle = Vehicle(name=path.stem, **values)
    if vehicle.rotor_speed_min >= vehicle.hover_rotor_speed or vehicle.thrust_to_weight < 1.2:
        raise VehicleError(
            f"{path.name}: rotor speeds {vehicle.rotor_speed_min} to {vehicle.rotor_speed_max} rad/s cannot hover"
            f" {vehicle.mass} kg (hover needs {vehicle.hover_rotor_speed:.0f} rad/s, flight 1.2 times the weight)"
        )
    return vehicle


def _constant(path: Path, name: str, value: Any, *, triple: bool) -> float | _Triple:
    numbers: list[Any] = value if isinstance(value, list) else [value]
    if len(numbers) != (3 if triple else 1) or isinstance(value, list) != triple:
        raise VehicleError(
            f"{path.name}: {name} = {value!r} must be {'three numbers' if triple else 'one number'}"
        )
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise VehicleError(f"{path.name}: {name} = {value!r} is not a number")
        if not math.isfinite(number) or number < 0 or (number == 0 and name not in _MAY_BE_ZERO):
            allowed = "zero or positive" if name in _MAY_BE_ZERO else "positive"
            raise VehicleError(f"{path.name}: {name} = {value!r} must be finite and {allowed}")
    floats = tuple(float(number) for number in numbers)
    return (floats[0], floats[1], floats[2]) if triple else floats[0]
