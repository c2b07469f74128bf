"""Stopping a long command from outside: SIGTERM ends it as Ctrl-C does, with an exit code of its own."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from scenarios.commands.console import warn

TERMINATED = 143
"""128 + SIGTERM, as shells report it."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""

    exit_code = TERMINATED


@contextmanager
def terminable() -> Iterator[None]:
    """Inside, SIGTERM is raised as `Terminated`, so that everything is put away on the way out."""

    def stop(number: int, frame: object) -> None:
        # A second one would tear the putting away.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def resumable(command: str) -> Iterator[None]:
    """Inside, whoever stops the work is told the command that goes on with it."""
    try:
        yield
    except KeyboardInterrupt:
        warn(f"stopped; to go on: {command}")
        raise
