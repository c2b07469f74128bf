"""The file under a log: written without a buffer of our own, and cut back to whole chunks where writing fails."""

import os
from pathlib import Path


class LogStopped(OSError):
    """A log can grow no further; what was written before is whole and can be read."""


class Sink:
    """Bytes go straight to the operating system, so that a killed process loses none of those handed over."""

    def __init__(self, path: Path) -> None:
        """Create the file, or empty it."""
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        self._position = self._whole = 0

    def write(self, data: bytes) -> int:
        """Write all of it."""
        rest = memoryview(data)
        while rest:
            written = os.write(self._handle, rest)
            self._position += written
            rest = rest[written:]
        return len(data)

    def tell(self) -> int:
        """Bytes written so far."""
        return self._position

    def flush(self) -> None:
        """Note that what was written up to here is whole."""
        self._whole = self._position

    def close(self) -> None:
        """Close the file as it is."""
        os.close(self._handle)

    def cut(self) -> int:
        """Close the file with nothing but what is whole; returns how many bytes that is."""
        try:
            os.ftruncate(self._handle, self._whole)
        finally:
            os.close(self._handle)
        return self._whole
