"""Every rule of the referee, just inside and just outside."""

from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
import pytest
from pydantic import BaseModel

from scenarios.referee import definitions
from scenarios.referee.fields import KNOWN, UNREAD, check_known
from scenarios.referee.movers import MOTIONS, SHAPES, mover_centers, mover_row
from scenarios.referee.sites import judge_sites, panel_has_fault, prize_of
from sim import rules
from sim.mover_spec import BallShape, ConfinedVelocity, ConstantVelocity, MoverSpec
from sim.scenario import Scenario
from sim.task_spec import Finish
from sim.world import build
from sim.world.place_options import PlaceOptions
from tests.builders import FAULTY, HEALTHY, course, goal, mission, panel_ahead, trunk, wall, world
from tests.builders import scenario as field
from tests.referee.drawn import TICK, ended, standing, track

START = (5.0, 0.0, 1.5)


def test_the_numbers_are_those_the_environment_flies_by() -> None:
    for name in (
        "ARRIVAL_RADIUS", "LANDING_SPEED", "UPRIGHT_ANGLE", "PAD_RADIUS", "SERVE_RADIUS", "SERVE_ANGLE",
        "CLOSE_UP_DISTANCE", "CLOSE_UP_SPEED", "CLOSE_UP_SECONDS", "FAULT_FACTOR",
    ):  # fmt: skip
        assert getattr(definitions, name) == pytest.approx(getattr(rules, name)), name
    assert definitions.PANEL_THICKNESS == build.PANEL_THICKNESS


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every kind of part that a scenario can be made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for each in annotation.model_fields.values():
            yield from models_in(each.annotation)
    for argument in get_args(annotation):
        yield from models_in(argument)


def test_the_referee_knows_every_part_and_field_of_a_scenario() -> None:
    models = {model.__name__: model for model in models_in(Scenario)}
    assert not KNOWN.keys() & UNREAD
    assert models.keys() == KNOWN.keys() | UNREAD
    for name, known in KNOWN.items():
        # Whoever adds a field that a verdict may hang on teaches the referee first.
        assert set(models[name].model_fields) == known, name


def test_the_referee_knows_every_kind_of_mover() -> None:
    for part, known in (("shape", SHAPES), ("motion", MOTIONS)):
        models = get_args(MoverSpec.model_fields[part].annotation)
        kinds = [get_args(model.model_fields["kind"].annotation) for model in models]
        assert sorted(sum(kinds, ())) == sorted(known)


class Orbit(BaseModel):
    """A motion, or a shape, that nobody has taught the referee."""

    kind: str = "orbit"


ON = ConstantVelocity(
    kind="constant_velocity", start_m=(9.0, 0.0, 1.0), velocity_m_s=(1.0, 0.0, 0.0)
)
BALL = BallShape(kind="sphere", radius_m=0.3)


def moving(**parts: Any) -> MoverSpec:
    """A mover with parts that no scenario can have yet."""
    whole = {"shape": BALL, "motion": ON, "semantic": "obstacle", "color": (0.5, 0.5, 0.5)}
    return MoverSpec.model_construct(**{**whole, **parts})


@pytest.mark.parametrize("part", ["shape", "motion"])
def test_a_mover_of_an_unknown_kind_is_refused_by_name(part: str) -> None:
    spec = moving(**{part: Orbit()})
    with pytest.raises(ValueError, match=r"'Orbit': choose .*ConstantVelocity"):
        check_known(field(world=world().model_copy(update={"movers": (moving(), spec)})))
    check_known(field(world=world().model_copy(update={"movers": (moving(),)})))
    with pytest.raises(ValueError, match=f"unknown {part} of a mover 'orbit': choose"):
        mover_row(spec) if part == "shape" else mover_centers(spec, 0, 0, np.zeros(1))


def test_a_box_that_brings_back_in_an_unknown_way_is_refused() -> None:
    box = {"low_m": (0.0, 0.0, 1.0), "high_m": (9.0, 0.0, 1.0)}
    odd = ConfinedVelocity.model_construct(**{**vars(ON), **box, "kind": "stick"})
    with pytest.raises(ValueError, match=r"'stick': choose .*bounce, wrap"):
        mover_centers(moving(motion=odd), 0, 0, np.zeros(1))


def test_relief_is_refused_by_name() -> None:
    spec = world().model_copy(
        update={"place": "hill.city.json", "place_options": PlaceOptions(ground="relief")}
    )
    with pytest.raises(ValueError, match="ground = 'relief'"):
        check_known(field(world=spec))


