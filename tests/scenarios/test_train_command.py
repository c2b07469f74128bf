"""`train`: what goes wrong in a training is told to whoever can mend it."""

from pathlib import Path
from typing import Any

import pytest

import scenarios.commands.train as train_command
from agents.fanout_ray import RayMissingError
from agents.train_config import TrainConfig
from agents.training_settings import SETTINGS, SettingsError
from scenarios.commands.console import InputError
from scenarios.commands.train import train


def raising(error: Exception) -> Any:
    """Stands for a training that ends so."""

    def training(*given: object) -> None:
        raise error

    return training


@pytest.mark.parametrize(
    "error",
    [
        SettingsError("batch = 128: only 90 of 100 frames train"),
        RayMissingError("engine = ray: needs more"),
        OSError(28, "No space left on device", "runs/state.partial"),
    ],
)
def test_settings_ray_and_files_are_the_users(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_command, "train_networks", raising(error))
    with pytest.raises(InputError, match=r"batch = 128|engine = ray|state.partial: No space left"):
        train(TrainConfig(out=tmp_path))


def test_any_other_error_in_a_training_is_a_fault_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        train_command, "train_networks", raising(ValueError("shapes (3,) and (4,)"))
    )
    with pytest.raises(ValueError, match="shapes"):
        train(TrainConfig(out=tmp_path))


def test_a_folder_begun_with_other_settings_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_command, "train_networks", lambda *given: {})
    assert train(TrainConfig(out=tmp_path, frames=5000)) == 0
    with pytest.raises(InputError, match=r"frames = 6000: .* was begun with 5000"):
        train(TrainConfig(out=tmp_path, frames=6000))
    (tmp_path / SETTINGS).write_text("{")
    with pytest.raises(InputError, match=f"{SETTINGS}: damaged"):
        train(TrainConfig(out=tmp_path, frames=5000))
