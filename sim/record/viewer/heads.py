"""What the network said, as entities: candidates in space and as maps, the mission's logits, beliefs, battery."""

from collections.abc import Callable

import numpy as np
import rerun as rr
from jaxtyping import Float, UInt8

from sim.frames import world_from_heading, yaw_of
from sim.record import canvas
from sim.record.lattice_view import EXTRAS, Lattice, navigation_levels, survival_levels
from sim.record.viewer.rows import Clock, Sight
from sim.record.viewer.stage import Stage
from sim.scenario import Scenario
from sim.task_spec import MissionTask
from sim.types import HOME, INSPECT, LAND, MAX_SPEED, POSITION, QUATERNION, Decision

_AHEAD_S = 1.0
"""s of flight at a candidate's velocity: where its point is drawn."""
_VETOED, _CHOSEN, _COMMAND = (60, 60, 66), (255, 255, 255), (245, 180, 60)
HEADS: dict[str, UInt8[np.ndarray, "256 3"]] = {
    "navigation": canvas.PROBABILITY_COLORS[:, ::-1],
    "survival": canvas.SURVIVAL_COLORS[:, ::-1],
}
"""Heads that judge candidates, and their colours, RGB, from 0 to 1."""


def send_head_styles(stage: Stage, scenario: Scenario, lattice: Lattice | None) -> None:
    """Names and colours of what `send_heads` fills."""
    stage.fixed(
        "curves/battery",
        rr.SeriesLines(names=["battery", "reserve"], colors=[(90, 200, 120), (235, 90, 90)]),
    )
    if isinstance(scenario.task, MissionTask):
        sites = _shown_sites(scenario.task)
        stage.fixed(
            "mission/logits", rr.SeriesLines(names=[_choice_name(c) for c in _choices(sites)])
        )
        for name in ("faulty", "blocked"):
            names = [f"site {number}" for number in range(1, sites + 1)]
            stage.fixed(f"mission/{name}", rr.SeriesLines(names=names))
    if lattice is not None:
        rows, columns = _map_size(lattice)
        shape = rr.encodings.ImageFormat(
            width=columns, height=rows, color_model="RGB", channel_datatype="U8"
        )
        for name in HEADS:
            stage.fixed(f"heads/{name}", rr.Image.from_fields(format=shape))


def send_heads(
    stage: Stage, scenario: Scenario, lattice: Lattice | None, sight: Sight, level: str
) -> None:
    """Everything the decisions hold; `level` says what their actions are."""
    reserve = scenario.battery.reserve_fraction
    charge = np.column_stack([sight.charges, np.full(len(sight.charges), reserve)])
    _series(stage, "curves/battery", sight.clock, charge)
    if level == "velocity":
        _send_command(stage, scenario, sight)
    if lattice is not None:
        for name in HEADS:
            _send_candidates(stage, scenario, lattice, sight, name)
        _send_marks(stage, lattice, sight)
    if isinstance(scenario.task, MissionTask):
        _send_mission(stage, _shown_sites(scenario.task), sight)


# --- Candidates.


def _send_candidates(
    stage: Stage, scenario: Scenario, lattice: Lattice, sight: Sight, name: str
) -> None:
    rows = _spoken(sight, lambda decision: getattr(decision, name) is not None)
    tips, colors, radii, maps = [], [], [], []
    for row in rows:
        decision = sight.decisions[row]
        judged = HEADS[name][_levels(decision, name)]
        maps.append(_map(lattice, judged))
        vetoed = _vetoed(decision, lattice.moving)
        tips.append(_tips(lattice, scenario.speed_limit_m_s, sight.bodies[row]))
        colors.append(np.where(vetoed[:, None], np.array(_VETOED), judged[: lattice.moving]))
        radii.append(np.where(vetoed, 0.03, 0.08))
    if rows:
        clock, size = _at(sight.clock, rows), [lattice.moving] * len(rows)
        points = rr.Points3D.columns(
            positions=np.concatenate(tips),
            colors=np.concatenate(colors).astype(np.uint8),
            radii=np.concatenate(radii),
        )
        stage.rows(f"world/candidates/{name}", clock, points.partition(size))
        pictures = np.array(maps).reshape(len(rows), -1)
        stage.rows(f"heads/{name}", clock, rr.Image.columns(buffer=pictures))


def _levels(decision: Decision, name: str) -> UInt8[np.ndarray, " k"]:
    """How a head's answer is coloured."""
    if name == "survival":
        assert decision.survival is not None
        return survival_levels(decision.survival)
    assert decision.navigation is not None
    return navigation_levels(decision.navigation)


def _vetoed(decision: Decision, count: int) -> np.ndarray:
    if decision.fused is None:
        return np.zeros(count, dtype=bool)
    return np.isneginf(decision.fused[:count])


def _tips(
    lattice: Lattice, speed_limit: float, body: Float[np.ndarray, "13"]
) -> Float[np.ndarray, "k 3"]:
    """Where each moving candidate leads within a second, m, world."""
    reach = _AHEAD_S * speed_limit * lattice.speeds
    steps = (reach[:, None, None] * lattice.directions()).reshape(-1, 3)
    cosine, sine = np.cos(yaw := yaw_of(body[QUATERNION])), np.sin(yaw)
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    return body[POSITION] + steps @ turn.T


def _map_size(lattice: Lattice) -> tuple[int, int]:
    """Rows and columns: the grid, a gap, and a column for what goes nowhere."""
    speeds, elevations, azimuths = lattice.shape
    return max(speeds * elevations, len(EXTRAS)), azimuths + 2


