"""The privileged teacher knows where movers will be: its labels of survival are what the flight then does."""

import numpy as np
import pytest

from agents import fly, load_pilot
from agents.lattice import HOVER, candidate_velocities
from agents.rollout import HORIZON, Rollouts
from sim.mover_spec import MoverSpec
from sim.scenario import Scenario
from sim.types import Outcome
from tests.builders import HEIGHT, breeze, flying, goal, grainy, noisy, piloted, scenario, world
from tests.sim.moving import ball, random_motion, straight

STILL = np.zeros((1, 3))


def among(*movers: MoverSpec, **changes: object) -> Scenario:
    return scenario(world=world().model_copy(update={"movers": movers}), **changes)


@pytest.mark.parametrize("speed", [2.0, 20.0])
def test_hovering_before_what_comes_is_death_and_beside_it_is_not(speed: float) -> None:
    """Within the horizon; what comes later is not foreseen. Fast and thin things are not jumped over."""
    for lateral, ahead, dies in (
        (0.0, speed * 1.5, True),
        (2.0, speed * 1.5, False),
        (0.0, speed * (HORIZON + 0.5) + 1.0, False),
    ):
        comes = ball(straight((5.0 + ahead, lateral, HEIGHT), (-speed, 0.0, 0.0)), 0.05)
        with flying(among(comes)) as flight:
            clearance = Rollouts(flight).fly(STILL)[0][0]
            assert (clearance < 0) == dies
            if lateral:
                hull = flight.simulator.vehicle.hull_radius
                assert clearance == pytest.approx(lateral - 0.05 - hull, abs=0.03)


def test_the_label_of_survival_is_what_the_real_dynamics_do_among_movers() -> None:
    """Every level candidate flown for two seconds through a crowd, from three instants of it."""
    rng = np.random.default_rng(4)
    crowd = [
        ball(
            random_motion(
                start_m=(float(x), float(y), HEIGHT),
                low_m=(0.0, -7.0, HEIGHT),
                high_m=(14.0, 7.0, HEIGHT),
                period_s=0.5,
            ),
            0.5,
        )
        for x, y in rng.uniform((7.5, -6), (14, 6), (20, 2))
    ]
    judged = {"hit": 0, "clear": 0}
    velocities = candidate_velocities(5.0)
    with flying(among(*crowd)) as flight:
        sim = flight.simulator
        for wait in (0, 10, 10):
            for _ in range(wait):
                sim.step(np.zeros(4))
            if sim.contacts:
                break
            snapshot = sim.save()
            clearance, _ = Rollouts(flight).fly(velocities)
            for index in range(HOVER + 1):
                if -0.15 < clearance[index] < 0.15 or velocities[index, 2] != 0.0:
                    continue
                sim.restore(snapshot)
                hit = False
                for _ in piloted(flight, velocities[index], 30):
                    hit = hit or bool(sim.contacts)
                assert hit == (clearance[index] < 0), (wait, index, clearance[index])
                judged["hit" if hit else "clear"] += 1
            sim.restore(snapshot)
    assert min(judged.values()) >= 5, "a crowd in which some candidates hit and some do not"


def test_what_wraps_round_does_not_hit_what_lies_between() -> None:
    """It leaves at x = 20 and comes back in at x = 0, never passing x = 5."""
    wrapping = {
        "kind": "wrap", "start_m": (19.0, 0.0, HEIGHT), "velocity_m_s": (2.0, 0.0, 0.0),
        "low_m": (0.0, -5.0, HEIGHT), "high_m": (20.0, 5.0, HEIGHT),
    }  # fmt: skip
    with flying(among(ball(wrapping))) as flight:
        assert Rollouts(flight).fly(STILL)[0][0] > 1.0
        for _ in range(20):
            assert flight.advance(np.zeros(4, dtype=np.float32)).outcome is None
        assert flight.simulator.movers.positions_at(flight.simulator.tick)[0, 0] < 5.0


def test_the_teacher_flies_through_a_crowd_that_a_blind_drone_does_not() -> None:
    rng = np.random.default_rng(0)
    crowd = [
        ball(
            random_motion(
                start_m=(float(x), float(y), HEIGHT),
                low_m=(8.0, -12.0, HEIGHT),
                high_m=(28.0, 12.0, HEIGHT),
                speed_max_m_s=2.0,
            ),
            0.4,
        )
        for x, y in rng.uniform((9, -11), (28, 11), (25, 2))
    ]
    flight = among(
        *crowd, weather=breeze(), odometry=noisy(), camera=grainy(), task=goal(30.0, 0.0)
    )
    result = fly(flight, load_pilot("teacher"))
    assert result.outcome is Outcome.SUCCESS
    assert 0.0 < result.min_clearance_m < 2.0
    with flying(flight) as blind:
        while blind.outcome is None:
            blind.advance(np.array([0.3, 0.0, 0.0, 0.0], dtype=np.float32))
        assert blind.outcome is Outcome.COLLISION
