"""From boxes to pixels to places: the depth cut and `locate` against the renderer's truth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from embodied_mem.core import DepthImage, Detection, Observation
from embodied_mem.envs.house.demo_room import DemoRecording
from embodied_mem.errors import InputError
from embodied_mem.geometry import Box, CameraIntrinsics, look_at, make_transform
from embodied_mem.perception import (
    GivenDetections,
    MaskCrop,
    Perceiver,
    cut_out,
    locate,
    locate_all,
)
from embodied_mem.perception.geometry3d import LocatedDetection, crop_mask

NOT_THINGS = ("wall", "floor", "ceiling", "window", "baseboard")
CAMERA = CameraIntrinsics.from_hfov(320, 240, math.radians(70))
MIN_PIXELS = 150


@dataclass(frozen=True)
class Seen:
    """One instance in one rendered frame, with what is true of it."""

    detection: Detection
    frame: Observation
    mask: NDArray[np.bool_]
    true_box: Box

    def locate(self, mask: MaskCrop | None = None) -> LocatedDetection:
        frame = self.frame
        assert frame.depth is not None
        located = locate(
            self.detection,
            frame.depth,
            frame.intrinsics,
            frame.world_from_camera,
            color=frame.color_array(),
            mask=mask,
        )
        assert located is not None
        return located


def things(demo: DemoRecording, index: int) -> Iterator[Seen]:
    ids, frame = demo.get_view(index).instance_ids, demo.get_observation(index)
    for number in np.unique(ids[ids >= 0]).tolist():
        name = demo.scene.instance_names[number]
        mask = ids == number
        if mask.sum() < MIN_PIXELS or any(word in name for word in NOT_THINGS):
            continue
        ys, xs = np.nonzero(mask)
        box = (float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max()))
        detection = Detection(name, 1.0, box, mask, instance_id=name)
        yield Seen(detection, frame, mask, demo.scene.get_box(name))


@pytest.fixture(scope="module")
def seen() -> list[Seen]:
    demo = DemoRecording(frame_count=24, intrinsics=CAMERA, depth_noise_m=0.001)
    found = [thing for index in range(0, 24, 3) for thing in things(demo, index)]
    assert len(found) > 60
    return found


def mask_iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_depth_cut_is_much_nearer_to_the_truth_than_the_box(seen: list[Seen]) -> None:
    """Measured on all things of the demo rooms, also those that others hide or that lie flat."""
    ious, box_ious, qualities = [], [], []
    for thing in seen:
        assert thing.frame.depth is not None
        crop = cut_out(thing.detection.box_px, thing.frame.depth, thing.frame.intrinsics)
        assert crop is not None
        ious.append(mask_iou(crop.full(240, 320), thing.mask))
        box_ious.append(float(thing.mask.sum() / crop.mask.size))
        qualities.append(crop.quality)
        assert 0 <= crop.quality <= 1
    good = np.array(qualities) > 0.5
    assert np.mean(ious) > 0.64  # 0.69 at 640x480
    assert np.median(ious) > 0.74
    assert np.mean(ious) > np.mean(box_ious) + 0.06
    assert np.mean(np.array(ious)[good]) > np.mean(np.array(ious)[~good]) + 0.1


def test_depth_cut_separates_a_box_from_table_and_wall() -> None:
    depth_m, truth, camera, _ = box_on_table()
    crop = cut_out((136, 79, 186, 136), DepthImage.from_metres(depth_m), camera)
    assert crop is not None
    assert mask_iou(crop.full(240, 320), truth) > 0.9
    assert crop.quality > 0.8


def test_flat_thing_gets_its_box_with_low_quality() -> None:
    depth_m, _, camera, _ = box_on_table()
    crop = cut_out((200, 150, 240, 180), DepthImage.from_metres(depth_m), camera)
    assert crop is not None
    assert crop.quality < 0.5
    assert crop.mask.mean() > 0.9


def test_box_without_depth_or_outside_the_image_is_none() -> None:
    depth = DepthImage(np.zeros((240, 320), np.uint16))
    assert cut_out((10, 10, 50, 50), depth, CAMERA) is None
    full = DepthImage(np.full((240, 320), 2000, np.uint16))
    assert cut_out((-80, 10, -50, 50), full, CAMERA) is None
    assert cut_out((400, 10, 450, 50), full, CAMERA) is None
    assert cut_out((319, 239, 330, 250), full, CAMERA) is not None
    detection = Detection("mug", 0.5, (10, 10, 50, 50))
    assert locate(detection, depth, CAMERA, np.eye(4)) is None


def test_depth_of_another_size_is_refused() -> None:
    with pytest.raises(InputError, match=r"depth must be \(H, W\) = \(240, 320\)"):
        cut_out((10, 10, 50, 50), DepthImage(np.zeros((120, 160), np.uint16)), CAMERA)


def test_centroid_lies_inside_the_true_box(seen: list[Seen]) -> None:
    for thing in seen:
        located = thing.locate()
        centroid = np.array(located.centroid_in_world)
        low, high = np.array(thing.true_box.low) - 0.01, np.array(thing.true_box.high) + 0.01
        assert ((centroid >= low) & (centroid <= high)).all(), thing.detection.label
        assert located.box.contains(centroid).all()
        assert located.pixel_count == thing.mask.sum()


def test_boxes_and_points_stay_inside_the_true_box(seen: list[Seen]) -> None:
    for thing in seen:
        located = thing.locate()
        margin = 0.02 + 0.004 * located.mean_depth_m**2  # noise, and mixed pixels at 320x240
        low, high = np.array(thing.true_box.low) - margin, np.array(thing.true_box.high) + margin
        points = located.points_in_world
        assert points.dtype == np.float32
        assert 1 <= len(points) <= 256
        assert ((points >= low) & (points <= high)).all(), thing.detection.label
        assert (np.array(located.box.low) >= low).all()
        assert (np.array(located.box.high) <= high).all()


def test_crop_and_full_mask_give_the_same(seen: list[Seen]) -> None:
    for thing in seen[::5]:
        expected = thing.locate()
        whole = thing.locate(MaskCrop(thing.mask, 0, 0))
        ys, xs = np.nonzero(thing.mask)
        tight = thing.mask[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
        small = thing.locate(MaskCrop(tight, int(xs.min()), int(ys.min())))
        for other in (whole, small):
            assert_same(expected, other)


def assert_same(a: LocatedDetection, b: LocatedDetection) -> None:
    np.testing.assert_array_equal(a.points_in_world, b.points_in_world)
    np.testing.assert_array_equal(a.appearance, b.appearance)
    empty = {"points_in_world": np.zeros((0, 3), np.float32), "appearance": None}
    assert replace(a, **empty).__repr__() == replace(b, **empty).__repr__()


def test_batch_equals_single_and_repeats(seen: list[Seen]) -> None:
    frame = seen[0].frame
    things_here = [thing for thing in seen if thing.frame is frame]
    batch = locate_all([thing.detection for thing in things_here], frame)
    assert len(batch) == len(things_here)
    for thing, located in zip(things_here, batch, strict=True):
        assert located.detection is thing.detection
        assert_same(located, thing.locate())


def test_moving_the_camera_frame_moves_the_result_rigidly(seen: list[Seen]) -> None:
    shift = make_transform(np.eye(3), np.array([3.0, -2.0, 0.5]))
    for thing in seen[::9]:
        located = thing.locate()
        moved = replace(
            thing,
            frame=replace(thing.frame, world_from_camera=shift @ thing.frame.world_from_camera),
        ).locate()
        offset = np.array(moved.box.low) - np.array(located.box.low)
        np.testing.assert_allclose(offset, (3.0, -2.0, 0.5), atol=1e-6)
        assert np.linalg.norm(  # the voxel grid stays with the world
            np.subtract(moved.centroid_in_world, located.centroid_in_world) - (3.0, -2.0, 0.5)
        ) < 0.1 * (0.1 + np.linalg.norm(located.box.size))


@pytest.mark.parametrize("yaw_deg", [0, 20, 45, 70, 110, 160])
def test_oriented_box_finds_the_heading_of_two_visible_sides(yaw_deg: int) -> None:
    depth_m, truth, camera, world_from_camera = box_on_table(yaw_rad=math.radians(yaw_deg))
    ys, xs = np.nonzero(truth)
    box = (float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max()))
    located = locate(
        Detection("box", 1.0, box, truth),
        DepthImage.from_metres(depth_m),
        camera,
        world_from_camera,
    )
    assert located is not None
    oriented = located.oriented_box
    error = (oriented.yaw_rad - math.radians(yaw_deg) + math.pi / 2) % math.pi - math.pi / 2
    assert abs(error) < math.radians(6)
    assert oriented.length_m == pytest.approx(0.40, abs=0.04)
    assert oriented.width_m == pytest.approx(0.20, abs=0.04)
    wider = replace(
        oriented,
        length_m=oriented.length_m + 0.03,
        width_m=oriented.width_m + 0.03,
        height_m=oriented.height_m + 0.03,
    )
    assert wider.contains(located.points_in_world).mean() > 0.97
    assert oriented.contains(np.array([located.centroid_in_world])).all()


def test_border_and_occluders_lower_the_visible_share() -> None:
    raw = np.full((240, 320), 3000, np.uint16)
    raw[80:160, 100:200] = 2000
    detection = Detection("crate", 1.0, (100, 80, 199, 159))

    def look(mask: NDArray[np.bool_]) -> LocatedDetection:
        located = locate(replace(detection, mask=mask), DepthImage(raw), CAMERA, np.eye(4))
        assert located is not None
        return located

    free = look(raw == 2000)
    assert (free.border_share, free.hidden_share, free.visible_share) == (0, 0, 1)
    raw[80:160, 150:170] = 1000
    hidden = look(raw == 2000)
    assert hidden.hidden_share > 0.2
    assert not hidden.touches_border
    background = look(raw == 3000)
    assert background.touches_border
    assert background.visible_share < hidden.visible_share < free.visible_share


def test_background_in_a_loose_mask_does_not_move_the_object() -> None:
    raw = np.full((240, 320), 4000, np.uint16)
    raw[100:140, 140:180] = 1500
    mask = np.zeros((240, 320), bool)
    mask[99:141, 139:181] = True
    located = locate(
        Detection("mug", 1.0, (139, 99, 180, 140), mask), DepthImage(raw), CAMERA, np.eye(4)
    )
    assert located is not None
    assert located.mean_depth_m == pytest.approx(1.5)
    assert located.box.high[2] < 1.6


def test_appearance_tells_red_from_blue_and_knows_a_shade() -> None:
    raw = np.full((240, 320), 1500, np.uint16)
    mask = np.zeros((240, 320), bool)
    mask[100:140, 140:180] = True
    detection = Detection("mug", 1.0, (140, 100, 179, 139), mask)

    def paint(rgb: tuple[int, int, int]) -> LocatedDetection:
        color = np.full((240, 320, 3), rgb, np.uint8)
        found = locate(detection, DepthImage(raw), CAMERA, np.eye(4), color=color)
        assert found is not None
        assert found.appearance is not None
        assert np.linalg.norm(found.appearance) == pytest.approx(1)
        assert found.mean_color == pytest.approx(rgb)
        return found

    red, dark_red, blue = paint((200, 30, 30)), paint((180, 25, 25)), paint((30, 30, 200))
    assert red.appearance is not None
    assert dark_red.appearance is not None
    assert blue.appearance is not None
    assert red.appearance @ dark_red.appearance > 0.95
    assert red.appearance @ blue.appearance < 0.5


def test_single_pixel_and_thin_masks_are_located() -> None:
    raw = np.full((240, 320), 1500, np.uint16)
    for region in ((slice(100, 101), slice(50, 51)), (slice(100, 101), slice(0, 320))):
        mask = np.zeros((240, 320), bool)
        mask[region] = True
        found = locate(
            Detection("wire", 1.0, (0, 100, 319, 100), mask), DepthImage(raw), CAMERA, np.eye(4)
        )
        assert found is not None
        assert found.pixel_count == mask.sum()
        assert found.box.contains(np.array([found.centroid_in_world])).all()


@pytest.mark.parametrize("width", [320, 317])
def test_crop_of_a_mask_keeps_all_its_pixels(width: int) -> None:
    mask = np.zeros((240, width), bool)
    assert crop_mask(mask) is None
    mask[37:40, 51:201] = True
    mask[90, 7] = True
    crop = crop_mask(mask)
    assert crop is not None
    np.testing.assert_array_equal(crop.full(240, width), mask)
    assert crop.mask.shape[0] == 54


def test_images_of_different_shapes_are_refused() -> None:
    depth = DepthImage(np.full((240, 320), 1500, np.uint16))
    detection = Detection("mug", 1.0, (10, 10, 20, 20), np.ones((120, 160), bool))
    with pytest.raises(InputError, match="the mask of 'mug'"):
        locate(detection, depth, CAMERA, np.eye(4))
    plain = replace(detection, mask=None)
    with pytest.raises(InputError, match="color must be"):
        locate(plain, depth, CAMERA, np.eye(4), color=np.zeros((10, 10, 3), np.uint8))
    outside = MaskCrop(np.ones((10, 10), bool), 315, 0)
    with pytest.raises(InputError, match="must lie inside the image"):
        locate(plain, depth, CAMERA, np.eye(4), mask=outside)


def test_given_detections_pass_through(seen: list[Seen]) -> None:
    frame = replace(seen[0].frame, detections=(seen[0].detection,))
    perceiver = GivenDetections()
    assert isinstance(perceiver, Perceiver)
    assert perceiver.perceive(frame) == (seen[0].detection,)
    assert perceiver.perceive(seen[0].frame) == ()


def box_on_table(
    *, yaw_rad: float = 0.4
) -> tuple[NDArray[np.float64], NDArray[np.bool_], CameraIntrinsics, NDArray[np.float64]]:
    """A crate of 0.4 x 0.2 x 0.25 m at the origin of a table top (z = 0) before a wall at x = 1.2.

    Depth, the crate's mask, camera, pose: rays against half-spaces.
    """
    world_from_camera = look_at(np.array([-1.5, 0.1, 0.9]), np.array([0.0, 0.0, 0.0]))
    v, u = np.mgrid[:240, :320]
    rays = np.stack(
        [(u - CAMERA.cx_px) / CAMERA.fx_px, (v - CAMERA.cy_px) / CAMERA.fy_px, np.ones(u.shape)], -1
    )
    rays = rays @ world_from_camera[:3, :3].T
    eye = world_from_camera[:3, 3]
    with np.errstate(divide="ignore"):
        table = np.where(rays[..., 2] < 0, -eye[2] / rays[..., 2], np.inf)
        wall = np.where(rays[..., 0] > 0, (1.2 - eye[0]) / rays[..., 0], np.inf)
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    box_from_world = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    center, half = np.array([0, 0, 0.125]), np.array([0.2, 0.1, 0.125])
    start, along = box_from_world @ (eye - center), rays @ box_from_world.T
    near, far = (-half - start) / along, (half - start) / along
    enter, leave = np.minimum(near, far).max(axis=-1), np.maximum(near, far).min(axis=-1)
    crate = np.where(enter < leave, enter, np.inf)
    depth_m = np.minimum(np.minimum(table, wall), crate)
    return depth_m, crate == depth_m, CAMERA, world_from_camera
