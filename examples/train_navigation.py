"""Navigation by PPO (Stable-Baselines3) with Trident's own trunk as the extractor of image features.

A starting point, not a result: the reward is the environment's, the trunk may start from the shipped weights, and a learning
curve worth showing takes hours. Needs `pip install trident-sim[dev]`.
"""

import sys
from typing import Any

import gymnasium
import torch
from gymnasium import spaces
from stable_baselines3 import PPO
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.vec_env import DummyVecEnv

import agents
import models

STEPS = 200_000


class TrunkFeatures(BaseFeaturesExtractor):
    """The trunk's embedding of image, history and ego, and the goal beside it, scaled as our heads scale it."""

    goal_scale: torch.Tensor

    def __init__(self, observation_space: spaces.Dict, pretrained: bool = True) -> None:
        network = _network(pretrained)
        goal_scale = torch.tensor(network.config.goal_scale)
        super().__init__(observation_space, network.trunk.embedding_size + len(goal_scale))
        self.trunk = network.trunk
        self._history_shape = network.config.history_shape
        self.register_buffer("goal_scale", goal_scale)

    def forward(self, observations: dict[str, torch.Tensor]) -> torch.Tensor:
        """Stable-Baselines3 hands over floats; the trunk takes bytes."""
        image = observations["image"].to(torch.uint8)
        history = observations["history"].to(torch.uint8).view(-1, *self._history_shape)
        embedding = self.trunk(image, history, observations["ego"])
        return torch.cat((embedding, observations["goal"] / self.goal_scale), 1)


def _network(pretrained: bool) -> models.MultiTaskNet:
    if not pretrained:
        return models.new_network(models.NetworkConfig(), seed=0)
    (folder,) = agents.pilot_networks("shared")
    return models.load_checkpoint(folder)


def make_agent(environments: int = 4, pretrained: bool = True, **settings: Any) -> PPO:
    """PPO over a few environments in one process; `settings` are PPO's own."""
    envs = DummyVecEnv(
        [lambda: gymnasium.make("scenarios:Trident/Navigate-v0") for _ in range(environments)]
    )
    policy: dict[str, Any] = {
        "features_extractor_class": TrunkFeatures,
        "features_extractor_kwargs": {"pretrained": pretrained},
        "ortho_init": False,  # It would overwrite the trunk.
        "normalize_images": False,  # The trunk scales its inputs itself.
        "net_arch": [128],
        "log_std_init": -1.5,  # A tenth of the action's range: about 3 m/s.
    }
    defaults: dict[str, Any] = {
        "n_steps": 128, "batch_size": 128, "n_epochs": 4, "learning_rate": 1e-4, "gamma": 0.98,
    }  # fmt: skip
    return PPO(
        "MultiInputPolicy",
        envs,
        policy_kwargs=policy,
        seed=0,
        device="cpu",
        **(defaults | settings),
    )


def main(steps: int = STEPS) -> PPO:
    """Train, save beside the working directory, and return the agent."""
    agent = make_agent()
    agent.learn(steps)
    agent.save("navigation_ppo")
    return agent


if __name__ == "__main__":
    trained = main(*map(int, sys.argv[1:]))
    sys.stdout.write(f"{trained.num_timesteps} steps, saved as navigation_ppo.zip\n")
