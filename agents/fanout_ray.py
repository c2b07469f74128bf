"""The engine that runs jobs on Ray: two workers on this machine, or as many as a cluster has."""

import faulthandler
import os
import signal
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from agents.fanout import Failed, Job, Result, attempt, check_engine, overdue

_OBJECT_STORE_BYTES = 200_000_000
"""Jobs and rows are small; Ray's default would claim a third of the memory."""
_CONNECT_S = 10.0


class RayMissingError(ValueError):
    """Ray is asked for and not installed, or not there."""


@dataclass(frozen=True)
class RayEngine:
    """Ray Core tasks, one CPU each; without an address on this machine alone, on loopback and without a dashboard."""

    workers: int
    """Jobs in flight at once; more than there are CPUs wait in Ray's queue."""
    limit_s: float = float("inf")
    """Wall-clock time after which a job is ended, with its process."""
    address: str | None = None
    """Of a running cluster: `auto`, or `host:port`."""

    def __post_init__(self) -> None:
        check_engine(self.workers, self.limit_s)
        if self.address is not None and self.address != "auto":
            _check_listens(self.address)

    def fan_out(
        self, work: Callable[[Job], Result], jobs: Iterable[Job]
    ) -> Iterator[tuple[Job, Result | Failed]]:
        """See `Engine`; paths in jobs must mean the same on every machine."""
        ray = _ray(alone=self.address is None)
        started = self.connect()
        try:
            yield from self._spread(ray, work, iter(jobs))
        finally:
            if started:
                ray.shutdown()

    def connect(self) -> bool:
        """Join or start Ray; False if this process had done so before."""
        ray = _ray(alone=self.address is None)
        if ray.is_initialized():
            return False
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        where = {"address": self.address} if self.address is not None else _loopback(self.workers)
        try:
            ray.init(**where, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            asked = (
                "engine = ray: does not start"
                if self.address is None
                else f"address = {self.address}: no Ray there"
            )
            raise RayMissingError(f"{asked}: {reason}") from error
        finally:
            # Ray ends the program on SIGTERM in its own way; how we stop is ours to say.
            for number, handler in handlers.items():
                signal.signal(number, handler)
        return True

    def _spread(
        self, ray: Any, work: Callable[[Job], Result], pending: Iterator[Job]
    ) -> Iterator[tuple[Job, Result | Failed]]:
        # No retries: a job that kills its worker would kill the next one too.
        run = ray.remote(num_cpus=1, max_retries=0, num_returns="streaming")(_run)
        shared = ray.put((work, os.getcwd(), self.limit_s))
        flying: dict[Any, Job] = {}
        began: dict[Any, float] = {}
        try:
            while True:
                for job in islice(pending, self.workers - len(flying)):
                    flying[run.remote(shared, job)] = job
                if not flying:
                    return
                spoken, _ = ray.wait(list(flying), num_returns=1)
                for task in spoken:
                    said = self._said(ray, task, began.get(task))
                    if isinstance(said, _Began):
                        began[task] = said.at
                        continue
                    began.pop(task, None)
                    yield flying.pop(task), said
        finally:
            for task in flying:
                ray.cancel(task, force=True)

    def _said(self, ray: Any, task: Any, began: float | None) -> Any:
        """What a task has said next: that it began, its answer, or how its worker ended."""
        try:
            return ray.get(next(task))
        except ray.exceptions.RayError as error:
            # Its watchdog, which counts from its start too, has ended the process.
            if began is not None and time.time() - began >= self.limit_s:
                return overdue(self.limit_s)
            return Failed(f"the Ray worker is gone: {str(error).splitlines()[0]}")


# --- Private.


@dataclass(frozen=True)
class _Began:
    """What a task says first: it may have waited long for a free CPU."""

    at: float
    """Seconds since the epoch, which machines of a cluster agree on."""


def _run(
    shared: tuple[Callable[[Job], Result], str, float], job: Job
) -> Iterator[_Began | Result | Failed]:
    work, folder, limit_s = shared
    if Path(folder).is_dir():  # Relative paths then mean what they mean to who asked.
        os.chdir(folder)
    yield _Began(time.time())
    with _watchdog(limit_s):
        answer = attempt(work, job)
    yield answer


def _check_listens(address: str) -> None:
    """Refuse an address where nobody listens: Ray itself would try for minutes, and then end the program."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise RayMissingError(f"address = {address}: give auto, or HOST:PORT")
    try:
        socket.create_connection((host, int(port)), _CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise RayMissingError(f"address = {address}: no Ray there: {error}") from error


@contextmanager
def _watchdog(limit_s: float) -> Iterator[None]:
    """End this process where the inside takes longer, be it hung in compiled code: the thread that looks is C's."""
    if limit_s == float("inf"):
        yield
        return
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        faulthandler.dump_traceback_later(limit_s, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def _loopback(workers: int) -> dict[str, Any]:
    return {
        "num_cpus": workers,
        "num_gpus": 0,
        "include_dashboard": False,
        "object_store_memory": _OBJECT_STORE_BYTES,
        "_node_ip_address": "127.0.0.1",
    }


def _ray(alone: bool) -> Any:
    """The package; how it is to behave it reads from the environment when it is first imported."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if alone:
        # Ray's switch for machines without a cluster: every server of it then listens on loopback alone.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    try:
        import ray
    except ImportError as error:
        raise RayMissingError("engine = ray: needs `pip install trident-sim[ray]`") from error
    return ray
