"""Pilots stay in the field: its edge, which no camera sees, rules out what leads over it."""

import numpy as np
import pytest

from agents import fly
from agents.fence import Fence
from agents.lattice import HOVER, candidate_velocities
from agents.lattice_pilot import LatticePilot
from agents.pilot import Plan, make_briefing
from sim.flight import Flight
from sim.scenario import Start
from sim.types import Observation, Outcome
from tests.builders import HEIGHT, flying, goal, scenario


class Sideways:
    """A brain that always wants to fly left, and fears nothing."""

    def reset(self, flight: Flight) -> None:
        self._left = candidate_velocities(1.0)[:, 1].astype(np.float32)

    def plan(self, observation: Observation) -> Plan:
        raise NotImplementedError("flies no missions")

    def navigate(self, observation: Observation) -> np.ndarray:
        return 10.0 * self._left

    def survive(self, observation: Observation) -> np.ndarray:
        return np.ones_like(self._left)


def test_only_what_soon_leads_out_is_ruled_out() -> None:
    """Two metres from the left edge, looking along it."""
    start = Start(position_m=(10.0, 18.0, HEIGHT), yaw_rad=0.0)
    with flying(scenario(start=start)) as flight:
        fence = Fence(make_briefing(flight))
        fence.observe(flight.observation())
        sideways = candidate_velocities(flight.scenario.speed_limit_m_s)[:, 1]
        leaves = fence.leaves()
        assert leaves[sideways > 1.8].all()
        assert not leaves[sideways < 1.6].any()


def test_who_is_out_may_come_back() -> None:
    start = Start(position_m=(10.0, 19.9, HEIGHT), yaw_rad=0.0)
    with flying(scenario(start=start)) as flight:
        fence = Fence(make_briefing(flight))
        fence.observe(flight.observation())
        leaves = fence.leaves()
        back = candidate_velocities(1.0)[:, 1] < -0.1
        assert not leaves[back].any()
        assert leaves[HOVER]


@pytest.mark.parametrize("yaw", [0.0, 1.5])
def test_a_brain_that_wants_out_is_kept_in(yaw: float) -> None:
    start = Start(position_m=(25.0, 10.0, HEIGHT), yaw_rad=yaw)
    flown = scenario(start=start, task=goal(45.0, -15.0))
    assert (
        fly(flown, LatticePilot("sideways", Sideways(), detours=False)).outcome is Outcome.TIMEOUT
    )
