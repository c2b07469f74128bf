"""Rerun's viewer as a child process: a window where there is a display, else a page served on this machine alone."""

import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import rerun as rr
import rerun_cli

_HOST = "127.0.0.1"
_PATIENCE = 60.0
"""s a viewer may take to open its doors; on a busy machine it takes ten."""
_OPENING = 2.0
"""s within which a window that cannot be opened is given up."""
_STOPPING = 5.0
"""s it may take to end."""
_MEMORY = "25%"
"""Of the machine's, what the viewer keeps for pages that are opened later."""


class ViewerError(Exception):
    """The viewer cannot be shown; says why, and what to do."""


class Viewer:
    """A viewer that listens, until it is closed."""

    def __init__(self, port: int, *, window: bool) -> None:
        """Without a window the page is at `port`; recordings come in at the next one."""
        if not 1 <= port <= 65534:
            raise ViewerError(f"port = {port}: must be between 1 and 65534")
        for each in (port, port + 1):
            _check_free(each, port)
        self.window = window
        self._stream: rr.RecordingStream | None = None
        self._data = f"rerun+http://{_HOST}:{port + 1}/proxy"
        self.address = f"http://{_HOST}:{port}/?url={quote(self._data, safe='')}"
        """The page's."""
        page = (
            ["--hide-welcome-screen"] if window else ["--serve-web", "--web-viewer-port", str(port)]
        )
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the child.
        self._child = subprocess.Popen(
            [
                _program(),
                "--bind",
                _HOST,
                "--port",
                str(port + 1),
                "--server-memory-limit",
                _MEMORY,
                *page,
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=subprocess.STDOUT,
            env={**os.environ, "RERUN_APP_ONLY": "true", "NO_COLOR": "1"},
            # Ctrl-C is for us: we end the viewer ourselves, once.
            start_new_session=True,
        )
        try:
            self._await([port + 1] if window else [port, port + 1])
        except BaseException:
            self.close()
            raise

    @property
    def running(self) -> bool:
        """Whether it is there; a window may be closed."""
        return self._child.poll() is None

    def show(self, stream: rr.RecordingStream, layout: rr.blueprint.Blueprint) -> None:
        """Send a recording here, what it holds already and what comes."""
        self._stream = stream
        stream.connect_grpc(self._data, default_blueprint=layout)

    def wait(self) -> None:
        """Until it is gone."""
        while self.running:
            time.sleep(0.1)

    def close(self) -> None:
        """End it."""
        if self._stream is not None and self.running:
            self._stream.disconnect()  # First, or it would try to reach who is gone.
        if self.running:
            self._child.terminate()
        try:
            self._child.wait(_STOPPING)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._said.close()

    def _await(self, ports: list[int]) -> None:
        until = time.monotonic() + _PATIENCE
        while not all(_answers(port) for port in ports):
            if not self.running:
                raise ViewerError(f"the viewer did not start: {self._last_words()}")
            if time.monotonic() > until:
                raise ViewerError(f"the viewer did not start within {_PATIENCE:g} s")
            time.sleep(0.1)
        # It listens before it has a window; without one it ends, and whoever sends to it waits for ever.
        until = time.monotonic() + (_OPENING if self.window else 0.0)
        while time.monotonic() < until:
            time.sleep(0.1)
            if not self.running:
                raise ViewerError(f"the viewer's window did not open: {self._last_words()}")

    def _last_words(self) -> str:
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").split("\n")
        spoken = [line.strip() for line in lines if line.strip()]
        return spoken[-1] if spoken else f"it ended with exit code {self._child.returncode}"


def has_display() -> bool:
    """Whether windows can be opened here."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _program() -> str:
    """The viewer itself: the script beside it would outlive our signals."""
    return str(Path(rerun_cli.__file__).with_name("rerun"))


def _check_free(port: int, first: int) -> None:
    with socket.socket() as probe:
        # As servers do, so that a port that was ours a moment ago counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            raise ViewerError(
                f"port {port} cannot be used ({error.strerror}): the viewer takes {first} and {first + 1}; "
                "choose others with --port"
            ) from error


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((_HOST, port)) == 0
