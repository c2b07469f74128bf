"""The fusion rule beside a pilot's weights: what is written is flown, and nothing else is taken."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from agents import PilotError, load_pilot, pilot_folder, pilot_rule
from agents.fusion import LEARNED, FusionRule
from agents.lattice_pilot import LatticePilot
from agents.rule_file import RULE, read_rule, rule_of, write_rule
from models import Card, NetworkConfig, new_network, save_checkpoint
from scenarios.compute import pilot_digest

FITTED = FusionRule(3.5, 0.25, 0.45, 0.7, keep=0.1)
CARD = Card("a", "b", "c", "d", "e", "f")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_checkpoint(tmp_path / "net", new_network(NetworkConfig(width=0.25), 1), CARD)
    return tmp_path / "net"


def flown_rule(name: str) -> FusionRule:
    pilot = load_pilot(name)
    assert isinstance(pilot, LatticePilot)
    return pilot.rule


def test_a_rule_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_rule(tmp_path) is None
    write_rule(tmp_path, FITTED)
    assert read_rule(tmp_path) == FITTED
    assert [path.name for path in tmp_path.iterdir()] == [RULE]


def test_a_pilot_flies_by_the_rule_beside_its_weights(folder: Path) -> None:
    assert flown_rule(str(folder)) == pilot_rule(str(folder)) == LEARNED
    before = pilot_digest(str(folder))
    write_rule(folder, FITTED)
    assert flown_rule(str(folder)) == pilot_rule(str(folder)) == FITTED
    assert flown_rule(f"{folder}+blind") == FITTED
    assert flown_rule(f"{folder}@teacher=mission") == FITTED
    assert pilot_digest(str(folder)) != before
    assert pilot_folder(f"{folder}+blind@head") == folder


def test_a_name_may_carry_another_rule(folder: Path) -> None:
    write_rule(folder, FITTED)
    asked = FusionRule(
        weight=1.0, course_weight=2.0, veto_below=0.3, course_veto_below=0.1, keep=FITTED.keep
    )
    assert flown_rule(f"{folder}@rule=1,2,0.3,0.1") == asked


@pytest.mark.parametrize(
    "way",
    ["rule=", "rule=1,2,0", "rule=1,2,0,x", "rule=1,2,1,0", "rule=-1,2,0,0", "rule=1,nan,0,0"],
)
def test_a_rule_that_makes_no_sense_is_named(folder: Path, way: str) -> None:
    with pytest.raises(
        PilotError, match=r"give weight, course_weight, veto_below, course_veto_below"
    ):
        load_pilot(f"{folder}@{way}")


def test_pilots_without_networks_have_no_rule_to_fit() -> None:
    assert pilot_rule("classical") is None
    assert pilot_folder("teacher") is None


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"weight": "much"}, "weight = 'much'"),
        ({"weight": True}, "weight = True"),
        ({"keep": -0.1}, "keep = -0.1: must not be negative"),
        ({"veto_below": 1.0}, "veto_below = 1: must lie below 1"),
        ({"course_weight": float("inf")}, "course_weight = inf"),
        ({"wait": 1.0}, "give weight, course_weight"),
    ],
)
def test_numbers_that_are_no_rule_are_refused_with_the_file(
    tmp_path: Path, changed: dict, named: str
) -> None:
    values = {**asdict(replace(FITTED)), **changed}
    with pytest.raises(ValueError, match=named):
        rule_of(values)
    (tmp_path / RULE).write_text(json.dumps(values))
    with pytest.raises(ValueError, match=rf"{RULE}.*{named}"):
        read_rule(tmp_path)


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / RULE).write_text("{")
    with pytest.raises(ValueError, match=f"{RULE}: not a fusion rule"):
        read_rule(tmp_path)
