"""Progress without a terminal: a line now and then, and of a campaign the last one in any case."""

import pytest

from scenarios.commands import console
from scenarios.commands.campaign_progress import Tally, campaign_progress
from scenarios.commands.console import progress
from tests.scenarios.rows import made_up_row


class Clock:
    """Time that passes when it is told to, in place of the module `time`."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(console, "time", clock)
    return clock


def test_lines_are_seconds_apart_and_say_what_is_done(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("measuring", "worlds") as report:
        for done in range(1, 11):
            clock.now += 0.5
            report(done, 10 if done > 5 else None)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["measuring: 4 worlds", "measuring: 8 of 10 worlds"]


def test_a_campaigns_last_flight_is_told_however_quick_it_was(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with campaign_progress("comparing", Tally(before=2, wins=1, total=5)) as count:
        for success in (True, True, False):
            clock.now += 0.1
            count(made_up_row("random", success))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("comparing: 5 of 5 flights, 60 % succeeded, ")


def test_a_campaign_with_nothing_left_to_fly_says_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with campaign_progress("comparing", Tally(before=5, wins=1, total=5)):
        pass
    assert capsys.readouterr().err == ""
