"""Keeps C libraries from writing to standard error."""

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """Inside, what C code writes to file descriptor 2 is dropped; Python's `sys.stderr` alone would not catch it."""
    try:
        kept = os.dup(2)
    except OSError:  # A service may run with standard error closed.
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)
