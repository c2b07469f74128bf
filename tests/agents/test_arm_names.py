"""Arms and training seeds: one notion, however a pilot is written."""

from pathlib import Path

import pytest

import agents
from agents.arm_names import arm_of, expand, seed_folder
from agents.loading import SHIPPED


@pytest.mark.parametrize(
    ("name", "arm", "seed"),
    [
        ("shared", "shared", None),
        ("classical@head", "classical@head", None),
        ("runs/c#3", "runs/c", 3),
        ("runs/c/seed-3", "runs/c", 3),
        ("seed-3", "seed-3", None),
        ("c#12@head", "c@head", 12),
        ("c#0+blind@teacher=mission", "c+blind@teacher=mission", 0),
        ("runs/c/seed-7+unmasked", "runs/c+unmasked", 7),
        ("policy.py:Mine", "policy.py:Mine", None),
    ],
)
def test_a_name_has_an_arm_and_a_seed(name: str, arm: str, seed: int | None) -> None:
    assert arm_of(name) == (arm, seed)


def test_ranges_are_written_out_and_name_what_they_say() -> None:
    written = expand(["runs/c#8..10@head", "classical", "d#2..2"])
    assert written == ("runs/c#8@head", "runs/c#9@head", "runs/c#10@head", "classical", "d#2")
    assert [arm_of(name)[1] for name in written] == [8, 9, 10, None, 2]
    for wrong in ("c#3..1", "c#0..9999"):
        with pytest.raises(ValueError, match="upwards"):
            expand([wrong])


def test_a_seed_is_a_folder_below_its_arm(tmp_path: Path) -> None:
    assert seed_folder("runs/c#03") == Path("runs/c/seed-3")
    assert seed_folder("shared") is None
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "seed-4").symlink_to(SHIPPED / "shared")
    named = f"{tmp_path / 'c'}#4"
    assert agents.pilot_networks(named) == (tmp_path / "c" / "seed-4",)
    with pytest.raises(agents.PilotError, match="#5"):
        agents.pilot_networks(f"{tmp_path / 'c'}#5")
