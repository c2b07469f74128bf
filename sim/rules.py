"""The rules tasks are judged by, and the fitted constants everyone plans missions with."""

import numpy as np

ARRIVAL_RADIUS = 1.5
"""m; within it a navigation goal counts as reached."""
LANDING_SPEED = 1.0
"""m/s; touching down faster is a collision."""
SERVE_RADIUS = 1.5
"""m from the viewpoint."""
SERVE_ANGLE = np.deg2rad(30.0)
"""rad between the drone's heading and the viewpoint's."""
CLOSE_UP_DISTANCE = 4.5
"""m from the panel's centre."""
CLOSE_UP_SPEED = 0.3
"""m/s, above which a close-up is blurred."""
CLOSE_UP_SECONDS = 3.0
FAULT_FACTOR = 3.0
"""A fault found in a close-up pays this multiple of the site's priority."""
PAD_RADIUS = 1.0
"""m from the pad's centre."""
UPRIGHT_ANGLE = np.deg2rad(20.0)
# The four planning constants below are rounded from a fit to the energy of 80 teacher flights on choice worlds.
CRUISE_HALVED = 14.0
"""m/s: the speed limit at which missions would average half of it along the free way, for planning."""
STOP_SECONDS = 2.0
"""Hover time that slowing down, turning to a panel and leaving cost, for planning."""
LANDING_SECONDS = 6.0
"""Hover time that centring over the pad and descending cost, for planning."""
CLOSE_UP_ALLOWANCE = CLOSE_UP_SECONDS + 0.5
"""s of hovering a close-up is planned with."""
PANEL_SIDE = 2.0
"""m, of a panel whose scenario says nothing else."""
READING_SIDES = 3.25
"""Sides of a panel within which its pattern is read: a cell, a quarter of a side, then spans 2.5 pixels or more."""
VIEW_DISTANCE = 4.0
"""m from a viewpoint to the centre of its panel."""
PRIOR_FAULTY, PRIOR_BLOCKED = 0.4, 0.1
"""What planners expect of a panel not yet seen, whatever the family it was drawn from."""
