"""Where things are kept that can be made again: the user's cache folder, by the XDG rules."""

import os
from pathlib import Path


def user_cache(name: str) -> Path:
    """The folder for one kind of thing; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "trident" / name
