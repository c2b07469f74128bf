"""Reads a flight log, whole or damaged, into arrays."""

import json
import os
import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import zstandard
from google.protobuf.message import DecodeError
from jaxtyping import Float, Float32, Int, Int8, UInt8, UInt32
from mcap.exceptions import McapError
from mcap.records import Channel, Footer, McapRecord, Metadata
from mcap.records import Message as McapMessage
from pydantic import ValidationError

from sim.record import schema
from sim.record.camera_columns import CameraColumns
from sim.record.container import Foreign, Records
from sim.scenario import Scenario
from sim.types import (
    BODY_SIZE,
    EGO_FIELDS,
    GOAL_FIELDS,
    MAX_TOKENS,
    SITE_FIELDS,
    Decision,
    Event,
    FlightResult,
    Outcome,
)
from sim.world.importers import find_place
from sim.world.place_file import brief, open_plain

_SITES_SHAPE = (MAX_TOKENS, len(SITE_FIELDS))
_DAMAGE = (McapError, DecodeError, zstandard.ZstdError, struct.error, ValueError, KeyError, RecursionError)  # fmt: skip
"""Everything that bytes which are no log can raise on their way through the layers."""
_TIME_SLACK_S = 1e-6
"""Rounding of times of control steps."""


@dataclass(frozen=True)
class Flight:
    """Everything a log says about n control steps."""

    path: Path
    scenario: Scenario
    metadata: dict[str, str]
    times: Float[np.ndarray, " n"]  # s, when the step's image was taken and its action decided
    actions: Float32[np.ndarray, "n 4"]
    poses: Float[np.ndarray, "m 13"]  # body after each physics tick
    tick_starts: Int[
        np.ndarray, " n+1"
    ]  # rows of `poses` where each step begins; a crash shortens the last step
    images: UInt8[np.ndarray, "n 4 48 64"]
    """Depth codes as observed; colours, from schema 2 on, as JPEG keeps them: flying again gives the exact ones."""
    image_checksums: UInt32[np.ndarray, " n"]
    """CRC-32 of each image as observed, every bit of it."""
    histories: UInt8[np.ndarray, "n 3 12 16"]
    ego: Float32[np.ndarray, "n 16"]
    goal: Float32[np.ndarray, "n 6"]
    sites: Float32[np.ndarray, "n 12 12"]
    sites_mask: Int8[np.ndarray, "n 12"]
    decisions: tuple[Decision, ...]
    events: tuple[Event, ...]
    result: FlightResult | None
    complete: bool
    """The file ends as the writer ends it, with a result."""
    damage: str | None
    """Where and why reading stopped early."""

    def __len__(self) -> int:
        """Control steps."""
        return len(self.times)

    @property
    def action_level(self) -> str:
        """What the actions mean, see `sim.actions`; logs from before there was a choice hold velocities."""
        return self.metadata.get("action", "velocity")

    @property
    def part(self) -> str | None:
        """What the log holds of its flight, in words, where that is not all from the start."""
        return self.metadata.get("part")

    def require_steps(self, purpose: str) -> None:
        """ValueError where the log holds no whole step; `purpose` is what one was needed for."""
        if not len(self):
            reason = self.damage or "the flight ended at once"
            raise ValueError(f"{self.path}: no steps to {purpose} ({reason})")

    def require_place(self) -> None:
        """ValueError where the place flown in is not found; its message says where to look for it from."""
        place = self.scenario.world.place
        try:
            find_place(place)
        except ValueError as error:
            remedy = (
                "put the file back"
                if Path(place).is_absolute()
                else "run this in the folder it was flown in, a log stores its place's path relative to that"
            )
            raise ValueError(f"{self.path}: {error}: {remedy}") from error

    def step_ticks(self, step: int) -> Float[np.ndarray, "t 13"]:
        """Bodies after each tick of one step."""
        return self.poses[self.tick_starts[step] : self.tick_starts[step + 1]]

    @cached_property
    def step_bodies(self) -> Float[np.ndarray, "n 13"]:
        """Body at the end of each step."""
        return self.poses[self.tick_starts[1:] - 1]


