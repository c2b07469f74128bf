"""Running commands as a user does, in a process of their own or, quicker, in this one."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import run_sim

ROOT = Path(__file__).parent.parent
SHORT = "forest-navigation"
"""The quickest library entry to fly."""

Trident = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def trident(tmp_path: Path) -> Trident:
    """Runs a command in an empty folder."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "run_sim.py"), *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Trident:
    """The same in this process, where packages are imported only once; an exception fails the test."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["run_sim.py", *arguments])
        capfd.readouterr()
        try:
            code = run_sim.main()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        out, err = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, code, out, err)

    return run


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The message of a command that turned its input down."""
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()
    return done.stderr
