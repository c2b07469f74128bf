"""Every job is answered once, and one that dies costs only itself."""

import dataclasses
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.engines import ENGINES, open_engine
from agents.fanout import Failed, LocalEngine
from agents.fanout_ray import RayEngine

ROOT = Path(__file__).parent.parent.parent
POISON, DEADLY, HUNG = -1, -2, -3
jobs_done = 0


def square(number: int) -> tuple[int, int]:
    """The square, and how many jobs this process has done."""
    global jobs_done
    if number == POISON:
        raise ArithmeticError("poison")
    if number == DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == HUNG:
        time.sleep(600)
    jobs_done += 1
    return number**2, jobs_done


def tell_and_square(number: int) -> tuple[int, int]:
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    return square(number)


def test_every_job_is_answered_once_by_few_processes() -> None:
    answers = dict(LocalEngine(2).fan_out(square, range(12)))
    assert {
        job: answer[0] for job, answer in answers.items() if not isinstance(answer, Failed)
    } == {n: n**2 for n in range(12)}
    # A process that was kept counts on: twelve jobs in two processes put one counter at 6 or more.
    assert max(answer[1] for answer in answers.values() if not isinstance(answer, Failed)) >= 6


def test_a_job_that_raises_or_dies_costs_only_itself() -> None:
    answers = dict(LocalEngine(1).fan_out(square, [1, DEADLY, 2, POISON, 3]))
    raised, died = answers.pop(POISON), answers.pop(DEADLY)
    assert isinstance(raised, Failed)
    assert "ArithmeticError: poison" in raised.reason
    assert isinstance(died, Failed)
    assert str(-signal.SIGKILL) in died.reason
    assert sorted(answers) == [1, 2, 3]
    assert not any(isinstance(answer, Failed) for answer in answers.values())


def test_no_jobs_start_no_process() -> None:
    assert list(LocalEngine(4).fan_out(square, [])) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_without_workers_or_time_is_refused(engine: str) -> None:
    with pytest.raises(ValueError, match="workers = 0"):
        open_engine(engine, workers=0)
    with pytest.raises(ValueError, match="limit_s = 0"):
        open_engine(engine, workers=1, limit_s=0.0)


def test_engines_are_named_and_only_ray_has_an_address() -> None:
    with pytest.raises(ValueError, match=r"'loc'.*did you mean 'local'"):
        open_engine("loc", workers=1)
    with pytest.raises(ValueError, match="address = somewhere:6379"):
        open_engine("local", workers=1, address="somewhere:6379")


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:1"])
def test_ray_is_refused_where_nobody_listens(address: str) -> None:
    """Before anything flies, and without Ray, whose own search takes minutes."""
    with pytest.raises(ValueError, match=f"address = {address}: (give|no Ray there)"):
        open_engine("ray", workers=1, address=address)


def test_a_hung_job_is_ended_and_named() -> None:
    answers = dict(LocalEngine(1, limit_s=1.5).fan_out(square, [1, HUNG, 2]))
    hung = answers.pop(HUNG)
    assert isinstance(hung, Failed)
    assert hung.overdue
    assert "1.5 s" in hung.reason
    assert [isinstance(answer, Failed) for answer in answers.values()] == [False, False]


def test_children_of_a_killed_parent_end() -> None:
    """Even one that is hung in compiled code, where no thread of its own could look after it."""
    program = (
        "from agents.fanout import LocalEngine\n"
        "from tests.agents.test_fanout import HUNG, tell_and_square\n"
        "if __name__ == '__main__':\n"
        "    list(LocalEngine(1).fan_out(tell_and_square, [HUNG]))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = Path("/proc") / parent.stdout.readline().strip()
        assert child.exists()
        parent.kill()
    for _ in range(100):
        if not child.exists() or "Z (zombie)" in (child / "status").read_text():
            return
        time.sleep(0.05)
    raise AssertionError(f"{child} lives on")


# --- Ray: the same answers, on a local cluster of two workers.


@pytest.fixture(scope="module")
def ray_engine() -> Iterator[RayEngine]:
    """One cluster for all tests here: starting one takes seconds, and an engine uses what runs already."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("needs the extra ray")
    engine = RayEngine(2)
    assert engine.connect()
    yield engine
    importlib.import_module("ray").shutdown()


def test_ray_answers_as_local_processes_do(ray_engine: RayEngine) -> None:
    jobs = [1, DEADLY, 2, POISON, 3]
    answers = dict(ray_engine.fan_out(square, jobs))
    raised, died = answers.pop(POISON), answers.pop(DEADLY)
    assert isinstance(raised, Failed)
    assert "ArithmeticError: poison" in raised.reason
    assert isinstance(died, Failed)
    assert "worker" in died.reason
    local = dict(LocalEngine(2).fan_out(square, [1, 2, 3]))
    assert {job: answer[0] for job, answer in answers.items() if not isinstance(answer, Failed)} == {
        job: answer[0] for job, answer in local.items() if not isinstance(answer, Failed)
    }  # fmt: skip


def test_ray_ends_a_hung_job(ray_engine: RayEngine) -> None:
    limited = dataclasses.replace(ray_engine, limit_s=2.0)
    answers = dict(limited.fan_out(square, [HUNG, 1]))
    hung = answers[HUNG]
    assert isinstance(hung, Failed)
    assert hung.overdue
    assert not isinstance(answers[1], Failed)


def test_ray_counts_a_job_s_time_from_its_start(ray_engine: RayEngine) -> None:
    """More at once than there are CPUs: who waits longer than a job may take, and then dies, is not overdue."""
    limited = dataclasses.replace(ray_engine, workers=4, limit_s=2.0)
    answers = list(limited.fan_out(square, [HUNG, HUNG, DEADLY, 1]))
    overdue = {job: answer.overdue for job, answer in answers if isinstance(answer, Failed)}
    assert len(answers) == 4
    assert overdue == {HUNG: True, DEADLY: False}


def test_ray_alone_listens_on_loopback_only(ray_engine: RayEngine) -> None:
    addresses = {node["NodeManagerAddress"] for node in importlib.import_module("ray").nodes()}
    assert addresses == {"127.0.0.1"}
