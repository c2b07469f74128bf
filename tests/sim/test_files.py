"""Files that appear whole or not at all."""

from pathlib import Path

import pytest

from sim.files import replacing


def test_a_file_appears_whole_and_its_folder_with_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "numbers.json"
    with replacing(path) as unfinished:
        unfinished.write_text("[1, 2]")
        assert not path.exists()
    assert path.read_text() == "[1, 2]"
    assert list(path.parent.iterdir()) == [path]


def test_after_an_error_the_old_file_stands_and_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    path.write_text("[1]")

    def fail(unfinished: Path) -> None:
        unfinished.write_text("[1, ")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), replacing(path) as unfinished:
        fail(unfinished)
    assert path.read_text() == "[1]"
    assert list(tmp_path.iterdir()) == [path]
