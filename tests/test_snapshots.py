"""A flight goes on from a snapshot as it went on before: what is seen, sites, prizes, rewards, events and outcome."""

import numpy as np
import pytest

from agents import load_pilot
from sim.flight import Flight
from sim.scenario import Scenario
from tests.builders import breeze, grainy, mission, noisy, scenario


def inspection() -> Scenario:
    """A panel to visit and to look at closely, in wind and with noise."""
    site = {"x": 15.0, "y": 5.0, "cells": "wwwwwoowwoowwwww", "mandatory": True}
    return mission(site, weather=breeze(), odometry=noisy(), camera=grainy())


def commands() -> list[np.ndarray]:
    """What the teacher flies there, from take-off to landing."""
    flight, pilot = Flight(inspection()), load_pilot("teacher")
    pilot.reset(flight)
    given = []
    while flight.outcome is None:
        given.append(np.array(pilot.act(flight.observation()).action))
        flight.advance(given[-1])
    flight.close()
    assert str(flight.outcome) == "success"
    return given


def flown(flight: Flight, actions: list[np.ndarray]) -> list[tuple]:
    rows = []
    for action in actions:
        step = flight.advance(action)
        rows.append((step.rewards, step.events, step.outcome, flight.observation(), step.ticks))
    return rows


def assert_same(one: list[tuple], other: list[tuple]) -> None:
    assert len(one) == len(other)
    for first, second in zip(one, other, strict=True):
        assert first[:3] == second[:3]
        for name in first[3]:
            np.testing.assert_array_equal(first[3][name], second[3][name], err_msg=name)
        np.testing.assert_array_equal(first[4], second[4])


def test_a_mission_goes_on_from_any_of_its_moments() -> None:
    """Saved under way, during the close-up and once all is served; each time to the landing, at least 200 steps in all."""
    actions = commands()
    assert len(actions) > 200
    flight = Flight(inspection())
    for start in (10, len(actions) // 2, len(actions) - 30):
        flight.reset()
        flown(flight, actions[:start])
        seen, snapshot = flight.observation(), flight.save()
        first, result = flown(flight, actions[start:]), flight.result()
        again = flight.restore(snapshot)
        np.testing.assert_array_equal(again["sites"], seen["sites"])
        assert flight.outcome is None
        assert_same(flown(flight, actions[start:]), first)
        assert flight.result() == result
        flight.discard(snapshot)
    flight.close()


def test_a_snapshot_stays_as_it_was() -> None:
    flight = Flight(inspection())
    actions = commands()
    half = len(actions) // 2
    flown(flight, actions[:half])
    snapshot = flight.save()
    first = flown(flight, actions[half:])
    for _ in range(2):
        flight.restore(snapshot)
        assert_same(flown(flight, actions[half:]), first)
    flight.close()


def test_a_snapshot_discarded_or_of_another_flight_is_refused() -> None:
    one, other = Flight(scenario()), Flight(scenario())
    snapshot = one.save()
    with pytest.raises(ValueError, match="another"):
        other.restore(snapshot)
    one.discard(snapshot)
    one.discard(snapshot)
    with pytest.raises(ValueError, match="discarded"):
        one.restore(snapshot)
    one.close()
    other.close()


def test_discarded_snapshots_give_their_memory_back() -> None:
    flight = Flight(scenario())
    held = [flight.save() for _ in range(3)]
    assert len(flight.simulator.bullet._saved) == 1 + len(held)
    for snapshot in held:
        flight.discard(snapshot)
    assert len(flight.simulator.bullet._saved) == 1
    flight.close()
