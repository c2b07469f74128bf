"""A training run's numbers, pass by pass: JSON lines always, TensorBoard where it is installed."""

import json
from collections.abc import Mapping
from pathlib import Path

ROWS = "log.jsonl"


class TrainingLog:
    """Writes rows of numbers to a folder; a run that goes on appends to what is there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._rows = folder / ROWS
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:  # The `train` extra brings it.
            self._board = None
        else:
            self._board = SummaryWriter(str(folder / "tensorboard"))

    def write(self, step: int, row: Mapping[str, float]) -> None:
        """One row; every number but the step becomes a curve."""
        with self._rows.open("a") as file:
            file.write(json.dumps({"step": step, **row}) + "\n")
        if self._board is not None:
            for name, value in row.items():
                self._board.add_scalar(name, value, step)
            self._board.flush()

    def close(self) -> None:
        """Let go of the files."""
        if self._board is not None:
            self._board.close()
