"""Mission bookkeeping: what energy forbids, when the brain is asked, what is believed and kept."""

from collections.abc import Iterator

import numpy as np
import pytest

from agents.mission_control import MissionControl
from agents.mission_mask import allowed_choices, energy_left
from agents.pilot import Plan, make_briefing
from agents.sites import approach, approaches, length, read_sites
from sim.flight import Flight
from sim.types import CHOICES, EGO_FIELDS, HOME, INSPECT, LAND, MAX_TOKENS, SITE_FIELDS, Observation
from tests.builders import HEIGHT, HOVER, mission, place

BATTERY = EGO_FIELDS.index("battery")
SITES = (
    {"x": 15.0, "y": 5.0},
    {"x": 30.0, "y": -10.0, "prize": 3.0},
    {"x": 40.0, "y": 12.0, "yaw": 2.0, "prize": 1.0},
)


class FixedBrain:
    """Always gives the same answer, and counts how often it was asked."""

    def __init__(self, best: int, status: tuple[float, float] = (0.5, 0.5)) -> None:
        self.logits = np.full(CHOICES, -10.0, dtype=np.float32)
        self.logits[best] = 0.0
        self.status = np.array(status, dtype=np.float32)
        self.asked = 0

    def reset(self, flight: Flight) -> None: ...

    def plan(self, observation: Observation) -> Plan:
        self.asked += 1
        return Plan(self.logits.copy(), self.status)

    def navigate(self, observation: Observation) -> np.ndarray:
        raise AssertionError("mission control steers nothing")

    survive = navigate


@pytest.fixture(scope="module")
def shared() -> Iterator[Flight]:
    flight = Flight(mission(*SITES))
    yield flight
    flight.close()


@pytest.fixture
def flight(shared: Flight) -> Flight:
    shared.reset()
    return shared


def with_battery(observation: Observation, level: float) -> Observation:
    ego = observation["ego"].copy()
    ego[BATTERY] = level
    return {**observation, "ego": ego}


def at(flight: Flight, x: float, y: float, yaw: float = 0.0, steps: int = 1) -> Observation:
    place(flight.simulator, (x, y, HEIGHT), yaw)
    for _ in range(steps):
        flight.advance(HOVER)
    return flight.observation()


def allowed(flight: Flight, observation: Observation) -> np.ndarray:
    return allowed_choices(read_sites(observation), observation, make_briefing(flight))


# --- The mask.


def test_a_site_is_forbidden_exactly_where_the_way_there_and_home_would_touch_the_reserve(
    flight: Flight,
) -> None:
    observation, energy = flight.observation(), make_briefing(flight).energy
    pack = flight.scenario.battery
    for token, site in enumerate(SITES, start=1):
        out = np.hypot(site["x"] - 5.0, site["y"])
        back = np.hypot(out, HEIGHT)  # Home is the pad, on the ground.
        need = (out + back) * energy.per_metre_wh + energy.per_stop_wh + energy.landing_wh
        level = pack.reserve_fraction + need / pack.capacity_wh
        assert allowed(flight, with_battery(observation, level + 1e-4))[token]
        assert not allowed(flight, with_battery(observation, level - 1e-4))[token]


def test_less_battery_never_allows_more(flight: Flight) -> None:
    observation = at(flight, 15.0, 5.0)
    masks = np.array(
        [allowed(flight, with_battery(observation, b)) for b in np.linspace(0.0, 1.0, 60)]
    )
    assert (np.diff(masks.astype(int), axis=0) >= 0).all()
    assert masks[-1].tolist() == [True, False, True, True] + [False] * 8 + [True, False]
    # On the reserve only the way home is left.
    assert np.flatnonzero(masks[0]).tolist() == [HOME]


def test_the_energy_left_is_what_is_above_the_reserve(flight: Flight) -> None:
    observation = with_battery(flight.observation(), 0.5)
    assert energy_left(observation, make_briefing(flight)) == pytest.approx(0.3 * 20.0)


@pytest.mark.parametrize(("away", "over_pad"), [(0.0, True), (0.75, True), (0.85, False)])
def test_landing_is_open_over_the_pad_and_flying_home_elsewhere(
    flight: Flight, away: float, over_pad: bool
) -> None:
    mask = allowed(flight, at(flight, 5.0, away))
    assert mask[LAND] == over_pad
    assert mask[HOME] != over_pad


def test_staying_is_open_at_a_visited_site_until_the_close_up_is_done(flight: Flight) -> None:
    assert not allowed(flight, at(flight, 15.0, 5.0, yaw=np.pi))[
        INSPECT
    ]  # Not visited: turned away.
    assert allowed(flight, at(flight, 15.0, 5.0))[INSPECT]
    assert allowed(flight, at(flight, 15.0, 7.9))[INSPECT]
    assert not allowed(flight, at(flight, 15.0, 8.1))[INSPECT]
    assert not allowed(flight, at(flight, 15.0, 5.0, steps=45))[INSPECT]


def test_absent_tokens_are_never_open(flight: Flight) -> None:
    mask = allowed(flight, flight.observation())
    assert not mask[len(SITES) + 1 : MAX_TOKENS].any()


# --- Asking, believing, keeping.


def control_of(flight: Flight) -> MissionControl:
    return MissionControl(make_briefing(flight))


def test_the_brain_is_asked_once_a_second_and_at_a_visit(flight: Flight) -> None:
    control, brain = control_of(flight), FixedBrain(2)
    observation = flight.observation()
    asked = [control.decide(observation, brain) for _ in range(31)]
    assert [step for step, was in enumerate(asked) if was] == [0, 15, 30]
    assert brain.asked == 3
    assert control.decide(at(flight, 15.0, 5.0), brain)
    assert not control.decide(flight.observation(), brain)


