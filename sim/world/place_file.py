"""The door to files that users bring: regular files of bounded size, read once; anything else is an error that names it."""

import os
import stat
from pathlib import Path

_LONGEST = 800
"""Letters of a message; a file may hold words of any length."""


def read_bounded(path: Path, most: int, advice: str) -> bytes:
    """The file's bytes; a ValueError for what is no plain file (devices, pipes, folders) or is larger than `most`.

    Opened without blocking and looked at afterwards, so that neither a pipe nor a file that changes its
    kind in between can hold us up.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ValueError(f"{path}: cannot be read: {reason}") from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{path}: not a plain file but {_kind(status.st_mode)}")
        if status.st_size > most:
            raise ValueError(f"{path}: {status.st_size} bytes, more than {most}: {advice}")
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(most + 1)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from error
    finally:
        os.close(handle)
    if len(content) > most:
        raise ValueError(f"{path}: grows while it is read: {advice}")
    return content


def brief(error: Exception) -> str:
    """What an error says, of hostile length cut in the middle: its ends name the place and the reason."""
    text = str(error)
    return (
        text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"
    )


def _kind(mode: int) -> str:
    names = {
        stat.S_IFDIR: "a folder",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
    }
    return names.get(stat.S_IFMT(mode), "something else")
