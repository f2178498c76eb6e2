"""Exports: OctoMap reads back the same map, glTF keeps its specification, no half files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from octomap_reader import log_odds_of, new_tree, read_tree
from octree_reference import room_image, steps_of

from embodied_mem.errors import InputError
from embodied_mem.geometry import CameraIntrinsics, look_at
from embodied_mem.spatial.cache3d import SurfacePoints
from embodied_mem.spatial.export import export_map, write_glb, write_octomap, write_ply
from embodied_mem.spatial.octree import OccupancyOctree

CAMERA = CameraIntrinsics(80, 60, 50.0, 50.0, 39.5, 29.5)
EYE = np.array([0.21, 0.13, 1.2])


@pytest.fixture(scope="module")
def room() -> OccupancyOctree:
    """Saturated free space in part, so that whole blocks and their parents are uniform."""
    octree = OccupancyOctree(0.04)
    for target in ((2.0, 0, 1), (2.0, 0.1, 1), (0, 1.5, 0.5), *[(-2.0, -1, 1)] * 5):
        pose = look_at(EYE, np.array(target))
        octree.integrate_depth(room_image(pose, CAMERA), CAMERA, pose)
    return octree


def one_voxel(resolution_m: float = 0.1, cell: tuple[int, int, int] = (0, 0, 0)) -> OccupancyOctree:
    octree = OccupancyOctree(resolution_m)
    center = (np.array(cell) + 0.5) * resolution_m
    octree.integrate_points(center[None], center + 0.01 * resolution_m)
    return octree


# -- OctoMap -------------------------------------------------------------------------------------


def test_an_ot_file_has_the_same_log_odds_and_the_same_unknown(
    room: OccupancyOctree, tmp_path: Path
) -> None:
    pytest.importorskip("pyoctomap")
    write_octomap(tmp_path / "room.ot", room)
    tree = read_tree(tmp_path / "room.ot")
    assert tree.getResolution() == pytest.approx(0.04)
    want = {cell: step * 0.05 for cell, step in steps_of(room).items()}
    assert log_odds_of(tree) == pytest.approx(want, abs=1e-6)


def test_a_bt_file_has_the_same_class_and_the_same_unknown(
    room: OccupancyOctree, tmp_path: Path
) -> None:
    pytest.importorskip("pyoctomap")
    write_octomap(tmp_path / "room.bt", room)
    got = {c: v > 0 for c, v in log_odds_of(read_tree(tmp_path / "room.bt")).items()}
    assert got == {cell: step > 0 for cell, step in steps_of(room).items()}


@pytest.mark.parametrize("suffix", [".bt", ".ot"])
def test_a_file_is_byte_for_byte_what_octomap_writes(
    room: OccupancyOctree, tmp_path: Path, suffix: str
) -> None:
    """So it is pruned as OctoMap prunes, inner nodes included."""
    pytest.importorskip("pyoctomap")
    ours, theirs = tmp_path / f"ours{suffix}", tmp_path / f"theirs{suffix}"
    write_octomap(ours, room)
    tree = read_tree(ours)
    tree.updateInnerOccupancy()
    written = tree.write(str(theirs)) if suffix == ".ot" else tree.writeBinary(str(theirs))
    assert written
    assert ours.read_bytes() == theirs.read_bytes()


def test_pruning_merges_uniform_blocks_and_their_parents(
    room: OccupancyOctree, tmp_path: Path
) -> None:
    pytest.importorskip("pyoctomap")
    write_octomap(tmp_path / "room.ot", room)
    depths = [leaf.getDepth() for leaf in read_tree(tmp_path / "room.ot").begin_leafs()]
    assert min(depths) < 13, "eight equal blocks became one node"
    assert depths.count(13) > 10


def test_octomap_finds_inner_nodes_as_large_as_their_largest_child(tmp_path: Path) -> None:
    pytest.importorskip("pyoctomap")
    octree = OccupancyOctree(0.1)
    octree.integrate_points(np.array([[1.05, 0.05, 0.05]]), np.array([0.05, 0.05, 0.05]))
    write_octomap(tmp_path / "ray.ot", octree)
    assert read_tree(tmp_path / "ray.ot").getRoot().getLogOdds() == pytest.approx(0.85)


def test_a_tree_goes_on_being_updated_in_octomap(tmp_path: Path) -> None:
    pytest.importorskip("pyoctomap")
    wall, eye = np.array([[1.05, 0.05, 0.05]]), np.array([0.05, 0.05, 0.05])
    octree, tree = OccupancyOctree(0.1), new_tree(0.1)
    octree.integrate_points(wall, eye)
    tree.insertPointCloud(wall, eye)
    write_octomap(tmp_path / "ray.ot", octree)
    resumed = read_tree(tmp_path / "ray.ot")
    for each in (resumed, tree):
        each.insertPointCloud(wall, eye)
    assert set(log_odds_of(resumed)) == set(log_odds_of(tree))


def test_log_odds_of_zero_stay_free(tmp_path: Path) -> None:
    """Free here, but occupied in OctoMap, whose threshold is inclusive."""
    pytest.importorskip("pyoctomap")
    octree = OccupancyOctree(0.1)
    octree.integrate_points(np.array([[1.05, 0.05, 0.05]]), np.array([0.05, 0.05, 0.05]))
    octree._store.leaf_values[octree._store.leaf_values == -8] = (
        0  # hits and misses that cancel out
    )
    assert (np.array(list(steps_of(octree).values())) == 0).any()
    for name in ("zero.ot", "zero.bt"):
        write_octomap(tmp_path / name, octree)
        got = {cell: value >= 0 for cell, value in log_odds_of(read_tree(tmp_path / name)).items()}
        assert got == {cell: step > 0 for cell, step in steps_of(octree).items()}


@pytest.mark.parametrize("cell", [(32767, -32768, 0), (-32768, 32767, -1), (-1, -1, -1)])
def test_the_tree_reaches_to_its_last_voxel(cell: tuple[int, int, int], tmp_path: Path) -> None:
    pytest.importorskip("pyoctomap")
    write_octomap(tmp_path / "one.bt", one_voxel(cell=cell))
    assert list(log_odds_of(read_tree(tmp_path / "one.bt"))) == [cell]


@pytest.mark.parametrize("cell", [(32768, 0, 0), (0, -32769, 0)])
def test_a_map_beyond_the_tree_is_refused(cell: tuple[int, int, int], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"reaches \+-3276\.8 m .* subtract an origin"):
        write_octomap(tmp_path / "far.bt", one_voxel(cell=cell))
    assert not list(tmp_path.iterdir())


def test_two_million_voxels_are_written_in_seconds(tmp_path: Path) -> None:
    octree = OccupancyOctree(0.02)
    rng = np.random.default_rng(0)
    for center in range(10):
        points = rng.normal(size=(4000, 3))
        points = 1.2 * points / np.linalg.norm(points, axis=1, keepdims=True)
        offset = np.array([3.0 * center, 0, 0])
        octree.integrate_points(points + offset, offset + 0.013)
    assert len(octree.known().log_odds) > 1_500_000
    start = time.perf_counter()
    write_octomap(tmp_path / "large.ot", octree)
    write_octomap(tmp_path / "large.bt", octree)
    assert time.perf_counter() - start < 10


# -- PLY -----------------------------------------------------------------------------------------


def read_ply(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    head, body = path.read_bytes().split(b"end_header\n", 1)
    kinds = {"float": "<f4", "double": "<f8", "uchar": "u1"}
    lines = [line.split() for line in head.decode().splitlines()]
    fields = [(words[2], kinds[words[1]]) for words in lines if words[0] == "property"]
    count = next(int(words[2]) for words in lines if words[0] == "element")
    rows = np.frombuffer(body, np.dtype(fields))
    assert len(rows) == count
    points = np.stack([rows[axis] for axis in "xyz"], axis=1).astype(float)
    has_color = "red" in (name for name, _ in fields)
    colors = np.stack([rows[c] for c in ("red", "green", "blue")], 1) if has_color else None
    return points, colors


@pytest.mark.parametrize("offset_m", [0.0, 100_000.0])
def test_a_ply_file_reads_back_the_points_and_colors(offset_m: float, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-9, 9, (100, 3)) + offset_m
    colors = rng.integers(0, 256, (100, 3), np.uint8)
    write_ply(tmp_path / "cloud.ply", points, colors)
    got_points, got_colors = read_ply(tmp_path / "cloud.ply")
    np.testing.assert_allclose(got_points, points, rtol=0, atol=1e-6)
    assert got_colors is not None
    np.testing.assert_array_equal(got_colors, colors)
    write_ply(tmp_path / "bare.ply", points)
    assert read_ply(tmp_path / "bare.ply")[1] is None


@pytest.mark.parametrize(
    ("points", "colors", "message"),
    [
        (np.zeros((0, 3)), None, "no points"),
        (np.zeros((2, 2)), None, r"\(N, 3\)"),
        (np.full((2, 3), np.nan), None, "finite"),
        (np.zeros((2, 3)), np.zeros((3, 3), np.uint8), r"\(2, 3\) uint8"),
        (np.zeros((2, 3)), np.zeros((2, 3)), "uint8"),
    ],
)
def test_a_ply_file_refuses(points: np.ndarray, colors: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        write_ply(tmp_path / "cloud.ply", points, colors)
    assert not list(tmp_path.iterdir())


# -- glTF ----------------------------------------------------------------------------------------


def read_glb(path: Path) -> tuple[dict[str, Any], list[np.ndarray]]:
    """The JSON and every accessor's array, with the checks of the specification (glTF 2.0)."""
    data = path.read_bytes()
    assert data[:4] == b"glTF"
    version, total, json_bytes = np.frombuffer(data[4:16], "<u4").tolist()
    assert (version, total, data[16:20]) == (2, len(data), b"JSON")
    document = json.loads(data[20 : 20 + json_bytes])
    at = 20 + json_bytes
    assert at % 4 == 0
    binary_bytes = int(np.frombuffer(data[at : at + 4], "<u4")[0])
    assert data[at + 4 : at + 8] == b"BIN\0"
    binary = data[at + 8 :]
    assert len(binary) == binary_bytes
    assert document["buffers"] == [{"byteLength": binary_bytes}]
    kinds = {5126: "<f4", 5123: "<u2", 5125: "<u4"}
    widths = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}
    arrays = []
    for accessor in document["accessors"]:
        view = document["bufferViews"][accessor["bufferView"]]
        assert view["byteOffset"] % 4 == 0
        end = view["byteOffset"] + view["byteLength"]
        assert end <= binary_bytes
        array = np.frombuffer(binary[view["byteOffset"] : end], kinds[accessor["componentType"]])
        array = array.reshape(-1, widths[accessor["type"]])
        assert len(array) == accessor["count"] > 0
        if "min" in accessor:
            assert array.min(axis=0).tolist() == accessor["min"]
            assert array.max(axis=0).tolist() == accessor["max"]
        arrays.append(array)
    assert "min" in document["accessors"][0], "required for positions"
    return document, arrays