@pytest.mark.parametrize(("gap", "outcome"), [(0.012, "success"), (-0.05, "collision")])
def test_a_smaller_body_collides_only_by_itself(gap: float, outcome: str) -> None:
    """Beside a trunk, and, no higher than it is wide, over a slab."""
    flight = track(START, (28.6, 0.0, 1.5))
    beside = world(trunk(15.0, 0.2 + 0.1 + gap))
    assert ended(field(world=beside, collision_radius_m=0.1), flight).outcome == outcome
    under = world(wall(15.0, 0.0, (2.0, 2.0), 1.5 - 0.04 - gap))
    assert ended(field(world=under, collision_radius_m=0.04), flight).outcome == outcome
    assert ended(field(world=beside), flight).outcome == "collision"


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize(
    ("shape", "end"),
    [
        ("ball", (27.0, 0.0, 1.5)),
        ("column", (28.0, np.sqrt(5.0), 0.5)),
        ("plane", (27.0, 19.0, 0.5)),
    ],
)
def test_a_finish_is_a_ball_a_column_or_a_plane(
    shape: Any, end: tuple[float, float, float], inside: bool
) -> None:
    """Each end is 3 m off, by its own measure."""
    within = 3.001 if inside else 2.999
    task = goal(x=30.0).model_copy(update={"finish": Finish(shape=shape, within_m=within)})
    assert ended(field(task=task), track(START, end)).outcome == (
        "success" if inside else "unfinished"
    )


def test_a_finish_may_have_a_time_of_its_own() -> None:
    task = goal(x=30.0).model_copy(update={"finish": Finish(time_limit_s=4.0)})
    assert ended(field(task=task), track(START, (30.0, 0.0, 1.5), speed=5.0)).outcome == "timeout"


@pytest.mark.parametrize(("gap", "outcome"), [(0.012, "success"), (-0.02, "collision")])
def test_panels_are_as_large_as_their_scenario_says(gap: float, outcome: str) -> None:
    """Flown over the upper edge of a panel of 0.5 m."""
    panel = panel_ahead(11.0, 0.0, 0.0, HEALTHY).model_copy(
        update={"center_m": (15.0, 0.0, 1.5 - 0.06 - 0.25 - gap), "side_m": 0.5}
    )
    spec = field(world=world(panels=(panel,)))
    assert ended(spec, track(START, (28.6, 0.0, 1.5))).outcome == outcome


@pytest.mark.parametrize(
    ("gap", "outcome"), [(0.012, "success"), (0.008, "collision"), (-0.1, "collision")]
)
def test_a_hull_within_a_centimetre_collides(gap: float, outcome: str) -> None:
    spec = field(world=world(trunk(15.0, 0.2 + 0.25 + gap)))
    end = ended(spec, track(START, (28.6, 0.0, 1.5)))
    assert end.outcome == outcome
    assert bool(end.close) == (gap == 0.008)
    if outcome == "collision":
        assert end.touch is not None
        assert end.touch.what == "cylinder 0"
        # The first sample inside, if any is.
        assert gap - 0.001 < end.touch.clearance_m < definitions.TOUCH


@pytest.mark.parametrize(("away", "outcome"), [(1.499, "success"), (1.501, "unfinished")])
def test_a_goal_is_reached_within_its_radius(away: float, outcome: str) -> None:
    assert ended(field(task=goal(x=30.0)), track(START, (30.0 - away, 0.0, 1.5))).outcome == outcome


@pytest.mark.parametrize(("speed", "outcome"), [(1.02, "success"), (0.96, "timeout")])
def test_time_runs_out_after_three_times_the_way_and_ten_seconds(
    speed: float, outcome: str
) -> None:
    # 3 * 25 / 5 + 10 s for 23.5 m or a bit more.
    assert (
        ended(field(), track(START, (30.0, 0.0, 1.5), speed=speed * 23.5 / 25.0)).outcome == outcome
    )


@pytest.mark.parametrize(("speed", "outcome"), [(2.52, "success"), (2.45, "timeout")])
def test_a_course_is_kept_at_its_share_of_the_speed(speed: float, outcome: str) -> None:
    spec = field(task=course(distance=20.0, share=0.5))
    assert ended(spec, track(START, (26.0, 0.0, 1.5), speed=speed)).outcome == outcome


@pytest.mark.parametrize(("y", "outcome"), [(19.99, "unfinished"), (20.01, "out_of_bounds")])
def test_bounds_are_seen_from_above(y: float, outcome: str) -> None:
    assert ended(field(), track(START, (5.0, y, 1.5))).outcome == outcome


@pytest.mark.parametrize(("z", "outcome"), [(2.99, "unfinished"), (3.01, "altitude_breach")])
def test_altitude_has_a_limit(z: float, outcome: str) -> None:
    assert ended(field(), track(START, (5.0, 0.0, z))).outcome == outcome


