"""Pilots stay in the field: its edge, which no camera sees, rules out what leads over it."""

import numpy as np
import pytest

from agents import fly
from agents.fence import Fence
from agents.lattice import HOVER, candidate_velocities
from agents.lattice_pilot import LatticePilot
from agents.pilot import Plan, Whereabouts, make_briefing
from agents.reckoning import Reckoning
from sim.flight import Flight
from sim.frames import wrap_angle
from sim.scenario import Start
from sim.types import POSITION, Observation, Outcome
from tests.builders import HEIGHT, flying, goal, scenario


class Sideways:
    """A brain that always wants to fly left, fears nothing, and remembers where it was."""

    def reset(self, flight: Flight) -> None:
        self._left = candidate_velocities(1.0)[:, 1].astype(np.float32)
        self.told: list[Whereabouts] = []

    def watch(self, observation: Observation, here: Whereabouts) -> None:
        self.told.append(here)

    def plan(self, observation: Observation) -> Plan:
        raise NotImplementedError("flies no missions")

    def navigate(self, observation: Observation) -> np.ndarray:
        return 10.0 * self._left

    def survive(self, observation: Observation) -> np.ndarray:
        return np.ones_like(self._left)


def ruled_out(flight: Flight) -> np.ndarray:
    """Which candidates lead out of the field at the first step."""
    briefing = make_briefing(flight)
    return Fence(briefing).leaves(Reckoning(briefing).move(flight.observation()))


def test_only_what_soon_leads_out_is_ruled_out() -> None:
    """Two metres from the left edge, looking along it."""
    start = Start(position_m=(10.0, 18.0, HEIGHT), yaw_rad=0.0)
    with flying(scenario(start=start)) as flight:
        sideways = candidate_velocities(flight.scenario.speed_limit_m_s)[:, 1]
        leaves = ruled_out(flight)
        assert leaves[sideways > 1.8].all()
        assert not leaves[sideways < 1.6].any()


def test_who_is_out_may_come_back() -> None:
    start = Start(position_m=(10.0, 19.9, HEIGHT), yaw_rad=0.0)
    with flying(scenario(start=start)) as flight:
        leaves = ruled_out(flight)
        back = candidate_velocities(1.0)[:, 1] < -0.1
        assert not leaves[back].any()
        assert leaves[HOVER]


def test_a_brain_that_watches_is_told_every_step_where_the_drone_is() -> None:
    brain = Sideways()
    pilot = LatticePilot("sideways", brain, detours=False)
    with flying(scenario()) as flight:
        pilot.reset(flight)
        for step in range(45):
            decision = pilot.act(flight.observation())
            assert len(brain.told) == step + 1
            away = brain.told[-1].position - flight.simulator.body[POSITION]
            assert np.linalg.norm(away) < 0.5
            assert abs(wrap_angle(brain.told[-1].yaw - flight.simulator.yaw)) < 0.1
            flight.advance(decision.action)
        # Each is what was so then, whatever came after.
        assert np.ptp([here.position[1] for here in brain.told]) > 3.0


@pytest.mark.parametrize("yaw", [0.0, 1.5])
def test_a_brain_that_wants_out_is_kept_in(yaw: float) -> None:
    start = Start(position_m=(25.0, 10.0, HEIGHT), yaw_rad=yaw)
    flown = scenario(start=start, task=goal(45.0, -15.0))
    assert (
        fly(flown, LatticePilot("sideways", Sideways(), detours=False)).outcome is Outcome.TIMEOUT
    )
