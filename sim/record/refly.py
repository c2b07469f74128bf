"""Flies a log's actions again and says whether the same flight comes out, bit for bit."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8

from sim.fault_board import injected_fault
from sim.faults import Fault
from sim.record.pictures import image_checksum
from sim.record.reader import Flight, read_flight
from sim.record.schema import provenance
from sim.types import POSITION, Observation

_BODY_FIELDS = (
    *(f"position_{axis}" for axis in "xyz"),
    *(f"quaternion_{axis}" for axis in "xyzw"),
    *(f"velocity_{axis}" for axis in "xyz"),
    *(f"rate_{axis}" for axis in "xyz"),
)


@runtime_checkable
class Reflown(Protocol):
    """What is asked of a simulator; `sim.simulator.Simulator` answers."""

    def reset(self) -> None:
        """Back to the scenario's start."""
        ...

    def step(self, action: Float[np.ndarray, "4"]) -> Float[np.ndarray, "t 13"]:
        """Fly one control step; the body after every tick."""
        ...

    def inject(self, fault: Fault) -> None:
        """Let a fault begin or end with the next step."""
        ...

    def observe(self) -> Observation:
        """At least the `image` of now."""
        ...

    def close(self) -> None:
        """Give resources back."""
        ...


@dataclass(frozen=True)
class Verification:
    """How a second flight of the same actions compares with the first."""

    equal: bool
    first_difference: tuple[int, str] | None
    """Step, and what differs in it."""
    steps: int
    """Steps flown again."""
    position_error_m: float
    """Largest distance between the two flights at any tick both have."""
    machine_differences: tuple[str, ...]
    """Versions and hardware in which this machine differs from the log's; bit-equality is promised without any."""


def verify(
    path: str | Path,
    make_simulator: Callable[[Flight], Reflown],
    progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Re-fly a log's actions; images and bodies must match bit for bit. `progress` hears (done, steps).

    `make_simulator` builds what flew the log: its scenario, at its action level.
    """
    return verify_flight(read_flight(path), make_simulator, progress)


def verify_flight(
    flight: Flight,
    make_simulator: Callable[[Flight], Reflown],
    progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """The same for a log that has been read; one that was cut short is flown as far as it goes."""
    if flight.part is not None:
        raise ValueError(f"{flight.path} cannot be flown again: it holds {flight.part}")
    simulator = make_simulator(flight)
    try:
        simulator.reset()
        return _compare(flight, simulator, progress)
    finally:
        simulator.close()


def _compare(
    flight: Flight, simulator: Reflown, progress: Callable[[int, int], None] | None
) -> Verification:
    first: tuple[int, str] | None = None
    error = 0.0
    injected = injected_faults(flight)
    for index, action in enumerate(flight.actions):
        difference = _image_difference(flight, index, simulator.observe()["image"])
        for fault in injected.get(index, ()):
            simulator.inject(fault)
        logged, flown = flight.step_ticks(index), simulator.step(action)
        difference = difference or _ticks_difference(logged, flown)
        if first is None and difference is not None:
            first = (index, difference)
        error = max(error, _largest_distance(logged, flown))
        if progress is not None:
            progress(index + 1, len(flight))
    return Verification(
        first is None, first, len(flight), error, _machine_differences(flight.metadata)
    )


def injected_faults(flight: Flight) -> dict[int, list[Fault]]:
    """Faults that the log tells were injected, by the step they began or ended with; the scenario knows its own."""
    faults: dict[int, list[Fault]] = {}
    for event in flight.events:
        fault = injected_fault(event)
        if fault is not None:
            step = round(event.time * flight.scenario.rates.control_hz)
            faults.setdefault(step, []).append(fault)
    return faults


def _image_difference(flight: Flight, step: int, flown: UInt8[np.ndarray, "c h w"]) -> str | None:
    logged, again = int(flight.image_checksums[step]), image_checksum(flown)
    if logged == again:
        return None
    codes = np.count_nonzero(flight.images[step, 3] != flown[3])
    what = f"{codes} of {flown[3].size} depth codes differ" if codes else "its colours differ"
    return f"image: {what} (checksum {logged:08x} in the log, {again:08x} flown again)"


def _ticks_difference(
    logged: Float[np.ndarray, "t 13"], flown: Float[np.ndarray, "u 13"]
) -> str | None:
    if logged.shape != flown.shape:
        return f"ticks: {len(logged)} in the log, {len(flown)} flown again"
    # Bytes, not values: -0.0 and NaN count as what they are.
    different = logged.view(np.uint64) != np.ascontiguousarray(flown).view(np.uint64)
    if not different.any():
        return None
    tick, field = np.argwhere(different)[0]
    before, after = float(logged[tick, field]), float(flown[tick, field])
    return f"ticks: {_BODY_FIELDS[field]} at tick {tick} is {before!r} in the log, {after!r} flown again"


def _largest_distance(logged: Float[np.ndarray, "t 13"], flown: Float[np.ndarray, "u 13"]) -> float:
    both = min(len(logged), len(flown))
    offsets = logged[:both, POSITION] - flown[:both, POSITION]
    return float(np.linalg.norm(offsets, axis=1).max(initial=0.0))


def _machine_differences(metadata: dict[str, str]) -> tuple[str, ...]:
    here = provenance()
    return tuple(
        f"{name}: {metadata.get(name, 'unknown')} in the log, {value} here"
        for name, value in here.items()
        if metadata.get(name) != value
    )
