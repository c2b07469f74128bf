"""Begins and ends the faults of a flight, scheduled or injected; part of what a snapshot holds."""

import copy
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Shaped

from sim.faults import Fault, check_fault, check_free, describe
from sim.scenario import Scenario
from sim.sensing.image_faults import CAMERA, DEPTH, Image, ImageFault
from sim.sensing.suite import FAULT_CODES, SENSORS
from sim.types import Event

_FAULT_STREAM = 4
"""Of the scenario's seed; the simulator's are 1 and 2, the random pilot's 3, the movers' 5."""
_IMAGE_PLANES = {"camera": CAMERA, "depth": DEPTH}
"""What each component that spoils images spoils, in this order."""
BEGAN, ENDED = "fault_began", "fault_ended"
"""Names of the events; their detail is the fault without its time, and `injected` where it was."""


@dataclass
class _State:
    """Where the flight's faults stand."""

    rng: np.random.Generator
    """Draws for garbage; its own, so that a fault changes no other draw."""
    next: int = 0
    active: dict[str, str] = field(default_factory=dict)
    """Target to what is wrong with it, in words."""
    planned: set[str] = field(default_factory=set)
    """Targets whose fault the scenario scheduled."""
    images: dict[str, ImageFault] = field(default_factory=dict)
    waiting: list[Fault] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class FaultBoard:
    """The faults of one flight; sensors, motors and battery read theirs from the plant."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        numbered = sorted(enumerate(scenario.faults), key=lambda each: each[1].time_s)
        self._schedule = tuple(numbered)
        self.reset()

    def reset(self) -> None:
        """Nothing has failed yet."""
        self._state = _State(np.random.default_rng([self._scenario.seed, _FAULT_STREAM]))

    @property
    def events(self) -> list[Event]:
        """What began and ended so far."""
        return self._state.events

    @property
    def on_images(self) -> bool:
        """Whether a fault of camera or depth lasts, or is planned at any time."""
        planned = (fault.component for fault in self._scenario.faults)
        return bool(self._state.images) or not _IMAGE_PLANES.keys().isdisjoint(planned)

    def save(self) -> _State:
        """A copy of everything, for `restore`."""
        return copy.deepcopy(self._state)

    def restore(self, state: _State) -> None:
        """Return to a saved state."""
        self._state = copy.deepcopy(state)

    def inject(self, fault: Fault, time: float) -> None:
        """Let a fault begin, or with kind ok end, with the control step at `time`, whatever its own says."""
        fault = fault.model_copy(update={"time_s": time})
        check_fault(fault, self._scenario.sensors, self._scenario.rates.physics_hz)
        check_free(fault, self._state.active)
        self._note(fault, None)
        self._state.waiting.append(fault)

    def begin(self, time: float, plant: Shaped[np.ndarray, "1"], image: Image) -> None:
        """Apply what was injected and what is due before the control step at `time`."""
        state = self._state
        for fault in state.waiting:
            self._apply(fault, plant, image, time, injected=True)
        state.waiting.clear()
        while (
            state.next < len(self._schedule) and self._schedule[state.next][1].time_s <= time + 1e-9
        ):
            index, fault = self._schedule[state.next]
            state.next += 1
            # What was injected comes first: beside it nothing planned begins, and only its own begin is ended by a plan.
            may = (
                fault.target in state.planned
                if fault.kind == "ok"
                else fault.target not in state.active
            )
            if may:
                self._note(fault, index)
                self._apply(fault, plant, image, time, injected=False)

    def spoil(self, image: Image) -> None:
        """Turn a fresh image into what a faulty camera shows."""
        for component, planes in _IMAGE_PLANES.items():
            if component in self._state.images:
                self._state.images[component].spoil(image, planes, self._state.rng)

    def _note(self, fault: Fault, index: int | None) -> None:
        if fault.kind == "ok":
            del self._state.active[fault.target]
            self._state.planned.discard(fault.target)
        else:
            self._state.active[fault.target] = describe(index, fault)
            if index is not None:
                self._state.planned.add(fault.target)

    def _apply(
        self,
        fault: Fault,
        plant: Shaped[np.ndarray, "1"],
        image: Image,
        time: float,
        *,
        injected: bool,
    ) -> None:
        if fault.component in SENSORS:
            _fail_sensor(fault, plant)
        elif fault.component == "motor":
            assert fault.motor is not None
            plant["motor_share"][0, fault.motor] = np.sqrt(_share(fault))
        elif fault.component == "battery":
            _drain(fault, plant, self._scenario)
        else:
            self._fail_image(fault, image)
        detail = fault.model_dump(mode="json", exclude={"time_s"})
        if injected:
            detail["injected"] = True
        name = ENDED if fault.kind == "ok" else BEGAN
        self._state.events.append(Event(time, name, detail))

    def _fail_image(self, fault: Fault, image: Image) -> None:
        if fault.kind == "ok":
            del self._state.images[fault.component]
            return
        seconds = fault.value if isinstance(fault.value, float | int) else 0.0
        frames = max(round(seconds * self._scenario.rates.control_hz), 1)
        self._state.images[fault.component] = ImageFault(fault.kind, frames, image.copy())


def injected_fault(event: Event) -> Fault | None:
    """The fault that a logged event tells was injected, if it is one."""
    if event.name not in (BEGAN, ENDED) or not event.detail.get("injected"):
        return None
    table = {name: value for name, value in event.detail.items() if name != "injected"}
    return Fault.model_validate({"time_s": event.time, **table})


def _share(fault: Fault) -> float:
    """What is left of a motor's thrust or a battery's charge."""
    if fault.kind == "off":
        return 0.0
    return 1.0 if fault.value is None else float(np.asarray(fault.value))


def _drain(fault: Fault, plant: Shaped[np.ndarray, "1"], scenario: Scenario) -> None:
    """Lose charge down to a share of the capacity; ok gives back what the fault took."""
    pack = scenario.battery
    plant["charge_lost_wh"] = 0.0
    left = pack.initial_fraction * pack.capacity_wh - plant["energy_used_wh"]
    if fault.kind != "ok":
        plant["charge_lost_wh"] = np.maximum(left - _share(fault) * pack.capacity_wh, 0.0)


def _fail_sensor(fault: Fault, plant: Shaped[np.ndarray, "1"]) -> None:
    sensing, sensor = plant["sensing"], SENSORS.index(fault.component)
    sensing["fault"][0, sensor] = FAULT_CODES[fault.kind]
    sensing["fault_value"][0, sensor] = 0.0
    if fault.value is not None:
        values = np.atleast_1d(np.asarray(fault.value, dtype=float))
        sensing["fault_value"][0, sensor, : len(values)] = values
    sensing["fault_since"][0, sensor] = plant["tick"][0]
