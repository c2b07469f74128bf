"""`study`: trains what a study asks for, flies it, and writes what was found; every step skips what is done."""

import shlex
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from agents.aggregate import collect_frames, shards_of
from agents.arms import arm_named
from agents.rule_file import read_rule, write_rule
from agents.train_config import TrainConfig
from agents.training import train
from scenarios.commands.compare import fly_campaign
from scenarios.commands.compare_options import Options
from scenarios.commands.console import InputError, say, user_input, writable_folder
from scenarios.commands.fit import fit_pilot
from scenarios.sources import TRAINING_FAMILIES, FamilyMix
from scenarios.study import Flights, Study, load_study
from scenarios.study_results import Flight, relabelled, write_results


def study(
    name: str,
    *,
    out: Path | None,
    frames: Path | None,
    seeds: int | None,
    worlds: int | None,
    workers: int,
    results: Path,
) -> int:
    """Run it, or what is missing of it; 0 where no flight was lost."""
    for option, number in (("seeds", seeds), ("worlds", worlds), ("workers", workers)):
        if number is not None and number < 1:
            raise InputError(f"{option} = {number}: must be at least 1")
    with user_input():
        asked = load_study(name).limited(seeds, worlds)
        if frames is not None:
            shards_of(frames)
    folder = out or Path("runs") / Path(name).stem
    writable_folder(folder)
    writable_folder(results)
    with user_input():
        # Everything that can be said of the file is said before hours are spent.
        collecting = _collecting(asked, folder, workers)
        trainings = list(_trainings(asked, folder, workers))
        source = FamilyMix(TRAINING_FAMILIES)
        if frames is None:
            collect_frames(collecting, source, say)
        for training in trainings:
            train(replace(training, data=frames or collecting.out), source, say)
    for label in asked.networks:
        _fit(asked, folder, label, workers)
    flown = [_fly(asked, part, flights, folder, workers) for part, flights in asked.flights.items()]
    command = command_line(name, frames=frames, seeds=seeds, worlds=worlds)
    date = time.strftime("%Y-%m-%d")
    for path in write_results(asked, Path(name).stem, flown, command, date, results):
        say(f"wrote {path}")
    return 1 if any(each.report.lost for each in flown) else 0


def command_line(name: str, **options: object) -> str:
    """The command line that asks for the same; options that are None were not given."""
    given = [(f"--{option}", str(value)) for option, value in options.items() if value is not None]
    return shlex.join(["trident", "study", name, *(word for pair in given for word in pair)])


# --- Private.


def _collecting(asked: Study, folder: Path, workers: int) -> TrainConfig:
    return _config(f"frames of {asked.title}", asked.frames, out=folder / "frames", workers=workers)


def _trainings(asked: Study, folder: Path, workers: int) -> Iterator[TrainConfig]:
    for label, networks in asked.networks.items():
        settings = {"budget": asked.frames.get("budget", "full"), **networks.training}
        yield _config(
            f"networks.{label}.training",
            settings,
            arms=(networks.arm,),
            seeds=tuple(asked.seeds_of(label)),
            out=_networks(folder, label),
            workers=workers,
        )


def _config(where: str, settings: dict, **ours: object) -> TrainConfig:
    try:
        return TrainConfig(**{**settings, **ours})
    except TypeError as error:
        raise ValueError(f"{where}: {error}") from error


def _networks(folder: Path, label: str) -> Path:
    return folder / "networks" / label


def _fit(asked: Study, folder: Path, label: str, workers: int) -> None:
    """One fusion rule for all seeds of a network: an arm's rule must not be fitted to what its seeds differ in."""
    seeds = [_arm_folder(asked, folder, label) / f"seed-{seed}" for seed in asked.seeds_of(label)]
    rule = read_rule(seeds[0])
    if rule is None:
        fitted = fit_pilot(str(seeds[0]), asked.fit_worlds, workers, folder / "rules" / label)
        if fitted is None:
            raise InputError(f"networks.{label}: its fusion rule could not be fitted")
        rule = fitted.rule
    for seed in seeds:
        write_rule(seed, rule)


def _fly(asked: Study, part: str, flights: Flights, folder: Path, workers: int) -> Flight:
    arms = {label: _arm_folder(asked, folder, label) for label in flights.networks}
    options = Options(
        suite=flights.suite,
        pilots=(*(f"{path}#1..{flights.seeds}" for path in arms.values()), *flights.pilots),
        ways=flights.ways or None,
        worlds=flights.worlds,
        first_seed=None,
        seeds=(),
        workers=workers,
        engine="local",
        address=None,
        flight_limit=600.0,
        trust=False,
        retry=False,
        logs="none",
        referee=False,
        junit=None,
        require=None,
        out=folder / "flights" / part,
        json=False,
    )
    done = fly_campaign(options)
    flown = Flight(part, done.report, done.entries, done.rows)
    return relabelled(flown, {str(path): label for label, path in arms.items()})


def _arm_folder(asked: Study, folder: Path, label: str) -> Path:
    """Where the trainings of a network lie, a folder a seed."""
    return _networks(folder, label) / arm_named(asked.networks[label].arm).folder
