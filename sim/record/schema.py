"""The log's vocabulary: topics, our own protobuf messages built without a compiler, and version facts."""

import json
import platform
import zlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

from foxglove_schemas_protobuf.CameraCalibration_pb2 import CameraCalibration
from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
from foxglove_schemas_protobuf.FrameTransform_pb2 import FrameTransform
from foxglove_schemas_protobuf.PoseInFrame_pb2 import PoseInFrame
from foxglove_schemas_protobuf.RawImage_pb2 import RawImage
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

SCHEMA_VERSION = 2
"""Of the logs that are written; `docs/log-format.md` has the rule by which it grows, and what each version brought."""
OLDEST_SCHEMA = 1
METADATA_NAME = "trident"
CHECKSUM = "crc32"
"""Of the other metadata, from schema 2 on."""

_FIELDS: dict[str, dict[str, str]] = {
    "Ticks": {"time": "double", "body": "double*"},
    "Step": {
        "time": "double",
        "action": "float*",
        "depth_code": "bytes",
        "history": "bytes",
        "ego": "float*",
        "goal": "float*",
        "sites": "float*",
        "sites_mask": "bytes",
        "image_crc32": "fixed32",
    },
    "Decision": {
        "action": "float*",
        "phase": "string",
        "navigation": "float*",
        "survival": "float*",
        "fused": "float*",
        "chosen": "sint32",
        "mission": "float*",
        "mission_choice": "sint32",
        "target": "sint32",
        "belief": "float*",
        "events": "string*",
        "asked": "bool",
    },
    "Event": {"time": "double", "name": "string", "detail": "string"},
    "Result": {
        "outcome": "string",
        "duration_s": "double",
        "distance_m": "double",
        "min_clearance_m": "double",
        "energy_wh": "double",
        "prize": "double",
        "events": "Event*",
        "mission_decisions": "sint32",
        "mask_interventions": "sint32",
    },
}
"""Fields of each message in order of their numbers; a star repeats, arrays lie row by row."""


def _build_messages() -> dict[str, type[Message]]:
    """Message classes by name, from a file descriptor that also travels in every log."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="trident/log.proto", package="trident", syntax="proto3"
    )
    for name, fields in _FIELDS.items():
        message = file.message_type.add(name=name)
        for number, (field, text) in enumerate(fields.items(), start=1):
            kind, repeated = text.rstrip("*"), text.endswith("*")
            label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            if kind in _FIELDS:
                message.field.add(
                    name=field,
                    number=number,
                    label=label,
                    type=kinds.TYPE_MESSAGE,
                    type_name=f".trident.{kind}",
                )
            else:
                message.field.add(
                    name=field, number=number, label=label, type=f"TYPE_{kind.upper()}"
                )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    find = pool.FindMessageTypeByName
    return {name: message_factory.GetMessageClass(find(f"trident.{name}")) for name in _FIELDS}


# The classes exist only at run time, so their fields are beyond a type checker: hence Any.
_MESSAGES: dict[str, Any] = _build_messages()
Ticks, Step, Decision = _MESSAGES["Ticks"], _MESSAGES["Step"], _MESSAGES["Decision"]
Event, Result = _MESSAGES["Event"], _MESSAGES["Result"]

TOPICS: dict[str, Any] = {
    "/trident/step": Step,
    "/camera/rgb": CompressedImage,
    "/camera/depth": RawImage,
    "/camera/calibration": CameraCalibration,
    "/trident/decision": Decision,
    "/trident/ticks": Ticks,
    "/pose": PoseInFrame,
    "/tf": FrameTransform,
    "/trident/event": Event,
    "/trident/result": Result,
}
"""Every topic of a log and what its messages are; the pictures of schema 1 are RawImage."""
MOVERS_TOPIC = "/movers"
"""A SceneUpdate a step, only where something moves."""


def metadata_checksum(metadata: dict[str, str]) -> str:
    """CRC-32 of all entries but itself, in order of their names, as eight hexadecimal digits."""
    entries = sorted(item for item in metadata.items() if item[0] != CHECKSUM)
    return f"{zlib.crc32(json.dumps(entries).encode()):08x}"


def metadata_problem(metadata: dict[str, str]) -> str | None:
    """Why a log of these metadata cannot be read, or None."""
    found, readable = metadata.get("schema", ""), f"{OLDEST_SCHEMA} to {SCHEMA_VERSION}"
    digits = found.isascii() and found.isdecimal() and len(found) < 10
    version = int(found) if digits else 0
    if version > SCHEMA_VERSION:
        return f"log schema {version} is newer than this version of Trident, which reads {readable}"
    if version < OLDEST_SCHEMA:
        return f"log schema {found[:20]!r} is none that there is; this version reads {readable}"
    if version >= 2 and metadata.get(CHECKSUM) != metadata_checksum(metadata):
        return "its metadata fail their checksum: the start of the file is damaged"
    return None


def provenance() -> dict[str, str]:
    """What a bit-equal repetition needs to share: interpreter, wheels, machine."""
    wheels = {name: version(name) for name in ("numpy", "pybullet", "numba", "embreex")}
    return {
        "python": platform.python_version(),
        **wheels,
        "platform": platform.platform(),
        "cpu": _cpu_name(),
    }


def _cpu_name() -> str:
    cpu_info = Path("/proc/cpuinfo")
    lines = cpu_info.read_text().splitlines() if cpu_info.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
