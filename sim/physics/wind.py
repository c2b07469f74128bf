"""Wind at the drone: a mean that may grow with height, Dryden turbulence and discrete gusts (MIL-F-8785C, low altitude).

Left out: rotational gusts (the airframe is far smaller than the eddies). The scenario states one standard deviation
for all three components of turbulence.
"""

import math

from numba import njit

_FOOT = 0.3048  # m
_LOWEST = 10.0  # ft, the specification's lower limit of altitude
_HIGHEST = 1000.0  # ft
_SLOWEST = 2.0  # m/s: below this air speed eddies pass by their own motion, frozen turbulence would stand still


@njit(cache=True)
def dryden_lengths(height):
    """Turbulence length scales (along and across the wind, vertical), m, at a height, m. MIL-F-8785C 3.7.2.1."""
    feet = min(max(height / _FOOT, _LOWEST), _HIGHEST)
    return feet / (0.177 + 0.000823 * feet) ** 1.2 * _FOOT, feet * _FOOT


@njit(cache=True)
def shear_factor(height, exponent, reference):
    """Mean wind at a height over mean wind at the reference height, m: the power law (z / z_ref)^exponent; 1 without one."""
    if exponent == 0.0:
        return 1.0
    return (max(height, 0.0) / reference) ** exponent


@njit(cache=True)
def gust_share(time, start, duration):
    """Share of a gust's peak that blows at a time, s: (1 - cos) / 2 up and down again over the duration.

    The discrete gust of MIL-F-8785C is the ramp up, "1 - cosine", to be used singly or in multiples; here it is followed by its mirror.
    """
    phase = (time - start) / duration
    if phase <= 0.0 or phase >= 1.0:
        return 0.0
    return 0.5 * (1.0 - math.cos(2.0 * math.pi * phase))


@njit(cache=True)
def update_wind(state, params, height, air_speed, shear, noise):
    """Advance the gust filters by one tick with three standard normals, and write the wind in the world.

    Along: sigma sqrt(2 tau) / (1 + tau s). Across and up: sigma sqrt(tau) (1 + sqrt(3) tau s) / (1 + tau s)^2, split
    into a first stage and its low-pass, sqrt(3) first + (1 - sqrt(3)) second, both of variance kept by the step.
    """
    long, vertical = dryden_lengths(height)
    speed = max(air_speed, _SLOWEST)
    # The air was turbulent before the flight began: the first tick forgets the empty filters and draws settled ones.
    settled = state.tick > 0
    slow = math.exp(-params.dt * speed / long) if settled else 0.0
    fast = math.exp(-params.dt * speed / vertical) if settled else 0.0
    sigma = params.turbulence
    filters = state.gust_filters
    filters[0] = slow * filters[0] + sigma * math.sqrt(1.0 - slow * slow) * noise[0]
    root = math.sqrt(3.0)
    stage = sigma * math.sqrt(0.5)
    for axis in range(2):
        keep = slow if axis == 0 else fast
        before = filters[1 + 2 * axis]
        first = keep * before + stage * math.sqrt(1.0 - keep * keep) * noise[1 + axis]
        second = filters[2 + 2 * axis]
        filters[1 + 2 * axis] = first
        filters[2 + 2 * axis] = keep * second + (1.0 - keep) * before if settled else 0.5 * first
    along = filters[0]
    across = root * filters[1] + (1.0 - root) * filters[2]
    up = root * filters[3] + (1.0 - root) * filters[4]
    c, s = params.wind_direction[0], params.wind_direction[1]
    state.wind_world[0] = shear * params.wind_world[0] + c * along - s * across
    state.wind_world[1] = shear * params.wind_world[1] + s * along + c * across
    state.wind_world[2] = shear * params.wind_world[2] + up
    for index in range(params.gust_count):
        gust = params.gusts[index]
        share = gust_share(state.time, gust[0], gust[1])
        for i in range(3):
            state.wind_world[i] += share * gust[2 + i]
