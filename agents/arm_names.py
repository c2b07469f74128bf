"""Arms and their training seeds: `runs/c#3`, or the folder `runs/c/seed-3`, is arm `runs/c` trained with seed 3."""

import re
from collections.abc import Sequence
from pathlib import Path

from agents.variants import SEPARATOR, split_name
from agents.way_names import split_way

_MARKED = re.compile(r"(?P<arm>.+)#(?P<seed>\d+)")
_RANGE = re.compile(r"(?P<arm>.+)#(?P<first>\d+)\.\.(?P<last>\d+)(?P<rest>(?:[+@].*)?)")
_FOLDER = re.compile(r"seed-(?P<seed>\d+)")
_MAX_SEEDS = 1000


def arm_of(name: str) -> tuple[str, int | None]:
    """A pilot's arm, with its variants and the way it is flown, and its training seed; None where it has only one."""
    base, way = split_way(name)
    base, variants = split_name(base)
    arm, seed = _split_seed(base)
    arm = "".join((arm, *(f"{SEPARATOR}{variant}" for variant in variants)))
    return (f"{arm}@{way}" if way else arm), seed


def seed_folder(name: str) -> Path | None:
    """Where `ARM#SEED` keeps its weights, below the arm's folder; None for other names."""
    found = _MARKED.fullmatch(name)
    return None if found is None else Path(found["arm"]) / f"seed-{int(found['seed'])}"


def expand(names: Sequence[str]) -> tuple[str, ...]:
    """Names with `ARM#0..9` written out as ten, variants and ways behind it kept."""
    return tuple(each for name in names for each in _written_out(name))


# --- Private.


def _split_seed(base: str) -> tuple[str, int | None]:
    marked = _MARKED.fullmatch(base)
    if marked is not None:
        return marked["arm"], int(marked["seed"])
    path = Path(base)
    folder = _FOLDER.fullmatch(path.name)
    if folder is not None and path.parent.name:
        return str(path.parent), int(folder["seed"])
    return base, None


def _written_out(name: str) -> tuple[str, ...]:
    found = _RANGE.fullmatch(name)
    if found is None:
        return (name,)
    first, last = int(found["first"]), int(found["last"])
    if not first <= last < first + _MAX_SEEDS:
        raise ValueError(
            f"pilot {name!r}: seeds {first}..{last}: they go upwards, over at most {_MAX_SEEDS}"
        )
    return tuple(f"{found['arm']}#{seed}{found['rest']}" for seed in range(first, last + 1))
