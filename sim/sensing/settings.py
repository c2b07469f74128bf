"""The scenario's `[sensors]`: which sensors the drone carries and how well they measure."""

from operator import not_
from typing import Annotated

from pydantic import Field

from sim.fields import Model, NonNegative, Positive, Whole

MAX_DELAY_TICKS = 120
"""What the estimator's memory of its own past holds, in ticks; at 240 Hz half a second."""
Delay = Annotated[Whole, Field(ge=0, le=MAX_DELAY_TICKS)]
Rate = Annotated[Whole, Field(gt=0)]


class Imu(Model):
    """Gyroscope and accelerometer, read every tick; densities as data sheets state them (IEEE 952)."""

    gyro_noise: NonNegative
    """rad/s per square root of Hz."""
    gyro_bias_walk: NonNegative
    """rad/s per square root of second."""
    gyro_turn_on_bias_rad_s: NonNegative
    """Standard deviation of the bias the flight begins with."""
    accel_noise: NonNegative
    """m/s2 per square root of Hz."""
    accel_bias_walk: NonNegative
    """m/s2 per square root of second."""
    accel_turn_on_bias_m_s2: NonNegative


class Aiding(Model):
    """What every sensor that is read now and then states."""

    rate_hz: Rate
    """Divides the physics rate."""
    delay_ticks: Delay
    """Ticks from the moment measured to the moment the estimator learns of it."""


class Gnss(Aiding):
    """Satellite navigation: position relative to the start's frame, and velocity, both in the world."""

    position_std_m: tuple[NonNegative, NonNegative]
    """White noise, horizontal and vertical."""
    position_walk: NonNegative
    """Slow wander of the position (atmosphere, multipath) since the start, m per square root of second."""
    velocity_std_m_s: NonNegative


class Barometer(Aiding):
    """Height above the start's ground by pressure."""

    height_std_m: NonNegative
    drift: NonNegative
    """Slow wander of the height since the start, m per square root of second."""


class Rangefinder(Aiding):
    """Distance down the body's -z axis to the ground plane; nothing outside its limits."""

    range_std_m: NonNegative
    range_walk: NonNegative
    """Slow wander, m per square root of second."""
    range_min_m: NonNegative
    range_max_m: Positive


class VisualOdometry(Aiding):
    """Velocity in the body from a tracking camera of its own."""

    velocity_std_m_s: NonNegative
    velocity_walk: NonNegative
    """Slow wander, m/s per square root of second."""


class Sensors(Model):
    """The suite; only the IMU is a must."""

    imu: Imu
    gnss: Annotated[Gnss | None, Field(exclude_if=not_)] = None
    barometer: Annotated[Barometer | None, Field(exclude_if=not_)] = None
    rangefinder: Annotated[Rangefinder | None, Field(exclude_if=not_)] = None
    visual_odometry: Annotated[VisualOdometry | None, Field(exclude_if=not_)] = None


def check_rates(sensors: Sensors, physics_hz: int) -> None:
    """Raise ValueError where a sensor's rate does not divide the physics rate, or limits are inside out."""
    for name, sensor in sensors:
        if isinstance(sensor, Aiding) and physics_hz % sensor.rate_hz:
            raise ValueError(
                f"sensors.{name}.rate_hz = {sensor.rate_hz}: does not divide rates.physics_hz = {physics_hz}"
            )
    finder = sensors.rangefinder
    if finder is not None and finder.range_min_m >= finder.range_max_m:
        raise ValueError(
            f"sensors.rangefinder.range_min_m = {finder.range_min_m}: must be below range_max_m = {finder.range_max_m}"
        )
