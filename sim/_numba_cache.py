"""Keys numba's cache by the sources that compiled code is made of; imported before numba, for this effect alone.

numba notices an edit of the file a function stands in, but not of functions in other files that were compiled
into it, nor of the constants it froze: after an update, yesterday's physics would fly on.
"""

import hashlib
import os
import shutil
import sys
from pathlib import Path

from sim.user_cache import user_cache

CONSTANTS = (
    "agents/preference.py",
    "scenarios/referee/definitions.py",
    "sim/physics/vehicle.py",
    "sim/sensing/suite.py",
    "sim/types.py",
    "sim/world/geometry.py",
)
"""Files without compiled functions whose constants compiled functions freeze."""
_KEPT = 4
"""Caches of this many versions stay: switching back and forth between two compiles nothing."""
_PREFIX = "numba-"


def source_key(root: Path) -> str:
    """Twelve hexadecimal digits that change with any file below `root` that compiled functions depend on."""
    # With plain strings: at every start, pathlib would take longer than the reading.
    names = [
        f"{folder}/{file}".replace(os.sep, "/")
        for package in ("agents", "scenarios/referee", "sim")
        for folder, _, files in os.walk(root / package)
        for file in files
        if file.endswith(".py")
    ]
    digest, start = hashlib.sha256(), len(str(root)) + 1
    for path in sorted(names):
        with open(path, "rb") as file:
            name, content = path[start:], file.read()
        if b"njit" in content or name in CONSTANTS:
            digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:12]


def use_keyed_cache(root: Path) -> None:
    """Point numba at the cache of these sources, unless the user chose another place."""
    # Beside the other caches; what a parent process of another version set is not the user's choice.
    folder = user_cache(f"{_PREFIX}{source_key(root)}")
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen and Path(chosen).parent != folder.parent:
        return
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    if "numba" in sys.modules:  # It reads its environment once.
        sys.modules["numba"].config.CACHE_DIR = str(folder)
    try:
        _keep_newest(folder)
    except OSError:
        return  # A read-only home: numba finds another place, or compiles anew.


def _keep_newest(folder: Path) -> None:
    """Mark this cache as used now, and remove those not used for longest."""
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder)
    if is_new:
        caches = sorted(
            folder.parent.glob(f"{_PREFIX}*"), key=lambda path: path.stat().st_mtime, reverse=True
        )
        for old in caches[_KEPT:]:
            shutil.rmtree(old, ignore_errors=True)


use_keyed_cache(Path(__file__).resolve().parent.parent)
