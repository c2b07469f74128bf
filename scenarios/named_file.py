"""TOML files that ship under a name, or that a user brings."""

import tomllib
from pathlib import Path
from typing import Any

from sim.names import did_you_mean, unknown


def names_in(folder: Path) -> tuple[str, ...]:
    """Names of the files in a folder."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


def read_named(kind: str, name_or_path: str, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Path and tables of a shipped file by name, or of a TOML file; ValueError names `kind`, file and choices."""
    names, is_file = names_in(folder), name_or_path.endswith(".toml")
    if not is_file and name_or_path not in names:
        raise ValueError(unknown(kind, name_or_path, names, or_else="or a TOML file"))
    path = Path(name_or_path) if is_file else folder / f"{name_or_path}.toml"
    try:
        return path, tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{kind} {path}: not TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{kind} {path}: not UTF-8 text") from error
    except OSError as error:
        hint = did_you_mean(path.stem, names)
        raise ValueError(f"{kind} {path}: cannot be read: {error.strerror}{hint}") from error