def _map(lattice: Lattice, colors: UInt8[np.ndarray, "k 3"]) -> UInt8[np.ndarray, "r c 3"]:
    rows, columns = _map_size(lattice)
    picture = np.zeros((rows, columns, 3), dtype=np.uint8)
    grid = lattice.grid(np.arange(lattice.moving))
    picture[: grid.shape[0], : grid.shape[1]] = colors[grid]
    picture[: len(EXTRAS), -1] = colors[lattice.moving : lattice.size]
    return picture


def _send_marks(stage: Stage, lattice: Lattice, sight: Sight) -> None:
    """A dot on each vetoed cell of both maps, and a ring on the chosen one."""
    chosen = _spoken(sight, lambda decision: decision.chosen >= 0)
    if chosen:
        spots = np.array([_spot(lattice, sight.decisions[row].chosen) for row in chosen])
        ring = rr.Points2D.columns(
            positions=spots, colors=[_CHOSEN] * len(spots), radii=[0.25] * len(spots)
        )
        for name in HEADS:
            stage.rows(f"heads/{name}/chosen", _at(sight.clock, chosen), ring)
    fused = _spoken(sight, lambda decision: decision.fused is not None)
    if fused:
        cells = [np.flatnonzero(_vetoed(sight.decisions[row], lattice.moving)) for row in fused]
        spots = np.array([_spot(lattice, cell) for cell in np.concatenate(cells).tolist()]).reshape(
            -1, 2
        )
        dots = rr.Points2D.columns(
            positions=spots, colors=[_VETOED] * len(spots), radii=[0.12] * len(spots)
        )
        for name in HEADS:
            columns = dots.partition([len(some) for some in cells])
            stage.rows(f"heads/{name}/vetoed", _at(sight.clock, fused), columns)


def _spot(lattice: Lattice, index: int) -> tuple[float, float]:
    """The middle of a candidate's cell in its map, x to the right and y down."""
    if index < lattice.moving:
        row, column = lattice.cell(index)
        return column + 0.5, row + 0.5
    return _map_size(lattice)[1] - 0.5, index - lattice.moving + 0.5


def _send_command(stage: Stage, scenario: Scenario, sight: Sight) -> None:
    """The commanded velocity as an arrow, as long as a second of it."""
    origins, vectors = sight.bodies[:, POSITION], []
    for body, action in zip(sight.bodies, sight.actions, strict=True):
        wanted = MAX_SPEED * action[:3].astype(np.float64)
        speed = float(np.linalg.norm(wanted))
        wanted *= min(1.0, scenario.speed_limit_m_s / speed) if speed > 0.0 else 1.0
        vectors.append(_AHEAD_S * np.array(world_from_heading(wanted, yaw_of(body[QUATERNION]))))
    columns = rr.Arrows3D.columns(
        vectors=np.array(vectors), origins=origins, colors=[_COMMAND] * len(vectors)
    )
    stage.rows("world/command", sight.clock, columns)


# --- The mission.


def _shown_sites(task: MissionTask) -> int:
    """Sites the pilot chooses among: of a route it is shown one."""
    return 1 if task.ordered else len(task.sites)


def _choices(sites: int) -> list[int]:
    return [*range(sites + 1), INSPECT, LAND]


def _choice_name(choice: int) -> str:
    return {HOME: "home", INSPECT: "inspect", LAND: "land"}.get(choice, f"site {choice}")


def _send_mission(stage: Stage, sites: int, sight: Sight) -> None:
    logits = [decision.mission for decision in sight.decisions]
    rows = [row for row, spoken in enumerate(logits) if spoken is not None]
    if rows:
        values = np.array([logits[row] for row in rows], dtype=np.float64)[:, _choices(sites)]
        values[~np.isfinite(values)] = np.nan  # What is masked has no curve.
        _series(stage, "mission/logits", _at(sight.clock, rows), values)
    beliefs = [decision.belief for decision in sight.decisions]
    rows = [row for row, belief in enumerate(beliefs) if belief is not None]
    if rows:
        values = np.array([beliefs[row] for row in rows], dtype=np.float64)[:, 1 : sites + 1]
        for column, name in enumerate(("faulty", "blocked")):
            _series(stage, f"mission/{name}", _at(sight.clock, rows), values[..., column])


def _series(stage: Stage, name: str, clock: Clock, values: Float[np.ndarray, "n k"]) -> None:
    columns = rr.Scalars.columns(scalars=values.ravel())
    stage.rows(name, clock, columns.partition([values.shape[1]] * len(values)))


def _spoken(sight: Sight, says: Callable[[Decision], bool]) -> list[int]:
    return [row for row, decision in enumerate(sight.decisions) if says(decision)]


def _at(clock: Clock, rows: list[int]) -> Clock:
    return Clock(clock.times[rows], clock.steps[rows])


def send_states(stage: Stage, sight: Sight, before: Decision | None = None) -> None:
    """Phase, target and choice, where they differ from the decision before."""
    for name, read in _STATES.items():
        last = None if before is None else read(before)
        words = [read(decision) for decision in sight.decisions]
        rows = [row for row, word in enumerate(words) if word != (words[row - 1] if row else last)]
        if rows:
            columns = rr.StateChange.columns(state=[words[row] for row in rows])
            stage.rows(f"states/{name}", _at(sight.clock, rows), columns)


_STATES: dict[str, Callable[[Decision], str]] = {
    "phase": lambda decision: decision.phase or "unnamed",
    "target": lambda decision: "none" if decision.target < 0 else _choice_name(decision.target),
    "choice": lambda decision: (
        "none" if decision.mission_choice < 0 else _choice_name(decision.mission_choice)
    ),
}
