"""What the command line says of a comparison, what of it cannot be done, and the line that says the same again."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from scenarios.commands.recording import LOG_CHOICES
from scenarios.journal import check_own_folder
from scenarios.suite import Suite
from sim.names import unknown


@dataclass(frozen=True)
class Options:
    """What the command line says; see `run_sim.Compare`."""

    suite: str
    pilots: tuple[str, ...]
    ways: tuple[str, ...] | None
    worlds: int | None
    first_seed: int | None
    seeds: tuple[str, ...]
    release: bool
    workers: int | None
    engine: str
    address: str | None
    flight_limit: float
    trust: bool
    retry: bool
    logs: str
    referee: bool
    junit: Path | None
    require: float | None
    out: Path | None
    json: bool


def check_options(options: Options) -> None:
    """Raise ValueError for the first option that cannot be done, before anything is loaded or flown."""
    if options.logs not in LOG_CHOICES:
        raise ValueError(unknown("logs", options.logs, LOG_CHOICES))
    if not options.flight_limit > 0.0:
        raise ValueError(f"flight-limit = {options.flight_limit:g}: must be above 0")
    if options.referee and options.logs == "none":
        raise ValueError("logs = none: the referee judges logs; leave --logs out")
    if options.require is not None and not 0.0 <= options.require <= 1.0:
        raise ValueError(f"require = {options.require}: must lie in 0 to 1")
    if options.junit is not None:
        _check_junit(options.junit.resolve(), options.junit)
    if options.out is not None:
        check_own_folder(options.out)


def command_line(options: Options, suite: Suite, folder: Path | None) -> str:
    """The command line that flies the same campaign; with a folder, the one that goes on there."""
    words = ["trident", "compare", "--suite", options.suite, "--pilots", *options.pilots]
    if options.ways is not None:
        words += ["--ways", *options.ways]
    if suite.chosen_seeds:
        words += ["--seeds", *(options.seeds or map(str, suite.chosen_seeds))]
    else:
        words += ["--worlds", str(suite.worlds), "--first-seed", str(suite.first_seed)]
    words += ["--release"] if suite.release else []
    if options.workers is not None:
        words += ["--workers", str(options.workers)]
    if options.engine != "local":
        words += ["--engine", options.engine]
    if options.address is not None:
        words += ["--address", options.address]
    words += ["--flight-limit", f"{options.flight_limit:g}"]
    words += [f"--{name}" for name in ("trust", "referee") if getattr(options, name)]
    if folder is not None:
        words += ["--logs", options.logs, "--out", str(folder)]
        words += [] if options.junit is None else ["--junit", str(options.junit)]
        words += [] if options.require is None else ["--require", f"{options.require:g}"]
    return shlex.join(words)


# --- Private.


def _check_junit(target: Path, asked: Path) -> None:
    """What cannot be written is refused before anything flies, not after."""
    if target.is_dir():
        raise ValueError(f"junit = {asked}: is a folder, not a file")
    if not target.parent.is_dir():
        raise ValueError(f"junit = {asked}: no folder {target.parent}")
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise ValueError(f"junit = {asked}: cannot be written")
