"""The benchmark: families of scenarios, campaigns, statistics, and the Gymnasium registration.

Importing this package registers `Trident/Navigate-v0`, `Trident/Avoid-v0`, `Trident/Mission-v0` and `Trident/Plan-v0`,
so `gymnasium.make("scenarios:Trident/Navigate-v0")` works; it imports neither PyTorch nor the pilots.
"""

from scenarios.catalog import NamedFamily, ScenarioError, dump, load, names, parse, resolve
from scenarios.family import Family
from scenarios.registration import register_environments

__all__ = [
    "Family",
    "NamedFamily",
    "ScenarioError",
    "dump",
    "load",
    "names",
    "parse",
    "register_environments",
    "resolve",
]

register_environments()
