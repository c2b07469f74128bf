"""Who may import whom, and that every door opens."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "sim": set(),
    "models": set(),
    "agents": {"sim", "models"},
    "scenarios": {"sim", "models", "agents"},
    "run_sim": {"agents", "scenarios"},
}
FORBIDDEN = {
    "sim": {"torch"},
    "models": {"pybullet"},
    "run_sim": {"torch", "pybullet", "numpy", "numba"},
}
BULLET = Path("sim/world/bullet.py")
PACKAGES = [name for name in ALLOWED if name != "run_sim"]


def files_of(package: str) -> list[Path]:
    single = ROOT / f"{package}.py"
    return [single] if single.exists() else sorted((ROOT / package).rglob("*.py"))


def imported_roots(path: Path) -> set[str]:
    """First part of every absolute module name a file imports, wherever in the file."""
    roots: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            roots.add(node.module.split(".")[0])
    return roots


@pytest.mark.parametrize("package", ALLOWED)
def test_arrows_point_one_way(package: str) -> None:
    files = files_of(package)
    assert files
    barred = set(ALLOWED) - ALLOWED[package] - {package} | FORBIDDEN.get(package, set())
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in files
        if (found := imported_roots(path) & barred)
    }
    assert wrong == {}


def test_only_one_file_imports_pybullet() -> None:
    importers = [
        path.relative_to(ROOT)
        for package in ALLOWED
        for path in files_of(package)
        if imported_roots(path) & {"pybullet", "pybullet_data", "pybullet_utils"}
    ]
    assert importers == [BULLET]


@pytest.mark.parametrize(
    "module",
    [
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("__init__.py"))
    ],
)
def test_every_name_behind_the_door_exists(module: str) -> None:
    door = importlib.import_module(module)
    names = getattr(door, "__all__", [])
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(door, name)] == []


@pytest.mark.parametrize("package", ["sim", "scenarios", "run_sim"])
def test_importing_costs_no_torch(package: str) -> None:
    program = f"import sys, {package}; sys.exit('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_line_imports_nothing_of_ours_at_first() -> None:
    program = "import sys, run_sim; print(sorted({'sim','agents','models','scenarios','numpy'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_all_packages_are_listed_for_the_wheel() -> None:
    import tomllib

    setup = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }
    assert set(setup["packages"]) == found
