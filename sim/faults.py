"""Faults as data, in PX4's vocabulary (`failure <component> <kind>`): what may fail, how, and two at once of what."""

import math
from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from sim.fields import Finite, Model, NonNegative, Point, is_none
from sim.names import nearest
from sim.problems import problems
from sim.sensing.settings import MAX_DELAY_TICKS, Aiding, Sensors

Component = Literal[
    "motor", "battery", "camera", "depth", "gyro", "accel", "gps", "baro", "distance_sensor", "vio"
]
Kind = Literal["ok", "off", "stuck", "garbage", "wrong", "delayed", "intermittent"]


class Value(Enum):
    """What the `value` of a fault means."""

    NONE = "no value"
    SHARE = "a share from 0 to 1"
    SECONDS = "a time above 0 and at most 600 s"
    SPREAD = "a spread of 0 or more"
    OFFSET = "a number"
    OFFSETS = "three numbers"


_SENSOR = {
    "off": Value.NONE,
    "stuck": Value.NONE,
    "garbage": Value.SPREAD,
}
_AID = {**_SENSOR, "delayed": Value.SECONDS, "intermittent": Value.SECONDS}
MEANINGS: dict[str, dict[str, Value]] = {
    "motor": {"off": Value.NONE, "wrong": Value.SHARE},
    "battery": {"off": Value.NONE, "wrong": Value.SHARE},
    "camera": {
        "off": Value.NONE,
        "stuck": Value.NONE,
        "delayed": Value.SECONDS,
        "intermittent": Value.SECONDS,
    },
    "depth": {"off": Value.NONE, "stuck": Value.NONE, "garbage": Value.NONE},
    "gyro": {**_SENSOR, "wrong": Value.OFFSETS},
    "accel": {**_SENSOR, "wrong": Value.OFFSETS},
    "gps": {**_AID, "wrong": Value.OFFSETS},
    "baro": {**_AID, "wrong": Value.OFFSET},
    "distance_sensor": {**_AID, "wrong": Value.OFFSET},
    "vio": {**_AID, "wrong": Value.OFFSETS},
}
"""Kinds each component knows beside ok, and what their value means; docs/write-a-scenario.md has it in words."""
_ALWAYS = ("motor", "battery", "camera", "depth")
_AIDS = {
    "gps": "gnss",
    "baro": "barometer",
    "distance_sensor": "rangefinder",
    "vio": "visual_odometry",
}
"""Components and the tables of `[sensors]` that fit them."""
_MEANT = {
    **{name: (name,) for name in MEANINGS},
    **{table: (name,) for name, table in _AIDS.items()},
    "imu": ("gyro", "accel"),
}
"""Components by the names under which they may be asked for: their own, and those of their tables in `[sensors]`."""
_MAX_SECONDS = 600.0
"""s of delay or silence; no battery here lasts much longer."""
_MAX_IMAGE_DELAY = 10.0
"""s; a late camera keeps every image it is late by."""


def _check_component(value: object) -> object:
    """Before pydantic lists its choices, because what is meant may be known by its sensor's name."""
    if isinstance(value, str) and value not in MEANINGS:
        near = nearest(value, _MEANT)
        guess = f"; did you mean {' or '.join(map(repr, _MEANT[near]))}?" if near else ""
        raise ValueError(f"unknown component {value!r}: choose {', '.join(MEANINGS)}{guess}")
    return value


def _check_value(value: object) -> object:
    """Before pydantic tries number and numbers in turn, and tells of both."""
    numbers = value if isinstance(value, list | tuple) else [value]
    sound = all(
        isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)
        for number in numbers
    )
    if value is not None and not (sound and (numbers is not value or len(numbers) == 3)):
        raise ValueError(f"{value!r} is neither a finite number nor three of them")
    return value


if TYPE_CHECKING:  # Static checkers must see what makes a model's fields its arguments.
    from pydantic._internal._model_construction import ModelMetaclass as _OneLine
else:

    class _OneLine(type(Model)):
        """Makes a model made in Python complain on one line, as files are complained of; pydantic itself takes several."""

        def __call__(cls, *args: Any, **table: Any) -> Any:
            try:
                return super().__call__(*args, **table)
            except ValidationError as error:
                raise ValueError(f"fault: {problems(error, cls)}") from None


