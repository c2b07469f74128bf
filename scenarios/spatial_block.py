"""Which part of a real place a flight belongs to: flights of one block fly round the same trees and houses."""

import math
from pathlib import Path

from sim.scenario import Scenario

BLOCK = 50.0
"""Side of a block, m; about as far as flights in places go, so that those of one share most of what they pass."""


def spatial_block(scenario: Scenario) -> str:
    """`delft:5,2`, from where in the place the flight starts; empty for generated worlds, whose seeds share nothing."""
    world, start = scenario.world, scenario.start.position_m
    if not world.place:
        return ""
    east, north = (math.floor((world.crop_m[i] + start[i]) / BLOCK) for i in range(2))
    return f"{Path(world.place).stem}:{east},{north}"
