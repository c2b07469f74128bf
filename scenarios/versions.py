"""What flew and where: digests of code, scenarios and pilots, versions of packages, the machine."""

import functools
import hashlib
import os
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from scenarios.catalog import NamedFamily, load
from sim.world.importers import PLACES, find_place

_PACKAGES = (
    "trident-sim", "numpy", "numba", "pybullet", "embreex", "gymnasium", "torch", "onnxruntime",
    "stable-baselines3", "ray",
)  # fmt: skip
_FLIGHTS_DEPEND_ON = ("agents", "models", "scenarios", "sim")


def stamp(scenarios: Iterable[str], pilots: Mapping[str, str]) -> dict[str, str]:
    """What must not change between a campaign and its resumption, by digest: code, files of scenarios and places, pilots."""
    files = [name for name in scenarios if name.endswith(".toml")]
    places = {place for place in map(_place_of, files) if place and place not in PLACES}
    return {
        "code": code_digest(),
        **{f"scenario {name}": _short(Path(name).read_bytes()) for name in files},
        **{f"place {name}": _short(Path(name).read_bytes()) for name in sorted(places)},
        **{f"pilot {name}": digest for name, digest in pilots.items()},
    }


@functools.cache
def code_digest() -> str:
    """Short digest of our packages' code and data tables, shipped places among them."""
    root = Path(__file__).parent.parent
    code = hashlib.sha256()
    for package in _FLIGHTS_DEPEND_ON:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in (".py", ".toml") or path.name in PLACES.values():
                code.update(path.read_bytes())
    return code.hexdigest()[:16]


@functools.cache
def versions_line() -> str:
    """Code, Python and packages in one line, the same for every flight of a process."""
    known = {name: found for name, found in package_versions().items() if found is not None}
    packages = ", ".join(f"{name} {found}" for name, found in known.items())
    return f"code {code_digest()}, python {platform.python_version()}, {packages}"


def package_versions() -> dict[str, str | None]:
    """Versions of the packages a flight may depend on; None where one is not installed."""
    return {name: version_of(name) for name in _PACKAGES}


def version_of(package: str) -> str | None:
    """Of an installed package; None where it is missing."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def machine() -> dict[str, str]:
    """This machine in words."""
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _place_of(file: str) -> str:
    """The real place that a scenario's file names; empty where it has none, ValueError where there is no such place."""
    loaded = load(file)
    world = loaded.family.world if isinstance(loaded, NamedFamily) else loaded.world
    place = getattr(world, "place", "")
    find_place(place)
    return place


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
