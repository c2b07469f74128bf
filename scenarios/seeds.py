"""Which world seed may be used for what."""

from collections.abc import Sequence

SEED_SETS = {
    "training": range(10_000),
    "choice": range(10_000, 15_000),
    "acceptance": range(15_000, 20_000),
    "test": range(20_000, 30_000),
}
"""Data and rewards; every choice; numbers that are shown; published tables, opened once a release by `--release`."""

CLOSED = (
    f"seeds from {SEED_SETS['test'].start} are test worlds, opened once per release for the published tables: "
    "compare --release, study --release"
)
"""What is said to whoever asks for them otherwise."""

MAX_SEED = 2**32 - 1
"""As most generators take."""


def check_seed(seed: int) -> None:
    """ValueError for what is no seed."""
    if not 0 <= seed <= MAX_SEED:
        raise ValueError(f"seed = {str(seed)[:40]}: from 0 to {MAX_SEED}")


def check_open(seeds: Sequence[int], *, release: bool) -> None:
    """ValueError unless these are worlds that may be flown: without a release no test worlds, for one nothing else."""
    test = SEED_SETS["test"]
    # Nothing is gone through but seeds that were named one by one: a range may say anything.
    first, last = (seeds[0], seeds[-1]) if isinstance(seeds, range) else (min(seeds), max(seeds))
    if release and not test.start <= first <= last < test.stop:
        raise ValueError(
            f"worlds {first} to {last}: --release flies test worlds alone, {test.start} to {test.stop - 1}"
        )
    if not release and last >= test.start:
        raise ValueError(f"worlds {first} to {last}: {CLOSED}")


def seed_set(seed: int) -> str:
    """Name of the set a world seed belongs to; `none` beyond them all."""
    return next((name for name, seeds in SEED_SETS.items() if seed in seeds), "none")
