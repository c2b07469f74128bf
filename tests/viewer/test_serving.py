"""The viewer's process: a page on this machine, its address, its end, and what it is refused for."""

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.command_line import ROOT, Trident, refused, within
from tests.sim.synthetic_flight import make_result, make_steps, write_log

__all__ = ["within"]

HAS_RERUN = importlib.util.find_spec("rerun_bindings") is not None
needs_rerun = pytest.mark.skipif(not HAS_RERUN, reason="needs the extra viz")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    steps = make_steps(6)
    return write_log(tmp_path / "flight.mcap", steps, make_result(steps))


def free_port() -> int:
    """A port that, with the next one, was free a moment ago."""
    for _ in range(50):
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            if port < 65535 and two.connect_ex(("127.0.0.1", port + 1)) != 0:
                return port
    raise AssertionError("no two free ports")


@contextmanager
def served(log: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`replay --viewer` without a display, and the address it printed."""
    hidden = {"DISPLAY", "WAYLAND_DISPLAY"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [sys.executable, "run_sim.py", "replay", str(log), "--viewer", "--port", str(port)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None
            found = (re.search(r"http://\S+", line) for line in process.stdout)
            yield process, next(match.group() for match in found if match is not None)
        finally:
            process.kill()


@needs_rerun
@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)])
def test_a_page_is_served_until_it_is_stopped(log: Path, number: int, code: int) -> None:
    port = free_port()
    with served(log, port) as (process, address):
        assert address.startswith(
            f"http://127.0.0.1:{port}/?url=rerun%2Bhttp%3A%2F%2F127.0.0.1%3A{port + 1}"
        )
        with urllib.request.urlopen(address) as answer:
            assert answer.status == 200
            assert b"rerun" in answer.read().lower()
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
        assert process.returncode == code
        assert [line for line in said.splitlines() if "no estimate" not in line] == []
    for each in (port, port + 1):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", each)) != 0


@needs_rerun
@pytest.mark.parametrize("taken", [0, 1])
def test_a_port_in_use_is_named(within: Trident, log: Path, taken: int) -> None:
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + taken))
        other.listen()
        line = refused(within("replay", str(log), "--viewer", "--port", str(port)))
    assert f"port {port + taken} cannot be used" in line
    assert "--port" in line


@needs_rerun
@pytest.mark.slow
def test_a_window_that_cannot_open_is_refused(
    within: Trident, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":987")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    line = refused(within("replay", str(log), "--viewer", "--port", str(free_port())))
    assert "the viewer's window did not open" in line or "the viewer did not start" in line


@needs_rerun
def test_a_recording_is_saved_and_bad_targets_are_refused(
    within: Trident, log: Path, tmp_path: Path
) -> None:
    done = within("replay", str(log), "--rrd", "shown/flight.rrd")
    assert done.returncode == 0
    assert (tmp_path / "shown" / "flight.rrd").stat().st_size > 10_000
    assert "ends in .rrd" in refused(within("replay", str(log), "--rrd", "flight.txt"))
    inside = refused(within("replay", str(log), "--rrd", f"{log}/x.rrd"))
    assert f"rrd = {log}/x.rrd: cannot be written" in inside
    copies = [str(shutil.copy(log, tmp_path / f"{name}.mcap")) for name in "abc"]
    three = refused(within("replay", *copies, "--rrd", "x.rrd"))
    assert "one log or two side by side, not 3" in three


@pytest.mark.parametrize("arguments", [["--viewer"], ["--rrd", "x.rrd"]])
def test_without_the_extra_it_is_named(
    within: Trident, log: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setattr("scenarios.commands.viewing.find_spec", lambda name: None)
    assert "pip install 'trident-sim[viz]'" in refused(within("replay", str(log), *arguments))


def test_a_live_flight_without_the_extra_is_refused(
    within: Trident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenarios.commands.viewing.find_spec", lambda name: None)
    assert "pip install 'trident-sim[viz]'" in refused(within("fly", "--live"))


def test_a_flight_cannot_be_shown_at_no_speed(within: Trident) -> None:
    for speed in ("0", "-1", "nan"):
        line = refused(within("fly", "--live", "--speed", speed, "--no-video"))
        assert "speed = " in line
