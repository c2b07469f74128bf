"""`study`: trains what a study asks for, flies it, and writes what was found; every step skips what is done."""

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from agents.aggregate import collect_frames, shards_of
from agents.arms import arm_named
from agents.rule_file import read_rule, write_rule
from agents.train_config import TrainConfig
from agents.training import check_same_settings, train
from agents.training_settings import SettingsError
from scenarios.commands.compare import fly_campaign
from scenarios.commands.compare_options import Options
from scenarios.commands.console import (
    InputError,
    command_line,
    say,
    user_input,
    warn,
    writable_folder,
)
from scenarios.commands.fit import fit_pilot
from scenarios.commands.stopping import resumable
from scenarios.sources import TRAINING_FAMILIES, FamilyMix
from scenarios.study import Study, load_study
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
    retry: bool,
    release: bool,
) -> int:
    """Run it, or what is missing of it; 0 where no flight was lost. For a release it flies test worlds, in folders of their own."""
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
    given = {"frames": frames, "seeds": seeds, "worlds": worlds, "release": release}
    line = partial(command_line, "study", name, **given)
    with resumable(line(out=folder, workers=workers, results=results)):
        _train(asked, folder, frames, workers)
        if not all(_fit(asked, folder, label, workers, retry) for label in asked.networks):
            return 1
        flown = [
            _fly(asked, part, folder, workers, retry=retry, release=release)
            for part in asked.flights
        ]
    date = time.strftime("%Y-%m-%d")
    for path in write_results(asked, Path(name).stem, flown, line(), date, results):
        say(f"wrote {path}")
    lost = sum(each.report.lost for each in flown)
    if lost:
        warn(f"{lost} flights were lost; --retry flies them again")
    return 1 if lost else 0


# --- Private.


def _train(asked: Study, folder: Path, frames: Path | None, workers: int) -> None:
    """Collect frames, or take those of another run, and train every network on them."""
    with user_input():
        # Everything that can be said of the file is said before hours are spent.
        collecting = _collecting(asked, folder, workers)
        trainings = list(_trainings(asked, folder, workers))
        if frames is None:
            check_same_settings(collecting)
    source = FamilyMix(TRAINING_FAMILIES)
    with user_input(SettingsError):
        if frames is None:
            collect_frames(collecting, source, say)
        for training in trainings:
            train(replace(training, data=frames or collecting.out), source, say)


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


def _fit(asked: Study, folder: Path, label: str, workers: int, retry: bool) -> bool:
    """One fusion rule for all seeds of a network: an arm's rule must not be fitted to what its seeds differ in.

    False where flights were lost.
    """
    seeds = [_arm_folder(asked, folder, label) / f"seed-{seed}" for seed in asked.seeds_of(label)]
    rule = read_rule(seeds[0])
    if rule is None:
        run = folder / "rules" / label
        fitted = fit_pilot(str(seeds[0]), asked.fit_worlds, workers, run, retry)
        if fitted is None:
            return False
        rule = fitted.rule
    for seed in seeds:
        write_rule(seed, rule)
    return True


def _fly(
    asked: Study, part: str, folder: Path, workers: int, *, retry: bool, release: bool
) -> Flight:
    flights = asked.flights[part]
    arms = {label: _arm_folder(asked, folder, label) for label in flights.networks}
    options = Options(
        suite=flights.suite,
        pilots=(*(f"{path}#1..{flights.seeds}" for path in arms.values()), *flights.pilots),
        ways=flights.ways or None,
        worlds=flights.worlds,
        first_seed=None,
        seeds=(),
        release=release,
        workers=workers,
        engine="local",
        address=None,
        flight_limit=600.0,
        trust=False,
        retry=retry,
        logs="none",
        referee=False,
        junit=None,
        require=None,
        out=folder / ("release-flights" if release else "flights") / part,
        json=False,
    )
    done = fly_campaign(options)
    flown = Flight(part, done.report, done.entries, done.rows)
    return relabelled(flown, {str(path): label for label, path in arms.items()})


def _arm_folder(asked: Study, folder: Path, label: str) -> Path:
    """Where the trainings of a network lie, a folder a seed."""
    return _networks(folder, label) / arm_named(asked.networks[label].arm).folder
