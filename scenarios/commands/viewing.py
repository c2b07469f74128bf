"""What commands need to show Rerun's viewer: the extra, the child process, and words for what cannot be."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from scenarios.commands.console import InputError, say
from scenarios.commands.stopping import Terminated

if TYPE_CHECKING:
    from sim.record.viewer.serving import Viewer


def need_rerun(option: str) -> None:
    """Refuse where the extra is missing."""
    if find_spec("rerun_bindings") is None:
        raise InputError(f"{option}: needs Rerun: pip install 'trident-sim[viz]'")
    try:
        import rerun  # noqa: F401  Whether it comes with everything it needs shows only here.
    except ImportError as error:
        raise InputError(
            f"{option}: needs Rerun: pip install 'trident-sim[viz]' ({error})"
        ) from error


@contextmanager
def open_viewer(port: int) -> Iterator["Viewer"]:
    """A window where there is a display, else a page; it ends with the block."""
    # A window closed by its user is no error, and who listens is looked after here: Rerun need not tell.
    os.environ.setdefault("RUST_LOG", "off")
    from sim.record.viewer.serving import Viewer, ViewerError, has_display

    try:
        viewer = Viewer(port, window=has_display())
    except ViewerError as error:
        raise InputError(str(error)) from error
    with closing(viewer):
        yield viewer


def announce(viewer: "Viewer") -> None:
    """Say where the viewer is."""
    if viewer.window:
        say("the viewer is open; close its window or press Ctrl-C to end")
    else:
        say(f"the viewer is at {viewer.address} until Ctrl-C")
    # Whoever waits for the address through a pipe must not wait for the buffer to fill.
    sys.stdout.flush()


@contextmanager
def looking() -> Iterator[None]:
    """Inside, Ctrl-C is how looking ends, and no interruption of anything; SIGTERM goes on up."""
    try:
        yield
    except Terminated:
        raise
    except KeyboardInterrupt:
        say("")
