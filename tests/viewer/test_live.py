"""A flight shown while it is flown is the same flight, and is shown as its log would be."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rerun_bindings", reason="needs the extra viz")

import agents
from agents.flying import Recorder
from scenarios.commands.fly_live import Show
from sim.record.lattice_view import Lattice
from sim.record.reader import Flight, read_flight
from sim.record.viewer.live import LiveFlight
from sim.record.viewer.recollect import recollect
from sim.record.viewer.recording import open_recording, send_flights
from sim.record.writer import FlightLog
from sim.types import POSITION, VELOCITY
from tests.sim.synthetic_flight import LATTICE, make_scenario
from tests.viewer.reading import column, entities

SECONDS = 2.0


class NoViewer:
    """Where a viewer is asked for that nobody looks at."""


def fly(path: Path, live: LiveFlight | None) -> Flight:
    """A random pilot, interrupted after a while."""

    def stop(time: float) -> None:
        if time >= SECONDS:
            raise KeyboardInterrupt

    scenario, pilot = make_scenario(), agents.load_pilot("random", False)
    with FlightLog(path, scenario, {"pilot": pilot.name}) as log:
        recorder: Recorder = log
        if live is not None:
            show = Show(NoViewer(), live, 1.0)  # type: ignore[arg-type]
            pilot, recorder = show.watched(pilot), show.both(log)
        with pytest.raises(KeyboardInterrupt):
            agents.fly(scenario, pilot, recorder, stop)
    return read_flight(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("live")


@pytest.fixture(scope="module")
def flown(folder: Path) -> tuple[Flight, Path]:
    lattice = Lattice(*(np.array(values) for values in LATTICE.values()))
    live = LiveFlight(make_scenario(), "random", lattice, "velocity")
    target = folder / "live.rrd"
    with live.stream:
        live.stream.save(target, default_blueprint=live.layout)
        flight = fly(folder / "live.mcap", live)
    return flight, target


def test_a_flight_that_is_shown_is_bit_for_bit_the_same(
    flown: tuple[Flight, Path], folder: Path
) -> None:
    shown, plain = flown[0], fly(folder / "plain.mcap", None)
    np.testing.assert_array_equal(shown.poses, plain.poses)
    np.testing.assert_array_equal(shown.actions, plain.actions)
    np.testing.assert_array_equal(shown.images, plain.images)
    assert shown.result == plain.result


def test_what_is_shown_live_is_what_the_log_shows(flown: tuple[Flight, Path], folder: Path) -> None:
    flight, live = flown
    stream, stages = open_recording([flight])
    said: list[str] = []
    with stream:
        stream.save(folder / "replay.rrd")
        send_flights([flight], stages, said.append)
    assert said == []
    for entity, component in [
        ("world/drone", "translation"),
        ("world/trail", "strips"),
        ("world/estimate", "positions"),
        ("world/camera", "translation"),
        ("world/camera/classes", "buffer"),
        ("world/command", "vectors"),
        ("world/sites", "colors"),
        ("curves/velocity_x", "scalars"),
        ("curves/clearance", "scalars"),
        ("curves/battery", "scalars"),
        ("states/phase", "state"),
    ]:
        now = column(live, f"/live/{entity}", component)
        then = column(folder / "replay.rrd", f"/random/{entity}", component)
        np.testing.assert_allclose(now[0], then[0], atol=2e-9, err_msg=entity)
        np.testing.assert_array_equal(now[1], then[1], err_msg=entity)
        np.testing.assert_equal(now[2], then[2], err_msg=entity)
    assert {name.split("/", 2)[2] for name in entities(live) if name.startswith("/live/")} >= {
        name.split("/", 2)[2] for name in entities(folder / "replay.rrd") if "/random/" in name
    } - {"heads/navigation", "heads/survival"}


def test_setpoint_and_estimate_come_from_flying_again(flown: tuple[Flight, Path]) -> None:
    flight, _ = flown
    memory = recollect(flight)
    assert memory.gap is None
    assert np.isfinite(memory.estimates).all()
    errors = np.linalg.norm(
        memory.estimates[1:, POSITION] - flight.step_bodies[:, POSITION], axis=1
    )
    assert 0.0 < errors.max() < 1.0
    # What the next observation says of the velocity is the estimate in the body's frame: as long as in the world's.
    told = np.linalg.norm(flight.ego[:, :3], axis=1)
    np.testing.assert_allclose(
        np.linalg.norm(memory.estimates[:-1, VELOCITY], axis=1), told, atol=1e-5
    )
    limit = flight.scenario.speed_limit_m_s
    speeds = np.linalg.norm(memory.setpoints[1:, :3], axis=1)
    wanted = np.linalg.norm(12.0 * flight.actions[:, :3], axis=1)
    np.testing.assert_allclose(speeds, np.minimum(wanted, limit), rtol=1e-5)


def test_the_pace_is_the_one_asked_for() -> None:
    import time

    show = Show(NoViewer(), None, 4.0)  # type: ignore[arg-type]
    checks: list[None] = []
    show.pace(0.0, lambda: checks.append(None))
    began = time.monotonic()
    show.pace(1.0, lambda: checks.append(None))
    assert 0.24 <= time.monotonic() - began < 0.6
    assert len(checks) >= 4
