"""`fly`: one flight, its log, film and figure."""

import json
import signal
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

import agents
import scenarios
from scenarios.commands.console import (
    InputError,
    file_name,
    finite,
    fresh_folder,
    progress,
    say_json,
    show,
    user_input,
    warn,
)
from scenarios.commands.flight_table import flight_table, mission_lines
from scenarios.commands.fly_live import LiveOptions, Show, live_show
from scenarios.compute import pilot_digest
from scenarios.place_arguments import parse_options
from scenarios.seeds import check_seed, seed_set
from scenarios.user_place import bring, is_place, is_plan
from sim.physics.vehicle import load_vehicle
from sim.record.plot import write_plot
from sim.record.reader import read_flight
from sim.record.sink import LogStopped
from sim.record.video import film_workers, write_video
from sim.record.writer import FlightLog
from sim.scenario import Scenario
from sim.types import FlightResult

DEFAULT_SEED = 10_112
"""A choice world on which the shipped shared network completes the default mission."""


@dataclass(frozen=True)
class OwnPlace:
    """What a user says of a place of their own."""

    place: str | None = None
    mission: str | None = None
    options: tuple[str, ...] = ()
    home: tuple[float, float] | None = None


def fly(
    scenario: str,
    *,
    pilot: str,
    seed: int | None,
    out: Path | None,
    as_json: bool,
    video: bool,
    trust: bool,
    own: OwnPlace = OwnPlace(),
    live: LiveOptions | None = None,
) -> int:
    """Fly, write the files, print the outcome; 0 for success and 1 for any other outcome."""
    if live is not None:
        live.check()
    with user_input():
        resolved = _resolve(scenario, seed, own)
        load_vehicle(resolved.vehicle)
        chosen = agents.load_pilot(pilot, trust)
    folder = fresh_folder(out, f"{resolved.name}-{file_name(Path(pilot).stem)}-{resolved.seed}")
    log_path = folder / "flight.mcap"
    if log_path.exists():
        raise InputError(f"out = {folder}: holds a flight already; choose another folder")
    facts = {"pilot": chosen.name, "pilot_hash": pilot_digest(pilot)}
    with nullcontext() if live is None else live_show(live, resolved, chosen) as shown:
        result = _record(resolved, chosen, log_path, facts, shown)
        bounds = agents.mission_bounds(resolved)
        optimum = None if bounds is None else bounds.optimum
        files = {"log": log_path, **_render(log_path, folder, optimum, video=video)}
        show(_table(resolved, chosen.name, result, bounds, files))
        if shown is not None:
            shown.wait()
    if as_json:
        say_json(_as_json(resolved, chosen.name, result, bounds, files))
    return 0 if result.success else 1


def _resolve(name: str, seed: int | None, own: OwnPlace) -> Scenario:
    if seed is not None:
        check_seed(seed)
    drawn = DEFAULT_SEED if seed is None else seed
    place, mission = (name, own.mission) if is_place(name) else (own.place, name)
    if is_place(name) and own.place is not None:
        raise ValueError(f"place = {own.place}: {name} is a place already")
    if is_plan(name) or is_place(name) or own.place is not None:
        if not is_place(name) and own.mission is not None:
            raise ValueError(f"mission = {own.mission}: {name} is a mission already")
        brought = bring(
            place or "", mission, drawn, options=parse_options(own.options), home=own.home
        )
        for note in brought.notes:
            warn(f"note: {note}")
        return brought.scenario
    if own != OwnPlace():
        raise ValueError(
            f"mission, place-option and home are for a place of your own, not for {name}"
        )
    loaded = scenarios.load(name)
    if isinstance(loaded, Scenario):
        return scenarios.resolve(loaded, loaded.seed if seed is None else seed)
    return scenarios.resolve(loaded, drawn)


class _Interrupts:
    """Holds Ctrl-C back to the end of a step: raised inside compiled code or a log's chunk, it would tear them."""

    def __enter__(self) -> "_Interrupts":
        self._came = False
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *details: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def check(self) -> None:
        """Raise the interrupt that came."""
        if self._came:
            raise KeyboardInterrupt

    def _note(self, number: int, frame: object) -> None:
        self._came = True


def _record(
    scenario: Scenario, pilot: agents.Pilot, path: Path, facts: dict[str, str], shown: Show | None
) -> FlightResult:
    """Fly and log; an interrupt leaves a log that ends where the flight did."""
    metadata = {
        **facts,
        "seed_set": seed_set(scenario.seed),
        "lattice": json.dumps(agents.describe_lattice()),
        "action": pilot.action_level,
    }
    with user_input():
        log = FlightLog(path, scenario, metadata)
    try:
        with (
            log,
            progress(f"flying {scenario.name}", "s flown") as report,
            _Interrupts() as interrupts,
        ):

            def after_step(time: float) -> None:
                interrupts.check()
                report(time, None)
                if shown is not None:
                    shown.pace(time, interrupts.check)

            if shown is None:
                return agents.fly(scenario, pilot, log, after_step, dump_to=path.parent)
            watched, both = shown.watched(pilot), shown.both(log)
            return agents.fly(scenario, watched, both, after_step, dump_to=path.parent)
    except KeyboardInterrupt:
        warn(f"interrupted; the flight so far is in {path}")
        raise
    except LogStopped as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _render(log: Path, folder: Path, optimum: float | None, *, video: bool) -> dict[str, Path]:
    flight = read_flight(log)
    files = {"plot": folder / "flight.png"}
    write_plot(flight, files["plot"], optimum)
    if video:
        files["video"] = folder / "flight.mp4"
        with progress("rendering the film", "frames") as report:
            write_video(flight, files["video"], report, film_workers(flight), optimum)
    return files


def _as_json(
    scenario: Scenario,
    pilot: str,
    result: FlightResult,
    bounds: agents.MissionBounds | None,
    files: dict[str, Path],
) -> dict[str, object]:
    return {
        "outcome": str(result.outcome),
        "success": result.success,
        "duration_s": result.duration_s,
        "distance_m": result.distance_m,
        "min_clearance_m": finite(result.min_clearance_m),
        "energy_wh": result.energy_wh,
        "prize": result.prize,
        "prize_optimum": bounds and bounds.optimum,
        "prize_clairvoyant": bounds and bounds.clairvoyant,
        "mission_decisions": result.mission_decisions,
        "mask_interventions": result.mask_interventions,
        "scenario": scenario.name,
        "seed": scenario.seed,
        "pilot": pilot,
        **{name: str(path) for name, path in files.items()},
    }


def _table(
    scenario: Scenario,
    pilot: str,
    result: FlightResult,
    bounds: agents.MissionBounds | None,
    files: dict[str, Path],
) -> Table:
    prize = {} if bounds is None else mission_lines(result, bounds)
    paths = {name: str(path) for name, path in files.items()}
    title = f"{scenario.name}, seed {scenario.seed}, flown by {pilot}"
    return flight_table(title, result, {**prize, **paths})
