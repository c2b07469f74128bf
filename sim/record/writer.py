"""Writes a flight to MCAP as it happens; a killed process loses at most the last second."""

import json
import math
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn, cast

import numpy as np
from foxglove_schemas_protobuf.CameraCalibration_pb2 import CameraCalibration
from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
from foxglove_schemas_protobuf.FrameTransform_pb2 import FrameTransform
from foxglove_schemas_protobuf.PoseInFrame_pb2 import PoseInFrame
from foxglove_schemas_protobuf.RawImage_pb2 import RawImage
from foxglove_schemas_protobuf.SceneUpdate_pb2 import SceneUpdate
from google.protobuf.timestamp_pb2 import Timestamp
from jaxtyping import Float, UInt16
from mcap.writer import CompressionType, Writer
from mcap_protobuf.schema import register_schema

from sim.record import schema
from sim.record.depth_memory import DepthMemory
from sim.record.pictures import compress_colors, depth_image, image_checksum
from sim.record.scene import scene_update
from sim.record.sink import LogStopped, Sink
from sim.scenario import Camera, Scenario
from sim.sensing.pinhole import focal_length_px
from sim.types import IMAGE_SHAPE, POSITION, QUATERNION, Decision, Event, FlightResult, Observation
from sim.world.movers import movers_of

CHUNK_SECONDS = 0.9
"""Flight time after which a chunk is closed and handed to the operating system."""
_NEVER_BY_SIZE = 1 << 30


class FlightLog:
    """One flight's log file, open until `close`."""

    def __init__(self, path: str | Path, scenario: Scenario, metadata: dict[str, str]) -> None:
        """Write the metadata first; `metadata` adds to, and wins over, what the writer finds out itself."""
        self.path = Path(path)
        self._physics_hz = scenario.rates.physics_hz
        self._chunk_start = self._end = 0.0
        self._closed = False
        self._movers = movers_of(scenario)
        self._memory = DepthMemory(scenario.rates.control_hz)
        try:
            self._sink = Sink(self.path)
            self._start(scenario, {**_facts(scenario), **metadata})
        except OSError as error:
            raise type(error)(
                error.errno, f"cannot write the flight log: {error.strerror}", str(path)
            ) from error

    def step(
        self,
        time: float,
        action: Float[np.ndarray, "4"],
        ticks: Float[np.ndarray, "t 13"],
        observation: Observation,
        decision: Decision,
        events: Iterable[Event],
    ) -> None:
        """Log one control step: what was seen at `time`, what was decided, and the bodies that followed.

        LogStopped where the disk is full: the log then ends with the last whole chunk.
        """
        if action.dtype != np.float32:
            raise ValueError(
                f"action of {action.dtype}: actions are float32, so that the log repeats them exactly"
            )
        self._write_observation(time, action, observation)
        self._write("/trident/decision", time, _decision_message(decision))
        self._end = time + len(ticks) / self._physics_hz
        self._write(
            "/trident/ticks", self._end, schema.Ticks(time=time, body=ticks.ravel().tolist())
        )
        self._write_pose(self._end, ticks[-1])
        self._write_movers(self._end)
        for event in events:
            self._write("/trident/event", event.time, _event_message(event))
        if self._end - self._chunk_start >= CHUNK_SECONDS:
            self._flush()
            self._chunk_start = self._end

    def close(self, result: FlightResult | None) -> None:
        """Write the result, where there is one, and the index; further calls do nothing."""
        if self._closed:
            return
        self._closed = True
        if result is not None:
            self._write("/trident/result", self._end, _result_message(result))
        self._flush()
        try:
            self._writer.finish()
        except OSError as error:
            self._stop(error)
        self._sink.close()

    def __enter__(self) -> "FlightLog":
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close without a result, unless it is closed already."""
        self.close(None)

    def _start(self, scenario: Scenario, metadata: dict[str, str]) -> None:
        # Chunks end between steps, by flight time: cut anywhere, a log holds whole steps only.
        self._writer = Writer(
            cast(IO[Any], self._sink),
            chunk_size=_NEVER_BY_SIZE,
            compression=CompressionType.ZSTD,
            enable_data_crcs=True,
        )
        self._writer.start(profile="trident")
        checksum = {schema.CHECKSUM: schema.metadata_checksum(metadata)}
        self._writer.add_metadata(schema.METADATA_NAME, metadata | checksum)
        topics = schema.TOPICS | ({schema.MOVERS_TOPIC: SceneUpdate} if self._movers else {})
        self._channels = {topic: self._register(topic, kind) for topic, kind in topics.items()}
        self._write_start(scenario)

    def _flush(self) -> None:
        try:
            self._writer.flush()
        except OSError as error:
            self._stop(error)
        self._safe = self._end

    def _stop(self, error: OSError) -> NoReturn:
        """End the log with what is whole of it."""
        self._closed = True
        self._sink.cut()
        reason = f"{error.strerror}; the log ends after {self._safe:.2f} s of flight and can be read up to there"
        raise LogStopped(error.errno, reason, str(self.path)) from error

    def _register(self, topic: str, kind: Any) -> int:
        schema_id = register_schema(self._writer, kind)
        return self._writer.register_channel(
            topic, message_encoding="protobuf", schema_id=schema_id
        )

    def _write(self, topic: str, time: float, message: Any) -> None:
        nanoseconds = round(time * 1e9)
        self._writer.add_message(
            self._channels[topic], nanoseconds, message.SerializeToString(), nanoseconds
        )

    def _write_start(self, scenario: Scenario) -> None:
        """Calibration, the camera's mount, and the pose at rest."""
        self._write("/camera/calibration", 0.0, _calibration(scenario.camera))
        mount = FrameTransform(
            timestamp=_stamp(0.0), parent_frame_id="body", child_frame_id="camera"
        )
        mount.rotation.x, mount.rotation.y, mount.rotation.z, mount.rotation.w = camera_mount(
            scenario.camera.tilt_rad
        )
        self._write("/tf", 0.0, mount)
        half_yaw = scenario.start.yaw_rad / 2
        quaternion = (0.0, 0.0, math.sin(half_yaw), math.cos(half_yaw))
        self._write_pose(0.0, np.array([*scenario.start.position_m, *quaternion]))
        self._write_movers(0.0)
        self._writer.flush()
        self._safe = 0.0

    def _write_observation(
        self, time: float, action: Float[np.ndarray, "4"], observation: Observation
    ) -> None:
        image = observation["image"]
        history = observation["history"].tobytes()
        follows = history == self._memory.see(image[3]).tobytes()
        step = schema.Step(
            time=time,
            action=action.tolist(),
            # Only where the depth images before do not say it: where a log starts in mid-flight.
            history=b"" if follows else history,
            ego=observation["ego"].tolist(),
            goal=observation["goal"].tolist(),
            sites=observation["sites"].tolist(),
            sites_mask=observation["sites_mask"].tobytes(),
            image_crc32=image_checksum(image),
        )
        self._write("/trident/step", time, step)
        self._write("/camera/rgb", time, _picture_message(time, compress_colors(image)))
        self._write("/camera/depth", time, _depth_message(time, depth_image(image[3])))

    def _write_movers(self, time: float) -> None:
        if self._movers:
            scene = scene_update(self._movers, round(time * self._physics_hz), _stamp(time))
            self._write(schema.MOVERS_TOPIC, time, scene)

    def _write_pose(self, time: float, body: Float[np.ndarray, " n"]) -> None:
        (x, y, z), (qx, qy, qz, qw) = body[POSITION].tolist(), body[QUATERNION].tolist()
        pose = PoseInFrame(timestamp=_stamp(time), frame_id="world")
        position, orientation = pose.pose.position, pose.pose.orientation
        position.x, position.y, position.z = x, y, z
        orientation.x, orientation.y, orientation.z, orientation.w = qx, qy, qz, qw
        self._write("/pose", time, pose)
        transform = FrameTransform(
            timestamp=pose.timestamp, parent_frame_id="world", child_frame_id="body"
        )
        transform.translation.x, transform.translation.y, transform.translation.z = x, y, z
        transform.rotation.CopyFrom(orientation)
        self._write("/tf", time, transform)


