"""The door to files that users bring: regular files of bounded size, read once; anything else is an error that names it."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

_LONGEST = 800
"""Letters of a message; a file may hold words of any length."""


def open_plain(path: Path) -> BinaryIO:
    """A plain file opened for reading; a ValueError for what is none (devices, pipes, folders), OSError where that fails.

    Opened without blocking and looked at afterwards, so that neither a pipe nor a file that changes its
    kind in between can hold us up.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # A name no file can have.
        raise ValueError(f"{path}: cannot be read: {error}") from error
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise ValueError(f"{path}: not a plain file but {_kind(mode)}")
    except BaseException:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb")


def read_bounded(path: Path, most: int, advice: str) -> bytes:
    """The file's bytes; a ValueError for what cannot be read, is no plain file or is larger than `most`."""
    try:
        with open_plain(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > most:
                raise ValueError(f"{path}: {size} bytes, more than {most}: {advice}")
            content = file.read(most + 1)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from error
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