def world_of_gltf(document: dict[str, Any], positions: np.ndarray) -> np.ndarray:
    """(x left, y up, z forward) plus the node's translation back to x forward, y left, z up."""
    in_gltf = positions + np.array(document["nodes"][0]["translation"])
    return np.asarray(in_gltf[:, [2, 0, 1]])


@pytest.mark.parametrize("cell", [(0, 0, 0), (-7, 12, 3), (1_000_000, -1_000_000, 5)])
def test_one_voxel_becomes_a_cube_with_faces_outwards(
    cell: tuple[int, int, int], tmp_path: Path
) -> None:
    write_glb(tmp_path / "one.glb", one_voxel(cell=cell))
    document, (positions, _, indices) = read_glb(tmp_path / "one.glb")
    corners = world_of_gltf(document, positions)
    np.testing.assert_allclose(corners.min(axis=0), np.array(cell) * 0.1, atol=1e-6)
    np.testing.assert_allclose(corners.max(axis=0), (np.array(cell) + 1) * 0.1, atol=1e-6)
    triangles = positions.astype(float)[indices.reshape(-1, 3)]
    assert len(triangles) == 12
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    outward = triangles.mean(axis=1) - positions.mean(axis=0)
    assert (np.einsum("ij,ij->i", normals, outward) > 0).all()
    assert np.linalg.norm(normals, axis=1).sum() / 2 == pytest.approx(6 * 0.01, rel=1e-4)


