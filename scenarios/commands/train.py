"""`train`: frames from training worlds, then networks."""

from agents.training import TrainConfig, check_same_settings
from agents.training import train as train_networks
from scenarios.commands.console import say, user_input, warn, writable_folder
from scenarios.sources import TRAINING_FAMILIES, FamilyMix


def train(config: TrainConfig) -> int:
    """Train and name the checkpoints."""
    writable_folder(config.out)
    with user_input():
        check_same_settings(config)
    say(f"training in {config.out}; after a kill, the same command with --out {config.out} goes on")
    try:
        checkpoints = train_networks(config, FamilyMix(TRAINING_FAMILIES), say)
    except KeyboardInterrupt:
        warn(f"interrupted; {config.out} keeps what is done")
        raise
    for arm, folder in checkpoints.items():
        say(f"{arm}: {folder}")
    return 0
