"""Spread jobs over local processes so that a job that dies costs only itself."""

import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

# Not fork: a child forked after numba, Bullet or PyTorch have started threads can deadlock.
_CONTEXT = get_context("spawn")
_LAST_WORDS_S = 5.0


@dataclass(frozen=True)
class Failed:
    """Why a job has no result: its traceback, or how its process ended."""

    reason: str


def fan_out(
    work: Callable[[Job], Result], jobs: Iterable[Job], processes: int
) -> Iterator[tuple[Job, Result | Failed]]:
    """Run `work` on every job in up to `processes` processes; answers come as they are ready.

    `work` must be importable (a module-level function, or a partial of one). A process is kept from
    job to job, so what `work` caches stays cached; one that dies fails its job and is replaced. Jobs
    are taken one by one as processes come free, so an iterator may end early by what was answered.
    """
    if processes < 1:
        raise ValueError(f"processes = {processes}: must be at least 1")
    pending = iter(jobs)
    idle: list[_Worker[Job, Result]] = []
    busy: dict[Connection, _Worker[Job, Result]] = {}
    try:
        while True:
            for job in islice(pending, processes - len(busy)):
                worker = idle.pop() if idle else _Worker(work)
                worker.start(job)
                busy[worker.connection] = worker
            if not busy:
                return
            for connection in wait(list(busy)):
                worker = busy.pop(connection)  # pyright: ignore[reportArgumentType] - only connections were given.
                answer = worker.answer()
                if worker.alive:
                    idle.append(worker)
                yield worker.job, answer
    finally:
        for worker in (*idle, *busy.values()):
            worker.stop()


class _Worker(Generic[Job, Result]):
    """One child process and the job it is on."""

    def __init__(self, work: Callable[[Job], Result]) -> None:
        self.connection, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_serve, args=(work, theirs), daemon=True)
        self._process.start()
        # With our copy of the child's end closed, its death reads as an end of file.
        theirs.close()
        self.alive = True

    def start(self, job: Job) -> None:
        self.job = job
        try:
            self.connection.send(job)
        except BrokenPipeError:
            # It died between jobs; `answer` says how.
            self.alive = False

    def answer(self) -> Result | Failed:
        """The finished job's result; blocks until there is one."""
        try:
            return self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.alive = False
            # Wait for its own exit code before `stop` could overwrite it with ours.
            self._process.join(_LAST_WORDS_S)
            self.stop()
            return Failed(f"the process ended with exit code {self._process.exitcode}")

    def stop(self) -> None:
        self.connection.close()
        self._process.terminate()
        self._process.join()


def _serve(work: Callable[[Job], Result], connection: Connection) -> None:
    # Ctrl-C reaches every process of the terminal; the parent decides what becomes of its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        try:
            answer = work(job)
        except Exception:
            answer = Failed(traceback.format_exc())
        connection.send(answer)
