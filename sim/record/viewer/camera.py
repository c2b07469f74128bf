"""The camera as entities: its pose and frustum, and what it saw in colour, depth and class."""

import numpy as np
import rerun as rr
from jaxtyping import UInt8

from sim.frames import quat_to_matrix
from sim.record.pictures import depth_image
from sim.record.viewer.rows import Sight
from sim.record.viewer.stage import Stage
from sim.scenario import Scenario
from sim.sensing.pinhole import body_from_camera, focal_length_px
from sim.types import DEPTH_FAR, DEPTH_NEAR, IMAGE_SHAPE, POSITION, QUATERNION

CAMERA = "world/camera"
_FRUSTUM = 1.5
"""m from the camera at which its picture hangs in space."""


def send_camera(stage: Stage, scenario: Scenario) -> None:
    """Lens and formats; the pinhole's middle is that of the image."""
    _, height, width = IMAGE_SHAPE
    lens = rr.Pinhole(
        resolution=[width, height],
        focal_length=focal_length_px(width, scenario.camera.fov_deg),
        principal_point=[width / 2, height / 2],
        camera_xyz=rr.ViewCoordinates.RDF,
        image_plane_distance=_FRUSTUM,
    )
    stage.fixed(CAMERA, lens)
    picture = rr.encodings.ImageFormat(
        width=width, height=height, color_model="RGB", channel_datatype="U8"
    )
    stage.fixed(f"{CAMERA}/rgb", rr.Image.from_fields(format=picture))
    codes = rr.encodings.ImageFormat(
        width=width, height=height, color_model="L", channel_datatype="U16"
    )
    depth = rr.DepthImage.from_fields(
        format=codes,
        meter=1000.0,
        colormap="turbo",
        point_fill_ratio=0.2,
        depth_range=[1e3 * DEPTH_NEAR, 1e3 * DEPTH_FAR],
    )
    stage.fixed(f"{CAMERA}/depth", depth)
    classes = rr.encodings.ImageFormat(
        width=width, height=height, color_model="L", channel_datatype="U8"
    )
    stage.fixed(f"{CAMERA}/classes", rr.SegmentationImage.from_fields(format=classes))


def send_sight(stage: Stage, scenario: Scenario, sight: Sight) -> None:
    """Poses and pictures."""
    mount = body_from_camera(scenario.camera.tilt_rad)
    turns = [quat_to_matrix(eye[QUATERNION]) @ mount for eye in sight.eyes]
    columns = rr.Transform3D.columns(translation=sight.eyes[:, POSITION], mat3x3=turns)
    stage.rows(CAMERA, sight.clock, columns)
    colors = np.ascontiguousarray(sight.images[:, :3].transpose(0, 2, 3, 1))
    stage.rows(f"{CAMERA}/rgb", sight.clock, rr.Image.columns(buffer=_bytes(colors)))
    # As the log's `/camera/depth` has it: millimetres, 0 where nothing returned.
    depths = np.array([depth_image(code) for code in sight.images[:, 3]])
    stage.rows(f"{CAMERA}/depth", sight.clock, rr.DepthImage.columns(buffer=_bytes(depths)))
    labels = rr.SegmentationImage.columns(buffer=_bytes(sight.classes))
    stage.rows(f"{CAMERA}/classes", sight.clock, labels)


def _bytes(pictures: np.ndarray) -> UInt8[np.ndarray, "n b"]:
    """Each picture as its bytes in a row."""
    return np.ascontiguousarray(pictures).view(np.uint8).reshape(len(pictures), -1)
