"""Spread jobs over processes so that a job that dies costs only itself: the interface, and the engine of this machine."""

import ctypes
import signal
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, Protocol, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

# Not fork: a child forked after numba, Bullet or PyTorch have started threads can deadlock.
_CONTEXT = get_context("spawn")
_LAST_WORDS_S = 5.0
_START_S = 120.0
"""Time a process may take to start, on a machine that has much else to do."""
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Failed:
    """Why a job has no result: its traceback, how its process ended, or that its time was up."""

    reason: str
    overdue: bool = False
    """It was ended because its time was up."""

    @property
    def last_line(self) -> str:
        """The reason without its traceback."""
        return self.reason.strip().splitlines()[-1]


@dataclass(frozen=True)
class _Started:
    """What a process says first, when it has imported what it needs."""


class Engine(Protocol):
    """Runs jobs somewhere; chosen once and handed to whoever has jobs."""

    def fan_out(
        self, work: Callable[[Job], Result], jobs: Iterable[Job]
    ) -> Iterator[tuple[Job, Result | Failed]]:
        """Run `work` on every job; answers come as they are ready.

        `work` must be importable (a module-level function, or a partial of one). A process is kept from
        job to job, so what `work` caches stays cached; one that dies fails its job and is replaced. Jobs
        are taken one by one as processes come free, so an iterator may end early by what was answered.
        """
        ...


@dataclass(frozen=True)
class LocalEngine:
    """Processes of this machine."""

    workers: int
    limit_s: float = float("inf")
    """Wall-clock time after which a job is ended, with its process."""

    def __post_init__(self) -> None:
        check_engine(self.workers, self.limit_s)

    def fan_out(
        self, work: Callable[[Job], Result], jobs: Iterable[Job]
    ) -> Iterator[tuple[Job, Result | Failed]]:
        """See `Engine`."""
        pending = iter(jobs)
        idle: list[_Worker[Job, Result]] = []
        busy: dict[Connection, _Worker[Job, Result]] = {}
        try:
            while True:
                for job in islice(pending, self.workers - len(busy)):
                    worker = idle.pop() if idle else _Worker(work)
                    worker.start(job, self.limit_s)
                    busy[worker.connection] = worker
                if not busy:
                    return
                for worker in _ready(busy):
                    answer = worker.answer()
                    if isinstance(answer, _Started):
                        continue
                    del busy[worker.connection]
                    if worker.alive:
                        idle.append(worker)
                    yield worker.job, answer
        finally:
            for worker in (*idle, *busy.values()):
                worker.stop()


def check_engine(workers: int, limit_s: float) -> None:
    """Refuse what no engine can do."""
    if workers < 1:
        raise ValueError(f"workers = {workers}: must be at least 1")
    if not limit_s > 0:
        raise ValueError(f"limit_s = {limit_s}: must be above 0")


def overdue(limit_s: float) -> Failed:
    """What becomes of a job whose time is up."""
    return Failed(f"not finished after {limit_s:g} s of wall clock, so it was ended", overdue=True)


def attempt(work: Callable[[Job], Result], job: Job) -> Result | Failed:
    """The job's result, or the traceback of what it raised."""
    try:
        return work(job)
    except Exception:
        return Failed(traceback.format_exc())


# --- Private.


def _ready(busy: dict[Connection, Any]) -> list[Any]:
    """The workers that have answered, or whose time is up; blocks until there is one."""
    patience = min(worker.deadline for worker in busy.values()) - time.monotonic()
    answered = wait(list(busy), None if patience == float("inf") else max(0.0, patience))
    if answered:
        return [busy[connection] for connection in answered]  # pyright: ignore[reportArgumentType] - only connections were given.
    now = time.monotonic()
    return [worker for worker in busy.values() if worker.deadline <= now]


class _Worker(Generic[Job, Result]):
    """One child process and the job it is on."""

    def __init__(self, work: Callable[[Job], Result]) -> None:
        self.connection, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_serve, args=(work, theirs), daemon=True)
        self._process.start()
        # With our copy of the child's end closed, its death reads as an end of file.
        theirs.close()
        self.alive, self._started = True, False

    def start(self, job: Job, limit_s: float) -> None:
        self.job, self._limit_s = job, limit_s
        # A process that has yet to import what it needs gets time for that too.
        self.deadline = time.monotonic() + limit_s + (0.0 if self._started else _START_S)
        try:
            self.connection.send(job)
        except BrokenPipeError:
            # It died between jobs; `answer` says how.
            self.alive = False

    def answer(self) -> Result | Failed | _Started:
        """What a worker that `_ready` named has said; where it said nothing its time is up, and it is ended."""
        connection = self.connection
        try:
            if not connection.poll():
                self.stop()
                return overdue(self._limit_s)
            said = connection.recv()
        except (EOFError, ConnectionResetError):
            # Wait for its own exit code before `stop` could overwrite it with ours.
            self._process.join(_LAST_WORDS_S)
            self.stop()
            return Failed(f"the process ended with exit code {self._process.exitcode}")
        if isinstance(said, _Started):
            self._started, self.deadline = True, time.monotonic() + self._limit_s
        return said

    def stop(self) -> None:
        self.alive = False
        self.connection.close()
        self._process.terminate()
        self._process.join(_LAST_WORDS_S)
        if self._process.is_alive():  # It holds the signal back; this one cannot be held.
            self._process.kill()
            self._process.join()


def _serve(work: Callable[[Job], Result], connection: Connection) -> None:
    # Ctrl-C reaches every process of the terminal; the parent decides what becomes of its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A parent that was killed can decide nothing: the system then ends its children, hung ones too.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    connection.send(_Started())
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        connection.send(attempt(work, job))
