"""`describe`: how hard worlds are, by FlightBench's and AvoidBench's measures, and how well a logged flight was flown."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import scenarios
from scenarios.avoidbench import flight_metrics, relative_gap, traversability
from scenarios.commands.console import (
    InputError,
    progress,
    say,
    say_json,
    show,
    user_input,
    writable_folder,
)
from scenarios.commands.describe_pages import (
    COLUMNS,
    MeasuredFlight,
    WorldMeasures,
    WorldRows,
    command_line,
    flight_page,
    flight_table,
    mean,
    world_page,
    world_table,
)
from scenarios.difficulty import difficulty
from scenarios.generate.site import ground_of
from scenarios.guide import guide_legs, length_of
from scenarios.seeds import check_open
from sim.record.reader import read_flight
from sim.scenario import Scenario
from sim.types import POSITION, VELOCITY

_ALL = "all"


def describe(
    names: Sequence[str],
    *,
    worlds: int,
    first_seed: int,
    markdown: Path | None,
    as_json: bool,
) -> int:
    """Print one row of means a scenario, then a logged flight's metrics; a log cut short is measured as far as it goes, then refused."""
    logs = [name for name in names if name.endswith(".mcap")]
    entries = _entries([name for name in names if name not in logs])
    _check(names, entries, worlds, first_seed, markdown)
    seeds = range(first_seed, first_seed + worlds)
    flights = [_measured_flight(log) for log in dict.fromkeys(logs)]
    rows = WorldRows(_measured_worlds(entries, seeds), seeds) if entries else None
    if rows is not None:
        show(world_table(rows))
    if markdown is not None:
        _write(names, rows, flights, markdown)
    if as_json:
        say_json(_as_json(rows, flights))
    damaged = [f"{f.log.path}: {f.log.damage}" for f in flights if f.log.damage is not None]
    if damaged:
        raise InputError(f"log cut short or damaged: {'; '.join(damaged)}")
    return 0


def measure(scenario: Scenario) -> WorldMeasures:
    """One world's figures."""
    ground = ground_of(scenario)
    found = difficulty(scenario, ground)
    return WorldMeasures(
        way_m=found.length_m,
        obstruction=found.obstruction,
        occlusion=found.occlusion,
        gap_loss=found.gap_loss,
        traversability=traversability(ground),
        relative_gap=relative_gap(ground),
        redraws=scenario.redraws,
    )


# --- Private.


def _entries(names: Sequence[str]) -> list[str]:
    """Scenarios to measure, each once, in the order asked for; `all` is the library's."""
    library = scenarios.names()
    asked = (library if name == _ALL else (name,) for name in names)
    return list(dict.fromkeys(name for some in asked for name in some))


def _check(
    names: Sequence[str],
    entries: Sequence[str],
    worlds: int,
    first_seed: int,
    markdown: Path | None,
) -> None:
    """What cannot be done is refused before anything is measured."""
    if not names:
        raise InputError(
            "describe: name scenarios, all, or flight logs, e.g. trident describe tier3-navigation"
        )
    if entries:
        _check_worlds(worlds, first_seed)
    if markdown is not None:
        if markdown.is_dir():
            raise InputError(f"markdown = {markdown}: is a folder, not a file")
        writable_folder(markdown.absolute().parent)


def _check_worlds(worlds: int, first_seed: int) -> None:
    if worlds < 1:
        raise InputError(f"worlds = {worlds}: must be at least 1")
    if first_seed < 0:
        raise InputError(f"first_seed = {first_seed}: must be 0 or more")
    with user_input():
        check_open(range(first_seed, first_seed + worlds), release=False)


def _measured_flight(name: str) -> MeasuredFlight:
    """A log's metrics, shown at once."""
    with user_input():
        log = read_flight(Path(name))
        log.require_steps("measure")
        log.require_place()
        legs = guide_legs(log.scenario, ground_of(log.scenario))
    metrics = flight_metrics(
        log.poses[:, POSITION],
        log.poses[:, VELOCITY],
        physics_hz=log.scenario.rates.physics_hz,
        shortest_m=length_of(legs),
        arrived=log.result is not None and log.result.success,
    )
    flight = MeasuredFlight(log, metrics)
    show(flight_table(flight))
    return flight


def _measured_worlds(entries: Sequence[str], seeds: range) -> dict[str, list[WorldMeasures]]:
    rows: dict[str, list[WorldMeasures]] = {}
    with progress("measuring", "worlds") as report:
        for name in entries:
            with user_input():
                loaded = scenarios.load(name)
                rows[name] = []
                for seed in seeds:
                    rows[name].append(measure(scenarios.resolve(loaded, seed)))
                    report(sum(map(len, rows.values())), len(entries) * len(seeds))
    return rows


def _write(
    asked: Sequence[str],
    rows: WorldRows | None,
    flights: Sequence[MeasuredFlight],
    markdown: Path,
) -> None:
    command = command_line(asked, None if rows is None else rows.seeds, markdown)
    pages = [] if rows is None else [world_page(rows, command)]
    pages += [flight_page(flights, command)] if flights else []
    with user_input():
        markdown.write_text("\n".join(pages), encoding="utf-8")
    say(f"wrote {markdown}")


def _as_json(
    rows: WorldRows | None, flights: Sequence[MeasuredFlight]
) -> dict[str, dict[str, float | None]]:
    """Figures by scenario's name and by log's path."""
    found = {} if rows is None else rows.found
    told = {name: {key: mean(each, key) for key, _ in COLUMNS} for name, each in found.items()}
    return told | {str(flight.log.path): asdict(flight.metrics) for flight in flights}
