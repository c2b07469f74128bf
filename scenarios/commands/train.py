"""`train`: frames from training worlds, then networks."""

from agents.training import TrainConfig
from agents.training import train as train_networks
from scenarios.commands.console import say, user_input, warn
from scenarios.sources import TRAINING_FAMILIES, FamilyMix


def train(config: TrainConfig) -> int:
    """Train and name the checkpoints."""
    with user_input():
        # Fails here, not hours later, where the folder cannot be written.
        config.out.mkdir(parents=True, exist_ok=True)
    try:
        checkpoints = train_networks(config, FamilyMix(TRAINING_FAMILIES), say)
    except KeyboardInterrupt:
        warn(f"interrupted; the same command with --out {config.out} goes on")
        raise
    for arm, folder in checkpoints.items():
        say(f"{arm}: {folder}")
    return 0
