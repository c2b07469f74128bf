"""Trident's command line: `python run_sim.py --help`, or `trident --help` once installed."""

import contextlib
import difflib
import io
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
    """shared, specialists, classical, teacher, random, or a checkpoint folder; shared@head and
    shared@teacher=navigation,mission fly parts of one. Your own policy, with --trust: module:Class, file.py:Class, an
    ONNX file or a Stable-Baselines3 zip (file.zip@body_rate for another action level than velocity)."""
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
    trust: bool = False
    """Load a policy from elsewhere, which runs code that comes with it."""
    live: bool = False
    """Show the flight in Rerun's viewer while it is flown. Needs the extra viz."""
    speed: float = 1.0
    """Of a flight shown live: seconds of flight a second, as far as the machine keeps up."""
    port: int = 9090
    """The live viewer's page; the next port takes its data."""
    json: bool = False
    """End standard output with one line of JSON."""

    def run(self) -> int:
        """0: flown and succeeded, 1: flown and failed."""
        from scenarios.commands.fly import LiveOptions, OwnPlace, fly

        return fly(
            self.scenario,
            own=OwnPlace(self.place, self.mission, self.place_option, self.home),
            pilot=self.pilot,
            seed=self.seed,
            out=self.out,
            video=self.video,
            trust=self.trust,
            as_json=self.json,
            live=LiveOptions(self.speed, self.port) if self.live else None,
        )


@dataclass(frozen=True)
class List:
    """List scenarios, pilots, vehicles, suites or studies."""

    what: Annotated[
        Positional[str], tyro.conf.arg(metavar="{scenarios,pilots,vehicles,suites,studies}")
    ]
    """What to list."""

    def run(self) -> int:
        """0 once listed."""
        from scenarios.commands.listing import list_names

        return list_names(self.what)


def _train_config() -> type:
    from agents.train_config import TrainConfig

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
    """Fly pilots on identical worlds; success with intervals, paired differences, verdicts, compute, one HTML report."""

    suite: str = "smoke"
    """A shipped suite (see `list suites`) or a TOML file."""
    pilots: Annotated[tuple[str, ...], tyro.conf.arg(aliases=["--pilot"])] = (
        "shared",
        "specialists",
        "classical",
        "teacher",
    )
    """Names, checkpoint folders or policies (see `fly --pilot`); the others are compared with the first."""
    ways: Annotated[
        tuple[str, ...] | None, tyro.conf.arg(metavar="{all,head,substitution} ...")
    ] = None
    """Fly every task so; by default as the suite says. head: each task by its own head alone; substitution: missions
    with every subset of heads replaced by the teacher's."""
    worlds: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Worlds per task; by default what the suite says."""
    first_seed: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """World seed to count up from; by default what the suite says."""
    seeds: Annotated[tuple[str, ...], tyro.conf.arg(metavar="INT[-INT] ...")] = ()
    """World seeds one by one or in ranges, in place of --worlds and --first-seed."""
    release: bool = False
    """Fly as many test worlds in place of the suite's: once per release, for published tables; stamp and report say so."""
    workers: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Flights flown at once; by default one a core."""
    engine: str = "local"
    """What flies: local (processes of this machine) or ray; see docs/cluster.md."""
    address: Annotated[str | None, tyro.conf.arg(metavar="HOST:PORT")] = None
    """Of a running Ray cluster, or auto; without it Ray starts on this machine alone."""
    flight_limit: float = 600.0
    """Seconds of wall clock after which a flight is ended and recorded as overdue."""
    trust: bool = False
    """Load policies from elsewhere, which runs code that comes with them."""
    retry: bool = False
    """Fly again what crashed or was overdue."""
    logs: str = "worst"
    """Which flights to fly once more into logs: worst, all or none."""
    referee: bool = False
    """Record every flight and have the independent referee judge it; exit with 1 where it disagrees."""
    junit: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Also write the flights as JUnit XML, one test case each."""
    require: Annotated[float | None, tyro.conf.arg(metavar="SHARE")] = None
    """Exit with 1 where the first pilot succeeds on a smaller share of a task's flights, as in 0.9."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder for the results; one that holds part of this campaign is continued."""
    json: bool = False
    """End standard output with one line of JSON."""

    def run(self) -> int:
        """0 once every flight is flown, 1 if some were lost, the first pilot fell short of --require, or the referee disagrees or had no log."""
        from scenarios.commands.compare import compare
        from scenarios.commands.compare_options import Options

        return compare(Options(**vars(self)))