def test_the_brain_is_asked_when_a_close_up_is_done_and_at_each_tenth_of_battery(
    flight: Flight,
) -> None:
    control, brain = control_of(flight), FixedBrain(2)
    observation = at(flight, 15.0, 5.0, steps=43)
    assert control.decide(observation, brain)
    assert not control.decide(observation, brain)
    assert control.decide(at(flight, 15.0, 5.0, steps=3), brain)
    observation = flight.observation()
    assert not control.decide(with_battery(observation, 0.95), brain)
    assert control.decide(with_battery(observation, 0.85), brain)
    assert not control.decide(with_battery(observation, 0.83), brain)


def test_what_is_forbidden_is_not_chosen_and_noted(flight: Flight) -> None:
    control = control_of(flight)
    control.decide(with_battery(flight.observation(), 0.2), FixedBrain(3))
    assert control.masked
    assert control.choice == LAND
    assert control.target == HOME
    assert control.logits[3] == -np.inf
    control = control_of(flight)
    control.decide(flight.observation(), FixedBrain(3))
    assert not control.masked
    assert (control.choice, control.target) == (3, 3)


def test_a_target_is_kept_until_another_is_clearly_better(flight: Flight) -> None:
    control, brain = control_of(flight), FixedBrain(2)
    observation = flight.observation()
    for better, target in ((0.0, 2), (0.9, 2), (1.1, 3)):
        brain.logits[3] = better
        control.step = 0
        control.decide(observation, brain)
        assert control.target == target


def test_a_visited_target_is_left(flight: Flight) -> None:
    control, brain = control_of(flight), FixedBrain(1)
    brain.logits[2] = -5.0
    control.decide(flight.observation(), brain)
    assert control.target == 1
    control.decide(at(flight, 15.0, 5.0), brain)
    assert control.target == 2


def test_staying_keeps_the_site_as_target_and_landing_the_pad(flight: Flight) -> None:
    control = control_of(flight)
    control.decide(at(flight, 15.0, 5.0), FixedBrain(INSPECT))
    assert (control.choice, control.target) == (INSPECT, 1)
    control = control_of(flight)
    control.decide(at(flight, 5.0, 0.3), FixedBrain(LAND))
    assert (control.choice, control.target) == (LAND, HOME)


def test_only_the_panel_in_view_is_believed_anew(flight: Flight) -> None:
    control = control_of(flight)
    control.decide(flight.observation(), FixedBrain(2, (0.9, 0.1)))
    np.testing.assert_array_equal(control.belief, 0.5)
    observation = at(flight, 15.0, 5.0)
    control.decide(observation, FixedBrain(2, (0.9, 0.1)))
    np.testing.assert_allclose(control.belief[1], (0.9, 0.1), atol=1e-6)
    others = np.delete(control.belief, 1, axis=0)
    np.testing.assert_array_equal(others, 0.5)
    tokens = control.observe(observation)["sites"].reshape(MAX_TOKENS, len(SITE_FIELDS))
    np.testing.assert_allclose(tokens[:4, 10:], control.belief[:4], atol=1e-6)
    # What the environment said is left alone, in the rest and in the original.
    before = observation["sites"].reshape(MAX_TOKENS, len(SITE_FIELDS))
    np.testing.assert_array_equal(tokens[:, :10], before[:, :10])
    np.testing.assert_array_equal(before[:4, 10:], 0.5)
    np.testing.assert_array_equal(tokens[4:, 10:], 0.0)


@pytest.mark.parametrize(
    ("x", "y", "yaw", "seen"),
    [
        (15.0, 5.0, 0.0, 1),
        (13.0, 5.0, 0.3, 1),
        (12.0, 5.0, 0.0, -1),  # 7 m from the panel
        (15.0, 5.0, 1.0, -1),  # beside the image
        (19.0, 8.0, -1.6, -1),  # along the panel's face
    ],
)
def test_a_panel_is_in_view_from_near_and_in_front(
    flight: Flight, x: float, y: float, yaw: float, seen: int
) -> None:
    panel_side = make_briefing(flight).panel_side
    assert read_sites(at(flight, x, y, yaw)).in_view(panel_side) == seen


def test_the_goal_is_the_targets_viewpoint_and_the_pad_is_approached_at_flying_height(
    flight: Flight,
) -> None:
    control, observation = control_of(flight), at(flight, 10.0, 0.0)
    for target, place_of in ((1, (15.0, 5.0, HEIGHT)), (HOME, (5.0, 0.0, HEIGHT))):
        control.target = target
        goal = control.aim(observation)["goal"]
        offset = np.expm1(float(goal[3])) * goal[:3]
        np.testing.assert_allclose(np.array([10.0, 0.0, HEIGHT]) + offset, place_of, atol=0.02)
        assert (goal[4], goal[5]) == (5.0, 1.0)


def test_approaches_are_the_approach_of_every_target_and_a_length_is_numpy_s(
    flight: Flight, rng: np.random.Generator
) -> None:
    sites = read_sites(at(flight, 12.0, 4.0))
    for target, offset in enumerate(approaches(sites)):
        np.testing.assert_array_equal(offset, approach(sites, target))
    for vector in rng.normal(0, 30, (200, 3)):
        assert length(vector) == np.linalg.norm(vector)
        assert length(vector[:2]) == np.linalg.norm(vector[:2])
