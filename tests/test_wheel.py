"""The built wheel carries everything a flight needs, and flies away from the repository."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(".venv", ".git", "runs", "build", "*.egg-info", "__pycache__")


@pytest.mark.slow
def test_the_wheel_flies_elsewhere(tmp_path: Path) -> None:
    source, wheels, installed = tmp_path / "source", tmp_path / "wheels", tmp_path / "installed"
    shutil.copytree(ROOT, source, ignore=LEFT_OUT)
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--verbose",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(wheels),
        str(source),
    ]
    said = subprocess.run(build, check=True, capture_output=True, text=True)
    # What setuptools says when a folder of data looks like a package that was forgotten.
    assert "absent from the `packages` configuration" not in said.stdout + said.stderr
    with zipfile.ZipFile(next(wheels.glob("trident_sim-*.whl"))) as wheel:
        wheel.extractall(installed)
        assert "scenarios/report/templates/report.html" in wheel.namelist()
    # -P: the working folder is not searched, so nothing comes from the repository.
    fly = "import sys, run_sim; sys.argv[0] = 'trident'; sys.exit(run_sim.main())"
    command = [sys.executable, "-P", "-c", fly, "fly", "delft-mission", "--no-video", "--json"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    assert (tmp_path / json.loads(done.stdout.splitlines()[-1])["log"]).exists()
    shown = subprocess.run(
        [sys.executable, "-P", "-c", "import sim, run_sim; print(sim.__file__, run_sim.__file__)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.count(str(installed)) == 2
