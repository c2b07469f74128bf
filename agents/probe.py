"""A look at how well a network flies while it trains: each of its heads alone, on a few worlds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agents.flying import fly
from agents.network import NetworkBrain
from agents.ways_of_flying import HeadAlone
from models import MultiTaskNet, single_thread
from sim.scenario import Scenario
from sim.types import Outcome


@dataclass(frozen=True)
class FlightProbe:
    """Flies the single-task policies inside a network; see `agents.ways_of_flying.HeadAlone`."""

    source: Callable[[str, int], Scenario]
    """Draws the scenario of a head and a choice world's seed."""
    first_seed: int
    worlds: int

    def __call__(self, net: MultiTaskNet) -> Mapping[str, float]:
        """Share of successes by head, as `success_navigation` and the like."""
        device = net.trunk.ego_scale.device
        net.to("cpu")
        with single_thread():
            pilot = HeadAlone("probe", NetworkBrain(net))
            shares = {f"success_{head}": self._share(pilot, head) for head in net.config.heads}
        net.to(device)
        return shares

    def _share(self, pilot: HeadAlone, head: str) -> float:
        seeds = range(self.first_seed, self.first_seed + self.worlds)
        outcomes = [fly(self.source(head, seed), pilot).outcome for seed in seeds]
        return sum(outcome is Outcome.SUCCESS for outcome in outcomes) / self.worlds