_LOGS = tyro.conf.arg(metavar="LOG [LOG ...]", help_behavior_hint="(at least one)")


@dataclass(frozen=True)
class Replay:
    """Show what flight logs hold; re-fly them, film them, plot them."""

    logs: Annotated[Positional[tuple[Path, ...]], _LOGS] = ()
    """One or more flight.mcap files, or folders of logs."""
    verify: bool = False
    """Fly the logged actions again; they must match bit for bit."""
    workers: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """Processes that verify several logs; by default one a core."""
    export: Annotated[Path | None, tyro.conf.arg(metavar="PATH")] = None
    """Write the flights as one table, one row a control step (.csv or .parquet), or as a Minari dataset into a folder."""
    format: Annotated[str | None, tyro.conf.arg(metavar="{csv,parquet,minari}")] = None
    """Of the export; by default as its name ends, minari for a folder."""
    video: Annotated[Path | None, tyro.conf.arg(metavar="PATH")] = None
    """Render the film to this file; for several logs, to a folder."""
    plot: Annotated[Path | None, tyro.conf.arg(metavar="PATH")] = None
    """Draw the figure to this file (png, svg or pdf); for several logs, to a folder."""
    html: Annotated[Path | None, tyro.conf.arg(metavar="PATH")] = None
    """Write one HTML file to share, with the flight in 3D; for several logs, to a folder."""
    why: Annotated[tuple[str, ...] | None, tyro.conf.arg(metavar="[SECONDS]")] = None
    """Explain the decision at a time of flight, or without one the flight: when it was lost, and which head erred first."""
    viewer: bool = False
    """Open Rerun's viewer, two logs side by side: a window, or without a display a page on this machine. Needs the extra viz."""
    rrd: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Save what the viewer shows as a Rerun recording. Needs the extra viz."""
    port: int = 9090
    """The viewer's page; the next port takes its data."""

    def run(self) -> int:
        """0, 1 where a log differs from its re-flight, else 2 where one is damaged or cannot be read."""
        from scenarios.commands.replay import replay
        from scenarios.commands.replay_options import Batch, Drawn
        from scenarios.commands.replay_viewer import ViewerOptions

        drawn = Drawn(self.video, self.plot, self.html)
        batch = Batch(self.verify, self.workers, self.export, self.format)
        viewing = ViewerOptions(self.viewer, self.rrd, self.port)
        return replay(self.logs, drawn=drawn, why=self.why, viewing=viewing, batch=batch)


@dataclass(frozen=True)
class Describe:
    """Measure how hard scenarios' worlds are, or how well a logged flight was flown."""

    what: Positional[tuple[str, ...]]
    """Library names, TOML files, `all` for the whole library, or flight.mcap files."""
    worlds: int = 20
    """World seeds a scenario is measured on."""
    first_seed: int = 10_000
    """World seed to count up from."""
    markdown: Annotated[Path | None, tyro.conf.arg(metavar="PATH")] = None
    """Also write the tables, of scenarios and of flights, to this file."""
    json: bool = False
    """End standard output with one line of JSON: the figures by scenario and log."""

    def run(self) -> int:
        """0 once measured."""
        from scenarios.commands.describe import describe

        return describe(
            self.what,
            worlds=self.worlds,
            first_seed=self.first_seed,
            markdown=self.markdown,
            as_json=self.json,
        )


