"""Arms: every head once, and compute matched where an arm says so."""

import re

import pytest

from agents.arms import ARMS, arm_named
from models import HEADS, MultiTaskNet, counted_macs, macs_per_second


def cost(name: str) -> float:
    return macs_per_second([counted_macs(MultiTaskNet(n)) for n in arm_named(name).networks])


@pytest.mark.parametrize(
    "name", [*ARMS, "partial:NA+M", "partial:M+AN", "partial:NM+A", "partial:N+A+M"]
)
def test_every_arm_has_every_head_once(name: str) -> None:
    heads = [head for network in arm_named(name).networks for head in network.heads]
    assert sorted(heads) == sorted(HEADS)


def test_groups_may_be_written_in_any_order() -> None:
    assert arm_named("partial:NA+M").networks == arm_named("partial:M+AN").networks
    assert arm_named("partial:N+A+M").networks == arm_named("specialists").networks
    assert arm_named("partial:NAM").networks == arm_named("shared").networks


def test_networks_lie_where_their_heads_say() -> None:
    arm = arm_named("partial:NA+M")
    assert [arm.folder_of(n) for n in arm.networks] == ["navigation+avoidance", "mission"]
    shared = arm_named("shared")
    assert shared.folder_of(shared.networks[0]) == ""


def test_small_specialists_cost_what_the_shared_network_costs() -> None:
    assert cost("small-specialists") == pytest.approx(cost("shared"), rel=0.05)
    assert all(network.width < 1 for network in arm_named("small-specialists").networks)


def test_the_wide_shared_network_costs_what_the_specialists_cost() -> None:
    assert cost("wide-shared") == pytest.approx(cost("specialists"), rel=0.05)
    assert arm_named("wide-shared").networks[0].width > 1


@pytest.mark.parametrize("name", ["partial:", "partial:NA", "partial:NA+AM", "partial:NA+", "half"])
def test_what_is_no_partition_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(name))):
        arm_named(name)
