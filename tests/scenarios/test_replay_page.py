"""`replay --html`: one page a log, and one clear line where there can be none."""

import os
from pathlib import Path

import pytest

from scenarios.commands.console import InputError
from scenarios.commands.replay import replay
from scenarios.commands.replay_options import Batch, Drawn
from tests.sim.synthetic_flight import make_result, make_steps, write_log


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    steps = make_steps(5)
    path = tmp_path_factory.mktemp("log") / "flight.mcap"
    return write_log(path, steps, make_result(steps))


def page_of(log: Path, target: Path, *others: Path) -> int:
    return replay((log, *others), drawn=Drawn(html=target), batch=Batch())


def test_one_log_makes_one_file(log: Path, tmp_path: Path) -> None:
    assert page_of(log, tmp_path / "new" / "page.html") == 0
    assert (tmp_path / "new" / "page.html").read_text().startswith("<!doctype html>")


def test_a_target_without_an_ending_gets_one(log: Path, tmp_path: Path) -> None:
    assert page_of(log, tmp_path / "page") == 0
    assert (tmp_path / "page.html").exists()


def test_several_logs_make_a_file_each_in_the_folder(log: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.mcap"
    other.write_bytes(log.read_bytes())
    assert page_of(log, tmp_path / "pages", other) == 0
    names = sorted(path.name for path in (tmp_path / "pages").iterdir())
    assert names == ["000-made-up-mission.html", "001-made-up-mission.html"]


def test_a_log_cut_short_makes_a_page_and_is_refused_then(log: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(log.read_bytes()[:-200])
    with pytest.raises(InputError, match="cut short or damaged"):
        page_of(cut, tmp_path / "page.html")
    assert "damage" in (tmp_path / "page.html").read_text()


def test_what_is_no_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.mcap").write_text("no flight")
    with pytest.raises(InputError, match=r"words\.mcap is not a flight log"):
        page_of(tmp_path / "words.mcap", tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_a_log_without_steps_is_refused(tmp_path: Path) -> None:
    empty = write_log(tmp_path / "empty.mcap", [], None)
    with pytest.raises(InputError, match="no steps to draw"):
        page_of(empty, tmp_path / "page.html")


def test_a_target_that_cannot_be_written_is_named(log: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        page_of(log, tmp_path / "file" / "page.html")
    assert os.listdir(tmp_path) == ["file"]