def camera_mount(tilt_rad: float) -> tuple[float, float, float, float]:
    """Rotation camera to body, xyzw: optical axes (right, down, forward) on FLU, then tilted up about -y."""
    cosine, sine = math.cos(tilt_rad / 2), math.sin(tilt_rad / 2)
    less, more = (cosine - sine) / 2, (cosine + sine) / 2
    return -less, less, -more, more


def _facts(scenario: Scenario) -> dict[str, str]:
    return {
        "schema": str(schema.SCHEMA_VERSION),
        "scenario": scenario.model_dump_json(),
        "seed": str(scenario.seed),
        "action": "velocity",
        **schema.provenance(),
    }


def _stamp(time: float) -> Timestamp:
    seconds, nanoseconds = divmod(round(time * 1e9), 1_000_000_000)
    return Timestamp(seconds=seconds, nanos=nanoseconds)


def _calibration(camera: Camera) -> CameraCalibration:
    _, height, width = IMAGE_SHAPE
    focal = focal_length_px(width, camera.fov_deg)
    matrix = [focal, 0.0, width / 2, 0.0, focal, height / 2, 0.0, 0.0, 1.0]
    return CameraCalibration(
        timestamp=_stamp(0.0),
        frame_id="camera",
        width=width,
        height=height,
        K=matrix,
        R=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        P=[*matrix[:3], 0.0, *matrix[3:6], 0.0, *matrix[6:], 0.0],
    )


def _picture_message(time: float, jpeg: bytes) -> CompressedImage:
    return CompressedImage(timestamp=_stamp(time), frame_id="camera", data=jpeg, format="jpeg")


def _depth_message(time: float, millimetres: UInt16[np.ndarray, "h w"]) -> RawImage:
    return RawImage(
        timestamp=_stamp(time),
        frame_id="camera",
        width=millimetres.shape[1],
        height=millimetres.shape[0],
        encoding="16UC1",
        step=millimetres.strides[0],
        data=millimetres.tobytes(),
    )


def _numbers(values: np.ndarray | None) -> list[float]:
    return [] if values is None else values.ravel().tolist()


def _decision_message(decision: Decision) -> Any:
    return schema.Decision(
        action=_numbers(decision.action),
        phase=decision.phase,
        navigation=_numbers(decision.navigation),
        survival=_numbers(decision.survival),
        fused=_numbers(decision.fused),
        chosen=decision.chosen,
        mission=_numbers(decision.mission),
        mission_choice=decision.mission_choice,
        target=decision.target,
        belief=_numbers(decision.belief),
        events=decision.events,
        asked=decision.asked,
    )


def _event_message(event: Event) -> Any:
    return schema.Event(time=event.time, name=event.name, detail=json.dumps(event.detail))


def _result_message(result: FlightResult) -> Any:
    return schema.Result(
        outcome=result.outcome.value,
        duration_s=result.duration_s,
        distance_m=result.distance_m,
        min_clearance_m=result.min_clearance_m,
        energy_wh=result.energy_wh,
        prize=result.prize,
        events=[_event_message(event) for event in result.events],
        mission_decisions=result.mission_decisions,
        mask_interventions=result.mask_interventions,
    )
