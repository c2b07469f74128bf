"""A log's flight flown again to any of its steps, bit for bit, so that others can be asked what they would have done there."""

from types import TracebackType

import numpy as np
from jaxtyping import Float

from sim.flight import Flight, FlightSnapshot
from sim.record.reader import Flight as Log
from sim.record.refly import injected_faults
from sim.types import Observation, Outcome

_MARK_SECONDS = 1.0
"""Between two snapshots, s: Bullet copies its whole world for each."""


class NotReflownError(ValueError):
    """The log's flight does not come out again, so nothing can be said of its true states."""


class Again:
    """One log in a simulator of its own; stands before a decision, and can leave the log's way and come back."""

    def __init__(self, log: Log, marks_from: int = 0) -> None:
        """Snapshots are kept from step `marks_from` on; what lies before it is reached by flying from the start."""
        if log.part is not None:
            raise NotReflownError(f"the log holds {log.part}: it cannot be flown again")
        self.log = log
        # Only a safety layer flies by the image; without one, nothing need be rendered.
        sees = log.scenario.safety is not None
        self.flight = Flight(log.scenario, action=log.action_level, camera=sees)
        self._marks_from = marks_from
        self._mark_steps = round(_MARK_SECONDS * log.scenario.rates.control_hz)
        self._marks: dict[int, FlightSnapshot] = {}
        self._injected = injected_faults(log)
        self._step: int | None = 0
        """The step that is decided next; None once the log's way was left."""

    def stand_before(self, step: int) -> Observation:
        """Be where the log's pilot was when it decided a step; what the drone perceived, without images."""
        if not 0 <= step < len(self.log):
            raise ValueError(f"step = {step}: the log has steps 0 to {len(self.log) - 1}")
        if self._step is None or step < self._step:
            self._go_back(step)
        while (at := self._step) is not None and at < step:
            self._fly_logged(at)
        return self.flight.observation()

    def leave(self, action: Float[np.ndarray, "4"]) -> Outcome | None:
        """Fly another action than the log's; the next `stand_before` comes back."""
        self._step = None
        return self.flight.advance(action).outcome

    def close(self) -> None:
        """Give the simulator back."""
        self.flight.close()

    def __enter__(self) -> "Again":
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    # --- Private.

    def _go_back(self, step: int) -> None:
        earlier = [mark for mark in self._marks if mark <= step]
        if earlier:
            self._step = max(earlier)
            self.flight.restore(self._marks[self._step])
        else:
            self._step = 0
            self.flight.reset()

    def _fly_logged(self, step: int) -> None:
        """One step of the log, which must come out as logged."""
        due = step >= self._marks_from and (step - self._marks_from) % self._mark_steps == 0
        if due and step not in self._marks:
            self._marks[step] = self.flight.save()
        for fault in self._injected.get(step, ()):
            self.flight.inject(fault)
        flown = self.flight.advance(self.log.actions[step]).ticks
        if not np.array_equal(flown, self.log.step_ticks(step)):
            self._step = None
            raise NotReflownError(
                f"flown again, the flight differs from its log at step {step}: "
                "`--verify` tells in what, and on which machine it was flown"
            )
        self.flight.observation()
        self._step = step + 1