def read_flight(path: str | Path) -> Flight:
    """Read all whole steps up to the first damage; a file that is no flight log is a ValueError."""
    path = Path(path)
    columns = _Columns(path)
    damage = _read_into(columns, path)
    if columns.scenario is None:
        raise ValueError(
            f"{path} is not a flight log: {damage or 'an MCAP file without Trident metadata'}"
        )
    return columns.flight(columns.scenario, damage)


class _StepRow(NamedTuple):
    """One /trident/step with its shapes checked."""

    time: float
    action: np.ndarray
    ego: np.ndarray
    goal: np.ndarray
    sites: np.ndarray
    sites_mask: np.ndarray


class _Unreadable(Exception):
    """Metadata that this version cannot read: nothing after them means anything."""


class _Columns:
    """What has been read so far, by topic."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.metadata: dict[str, str] = {}
        self.scenario: Scenario | None = None
        self.topics: dict[int, str] = {}
        self.steps: list[_StepRow] = []
        self.camera = CameraColumns(schema.SCHEMA_VERSION, 1)
        self.decisions: list[Decision] = []
        self.ticks: list[np.ndarray] = []
        self.events: list[Event] = []
        self.result: FlightResult | None = None
        self.finished = False

    def take(self, record: McapRecord) -> None:
        if isinstance(record, Metadata) and record.name == schema.METADATA_NAME:
            if self.scenario is not None:
                raise ValueError("metadata come twice")
            self.metadata = record.metadata
            self.scenario = _checked_scenario(self.metadata)
            version, control_hz = int(self.metadata["schema"]), self.scenario.rates.control_hz
            self.camera = CameraColumns(version, control_hz)
        elif isinstance(record, Channel):
            self.topics[record.id] = record.topic
        elif isinstance(record, McapMessage):
            self._take_message(self.topics[record.channel_id], record.data)
        elif isinstance(record, Footer):
            self.finished = True

    def _take_message(self, topic: str, data: bytes) -> None:
        if topic == "/trident/step":
            message = schema.Step.FromString(data)
            self._check_time(message.time)
            self.steps.append(_step_row(message))
            self.camera.take_step(message)
        elif topic == "/camera/rgb":
            self.camera.take_colors(data)
        elif topic == "/camera/depth":
            self.camera.take_depth(data)
        elif topic == "/trident/decision":
            self.decisions.append(_decision(schema.Decision.FromString(data)))
        elif topic == "/trident/ticks":
            ticks = schema.Ticks.FromString(data)
            if not self.steps or ticks.time != self.steps[-1].time or not len(ticks.body):
                raise ValueError(f"bodies at {ticks.time:.3f} s belong to no step")
            self.ticks.append(np.array(ticks.body).reshape(-1, BODY_SIZE))
        elif topic == "/trident/event":
            self.events.append(_event(schema.Event.FromString(data)))
        elif topic == "/trident/result":
            self.result = _result(schema.Result.FromString(data))

    def _check_time(self, time: float) -> None:
        """Steps follow each other without a gap: a chunk that is gone must not go unnoticed."""
        if self.scenario is None:
            raise ValueError("a step comes before the metadata")
        if not self.steps:
            due = 0.0 if "part" not in self.metadata else time
        else:
            due = self.steps[-1].time + 1.0 / self.scenario.rates.control_hz
        if not abs(time - due) <= _TIME_SLACK_S:
            raise ValueError(f"a step at {due:.3f} s should follow, one at {time:.3f} s does")

    @property
    def seconds(self) -> float:
        """Flight time of the last whole step, s."""
        return self.steps[len(self.ticks) - 1].time if self.ticks else 0.0

    def flight(self, scenario: Scenario, damage: str | None) -> Flight:
        """Columns of the steps that have all their parts."""
        count = min(len(self.steps), len(self.camera), len(self.decisions), len(self.ticks))
        steps, ticks = self.steps[:count], self.ticks[:count]
        images = self.camera.images(count)
        return Flight(
            path=self.path,
            scenario=scenario,
            metadata=self.metadata,
            times=np.array([step.time for step in steps]),
            actions=_column([step.action for step in steps], np.float32, 4),
            poses=np.concatenate([np.empty((0, BODY_SIZE)), *ticks]),
            tick_starts=np.cumsum([0] + [len(part) for part in ticks]),
            images=images,
            image_checksums=self.camera.checksums(images),
            histories=self.camera.histories(count),
            ego=_column([step.ego for step in steps], np.float32, len(EGO_FIELDS)),
            goal=_column([step.goal for step in steps], np.float32, len(GOAL_FIELDS)),
            sites=_column([step.sites for step in steps], np.float32, *_SITES_SHAPE),
            sites_mask=_column([step.sites_mask for step in steps], np.int8, MAX_TOKENS),
            decisions=tuple(self.decisions[:count]),
            events=tuple(self.events),
            result=self.result,
            complete=self.finished and self.result is not None and damage is None,
            damage=damage,
        )


def _read_into(columns: _Columns, path: Path) -> str | None:
    """Feed the file's records to `columns`; what stopped the reading early, or None."""
    with open_plain(path) as file:
        size = os.fstat(file.fileno()).st_size
        records = Records(file, size)
        try:
            for record in records:
                columns.take(record)
        except _Unreadable as error:
            raise ValueError(f"{path}: {error}") from error
        except Foreign as error:
            return str(error)
        except _DAMAGE as error:
            return (
                f"stopped at byte {records.offset} of {size}, after {len(columns.ticks)} steps "
                f"({columns.seconds:.2f} s of flight): {brief(error) or type(error).__name__}"
            )
    return None


