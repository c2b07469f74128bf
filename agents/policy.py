"""Policies from elsewhere: what one must offer, and the pilot that flies it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from agents.pilot import Briefing, make_briefing
from sim.actions import ACTION_LEVELS
from sim.flight import Flight
from sim.names import unknown
from sim.observation import observation_space
from sim.types import Decision, Observation

ENTRIES = tuple(observation_space().spaces)
"""Names of the observation's entries."""


class PolicyError(ValueError):
    """A policy that cannot be had or does not keep to what it declared."""


class Policy(Protocol):
    """What `--pilot module:Class` names: a class that is made without arguments."""

    observation: tuple[str, ...]
    """The entries of the observation that `act` wants; it is given these and no others."""
    action: str
    """The level of its actions: velocity, body_rate or rotor."""

    def reset(self, briefing: Briefing) -> None:
        """Before every flight: its task, speed limit, rates and vehicle."""
        ...

    def act(self, observation: Observation) -> Any:
        """Four finite numbers in [-1, 1], beyond which they are clipped; asked every 1/15 s."""
        ...


class PolicyPilot:
    """Flies a policy and holds it to what it declared."""

    def __init__(self, name: str, policy: Policy) -> None:
        self.name = name
        self.policy = policy
        self._entries = _declared_entries(name, policy)
        self.action_level = _declared_action(name, policy)
        _check_methods(name, policy)
        self._asked = 0

    def reset(self, flight: Flight) -> None:
        """Brief the policy; what it raises is a PolicyError."""
        self._asked = 0
        with _told(f"{self.name}: reset"):
            self.policy.reset(make_briefing(flight))

    def act(self, observation: Observation) -> Decision:
        """The policy's action, clipped; PolicyError for what it raises, and for anything but four finite numbers."""
        self._asked += 1
        with _told(f"{self.name}: call {self._asked} of act"):
            answer = self.policy.act({entry: observation[entry] for entry in self._entries})
        try:
            action = np.asarray(answer, dtype=np.float32).reshape(4)
        except (TypeError, ValueError) as error:
            raise PolicyError(f"{self.name}: action {answer!r}: must be four numbers") from error
        if not np.isfinite(action).all():
            raise PolicyError(f"{self.name}: action {action.tolist()}: must be finite")
        return Decision(action=np.clip(action, -1.0, 1.0), phase="policy")


def check_entries(name: str, entries: tuple[str, ...]) -> None:
    """Raise unless every entry is one of the observation's."""
    for entry in entries:
        if entry not in ENTRIES:
            raise PolicyError(f"pilot {name}: {unknown('observation entry', entry, ENTRIES)}")


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Inside, whatever another's code raises is told in one line."""
    try:
        yield
    except Exception as error:
        raise PolicyError(f"{where}: {type(error).__name__}: {error}") from error


def _check_methods(name: str, policy: Policy) -> None:
    for method in ("reset", "act"):
        if not callable(getattr(policy, method, None)):
            raise PolicyError(
                f"pilot {name}: has no method {method}: a policy has reset(briefing) and act(observation)"
            )


def _declared_entries(name: str, policy: Policy) -> tuple[str, ...]:
    entries = getattr(policy, "observation", None)
    if not isinstance(entries, tuple | list) or not all(isinstance(e, str) for e in entries):
        raise PolicyError(
            f"pilot {name}: observation = {entries!r}: declare a tuple of {', '.join(ENTRIES)}"
        )
    check_entries(name, tuple(entries))
    return tuple(entries)


def _declared_action(name: str, policy: Policy) -> str:
    action = getattr(policy, "action", None)
    if action not in ACTION_LEVELS:
        raise PolicyError(f"pilot {name}: action = {action!r}: choose {', '.join(ACTION_LEVELS)}")
    return action
