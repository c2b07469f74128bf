"""Vehicles load with their constants, and every mistake in a file is named."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from sim.physics.vehicle import Vehicle, VehicleError, airframe_record, load_vehicle, vehicle_names

LIBRARY = Path(__file__).parents[2] / "sim" / "physics" / "vehicles"


def _edited(tmp_path: Path, old: str, new: str) -> Path:
    text = (LIBRARY / "trident_1kg.toml").read_text()
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1))
    return path


def test_default_frame_is_the_published_one() -> None:
    vehicle = load_vehicle("trident_1kg")
    assert (vehicle.mass, vehicle.arm, vehicle.hull_radius) == (1.0, 0.125, 0.25)
    assert vehicle.inertia == (5.9e-3, 6.0e-3, 9.8e-3)
    assert vehicle.rate_max == (8.0, 8.0, 3.0)
    assert vehicle.thrust_to_weight >= 4.0


@pytest.mark.parametrize("name", vehicle_names())
def test_shipped_vehicles_make_physical_sense(name: str) -> None:
    vehicle = load_vehicle(name)
    x, y, z = vehicle.inertia
    assert x + y >= z, "inertia of a real body obeys the triangle inequality"
    assert vehicle.hull_radius >= vehicle.arm + vehicle.rotor_radius, "the hull encloses the rotors"
    assert vehicle.arm * np.sqrt(2) > 2 * vehicle.rotor_radius, "neighbouring rotors do not touch"
    record = airframe_record(vehicle)
    assert record["mass"][0] == vehicle.mass
    assert tuple(record["inertia"][0]) == vehicle.inertia


def test_a_path_gives_the_same_vehicle_as_its_name() -> None:
    assert load_vehicle(LIBRARY / "x500.toml") == load_vehicle("x500")
    assert isinstance(load_vehicle("x500"), Vehicle)


def test_unknown_name_lists_the_choices_and_the_nearest() -> None:
    with pytest.raises(VehicleError, match=r"'x50'.*trident_1kg, x500.*did you mean 'x500'"):
        load_vehicle("x50")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("mass = 1.0 ", "mass = -1.0 ", r"mass = -1\.0 must be finite and positive"),
        ("mass = 1.0 ", "mass = nan ", r"mass = nan must be finite"),
        ("mass = 1.0 ", "mass = 'heavy' ", r"mass = 'heavy' is not a number"),
        ("mass = 1.0 ", "mass = true ", r"mass = True is not a number"),
        ("mass = 1.0 ", "mass = [1.0] ", r"mass = \[1\.0\] must be one number"),
        ("mass = 1.0 ", "mass = 9.0 ", r"cannot hover 9\.0 kg"),
        ("mass = 1.0 ", "mas = 1.0 ", r"unknown constant 'mas'; did you mean 'mass'"),
        (
            "inertia = [5.9e-3, 6.0e-3, 9.8e-3]",
            "inertia = [5.9e-3, 6.0e-3]",
            r"inertia = .* must be three numbers",
        ),
        ("rotor_lag = 0.033", "rotor_lag = inf", r"rotor_lag = inf must be finite"),
        (
            "ground_effect = 1.0",
            "ground_effect = -1.0",
            r"ground_effect = -1\.0 .* zero or positive",
        ),
        ("cells = 4", "cells = 0", r"cells = 0 must be finite and positive"),
        ("rotor_lag = 0.033", "rotor_lag = ", r"mine\.toml"),
    ],
)
def test_each_mistake_names_field_and_value(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(VehicleError, match=message):
        load_vehicle(_edited(tmp_path, old, new))


def test_ground_effect_alone_may_be_zero(tmp_path: Path) -> None:
    path = _edited(tmp_path, "ground_effect = 1.0", "ground_effect = 0")
    assert load_vehicle(path).ground_effect == 0.0


@pytest.mark.parametrize("constant", [field.name for field in fields(Vehicle)][1:])
def test_every_missing_constant_is_named(tmp_path: Path, constant: str) -> None:
    lines = (LIBRARY / "crazyflie.toml").read_text().splitlines()
    path = tmp_path / "bare.toml"
    path.write_text("\n".join(line for line in lines if not line.startswith(f"{constant} =")))
    with pytest.raises(VehicleError, match=rf"bare\.toml: constant '{constant}' is missing"):
        load_vehicle(path)


@pytest.mark.parametrize("name", vehicle_names())
def test_every_constant_states_its_source_or_that_it_is_an_estimate(name: str) -> None:
    for line in (LIBRARY / f"{name}.toml").read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            assert "#" in line, line


def test_a_missing_constant_and_a_missing_file_are_named(tmp_path: Path) -> None:
    lines = (LIBRARY / "x500.toml").read_text().splitlines()
    path = tmp_path / "bare.toml"
    path.write_text("\n".join(line for line in lines if not line.startswith("rotor_lag")))
    with pytest.raises(VehicleError, match=r"bare\.toml: constant 'rotor_lag' is missing"):
        load_vehicle(path)
    with pytest.raises(VehicleError, match=r"nowhere\.toml.*No such file"):
        load_vehicle(tmp_path / "nowhere.toml")
