"""Logs of a campaign's flights: flown again after it, so that the flights that count are not slowed down by writing."""

import hashlib
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from agents.fanout import Engine, Failed
from scenarios.commands.console import file_name, progress, warn
from scenarios.flying import Crew, record_job
from scenarios.report import WORST
from scenarios.row import LOST, Job, Row
from scenarios.worst import worst_flights

LOG_CHOICES = ("worst", "all", "none")


def record_logs(
    which: str, rows: Sequence[Row], folder: Path, engine: Engine, crew: Crew
) -> dict[tuple[str, str, int], str]:
    """Fly flights again into logs, those there are left alone; returns paths from `folder` by pilot, scenario, seed."""
    wanted = {row.job: row for row in _chosen(which, rows)}
    paths = {job: folder / "logs" / f"{_name(job)}.mcap" for job in wanted}
    missing = [(job, path) for job, path in paths.items() if not path.exists()]
    for torn in (folder / "logs").glob("*.part"):  # Left by a kill.
        torn.unlink()
    done = 0
    with progress("recording", "logs") as report:
        for (job, path), answer in engine.fan_out(partial(record_job, crew=crew), missing):
            done += 1
            report(done, len(missing))
            if isinstance(answer, Failed):
                warn(f"no log of {job}: {answer.last_line}")
            elif answer != wanted[job].outcome:
                warn(f"{path}: ended as {answer}, the campaign's flight as {wanted[job].outcome}")
    return {
        (job.pilot, job.scenario, job.seed): str(path.relative_to(folder))
        for job, path in paths.items()
        if path.exists()
    }


def _chosen(which: str, rows: Sequence[Row]) -> list[Row]:
    if which == "none":
        return []
    if which == "all":
        return [row for row in rows if row.outcome not in LOST]
    return worst_flights(rows, WORST)


def _name(job: Job) -> str:
    """`forest-navigation-shared_head-1f0c27ab-15003`: words to read, and a digest, as `a/m.toml` and `b/m.toml` read alike."""
    told = hashlib.sha256(json.dumps([job.pilot, job.scenario]).encode()).hexdigest()[:8]
    return file_name(f"{Path(job.scenario).stem}-{job.pilot}-{told}-{job.seed}")
