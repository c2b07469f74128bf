"""Air forces on the airframe: rotor drag, linear in air speed, and parasitic drag, quadratic."""

import math

from numba import njit

_HALF_DENSITY = 0.5 * 1.225  # kg/m3, ISA at sea level


@njit(cache=True)
def drag_body(vx, vy, vz, rotor_speed_sum, rotor_drag, drag_area):
    """Drag force in the body frame, N, of an air velocity (body relative to air) in the body frame, m/s.

    Rotor drag acts in the rotor plane (Faessler et al., RA-L 2018; RotorS); parasitic drag is
    -1/2 rho CdA_i |v| v_i along each body axis: coefficients meet the velocity after it is turned into the body.
    """
    linear = rotor_drag * rotor_speed_sum
    quadratic = _HALF_DENSITY * math.sqrt(vx * vx + vy * vy + vz * vz)
    return (
        -(linear + quadratic * drag_area[0]) * vx,
        -(linear + quadratic * drag_area[1]) * vy,
        -quadratic * drag_area[2] * vz,
    )
