"""Settings every test shares: checked shapes, one torch thread, seeds that never change, slow tests on demand."""

import os
import sys
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from jaxtyping import install_import_hook

ROOT = Path(__file__).parent.parent


def _typed_modules() -> list[str]:
    """Modules of networks and simulator without compiled functions, which the hook would break."""
    files = [path for package in ("models", "sim") for path in (ROOT / package).rglob("*.py")]
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in files
        if path.stem != "__init__" and "njit" not in path.read_text(encoding="utf-8")
    ]


# Before any of them is imported: from here on, every call checks the shapes and types that annotations state.
install_import_hook(_typed_modules(), "beartype.beartype")

# For the processes that tests start: several share few cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50)
hypothesis.settings.load_profile("repeatable")


def pytest_configure(config: pytest.Config) -> None:
    # Gymnasium's own classes spell their types the old way, which beartype remarks on.
    config.addinivalue_line(
        "filterwarnings", "ignore::beartype.roar.BeartypeDecorHintPep585DeprecationWarning"
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--runslow", action="store_true", help="also run tests marked slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--runslow"):
        return
    skip = pytest.mark.skip(reason="slow: add --runslow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def _one_torch_thread() -> None:
    """Bit-equal network answers need one thread; tests that never import torch are not made to."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(0)
