"""Progress of a campaign: flights done, success so far, time left."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from agents.fanout import Engine
from scenarios.commands.console import user_input, warn
from scenarios.flying import Crew, fly_job
from scenarios.journal import Journal
from scenarios.row import Job, Row
from scenarios.runner import rows_so_far, run_campaign

_PERIOD_S = 2.0
"""Without a terminal, progress is one line this often."""
_RECENT = 100
"""Flights whose pace tells the time left: the first ones compile and load."""


class Tally:
    """Counts a campaign's flights; those from before cost no time."""

    def __init__(self, before: int, wins: int, total: int) -> None:
        self.done, self._wins, self.total = before, wins, total
        self._times: deque[float] = deque([time.monotonic()], maxlen=_RECENT)

    def count(self, row: Row) -> None:
        self.done += 1
        self._wins += row.success
        self._times.append(time.monotonic())

    def __str__(self) -> str:
        """`120 of 200 flights, 93 % succeeded, 4.1 a second, 0:20 left`."""
        text = f"{self.done} of {self.total} flights"
        if self.done:
            text += f", {100 * self._wins / self.done:.0f} % succeeded"
        if len(self._times) > 1:
            rate = (len(self._times) - 1) / max(self._times[-1] - self._times[0], 1e-9)
            left = round((self.total - self.done) / rate)
            text += f", {rate:.1f} a second, {left // 60}:{left % 60:02d} left"
        return text


def fly_with_progress(
    label: str,
    jobs: Sequence[Job],
    journal: Journal[Row],
    engine: Engine,
    crew: Crew,
    retry: bool = False,
) -> list[Row]:
    """The rows of all jobs, flown where the journal does not hold them yet; see `scenarios.runner.run_campaign`."""
    with user_input():
        before = rows_so_far(journal, retry)
    known = [before[job] for job in jobs if job in before]
    tally = Tally(len(known), sum(row.success for row in known), len(jobs))
    with campaign_progress(label, tally) as count:
        return run_campaign(jobs, journal, engine, partial(fly_job, crew=crew), count, retry)


@contextmanager
def campaign_progress(label: str, tally: Tally) -> Iterator[Callable[[Row], None]]:
    """Yields what to call for every row; a bar on a terminal, lines now and then elsewhere, both on standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(label, tally)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[tally]}"))
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(label, total=tally.total, completed=tally.done, tally=tally)

        def count(row: Row) -> None:
            tally.count(row)
            bars.update(task, completed=tally.done, tally=tally)

        yield count


def _lines(label: str, tally: Tally) -> Callable[[Row], None]:
    last = time.monotonic()

    def count(row: Row) -> None:
        nonlocal last
        tally.count(row)
        if time.monotonic() - last >= _PERIOD_S or tally.done == tally.total:
            last = time.monotonic()
            warn(f"{label}: {tally}")

    return count
