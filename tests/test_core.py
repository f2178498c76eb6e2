"""What enters the memory is checked once, at the border."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from embodied_mem.core import DepthImage, Detection, EncodedImage, Observation
from embodied_mem.errors import InputError, PoseError
from embodied_mem.geometry import CameraIntrinsics

CAMERA = CameraIntrinsics(8, 6, 10.0, 10.0, 4.0, 3.0)


def observation(**changes: Any) -> Observation:
    fields: dict[str, Any] = {
        "stamp_ns": 5,
        "world_from_camera": np.eye(4),
        "intrinsics": CAMERA,
        "depth": DepthImage(np.ones((6, 8), np.uint16)),
        "color": np.zeros((6, 8, 3), np.uint8),
    }
    return Observation(**(fields | changes))


def encoded(suffix: str, size: tuple[int, int] = (48, 64)) -> bytes:
    image = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    return bytes(cv2.imencode(suffix, image)[1].tobytes())


def test_depth_from_metres_round_trips_within_half_a_unit() -> None:
    depth_m = np.random.default_rng(0).uniform(0.001, 60, (6, 8))
    for unit_m in (0.001, 0.005):
        image = DepthImage.from_metres(depth_m, unit_m=unit_m)
        assert image.metres().dtype == np.float32
        np.testing.assert_allclose(image.metres(), depth_m, atol=unit_m / 2 + 1e-5)


def test_what_is_no_depth_becomes_no_return() -> None:
    depth_m = np.array([[np.nan, np.inf, -np.inf, 0.0, 70.0, 1.0]])
    assert DepthImage.from_metres(depth_m).raw.tolist() == [[0, 0, 0, 0, 0, 1000]]


def test_an_image_without_any_return_is_fine() -> None:
    assert not DepthImage.from_metres(np.full((2, 3), np.nan)).raw.any()


@pytest.mark.parametrize(
    ("depth", "message"),
    [
        (np.ones((6, 8, 1)), "drop the channel axis"),
        (np.ones((6, 8), np.int32), "float"),
        (np.ones(6), r"\(H, W\) float"),
        (np.full((6, 8), -1.5), "must not be negative"),
        (np.full((6, 8), 1500.0), "millimetres"),
    ],
)
def test_depth_from_metres_refuses(depth: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        DepthImage.from_metres(depth)


def test_raw_depth_must_be_two_dimensional_uint16_with_a_sensible_unit() -> None:
    with pytest.raises(InputError, match="from_metres"):
        DepthImage(np.ones((6, 8), np.float32))  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"\(H, W\) uint16"):
        DepthImage(np.ones((6, 8, 1), np.uint16))
    with pytest.raises(InputError, match="raw step in metres"):
        DepthImage(np.ones((6, 8), np.uint16), unit_m=1.0)
    with pytest.raises(InputError, match="raw step in metres"):
        DepthImage(np.ones((6, 8), np.uint16), unit_m=float("nan"))


def test_depth_shape_is_height_then_width() -> None:
    assert DepthImage(np.ones((6, 8), np.uint16)).shape == (6, 8)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_an_encoded_image_decodes_to_rgb_of_its_size(suffix: str) -> None:
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 2] = 255  # OpenCV writes BGR
    image = EncodedImage(bytes(cv2.imencode(suffix, red)[1].tobytes()), suffix.strip("."))
    assert image.decode().shape == (48, 64, 3)
    assert image.decode()[20, 20, 0] > 250
    assert image.decode()[20, 20, 2] < 5
    assert image.decode(reduction=4).shape == (12, 16, 3)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.95])
def test_a_truncated_encoded_image_is_refused(suffix: str, share: float) -> None:
    data = encoded(suffix)
    with pytest.raises(InputError, match="truncated"):
        EncodedImage(data[: int(share * len(data))], suffix.strip(".")).decode()


def test_padding_behind_an_encoded_image_does_no_harm() -> None:
    assert EncodedImage(encoded(".jpg") + b"\0" * 512).decode().shape == (48, 64, 3)


def test_an_unknown_reduction_is_refused() -> None:
    with pytest.raises(InputError, match="1, 2, 4 or 8"):
        EncodedImage(encoded(".jpg")).decode(reduction=3)


def test_an_observation_keeps_integer_stamps_of_any_kind() -> None:
    assert observation(stamp_ns=np.int64(1_700_000_000_000_000_000)).stamp_ns == 17 * 10**17
    assert type(observation(stamp_ns=np.int64(3)).stamp_ns) is int


@pytest.mark.parametrize("stamp", [1.5, 2.0, np.float64(3), "4", None])
def test_an_observation_refuses_other_stamps(stamp: object) -> None:
    with pytest.raises(InputError, match="integer nanoseconds"):
        observation(stamp_ns=stamp)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"depth": DepthImage(np.ones((8, 6), np.uint16))}, r"\(H, W\) = \(6, 8\)"),
        ({"color": np.zeros((8, 6, 3), np.uint8)}, "uint8 RGB"),
        ({"color": np.zeros((6, 8), np.uint8)}, "uint8 RGB"),
        ({"color": np.zeros((6, 8, 4), np.uint8)}, "uint8 RGB"),
        ({"color": np.zeros((6, 8, 3), np.float32)}, "float32"),
    ],
)
def test_an_observation_refuses_images_that_do_not_fit(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        observation(**changes)


def test_an_observation_repairs_or_refuses_its_pose() -> None:
    nearly = np.eye(4)
    nearly[0, 1] = 1e-3
    repaired = observation(world_from_camera=nearly).world_from_camera[:3, :3]
    np.testing.assert_allclose(repaired.T @ repaired, np.eye(3), atol=1e-12)
    with pytest.raises(PoseError, match="rigid"):
        observation(world_from_camera=np.diag([2.0, 2, 2, 1]))


def test_an_observation_may_lack_depth_and_color() -> None:
    blind = observation(depth=None, color=None)
    assert blind.color_array() is None


def test_color_array_reads_arrays_and_encoded_images_alike() -> None:
    image = np.random.default_rng(1).integers(0, 255, (6, 8, 3), np.uint8)
    png = bytes(cv2.imencode(".png", image[..., ::-1])[1].tobytes())
    from_file = observation(color=EncodedImage(png, "png")).color_array()
    from_array = observation(color=image).color_array()
    assert from_file is not None
    assert from_array is not None
    np.testing.assert_array_equal(from_file, image)
    np.testing.assert_array_equal(from_array, image)


def test_a_detection_checks_confidence_and_box() -> None:
    Detection("mug", 1.0, (0, 0, 0, 0))
    with pytest.raises(InputError, match="confidence"):
        Detection("mug", 1.1, (0, 0, 1, 1))
    with pytest.raises(InputError, match="confidence"):
        Detection("mug", float("nan"), (0, 0, 1, 1))
    with pytest.raises(InputError, match="x_min"):
        Detection("mug", 0.5, (2, 0, 1, 1))