def test_limits_passed_for_a_moment_within_a_step_are_a_close_call() -> None:
    up = np.concatenate([np.linspace(2.9, 3.004, 8), np.linspace(3.004, 2.9, 9)[1:]])
    spec = field()
    end = ended(spec, standing(np.column_stack([5 + 0 * up, 0 * up, up])))
    assert end.outcome == "altitude_breach"
    assert end.close


@pytest.mark.parametrize(("charge", "outcome"), [(0.004, "unfinished"), (0.0, "battery_empty")])
def test_an_empty_battery_ends_a_flight(charge: float, outcome: str) -> None:
    assert ended(field(), track(START, (6.0, 0.0, 1.5)), battery=charge).outcome == outcome


def land(
    spec: Scenario, x: float = 5.0, speed: float = 0.5, tilt: float = 0.0, battery: float = 0.9
) -> str:
    lowest = 0.06 * np.cos(tilt) + 0.25 * np.sin(tilt)
    return ended(
        spec, standing(np.column_stack(
            [np.full(600, x), np.zeros(600), np.maximum(lowest, 1.0 - speed * TICK * np.arange(600))]
        ), tilt=tilt), battery,
    ).outcome  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "success"),
        ({"speed": 0.94}, "success"),
        ({"speed": 1.06}, "collision"),
        ({"x": 5.98}, "success"),
        ({"x": 6.02}, "landed_away"),
        ({"tilt": np.radians(19.0)}, "success"),
        ({"tilt": np.radians(21.0)}, "collision"),
        ({"battery": 0.21}, "success"),
        ({"battery": 0.19}, "reserve_violated"),
    ],
)
def test_a_landing_is_gentle_upright_on_the_pad_and_keeps_the_reserve(
    changed: dict[str, float], outcome: str
) -> None:
    assert land(mission({"x": 10.0, "y": 0.0}), **changed) == outcome


def test_a_landing_without_a_mandatory_site_is_no_success() -> None:
    assert land(mission({"x": 10.0, "y": 0.0, "mandatory": True})) == "mission_incomplete"


def test_the_ground_ends_other_tasks() -> None:
    assert land(field(), speed=0.9) == "landed_away"
    assert land(field(), speed=1.1) == "collision"


def test_a_touch_counts_before_the_goal_of_the_same_step() -> None:
    spec = field(task=goal(x=9.22), world=world(wall(8.25, 0.0, (0.2, 4.0))))
    assert ended(spec, track(START, (8.3, 0.0, 1.5))).outcome == "collision"


SITE = {"x": 10.0, "y": 0.0, "prize": 2.0, "mandatory": True}


@pytest.mark.parametrize(
    ("x", "yaw", "served"),
    [(8.51, 0.0, True), (8.49, 0.0, False), (10.0, 0.51, True), (10.0, 0.54, False)],
)
def test_a_site_is_served_from_near_with_the_right_heading(
    x: float, yaw: float, served: bool
) -> None:
    spec = mission(SITE)
    (report,) = judge_sites(spec, standing(np.tile([x, 0.0, 1.5], (33, 1)), yaw=yaw), 1)
    assert report.served == served
    assert prize_of((report,)) == (2.0 if served else 0.0)


def test_a_blocked_site_is_visited_but_not_served() -> None:
    (report,) = judge_sites(
        mission({**SITE, "covered": True}), standing(np.tile([10.0, 0.0, 1.5], (33, 1))), 1
    )
    assert report.visited_s is not None
    assert (report.served, report.earned) == (False, 0.0)


@pytest.mark.parametrize(
    ("cells", "steps", "prize"), [(FAULTY, 45, 8.0), (FAULTY, 44, 2.0), (HEALTHY, 45, 2.0)]
)
def test_a_close_up_takes_three_seconds_and_pays_for_a_fault(
    cells: str, steps: int, prize: float
) -> None:
    still = np.tile([10.0, 0.0, 1.5], (16 * steps + 1, 1))
    spec = mission({**SITE, "cells": cells})
    (report,) = judge_sites(spec, standing(still), steps - 1)
    assert report.earned == prize
    assert report.close_up_s == (pytest.approx(3.0) if steps == 45 else None)


def test_a_close_up_is_slow() -> None:
    for speed, done in ((0.29, True), (0.31, False)):
        y = speed * TICK * (np.arange(16 * 45 + 1) - 8 * 45)
        drift = np.column_stack([np.full_like(y, 10.0), y, np.full_like(y, 1.5)])
        (report,) = judge_sites(mission({**SITE, "cells": FAULTY}), standing(drift), 44)
        assert (report.close_up_s is not None) == done


def test_a_fault_is_a_block_of_orange() -> None:
    for panel in mission({**SITE, "cells": FAULTY}, {**SITE, "y": 9.0}).world.panels:
        assert panel_has_fault(panel) == panel.faulty
