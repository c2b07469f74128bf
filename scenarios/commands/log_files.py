"""The logs that a user names: files as they are, and folders for all the logs below them."""

from pathlib import Path

from scenarios.commands.console import InputError


def log_files(named: tuple[Path, ...]) -> list[Path]:
    """Each log once, in the order named; folders are searched for *.mcap."""
    found: dict[Path, None] = {}
    for path in named:
        if not path.is_dir():
            found[path] = None
            continue
        below = sorted(file for file in path.rglob("*.mcap") if file.is_file())
        if not below:
            raise InputError(f"{path}: no *.mcap in this folder or below it")
        found |= dict.fromkeys(below)
    return list(found)
