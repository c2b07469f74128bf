"""What was asked of `replay`, in groups."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Drawn:
    """What is drawn of each flight, and where to."""

    video: Path | None = None
    plot: Path | None = None
    html: Path | None = None


@dataclass(frozen=True)
class Batch:
    """What is done with logs one by one, however many there are."""

    verify: bool = False
    workers: int | None = None
    export: Path | None = None
    form: str | None = None