def test_only_faces_beside_other_than_occupied_voxels_are_drawn(
    room: OccupancyOctree, tmp_path: Path
) -> None:
    write_glb(tmp_path / "room.glb", room)
    document, (positions, _, indices) = read_glb(tmp_path / "room.glb")
    occupied = {cell for cell, step in steps_of(room).items() if step > 0}
    sides = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
    faces = sum((x + i, y + j, z + k) not in occupied for x, y, z in occupied for i, j, k in sides)
    assert len(positions) == 4 * faces
    assert indices.size == 6 * faces
    assert indices.max() == len(positions) - 1
    low = np.array(sorted(occupied)).min(axis=0) * 0.04
    np.testing.assert_allclose(world_of_gltf(document, positions).min(axis=0), low, atol=1e-5)


def test_voxels_take_the_color_of_the_surface_beside_them(tmp_path: Path) -> None:
    octree = one_voxel()
    blue = np.array([[0, 0, 255]], np.uint8)
    near, far = np.array([[0.06, 0.05, 0.05]]), np.array([[5.0, 0, 0]])
    for points, is_blue in ((near, True), (far, False)):
        write_glb(tmp_path / "one.glb", octree, surface=SurfacePoints(points, blue))
        colors = read_glb(tmp_path / "one.glb")[1][1]
        assert (colors[:, 3] == 65535).all()
        assert (colors[:, :3] == (0, 0, 65535)).all() == is_blue


