"""Every job is answered once, and one that dies costs only itself."""

import os
import signal

import pytest

from agents.fanout import Failed, fan_out

POISON, DEADLY = -1, -2
jobs_done = 0


def square(number: int) -> tuple[int, int]:
    """The square, and how many jobs this process has done."""
    global jobs_done
    if number == POISON:
        raise ArithmeticError("poison")
    if number == DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    jobs_done += 1
    return number**2, jobs_done


def test_every_job_is_answered_once_by_few_processes() -> None:
    answers = dict(fan_out(square, range(12), processes=2))
    assert {
        job: answer[0] for job, answer in answers.items() if not isinstance(answer, Failed)
    } == {n: n**2 for n in range(12)}
    # A process that was kept counts on: twelve jobs in two processes put one counter at 6 or more.
    assert max(answer[1] for answer in answers.values() if not isinstance(answer, Failed)) >= 6


def test_a_job_that_raises_or_dies_costs_only_itself() -> None:
    answers = dict(fan_out(square, [1, DEADLY, 2, POISON, 3], processes=1))
    raised, died = answers.pop(POISON), answers.pop(DEADLY)
    assert isinstance(raised, Failed)
    assert "ArithmeticError: poison" in raised.reason
    assert isinstance(died, Failed)
    assert str(-signal.SIGKILL) in died.reason
    assert sorted(answers) == [1, 2, 3]
    assert not any(isinstance(answer, Failed) for answer in answers.values())


def test_no_jobs_start_no_process() -> None:
    assert list(fan_out(square, [], processes=4)) == []


def test_no_processes_are_refused() -> None:
    with pytest.raises(ValueError, match="processes = 0"):
        next(fan_out(square, [1], processes=0))
