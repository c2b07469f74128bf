"""Files a user may get wrong: each is refused with exit code 2 and one line that names field, value and choices."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w

import agents.loading
import models
import scenarios
from scenarios.commands.fly import DEFAULT_SEED
from sim.record.reader import read_flight
from tests.command_line import ROOT, SHORT, Trident, refused, within

__all__ = ["within"]

FAMILY = (ROOT / "scenarios" / "library" / f"{SHORT}.toml").read_text()
AIRFRAME = (ROOT / "sim" / "physics" / "vehicles" / "trident_1kg.toml").read_text()
Table = dict[str, Any]


@pytest.mark.parametrize(
    ("right", "wrong", "named"),
    [
        ("speed_limit_m_s", "speed_limit_km_h", ["speed_limit_km_h", "'speed_limit_m_s'"]),
        ("fov_deg", "fov_rad", ["camera.fov_rad", "'fov_deg'"]),
        ("[world]", "[world", ["not TOML", "line 7"]),
        ("control_hz = 15", "control_hz = 14", ["physics_hz = 240", "control_hz = 14"]),
        ("mission_hz = 1", "mission_hz = 4", ["control_hz = 15", "mission_hz = 4"]),
        ('"forest"', '"forrest"', ["forrest", "forest", "blocks", "place"]),
        ("trident_1kg", "trident_2kg", ["trident_2kg", "x500", "did you mean 'trident_1kg'"]),
        ("density_per_m2 = 0.04", "density_per_m2 = nan", ["world.density_per_m2", "nan"]),
        ("length_m = 60.0", "length_m = 6e6", ["world.length_m", "6000000"]),
        ('format = "family/1"', "", ["format: missing", "'family/1'", "'scenario/1'"]),
        ("family/1", "family/2", ["unknown format 'family/2'", "'family/1'", "'scenario/1'"]),
        (
            "[odometry]",
            "[odometrie]",
            [
                "odometrie: unknown key",
                "did you mean 'odometry'",
                "[odometry] and [sensors] is required",
            ],
        ),
        ('kind = "navigate"', "", ["task.kind: missing", "choose navigate, avoid, mission"]),
        (
            'kind = "navigate"',
            'kind = "navigat"',
            ["task: unknown kind 'navigat'", "did you mean 'navigate'"],
        ),
        ("speed_limit_m_s = 5.0", 'speed_limit_m_s = "fast"', ["speed_limit_m_s", "'fast'"]),
        ("physics_hz = 240", "physics_hz = 0", ["rates.physics_hz", "greater than 0", "0"]),
        ("physics_hz = 240", "physics_hz = 24000", ["rates.physics_hz", "1000", "24000"]),
        ("control_hz = 15", "control_hz = -15", ["rates.control_hz", "greater than 0", "-15"]),
        ("mission_hz = 1", "mission_hz = 0", ["rates.mission_hz", "greater than 0"]),
        ("length_m = 60.0", "length_m = 0.0", ["world.length_m", "greater than 0"]),
        ("width_m = 50.0", "width_m = -50.0", ["world.width_m", "-50.0"]),
        ("radius_m = [0.1, 0.3]", "radius_m = [0.0, 0.3]", ["radius_m.0", "greater than 0"]),
        ("capacity_wh = 20.0", "capacity_wh = -20.0", ["battery.capacity_wh", "-20.0"]),
        ("speed_limit_m_s = 5.0", "speed_limit_m_s = 0.0", ["speed_limit_m_s", "greater than 0"]),
        ("turbulence_m_s = 0.4", "turbulence_m_s = -1.0", ["weather.turbulence_m_s", "-1.0"]),
        (
            "turbulence_m_s = 0.4",
            "turbulence_m_s = 0.4\nshear_exponent = 2.0",
            ["weather.shear_exponent", "2.0"],
        ),
        (
            "turbulence_m_s = 0.4",
            "turbulence_m_s = 0.4\ngusts = [{start_s = 1.0, duration_s = 0.0, peak_world_m_s = [1, 0, 0]}]",
            ["weather.gusts.0.duration_s", "greater than 0"],
        ),
        ("width_px = 64", "width_px = 128", ["camera.width_px", "128", "64 x 48"]),
    ],
)
def test_a_family_with_a_mistake(
    within: Trident, tmp_path: Path, right: str, wrong: str, named: list[str]
) -> None:
    assert right in FAMILY
    (tmp_path / "wrong.toml").write_text(FAMILY.replace(right, wrong))
    message = refused(within("fly", "wrong.toml", "--pilot", "random"))
    assert [word for word in ["wrong", *named] if word not in message] == []
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    ("right", "wrong", "named"),
    [
        ("rate_hz = 5 ", "rate_hz = 0 ", ["sensors.gnss.rate_hz", "greater than 0", "got 0"]),
        ("rate_hz = 5 ", "rate_hz = -5 ", ["sensors.gnss.rate_hz", "greater than 0", "got -5"]),
        ("rate_hz = 5 ", "rate_hz = 7 ", ["sensors.gnss.rate_hz = 7", "physics_hz = 240"]),
        ("delay_ticks = 24", "delay_ticks = 999", ["sensors.gnss.delay_ticks", "120", "999"]),
        ("[sensors.gnss]", "[sensors.gps]", ["sensors.gps", "did you mean 'gnss'"]),
        ("[sensors.imu]", "[sensors.imus]", ["sensors.imu: missing"]),
        ("drift = 0.02", "drift = -0.02", ["sensors.barometer.drift", "-0.02"]),
        ('component = "gps"', 'component = "rudder"', ["faults.0.component", "'rudder'", "choose motor, battery", "vio"]),
        ('kind = "ok"', 'kind = "off"', ["faults.1", "gps off at 6 s", "wrong since 2 s", "faults.0"]),
        ('kind = "stuck"', 'kind = "wrong"', ["faults.3", "'wrong'", "'camera'", "choose ok, off, stuck"]),
        ('kind = "stuck"', 'kind = "stuk"', ["faults.3.kind", "choose ok, off, stuck", "did you mean 'stuck'"]),
        ("value = 0.85", "value = 85", ["faults.2", "85", "share from 0 to 1"]),
        ("value = 0.85", "value = nan", ["faults.2.value: nan is neither a finite number nor three"]),
        ("value = 0.85", 'value = "x"', ["faults.2.value: 'x' is neither a finite number nor three"]),
        ("time_s = 3.0", "time_s = -3.0", ["faults.2.time_s", "-3.0"]),
    ],
)  # fmt: skip
def test_sensors_and_faults_with_a_mistake(
    within: Trident, tmp_path: Path, right: str, wrong: str, named: list[str]
) -> None:
    text = (ROOT / "examples" / "failing_sensors.toml").read_text()
    assert right in text
    (tmp_path / "wrong.toml").write_text(text.replace(right, wrong, 1))
    message = refused(within("fly", "wrong.toml", "--pilot", "random"))
    assert [word for word in ["wrong.toml", *named] if word not in message] == []
    assert len(message.splitlines()) == 1


def test_an_estimate_comes_from_odometry_or_from_sensors(within: Trident, tmp_path: Path) -> None:
    text = (ROOT / "examples" / "failing_sensors.toml").read_text()
    sensors = text[text.index("[sensors.imu]") : text.index("[camera]")]
    odometry = FAMILY[FAMILY.index("[odometry]") : FAMILY.index("[camera]")]
    for name, wrong in (
        ("both are given", text.replace(sensors, sensors + odometry)),
        ("neither is given", text.replace(sensors, "")),
    ):
        (tmp_path / "wrong.toml").write_text(wrong)
        message = refused(within("fly", "wrong.toml", "--pilot", "random"))
        assert f"[odometry] and [sensors]: {name}" in message


def test_an_airframe_with_negative_mass(within: Trident, tmp_path: Path) -> None:
    (tmp_path / "light.toml").write_text(AIRFRAME.replace("mass = 1.0", "mass = -1.0"))
    (tmp_path / "family.toml").write_text(FAMILY.replace("trident_1kg", "light.toml"))
    message = refused(within("fly", "family.toml", "--pilot", "random"))
    assert "light.toml: mass = -1.0" in message


def test_an_airframe_without_a_constant(within: Trident, tmp_path: Path) -> None:
    lines = [line for line in AIRFRAME.splitlines() if not line.startswith("ground_effect")]
    (tmp_path / "bare.toml").write_text("\n".join(lines))
    (tmp_path / "family.toml").write_text(FAMILY.replace("trident_1kg", "bare.toml"))
    message = refused(within("fly", "family.toml", "--pilot", "random"))
    assert "bare.toml: constant 'ground_effect' is missing" in message


def _start_on_a_trunk(flight: Table) -> Table:
    x, y, _ = flight["world"]["cylinders"][0]["base_m"]
    return {**flight, "start": {"position_m": [x, y, 1.5], "yaw_rad": 0.0}}


def _start_under_ground(flight: Table) -> Table:
    x, y, _ = flight["start"]["position_m"]
    return {**flight, "start": {"position_m": [x, y, 0.0], "yaw_rad": 0.0}}


def _a_trunk_of_no_size(flight: Table) -> Table:
    first, *others = flight["world"]["cylinders"]
    thin = {**first, "radius_m": 0.0}
    return {**flight, "world": {**flight["world"], "cylinders": [thin, *others]}}


def _a_trunk_as_wide_as_a_town(flight: Table) -> Table:
    first, *others = flight["world"]["cylinders"]
    wide = {**first, "radius_m": 5e3}
    return {**flight, "world": {**flight["world"], "cylinders": [wide, *others]}}


def _a_wide_trunk_around_the_start(flight: Table) -> Table:
    """As large as may be, and far off: it reaches over everything."""
    first, *others = flight["world"]["cylinders"]
    wide = {**first, "radius_m": 1100.0, "base_m": [-1000.0, 0.0, 0.0]}
    return {**flight, "world": {**flight["world"], "cylinders": [wide, *others]}}


def _a_trunk_on_another_continent(flight: Table) -> Table:
    first, *others = flight["world"]["cylinders"]
    far = {**first, "base_m": [1e7, 0.0, 0.0]}
    return {**flight, "world": {**flight["world"], "cylinders": [far, *others]}}


def _named_like_a_path(flight: Table) -> Table:
    return {**flight, "name": "../../x"}


def _too_many_triangles(flight: Table) -> Table:
    sphere = {
        "center_m": [20.0, 20.0, 1.0],
        "radius_m": 0.1,
        "semantic": "obstacle",
        "color": [0, 0, 0],
    }
    return {**flight, "world": {**flight["world"], "spheres": [sphere] * 2000}}


def _on_a_trunk(flight: Table) -> Table:
    x, y, _ = flight["world"]["cylinders"][0]["base_m"]
    return {**flight, "task": {**flight["task"], "goal_m": [x, y, 1.5]}}


def _above_the_limit(flight: Table) -> Table:
    x, y, _ = flight["task"]["goal_m"]
    return {**flight, "task": {**flight["task"], "goal_m": [x, y, 9.0]}}


def _far_away(flight: Table) -> Table:
    return {**flight, "task": {**flight["task"], "goal_m": [500.0, 0.0, 1.5]}}


def _walled_in(flight: Table) -> Table:
    x, y, _ = flight["task"]["goal_m"]
    sides = [(2.5, 0.0, 0.3, 5.3), (-2.5, 0.0, 0.3, 5.3), (0.0, 2.5, 5.3, 0.3), (0.0, -2.5, 5.3, 0.3)]  # fmt: skip
    walls = [
        {
            "center_m": [x + dx, y + dy, 3.0],
            "size_m": [length, width, 6.0],
            "yaw_rad": 0.0,
            "semantic": "building",
            "color": [0.5, 0.5, 0.5],
        }
        for dx, dy, length, width in sides
    ]
    return {**flight, "world": {**flight["world"], "boxes": walls}}


def _inside_out(flight: Table) -> Table:
    world = flight["world"]
    return {**flight, "world": {**world, "low_m": world["high_m"], "high_m": world["low_m"]}}


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (_on_a_trunk, ["task.goal_m", "inside an obstacle"]),
        (_above_the_limit, ["task.goal_m", "9.0", "altitude limit of 3.0 m"]),
        (_far_away, ["task.goal_m", "[500.0, 0.0, 1.5]", "outside the world"]),
        (_walled_in, ["task.goal_m", "no free way"]),
        (_start_on_a_trunk, ["start.position_m", "inside an obstacle", "hull radius 0.25 m"]),
        (_start_under_ground, ["start.position_m", "0.0", "altitude limit"]),
        (_a_trunk_of_no_size, ["world.cylinders.0.radius_m", "greater than 0", "0.0"]),
        (_a_trunk_as_wide_as_a_town, ["world.cylinders.0.radius_m", "1100", "5000"]),
        (_a_wide_trunk_around_the_start, ["start.position_m", "inside an obstacle"]),
        (_a_trunk_on_another_continent, ["world.cylinders.0.base_m", "10000"]),
        (_named_like_a_path, ["name", "../../x"]),
        (_too_many_triangles, ["triangles", "Bullet takes 131072"]),
        (_inside_out, ["low_m", "high_m", "along x"]),
    ],
)
def test_a_hand_written_scenario_nobody_could_fly(
    within: Trident, tmp_path: Path, spoil: Callable[[Table], Table], named: list[str]
) -> None:
    flight = scenarios.resolve(scenarios.load(SHORT), DEFAULT_SEED).model_dump(mode="json")
    (tmp_path / "mine.toml").write_text(tomli_w.dumps(spoil(flight)))
    message = refused(within("fly", "mine.toml", "--pilot", "random"))
    assert [word for word in named if word not in message] == []
    assert len(message.splitlines()) == 1


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    card = models.Card("test", "test", "none", "1", "none", "none")
    network = models.new_network(models.NetworkConfig(), seed=1)
    models.save_checkpoint(tmp_path / "weights", network, card)
    return tmp_path / "weights"


def test_weights_that_are_not_whole(within: Trident, checkpoint: Path) -> None:
    fly = ("fly", SHORT, "--pilot", "weights")
    weights = checkpoint / "weights.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[: len(content) // 2])
    assert "weights.safetensors: truncated" in refused(within(*fly))
    weights.unlink()
    assert "weights.safetensors: cannot be read" in refused(within(*fly))
    (checkpoint / "config.json").unlink()
    assert "no checkpoint in this folder" in refused(within(*fly))
    (checkpoint / "navigation").mkdir()
    assert "of which avoidance, mission are missing" in refused(within(*fly))
    shutil.rmtree(checkpoint)
    assert "unknown pilot 'weights'" in refused(within(*fly))


def test_shipped_weights_that_are_missing(
    within: Trident, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agents.loading, "SHIPPED", tmp_path / "nowhere")
    for command in ("fly", SHORT, "--pilot", "shared"), ("compare", "--pilots", "shared"):
        assert str(tmp_path / "nowhere" / "shared") in refused(within(*command))


def test_a_log_cut_in_half_is_used_as_far_as_it_goes_and_refused(
    within: Trident, tmp_path: Path
) -> None:
    within("fly", SHORT, "--pilot", "random", "--no-video", "--out", "flown")
    whole = (tmp_path / "flown" / "flight.mcap").read_bytes()
    (tmp_path / "half.mcap").write_bytes(whole[: len(whole) // 2])
    steps = len(read_flight(tmp_path / "half.mcap"))
    assert 0 < steps < len(read_flight(tmp_path / "flown" / "flight.mcap"))
    done = within("replay", "half.mcap", "--verify", "--plot", "half.png")
    # On a busy machine the re-flight takes long enough to tell of its progress.
    (message,) = (line for line in refused(done).splitlines() if line.startswith("trident:"))
    assert "half.mcap" in message
    assert f"bit-equal over {steps} steps" in done.stdout
    assert (tmp_path / "half.png").exists()
    (tmp_path / "start.mcap").write_bytes(whole[:100])
    assert "start.mcap is not a flight log" in refused(within("replay", "start.mcap"))


def test_a_file_that_is_no_log(within: Trident, tmp_path: Path) -> None:
    (tmp_path / "notes.mcap").write_text("not a log")
    (tmp_path / "empty.mcap").touch()
    assert "notes.mcap" in refused(within("replay", "notes.mcap"))
    assert "empty.mcap" in refused(within("replay", "empty.mcap"))
    assert "absent.mcap" in refused(within("replay", "absent.mcap"))


def test_an_output_folder_that_cannot_be_written(within: Trident, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    for command in (
        ("fly", SHORT, "--pilot", "random"),
        ("compare", "--pilots", "random"),
        ("train",),
    ):
        for out in ("taken", "taken/below", "/proc/below"):
            message = refused(within(*command, "--out", out))
            assert f"out = {out}" in message
            assert len(message.splitlines()) == 1


def test_frames_to_train_on_are_looked_for_before_anything_is_written(
    within: Trident, tmp_path: Path
) -> None:
    (tmp_path / "notarun").mkdir()
    done = within("train", "--data", "notarun", "--out", "run")
    assert "data = notarun: its frames are not complete, rounds.json is missing" in refused(done)
    assert done.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["notarun"]


def test_a_figure_that_cannot_be_written(within: Trident, tmp_path: Path) -> None:
    done = within(
        "fly", SHORT, "--pilot", "random", "--no-video", "--out", "flown", "--seed", "3", "--json"
    )
    log = json.loads(done.stdout.splitlines()[-1])["log"]
    assert "/proc/figure.png" in refused(within("replay", log, "--plot", "/proc/figure.png"))
    assert "figure.xyz" in refused(within("replay", log, "--plot", "figure.xyz"))
    assert "wrote figure.png" in within("replay", log, "--plot", "figure").stdout
    assert (tmp_path / "figure.png").exists()
