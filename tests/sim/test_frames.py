"""Rotations obey the axioms of rotations, and every conversion has its inverse."""

import math

import numpy as np
import pytest

from sim import frames


def _quats() -> list[np.ndarray]:
    """Random rotations, and the awkward ones: identity, half turns, nearly either."""
    rng = np.random.default_rng(0)
    awkward = [
        [0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1e-9, 0, 0, 1], [1, 0, 0, 1e-9], [0.6, 0.8, 0, 1e-8],
    ]  # fmt: skip
    quats = [*rng.normal(size=(50, 4)), *np.array(awkward, float)]
    return [quat / np.linalg.norm(quat) for quat in quats]


@pytest.mark.parametrize("quat", _quats())
def test_matrix_is_the_rotation_about_the_quaternions_axis_by_its_angle(quat: np.ndarray) -> None:
    matrix = frames.quat_to_matrix(quat)
    assert matrix @ matrix.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(matrix) == pytest.approx(1.0)
    axis, half_cos = quat[:3], quat[3]
    assert matrix @ axis == pytest.approx(axis, abs=1e-12)
    assert np.trace(matrix) == pytest.approx(4.0 * half_cos**2 - 1.0, abs=1e-12)
    # The part of a rotation that changes sign with its sense is sin(angle) [axis].
    skew = np.array([matrix[2, 1], matrix[0, 2], matrix[1, 0]]) - (
        matrix[1, 2],
        matrix[2, 0],
        matrix[0, 1],
    )
    assert skew == pytest.approx(4.0 * half_cos * axis, abs=1e-12)


@pytest.mark.parametrize("quat", _quats())
def test_rotate_agrees_with_the_matrix_and_may_write_over_its_input(quat: np.ndarray) -> None:
    vector = np.array([1.0, -2.0, 0.5])
    out = np.empty(3)
    frames.quat_rotate(quat, vector, out)
    assert out == pytest.approx(frames.quat_to_matrix(quat) @ vector)
    frames.quat_rotate(quat, vector, vector)
    assert vector == pytest.approx(out)


def test_product_composes_right_to_left() -> None:
    out = np.empty(4)
    for left, right in zip(_quats()[:10], _quats()[10:20], strict=True):
        frames.quat_multiply(left, right, out)
        both = frames.quat_to_matrix(left) @ frames.quat_to_matrix(right)
        assert frames.quat_to_matrix(out) == pytest.approx(both)


@pytest.mark.parametrize("size", [0.0, 1e-7, 1e-4, 0.3, 3.0])
def test_perturb_turns_about_the_body_axis_by_the_angle(size: float) -> None:
    axis = np.array([2.0, -1.0, 2.0]) / 3.0
    for quat in _quats()[:10]:
        out, tip = np.empty(4), np.empty(4)
        frames.quat_perturb(quat, size * axis, out)
        expected = np.append(axis * math.sin(size / 2), math.cos(size / 2))
        frames.quat_multiply(quat, expected, tip)
        assert out == pytest.approx(tip, abs=1e-14)


@pytest.mark.parametrize("yaw", [-3.1, -1.0, 0.0, 0.7, 3.1])
def test_yaw_round_trip_and_heading_frame(yaw: float) -> None:
    assert frames.yaw_of(frames.yaw_quat(yaw)) == pytest.approx(yaw)
    forward = frames.world_from_heading(np.array([1.0, 0.0, 0.0]), yaw)
    assert forward == pytest.approx([math.cos(yaw), math.sin(yaw), 0.0])
    vector = np.array([0.3, -2.0, 5.0])
    assert frames.heading_from_world(frames.world_from_heading(vector, yaw), yaw) == pytest.approx(
        vector
    )


def test_yaw_ignores_roll_and_pitch() -> None:
    out = np.empty(4)
    frames.quat_perturb(frames.yaw_quat(0.7), np.array([0.0, 0.5, 0.0]), out)
    assert frames.yaw_of(out) == pytest.approx(0.7)
    rolled = np.empty(4)
    frames.quat_perturb(out, np.array([0.9, 0.0, 0.0]), rolled)
    assert frames.yaw_of(rolled) == pytest.approx(0.7)


def test_wrap_keeps_the_direction_within_half_a_turn() -> None:
    for angle in np.linspace(-20, 20, 101):
        wrapped = frames.wrap_angle(angle)
        assert -math.pi <= wrapped < math.pi
        assert math.cos(wrapped - angle) == pytest.approx(1.0)
    assert frames.wrap_angle(math.pi) == -math.pi
