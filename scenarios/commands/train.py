"""`train`: frames from training worlds, then networks."""

from agents.aggregate import shards_of
from agents.fanout_ray import RayMissingError
from agents.probe import FlightProbe
from agents.train_config import TrainConfig
from agents.training import check_same_settings
from agents.training import train as train_networks
from agents.training_settings import SettingsError
from scenarios.commands.console import say, user_input, warn, writable_folder
from scenarios.seeds import SEED_SETS
from scenarios.sources import TRAINING_FAMILIES, FamilyMix, choice_scenario


def train(config: TrainConfig) -> int:
    """Train and name the checkpoints."""
    if config.data is not None:
        with user_input():
            shards_of(config.data)
    writable_folder(config.out)
    with user_input():
        check_same_settings(config)
    say(f"training in {config.out}; after a kill, the same command with --out {config.out} goes on")
    probe = FlightProbe(choice_scenario, SEED_SETS["choice"].start, config.live_worlds)
    try:
        with user_input((SettingsError, RayMissingError)):
            checkpoints = train_networks(
                config, FamilyMix(TRAINING_FAMILIES), say, probe if config.live_worlds else None
            )
    except KeyboardInterrupt:
        warn(f"interrupted; {config.out} keeps what is done")
        raise
    for name, folder in checkpoints.items():
        say(f"{name}: {folder}")
    return 0
