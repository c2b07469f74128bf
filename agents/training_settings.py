"""The settings that a folder of a training run was begun with: written once, and compared whenever it goes on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.files import replacing

SETTINGS = "config.json"


class SettingsError(ValueError):
    """Settings that nothing can be trained with, or a folder they name that holds something else.

    Whoever gave them is told; any other ValueError of a training is a fault of the program.
    """


def same_or_new(path: Path, settings: Mapping[str, object]) -> None:
    """Write settings, or raise SettingsError where others were written before."""
    if path.exists():
        before = read_json(path)
        # What JSON has no word for, tuples, comes back as what it has.
        asked = json.loads(json.dumps(settings))
        differing = sorted(name for name in asked if before.get(name) != asked[name])
        if differing:
            name = differing[0]
            raise SettingsError(
                f"{name} = {settings[name]}: the run in {path.parent} was begun with {before.get(name)}; "
                "give its settings or another folder"
            )
        return
    write_json(path, settings)


def write_json(path: Path, content: object) -> None:
    """Write a file so that a kill leaves the old one or the new one; its folder is made if need be."""
    with replacing(path) as partial:
        partial.write_text(json.dumps(content, indent=2))


def read_json(path: Path) -> Any:
    """What was written; SettingsError with the file's name where that is damaged."""
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise SettingsError(f"{path}: damaged: {error}") from error
