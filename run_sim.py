"""Trident's command line: `python run_sim.py --help`, or `trident --help` once installed."""

import difflib
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Protocol

import tyro
from tyro.conf import Positional

# Nothing of ours is imported up here: PyTorch, numba and Bullet cost seconds, and `--help` needs none of them.

BAD_INPUT = 2
INTERRUPTED = 130
"""128 + SIGINT, as shells report it: an interrupted flight neither succeeded nor failed."""


class Command(Protocol):
    """The options of one command, parsed."""

    def run(self) -> int:
        """Do it; returns the exit code."""
        ...


@dataclass(frozen=True)
class Fly:
    """Fly one scenario; writes log, film and figure, prints the outcome."""

    scenario: Positional[str] = "delft-mission"
    """A library name (see `list scenarios`), a TOML file, a QGroundControl .plan, or a place: a CityJSON, tree inventory or mesh file."""
    pilot: str = "shared"
    """shared, specialists, classical, teacher, random, or a checkpoint folder."""
    seed: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """World seed; by default one on which the shipped network completes the default mission. A scenario file keeps its own."""
    mission: Annotated[str | None, tyro.conf.arg(metavar="FILE|KIND")] = None
    """In a place: a mission TOML, a .plan, or mission, navigate or avoid, drawn from the seed."""
    place: Annotated[str | None, tyro.conf.arg(metavar="FILE")] = None
    """The place that a mission TOML or a .plan is flown in; without one, a plan is flown over flat ground."""
    place_option: tuple[str, ...] = ()
    """How the place's file is to be read: key=value, such as lod=1.2 up=y columns.x=POINT_X."""
    home: Annotated[tuple[float, float] | None, tyro.conf.arg(metavar="X Y")] = None
    """Where a plan's home lies in the place, m."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder for the files; by default a fresh one under runs/."""
    video: bool = True
    """Also render flight.mp4."""
    json: bool = False
    """End standard output with one line of JSON."""

    def run(self) -> int:
        """0: flown and succeeded, 1: flown and failed."""
        from scenarios.commands.fly import OwnPlace, fly

        return fly(
            self.scenario,
            own=OwnPlace(self.place, self.mission, self.place_option, self.home),
            pilot=self.pilot,
            seed=self.seed,
            out=self.out,
            video=self.video,
            as_json=self.json,
        )


@dataclass(frozen=True)
class List:
    """List scenarios, pilots, vehicles or suites."""

    what: Annotated[Positional[str], tyro.conf.arg(metavar="{scenarios,pilots,vehicles,suites}")]
    """What to list."""

    def run(self) -> int:
        """0 once listed."""
        from scenarios.commands.listing import list_names

        return list_names(self.what)


def _train_config() -> type:
    from agents.training import TrainConfig

    return TrainConfig


@dataclass(frozen=True)
class Train:
    """Collect labelled frames on training worlds and train networks on them; continues after a kill."""

    # The options belong to the training code, which takes seconds to import: looked up only for this command.
    config: Annotated[Any, tyro.conf.arg(name="", constructor_factory=_train_config)]

    def run(self) -> int:
        """0 once trained."""
        from scenarios.commands.train import train

        return train(self.config)


@dataclass(frozen=True)
class Compare:
    """Fly pilots on identical worlds; prints success with intervals, paired differences and compute."""

    suite: str = "smoke"
    """A shipped suite (see `list suites`) or a TOML file."""
    pilots: tuple[str, ...] = ("shared", "specialists", "classical", "teacher")
    """Names or checkpoint folders; the others are compared with the first."""
    worlds: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Worlds per task; by default what the suite says."""
    first_seed: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """World seed to count up from; by default what the suite says."""
    processes: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Processes that fly; by default one a core."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder for the results; one that holds part of this campaign is continued."""
    json: bool = False
    """End standard output with one line of JSON."""

    def run(self) -> int:
        """0 once every flight is flown, 1 if some crashed."""
        from scenarios.commands.compare import compare

        return compare(
            suite=self.suite,
            pilots=self.pilots,
            worlds=self.worlds,
            first_seed=self.first_seed,
            processes=self.processes,
            out=self.out,
            as_json=self.json,
        )


@dataclass(frozen=True)
class Replay:
    """Show what flight logs hold; re-fly them, film them, plot them."""

    logs: Positional[tuple[Path, ...]]
    """One or more flight.mcap files."""
    verify: bool = False
    """Fly the logged actions again; they must match bit for bit."""
    video: Annotated[Path | None, tyro.conf.arg(metavar="PATH")] = None
    """Render the film to this file; for several logs, to a folder."""
    plot: Annotated[Path | None, tyro.conf.arg(metavar="PATH")] = None
    """Draw the figure to this file; for several logs, to a folder."""

    def run(self) -> int:
        """0, or 1 where a log differs from its re-flight."""
        from scenarios.commands.replay import replay

        return replay(self.logs, verify_logs=self.verify, video=self.video, plot=self.plot)


@dataclass(frozen=True)
class Bench:
    """Measure environment steps per second on one core, with and without the camera, against the floor."""

    obstacles: int = 100
    """Trees in the scene."""
    seconds: float = 5.0
    """Time spent on each measurement."""
    json: bool = False
    """End standard output with one line of JSON."""

    def run(self) -> int:
        """0 once measured."""
        from scenarios.commands.bench import bench

        return bench(obstacles=self.obstacles, seconds=self.seconds, as_json=self.json)


@dataclass(frozen=True)
class Doctor:
    """Show versions and hardware, and fly for one second as a self-test."""

    def run(self) -> int:
        """0 if the self-test passed."""
        from scenarios.commands.doctor import doctor

        return doctor()


COMMANDS: dict[str, type[Command]] = {
    "fly": Fly,
    "list": List,
    "train": Train,
    "compare": Compare,
    "replay": Replay,
    "bench": Bench,
    "doctor": Doctor,
}


def main() -> int:
    """Parse, run, and turn what went wrong into an exit code."""
    name, *rest = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help"):
        sys.stdout.write(_help())
        return 0
    if name == "--version":
        sys.stdout.write(f"{version('trident-sim')}\n")
        return 0
    if name not in COMMANDS:
        return _refuse(_unknown(name))
    try:
        return _run(name, rest)
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(name: str, arguments: list[str]) -> int:
    try:
        command = tyro.cli(COMMANDS[name], prog=f"trident {name}", args=arguments)
    except ValueError as error:
        return _refuse(str(error))
    from scenarios.commands.console import InputError

    try:
        return command.run()
    except InputError as error:
        return _refuse(str(error))


def _help() -> str:
    lines = [f"  {name:<8} {command.__doc__}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "usage: trident COMMAND [OPTIONS]",
            "",
            "Autonomous drones that see, steer and plan with one neural network.",
            "",
            "commands:",
            *lines,
            "",
            "`trident COMMAND --help` lists the options of a command, `trident --version` tells the version.",
            "",
        ]
    )


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"unknown command {name!r}: choose {', '.join(COMMANDS)}{hint}"


def _refuse(message: str) -> int:
    sys.stderr.write(f"trident: {message}\n")
    return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