def _checked_scenario(metadata: dict[str, str]) -> Scenario:
    problem = schema.metadata_problem(metadata)
    if problem is not None:
        raise _Unreadable(problem)
    try:
        return Scenario.model_validate_json(metadata.get("scenario", ""))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "scenario"
        raise _Unreadable(f"its scenario cannot be read ({field}: {first['msg']})") from error


def _column(rows: list[np.ndarray], dtype: type[np.generic], *shape: int) -> np.ndarray:
    return np.array(rows, dtype).reshape(len(rows), *shape)


def _step_row(message: Any) -> _StepRow:
    return _StepRow(
        time=message.time,
        action=np.array(message.action, np.float32).reshape(4),
        ego=np.array(message.ego, np.float32).reshape(len(EGO_FIELDS)),
        goal=np.array(message.goal, np.float32).reshape(len(GOAL_FIELDS)),
        sites=np.array(message.sites, np.float32).reshape(_SITES_SHAPE),
        sites_mask=np.frombuffer(message.sites_mask, np.int8).reshape(MAX_TOKENS),
    )


def _optional(numbers: Any, *shape: int) -> np.ndarray | None:
    return np.array(numbers, np.float32).reshape(shape or -1) if len(numbers) else None


def _decision(message: Any) -> Decision:
    return Decision(
        action=np.array(message.action, np.float32).reshape(4),
        phase=message.phase,
        navigation=_optional(message.navigation),
        survival=_optional(message.survival),
        fused=_optional(message.fused),
        chosen=message.chosen,
        mission=_optional(message.mission),
        mission_choice=message.mission_choice,
        target=message.target,
        belief=_optional(message.belief, MAX_TOKENS, 2),
        events=tuple(message.events),
        asked=message.asked,
    )


def _event(message: Any) -> Event:
    detail = json.loads(message.detail)
    if not isinstance(detail, dict):
        raise ValueError(f"the detail of event {message.name!r} is no table")
    return Event(message.time, message.name, detail)


def _result(message: Any) -> FlightResult:
    return FlightResult(
        outcome=Outcome(message.outcome),
        duration_s=message.duration_s,
        distance_m=message.distance_m,
        min_clearance_m=message.min_clearance_m,
        energy_wh=message.energy_wh,
        prize=message.prize,
        events=tuple(_event(event) for event in message.events),
        mission_decisions=message.mission_decisions,
        mask_interventions=message.mask_interventions,
    )