@dataclass(frozen=True)
class Referee:
    """Judge flight logs from the logs and their scenarios alone, with geometry of its own."""

    logs: Positional[tuple[Path, ...]]
    """One or more flight.mcap files."""
    scenario: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """What was to be flown: a library name or a TOML file; a log of another scenario is a disagreement."""
    workers: int = 1
    """Processes that judge."""
    json: bool = False
    """Print one line of JSON a log."""

    def run(self) -> int:
        """0, 1 where the referee disagrees with a log, else 2 where one could not be judged."""
        from scenarios.commands.referee import referee

        return referee(self.logs, scenario=self.scenario, workers=self.workers, as_json=self.json)


@dataclass(frozen=True)
class Study:
    """Train the networks that a study asks for, fly them, and write what was found; skips what is done."""

    study: Positional[str] = "headline"
    """A shipped study (see `list studies`) or a TOML file."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder for frames, networks and flights; by default runs/NAME, where it goes on after a kill."""
    frames: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """A `train` run whose frames to train on, in place of collecting."""
    seeds: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """At most so many training seeds of every network."""
    worlds: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None
    """At most so many worlds a task."""
    workers: int = 2
    """Flights flown at once."""
    results: Path = Path("docs/results")
    """Folder for the page, its figure and the flights as Parquet."""
    retry: bool = False
    """Fly again what crashed or was overdue."""
    release: bool = False
    """Fly as many test worlds in place of the suites': once per release, for published tables; stamp and page say so."""

    def run(self) -> int:
        """0 once written, 1 if flights were lost."""
        from scenarios.commands.study import study

        return study(
            self.study,
            out=self.out,
            frames=self.frames,
            seeds=self.seeds,
            worlds=self.worlds,
            workers=self.workers,
            results=self.results,
            retry=self.retry,
            release=self.release,
        )


@dataclass(frozen=True)
class Fit:
    """Fit on choice worlds how a pilot weighs survival against its way, and write that beside its weights."""

    pilot: Positional[str]
    """A checkpoint folder, ARM#SEED, shared or specialists."""
    worlds: int = 48
    """Choice worlds a task: a quarter of them for every rule of the grid, all for the best three."""
    workers: int = 2
    """Flights flown at once."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder for the flights, where a killed run goes on; by default a new one under runs/."""
    retry: bool = False
    """Fly again what crashed or was overdue in that folder."""

    def run(self) -> int:
        """0 once written, 1 if flights were lost."""
        from scenarios.commands.fit import fit

        return fit(
            self.pilot, worlds=self.worlds, workers=self.workers, out=self.out, retry=self.retry
        )


@dataclass(frozen=True)
class Export:
    """Write a pilot's networks as one ONNX file, or as a checkpoint of 8-bit weights."""

    pilot: str = "shared"
    """shared, specialists, or a checkpoint folder."""
    onnx: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Write all networks of the pilot as one graph; `fly --pilot FILE --trust` flies it. Needs the extra onnx."""
    int8: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Write checkpoints with 8-bit weights, a scale for every output channel; `fly --pilot DIR` flies them."""

    def run(self) -> int:
        """0 once written."""
        from scenarios.commands.export import export

        return export(self.pilot, onnx=self.onnx, int8=self.int8)


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
    "study": Study,
    "replay": Replay,
    "describe": Describe,
    "referee": Referee,
    "fit": Fit,
    "export": Export,
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
    except KeyboardInterrupt as stop:
        return getattr(stop, "exit_code", INTERRUPTED)


def _run(name: str, arguments: list[str]) -> int:
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            command = tyro.cli(COMMANDS[name], prog=f"trident {name}", args=arguments)
    except ValueError as error:
        return _refuse(str(error))
    except SystemExit as leaving:
        if not leaving.code:  # Help was asked for, and given.
            raise
        from scenarios.commands.usage import one_line

        return _refuse(one_line(said.getvalue(), name))
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
    close = difflib.get_close_matches(name.lower(), COMMANDS, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"unknown command {name!r}: choose {', '.join(COMMANDS)}{hint}"


def _refuse(message: str) -> int:
    sys.stderr.write(f"trident: {message}\n")
    return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
