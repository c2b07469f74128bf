"""Logs of flights among movers: poses of the truth, re-flown bit for bit, and drawn where they were."""

from pathlib import Path

import numpy as np
import pytest
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory

from sim.flight import Flight
from sim.mover_spec import BlockShape, ColumnShape
from sim.record import canvas
from sim.record.mapview import MapView
from sim.record.plot import write_plot
from sim.record.reader import read_flight
from sim.record.refly import verify
from sim.record.scene import outlines
from sim.record.writer import FlightLog
from sim.scenario import Scenario
from sim.simulator import Simulator
from sim.types import Decision
from sim.world.movers import movers_of
from tests.builders import HEIGHT, breeze, flying, grainy, noisy, rough_walk, scenario, world
from tests.sim.moving import ball, mover, random_motion, standing, straight

WRAP = {
    "kind": "wrap", "start_m": (18.0, 6.0, 2.0), "velocity_m_s": (6.0, 0.0, 0.0),
    "low_m": (10.0, 6.0, 2.0), "high_m": (20.0, 6.0, 2.0),
}  # fmt: skip
MOVERS = (
    ball(random_motion(start_m=(12.0, 3.0, HEIGHT), low_m=(8.0, 0.0, 1.0), high_m=(20.0, 9.0, 2.0))),
    mover(ColumnShape(kind="cylinder", radius_m=0.4, height_m=3.0), WRAP),
    mover(BlockShape(kind="box", size_m=(1.0, 2.0, 0.5), yaw_rad=0.4), straight((9, -5, 1), (1, 1, 0))),
)  # fmt: skip


def among_movers() -> Scenario:
    spec = world().model_copy(update={"movers": MOVERS})
    return scenario(world=spec, weather=breeze(), odometry=noisy(), camera=grainy(delay_ticks=10))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "flight.mcap"
    with flying(among_movers()) as flight, FlightLog(path, flight.scenario, {}) as log:
        for action in rough_walk(30):
            record(flight, log, action)
        log.close(flight.result())
    return path


def record(flight: Flight, log: FlightLog, action: np.ndarray) -> None:
    time, seen = flight.simulator.time, flight.observation()
    step = flight.advance(action)
    log.step(time, action, step.ticks, seen, Decision(action=action), step.events)


def test_the_log_shows_movers_where_they_were_at_the_end_of_each_step(path: Path) -> None:
    with path.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        scenes = [
            (message.log_time, scene)
            for _, _, message, scene in reader.iter_decoded_messages(topics=["/movers"])
        ]
    assert len(scenes) == 31
    movers = movers_of(among_movers())
    for index, (time, scene) in enumerate(scenes):
        assert time == round(index / 15 * 1e9)
        shapes = [
            (entity.spheres or entity.cylinders or entity.cubes)[0] for entity in scene.entities
        ]
        centers = [(s.pose.position.x, s.pose.position.y, s.pose.position.z) for s in shapes]
        np.testing.assert_allclose(centers, movers.positions_at(16 * index), atol=1e-12)
        assert [s.size.z for s in shapes] == [0.6, 3.0, 0.5]
        assert shapes[2].pose.orientation.z == pytest.approx(np.sin(0.2))


def test_a_flight_among_movers_flies_again_bit_for_bit(path: Path) -> None:
    verdict = verify(path, lambda log: Simulator(log.scenario, action=log.action_level))
    assert verdict.equal, verdict.first_difference
    assert read_flight(path).scenario == among_movers()


def test_a_log_without_movers_has_no_topic_for_them(tmp_path: Path) -> None:
    bare = tmp_path / "bare.mcap"
    with flying(scenario()) as flight, FlightLog(bare, flight.scenario, {}) as log:
        record(flight, log, np.zeros(4, dtype=np.float32))
    with bare.open("rb") as file:
        topics = {channel.topic for _, channel, _ in make_reader(file).iter_messages()}
    assert "/movers" not in topics


def test_the_map_draws_movers_where_they_were(path: Path) -> None:
    flight = read_flight(path)
    view, image = MapView(flight, 400), np.zeros((400, 400, 3), np.uint8)
    movers, seen = movers_of(flight.scenario), []
    for step in range(len(flight)):
        view.draw(image, step)
        center = movers.positions_at(16 * (step + 1))[1]
        x, y = view._spot(center)
        seen.append(tuple(image[y, x].tolist()) == canvas.WARN)
    # The trail or the drone may cover it now and then.
    assert np.mean(seen) > 0.8


def test_outlines_are_as_wide_as_the_things(path: Path) -> None:
    box = mover(BlockShape(kind="box", size_m=(2.0, 1.0, 1.0), yaw_rad=0.0), standing((5, 6, 1)))
    spec = world().model_copy(update={"movers": (box, ball(standing((1, 2, 1)), 0.5))})
    square, circle = outlines(movers_of(scenario(world=spec)), 0)
    np.testing.assert_allclose(np.ptp(square, axis=0), (2.0, 1.0))
    np.testing.assert_allclose(square.mean(axis=0), (5, 6))
    np.testing.assert_allclose(np.linalg.norm(circle - (1, 2), axis=1), 0.5)


def test_the_figure_of_such_a_flight_can_be_drawn(path: Path, tmp_path: Path) -> None:
    write_plot(read_flight(path), tmp_path / "flight.png")
    assert (tmp_path / "flight.png").stat().st_size > 10_000