def test_points_are_the_surface_or_the_voxel_centres(room: OccupancyOctree, tmp_path: Path) -> None:
    cloud = np.random.default_rng(0).uniform(-2, 2, (50, 3))
    surface = SurfacePoints(cloud, np.full((50, 3), 128, np.uint8))
    write_glb(tmp_path / "points.glb", room, surface=surface, primitive="points")
    document, (positions, _) = read_glb(tmp_path / "points.glb")
    assert document["meshes"][0]["primitives"][0]["mode"] == 0
    np.testing.assert_allclose(world_of_gltf(document, positions), cloud, atol=1e-6)
    write_glb(tmp_path / "points.glb", room, primitive="points")
    document, (positions, _) = read_glb(tmp_path / "points.glb")
    centers = room.occupied().centers
    np.testing.assert_allclose(world_of_gltf(document, positions), centers, atol=1e-6)


def test_up_is_up_and_forward_is_forward(tmp_path: Path) -> None:
    """glTF: y up, z forward, x to the left."""
    surface = SurfacePoints(
        np.array([[1.0, 0, 0], [0, 2.0, 0], [0, 0, 3.0]]), np.zeros((3, 3), np.uint8)
    )
    write_glb(tmp_path / "axes.glb", one_voxel(), surface=surface, primitive="points")
    document, (positions, _) = read_glb(tmp_path / "axes.glb")
    in_gltf = positions + np.array(document["nodes"][0]["translation"])
    np.testing.assert_allclose(in_gltf, [[0, 0, 1], [2, 0, 0], [0, 3, 0]], atol=1e-6)


def test_an_unknown_primitive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="voxels, points, got 'mesh'"):
        write_glb(tmp_path / "one.glb", one_voxel(), primitive="mesh")


# -- all -----------------------------------------------------------------------------------------

WRITERS: dict[str, Callable[[Path, OccupancyOctree], None]] = {
    ".ply": lambda path, octree: write_ply(path, octree.occupied().centers),
    ".glb": write_glb,
    ".ot": write_octomap,
    ".bt": write_octomap,
}


@pytest.mark.parametrize("suffix", WRITERS)
def test_an_empty_map_is_refused_and_leaves_no_file(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="integrate a frame first"):
        WRITERS[suffix](tmp_path / f"map{suffix}", OccupancyOctree())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", WRITERS)
def test_an_unwritable_place_is_named(suffix: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / f"folder{suffix}").mkdir()
    for path in ("missing", "file"):
        with pytest.raises(InputError, match=f"cannot write .*{path}"):
            WRITERS[suffix](tmp_path / path / f"map{suffix}", one_voxel())
    with pytest.raises(InputError, match=r"cannot write .*folder"):
        WRITERS[suffix](tmp_path / f"folder{suffix}", one_voxel())
    assert {p.name for p in tmp_path.iterdir()} == {"file", f"folder{suffix}"}


@pytest.mark.parametrize("suffix", WRITERS)
def test_an_interrupted_export_keeps_the_old_file_and_leaves_no_part(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"map{suffix}"
    WRITERS[suffix](path, one_voxel())
    before = path.read_bytes()

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        WRITERS[suffix](path, one_voxel(cell=(3, 3, 3)))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("writer", [write_octomap, write_glb, export_map])
def test_another_suffix_names_the_possible_ones(
    writer: Callable[[Path, OccupancyOctree], None], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"must end in \..* got 'map\.xyz'"):
        writer(tmp_path / "map.xyz", one_voxel())


def test_export_map_goes_by_the_suffix(room: OccupancyOctree, tmp_path: Path) -> None:
    surface = SurfacePoints(np.zeros((1, 3)), np.zeros((1, 3), np.uint8))
    for suffix in WRITERS:
        export_map(tmp_path / f"map{suffix}", room, surface=surface)
    assert len(list(tmp_path.iterdir())) == 4
    with pytest.raises(InputError, match="surface="):
        export_map(tmp_path / "map.ply", room)
