"""Progress of a campaign: flights done, success so far, time left."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from agents.fanout import Engine
from scenarios.commands.console import progress_in_words, user_input
from scenarios.flying import Crew, fly_job
from scenarios.journal import Journal
from scenarios.row import Job, Row
from scenarios.runner import rows_so_far, run_campaign

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
    """Yields what to call for every row."""
    with progress_in_words(label, end_too=True) as tell:
        if tally.done < tally.total:
            tell(tally.done, tally.total, str(tally))

        def count(row: Row) -> None:
            tally.count(row)
            tell(tally.done, tally.total, str(tally))

        yield count
