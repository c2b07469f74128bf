"""The page on adding a head is true: its edits fit the code as it is, and in a copy with all of them the head works."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "add-a-head.md"
PARTS = ("sim", "models", "agents", "scenarios", "run_sim.py", "pyproject.toml")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def apply_edits(root: Path) -> list[str]:
    """Apply the page's edits below `root`; returns the files, and fails where what is to be there is not, or twice."""
    changed = []
    for block in blocks("diff"):
        name, *lines = block.splitlines()
        assert {line[:1] for line in lines} <= {" ", "-", "+", ""}, block
        before = "\n".join(line[1:] for line in lines if not line.startswith("+")) + "\n"
        after = "\n".join(line[1:] for line in lines if not line.startswith("-")) + "\n"
        text = (root / name).read_text()
        assert text.count(before) == 1, f"{name}: {text.count(before)} times\n{before}"
        (root / name).write_text(text.replace(before, after))
        changed.append(name)
    return changed


def test_every_edit_of_the_page_fits_the_code(tmp_path: Path) -> None:
    for package in ("sim", "models", "agents"):
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=lambda folder, names: [
                n for n in names if not (Path(folder) / n).is_dir() and not n.endswith(".py")
            ],
        )
    changed = apply_edits(tmp_path)
    assert len(changed) >= 12
    for name in changed:
        compile((tmp_path / name).read_text(), name, "exec")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_fourth_head_learns_flies_and_is_logged(tmp_path: Path) -> None:
    """In a process of its own, for other code; it compiles everything, since `sim/types.py` changes."""
    ignore = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc")
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    apply_edits(tmp_path)
    (check,) = blocks("py")
    done = subprocess.run(
        [sys.executable, "-c", check],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(tmp_path),
            "NUMBA_CACHE_DIR": str(tmp_path / "numba"),
            "TMPDIR": str(tmp_path),
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