class Fault(Model, metaclass=_OneLine):
    """Something that fails, or with kind ok works again, from the first control step at or after its time."""

    time_s: NonNegative
    component: Annotated[Component, BeforeValidator(_check_component)]
    kind: Kind
    motor: Annotated[Literal[0, 1, 2, 3] | None, Field(exclude_if=is_none)] = None
    """Which one, counted as in `sim/physics/rotors.py`."""
    value: Annotated[
        Finite | Point | None, BeforeValidator(_check_value), Field(exclude_if=is_none)
    ] = None

    @property
    def target(self) -> str:
        """What fails: the component, and of the motors which."""
        return self.component if self.motor is None else f"motor {self.motor}"

    @model_validator(mode="after")
    def _makes_sense(self) -> "Fault":
        if (self.component == "motor") != (self.motor is not None):
            problem = (
                "motor is missing: choose 0, 1, 2, 3"
                if self.motor is None
                else f"motor = {self.motor}: only a motor has a number"
            )
            raise ValueError(f"component = {self.component!r}: {problem}")
        kinds = {"ok": Value.NONE, **MEANINGS[self.component]}
        if self.kind not in kinds:
            raise ValueError(
                f"kind = {self.kind!r} with component = {self.component!r}: choose {', '.join(kinds)}"
            )
        if self.component == "camera" and self.kind == "delayed":
            _check_image_delay(self.value)
        if not _fits(self.value, kinds[self.kind]):
            given = "is missing" if self.value is None else f"= {self.value!r}"
            raise ValueError(
                f"value {given} with {self.component} {self.kind}: needs {kinds[self.kind].value}"
            )
        return self


def components(sensors: Sensors | None) -> tuple[str, ...]:
    """What can fail on a drone with these sensors."""
    if sensors is None:
        return _ALWAYS
    fitted = (name for name, table in _AIDS.items() if getattr(sensors, table) is not None)
    return (*_ALWAYS, "gyro", "accel", *fitted)


def check_fault(fault: Fault, sensors: Sensors | None, physics_hz: int) -> None:
    """Raise ValueError where the drone has no such component, or its memory cannot hold the delay."""
    known = components(sensors)
    if fault.component not in known:
        fitted = (
            "senses with [odometry]" if sensors is None else f"has {', '.join(known[4:])} to sense with"
        )  # fmt: skip
        raise ValueError(
            f"component = {fault.component!r}: this drone {fitted}; choose {', '.join(known)}"
        )
    if fault.kind == "delayed" and fault.component in _AIDS:
        assert sensors is not None
        assert isinstance(fault.value, float | int)
        aid = getattr(sensors, _AIDS[fault.component])
        assert isinstance(aid, Aiding)
        most = (MAX_DELAY_TICKS - aid.delay_ticks) / physics_hz
        if fault.value > most:
            raise ValueError(
                f"value = {fault.value} with {fault.component} delayed: at most {most:.3g} s more"
            )


def check_faults(faults: Iterable[Fault], sensors: Sensors | None, physics_hz: int) -> None:
    """Raise ValueError naming the fault that cannot be, or the two that would be on one component at once."""
    numbered = sorted(enumerate(faults), key=lambda each: each[1].time_s)
    active: dict[str, tuple[int, Fault]] = {}
    for index, fault in numbered:
        try:
            check_fault(fault, sensors, physics_hz)
            check_free(fault, {target: describe(*each) for target, each in active.items()})
        except ValueError as error:
            raise ValueError(f"faults.{index}: {error}") from error
        if fault.kind == "ok":
            del active[fault.target]
        else:
            active[fault.target] = (index, fault)


def check_free(fault: Fault, active: dict[str, str]) -> None:
    """Raise ValueError unless a fault's target is whole, or for ok is not; `active` describes faults by target."""
    if fault.kind == "ok" and fault.target not in active:
        raise ValueError(f"{fault.target} ok at {fault.time_s:g} s: it has no fault to end")
    if fault.kind != "ok" and fault.target in active:
        raise ValueError(
            f"{fault.target} {fault.kind} at {fault.time_s:g} s: it is {active[fault.target]} already; "
            f"end that first with kind = 'ok'"
        )


def describe(index: int | None, fault: Fault) -> str:
    """A fault in words, with its place in the list."""
    place = "injected" if index is None else f"faults.{index}"
    return f"{fault.kind} since {fault.time_s:g} s ({place})"


def _check_image_delay(value: float | Point | None) -> None:
    if isinstance(value, float) and value > _MAX_IMAGE_DELAY:
        raise ValueError(f"value = {value!r} with camera delayed: at most {_MAX_IMAGE_DELAY:g} s")


def _fits(value: float | Point | None, meaning: Value) -> bool:
    if meaning is Value.NONE or value is None:
        return meaning is Value.NONE and value is None
    if isinstance(value, tuple) or meaning is Value.OFFSETS:
        return isinstance(value, tuple) and meaning is Value.OFFSETS
    if meaning is Value.SHARE:
        return 0 <= value <= 1
    if meaning is Value.SECONDS:
        return 0 < value <= _MAX_SECONDS
    return meaning is Value.OFFSET or value >= 0
