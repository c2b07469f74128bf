"""Where one flight's entities go: a Rerun recording, and the root that their names begin with."""

from collections.abc import Iterable

import numpy as np
import rerun as rr

from sim.record.viewer.rows import Clock

TIME, STEP = "time", "step"
"""The timelines: seconds and control steps since the flight's start."""
APPLICATION = "trident"


def new_recording(name: str) -> rr.RecordingStream:
    """An empty recording, whose misuse raises where Rerun would only warn."""
    rr.set_strict_mode(True)
    stream = rr.RecordingStream(APPLICATION)
    stream.set_log_time_enabled(False)
    stream.set_log_tick_enabled(False)
    stream.send_recording_name(name)
    return stream


class Stage:
    """Sends entities of one flight, and remembers their names."""

    def __init__(self, stream: rr.RecordingStream, root: str) -> None:
        """`root` is a plain name without slashes."""
        self._stream, self.root = stream, root
        self.names: set[str] = set()

    def path(self, name: str) -> str:
        """The whole name of an entity."""
        return f"/{self.root}/{name}"

    def fixed(self, name: str, *things: rr.AsComponents) -> None:
        """What holds for all times."""
        self.names.add(name)
        self._stream.log(self.path(name), *things, static=True)

    def rows(self, name: str, clock: Clock, columns: Iterable[rr.ComponentColumn]) -> None:
        """What holds from each of the clock's instants to the next."""
        self.names.add(name)
        if len(clock.times):
            nanoseconds = np.rint(clock.times * 1e9).astype("timedelta64[ns]")
            indexes = [
                rr.TimeColumn(TIME, duration=nanoseconds),
                rr.TimeColumn(STEP, sequence=clock.steps),
            ]
            self._stream.send_columns(self.path(name), indexes, columns)
