"""The Gymnasium environments: ids, and the factory behind them."""

from typing import TYPE_CHECKING

import gymnasium

from scenarios.seeds import SEED_SETS
from sim.names import unknown

if TYPE_CHECKING:
    from sim.env import TridentEnv

# Real places stay out of the defaults: environments draw training worlds, and what is learned is tested there.
_DEFAULTS = {
    "Trident/Navigate-v0": "forest-navigation",
    "Trident/Avoid-v0": "forest-avoidance",
    "Trident/Mission-v0": "blocks-mission",
}


def register_environments() -> None:
    """Make the ids known to Gymnasium; calling it twice is no error."""
    for name, scenario in _DEFAULTS.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                id=name,
                entry_point="scenarios.registration:make_env",
                kwargs={"scenario": scenario},
            )


def make_env(
    scenario: str, split: str = "training", render_mode: str | None = None
) -> "TridentEnv":
    """An environment that draws its worlds from one family.

    Args:
        scenario: A library name or a TOML file.
        split: Which world seeds `reset` draws from: training, choice, acceptance or test.
        render_mode: None or "rgb_array".
    """
    from scenarios.sources import FamilyMix
    from sim.env import TridentEnv

    if split not in SEED_SETS:
        raise ValueError(unknown("split", split, SEED_SETS))
    return TridentEnv(FamilyMix((scenario,)), SEED_SETS[split], render_mode)
