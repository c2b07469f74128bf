"""Compiled code never outlives the sources it was made of."""

import ast
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim._numba_cache import CONSTANTS, source_key

ROOT = Path(__file__).parent.parent.parent
CALLER = "from numba import njit\nfrom sim.called import called\n\n@njit(cache=True)\ndef calling(): return called()\n"
CALLED = "from numba import njit\n\n@njit(cache=True)\ndef called(): return {}\n"
PROGRAM = "import os, sim; from sim.caller import calling; print(calling(), sum(calling.stats.cache_hits.values()), os.environ['NUMBA_CACHE_DIR'])"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A simulator of two functions, one compiled into the other, behind the real door."""
    sim = tmp_path / "code" / "sim"
    sim.mkdir(parents=True)
    for name in ("__init__.py", "_numba_cache.py", "user_cache.py"):
        shutil.copy(ROOT / "sim" / name, sim / name)
    (sim / "caller.py").write_text(CALLER)
    (sim / "called.py").write_text(CALLED.format(1))
    return sim


def run(package: Path, **environment: str) -> list[str]:
    inherited = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    cache = {"XDG_CACHE_HOME": str(package.parent.parent / "cache")}
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM],
        env={**inherited, **cache, "PYTHONPATH": str(package.parent), **environment},
        cwd=package,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_an_edit_of_a_called_module_is_compiled_anew(package: Path) -> None:
    value, hits, folder = run(package)
    assert (value, hits) == ("1", "0")
    assert run(package) == ["1", "1", folder]
    (package / "called.py").write_text(CALLED.format(2))
    value, hits, other = run(package)
    assert (value, hits) == ("2", "0")
    assert other != folder


def test_the_users_own_cache_folder_is_kept_a_parents_of_another_version_is_not(
    package: Path, tmp_path: Path
) -> None:
    own = str(tmp_path / "own")
    assert run(package, NUMBA_CACHE_DIR=own)[2] == own
    others = str(tmp_path / "cache" / "trident" / "numba-000000000000")
    assert run(package, NUMBA_CACHE_DIR=others)[2] != others


def test_only_the_newest_caches_stay(package: Path, tmp_path: Path) -> None:
    caches = tmp_path / "cache" / "trident"
    for age in range(6):
        folder = caches / f"numba-{age:012d}"
        folder.mkdir(parents=True)
        then = time.time() - 1000 - age
        os.utime(folder, (then, then))
    (caches / "distance").mkdir()
    present = Path(run(package)[2])
    kept = {path.name for path in caches.iterdir()}
    assert kept == {present.name, *(f"numba-{age:012d}" for age in range(3)), "distance"}


def test_the_key_follows_compiled_code_and_constants_only(tmp_path: Path) -> None:
    for name in ("sim/compiled.py", "agents/compiled.py", "sim/plain.py", CONSTANTS[0]):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("@njit\n" if "compiled" in name else "")
    for name, matters in {
        "sim/compiled.py": True,
        "agents/compiled.py": True,
        CONSTANTS[0]: True,
        "sim/plain.py": False,
    }.items():
        before = source_key(tmp_path)
        (tmp_path / name).write_text("@njit\nchanged\n" if "compiled" in name else "changed\n")
        assert (source_key(tmp_path) != before) == matters, name


def test_finding_the_key_is_quick() -> None:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        source_key(ROOT)
        times.append(time.perf_counter() - start)
    assert min(times) < 15e-3


def test_every_constant_frozen_into_compiled_code_is_in_the_key() -> None:
    """Names that a compiled function takes from another module of ours must come from a file in the key."""
    files = [
        path
        for package in ("sim", "agents", "scenarios/referee")
        for path in (ROOT / package).rglob("*.py")
    ]
    texts = {path.relative_to(ROOT).as_posix(): path.read_text() for path in files}
    assert set(CONSTANTS) <= set(texts)
    compiled = {name for name, text in texts.items() if "njit" in text}
    keyed = compiled | set(CONSTANTS)
    outside = []
    for name in compiled:
        tree = ast.parse(texts[name])
        origin = origins(tree)
        outside += [(name, used) for used in frozen(tree) if origin.get(used, name) not in keyed]
    assert outside == []


def origins(tree: ast.Module) -> dict[str, str]:
    """File of ours that each imported name comes from."""
    return {
        alias.asname or alias.name: f"{node.module.replace('.', '/')}.py"
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module is not None
        for alias in node.names
        if node.module.startswith(("sim", "agents", "scenarios.referee"))
    }


def frozen(tree: ast.Module) -> set[str]:
    """Names used in compiled functions, and in the constants of their module, which may be made of imported ones."""
    nodes = [
        node
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        or (
            isinstance(node, ast.FunctionDef)
            and any("njit" in ast.dump(d) for d in node.decorator_list)
        )
    ]
    names = {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}
    # Classes in annotations of module-level statements freeze nothing; of the rest only `Semantic` is no constant.
    return {name for name in names if name.isupper() or name.islower() or name == "Semantic"}
