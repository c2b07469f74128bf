"""What success means, number by number: the referee's own copy of the rules, kept apart from the environment's.

Distances in m, times in s, angles in rad. docs/referee.md says the same in words; a test holds both against the rules
that the environment flies by.
"""

import math

TOUCH = 0.01
"""m of signed clearance below which the hull counts as touching. Environment and referee may differ only here."""
REACH = 4.0
"""m beyond which no clearance is told apart."""
ARRIVAL_RADIUS = 1.5
"""m from a navigation goal whose finish says nothing else."""
TIME_FACTOR, TIME_SPARE = 3.0, 10.0
"""Navigation's time limit, where its finish has none: geodesic distance over speed limit times the one, plus the other, s."""
LANDING_SPEED = 1.0
"""m/s; meeting the ground this fast or faster is a collision."""
UPRIGHT_ANGLE = math.radians(20.0)
"""Largest tilt of a landing."""
PAD_RADIUS = 1.0
"""m, horizontally, between where a mission lands and the pad's centre."""
SERVE_RADIUS, SERVE_ANGLE = 1.5, math.radians(30.0)
"""A site is visited this near to its viewpoint, with the heading this near to the viewpoint's."""
CLOSE_UP_DISTANCE, CLOSE_UP_SPEED, CLOSE_UP_SECONDS = 4.5, 0.3, 3.0
"""A close-up: so near to the panel's centre, slower than that, for so long, the panel's bearing inside the image."""
FAULT_FACTOR = 3.0
"""What a close-up of a fault pays, in the site's prize."""
PANEL_THICKNESS = 0.1
"""m; a panel is an upright square plate about its centre, of the side that its scenario says."""
COVER_SHARE, COVER_DISTANCE = 1.2, 0.2
"""A blocked panel's tarpaulin: its side over the panel's, and m from the panel's centre to its own; as thick as it."""
LANDING_RADIUS = 3.0
"""m around home and rally points within which the least altitude of a safety layer does not bind."""
BREAKDOWN_SPEED = 60.0
"""m/s along any axis at which a flight no longer means anything."""
