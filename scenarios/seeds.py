"""Which world seed may be used for what."""

SEED_SETS = {
    "training": range(10_000),
    "choice": range(10_000, 15_000),
    "acceptance": range(15_000, 20_000),
    "test": range(20_000, 30_000),
}
"""Data and rewards; every choice; numbers that are shown; published tables, opened once a release."""

MAX_SEED = 2**32 - 1
"""As most generators take."""


def check_seed(seed: int) -> None:
    """ValueError for what is no seed."""
    if not 0 <= seed <= MAX_SEED:
        raise ValueError(f"seed = {str(seed)[:40]}: from 0 to {MAX_SEED}")


def seed_set(seed: int) -> str:
    """Name of the set a world seed belongs to; `none` beyond them all."""
    return next((name for name, seeds in SEED_SETS.items() if seed in seeds), "none")
