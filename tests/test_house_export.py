"""Files of a house: GLB, habitat-sim's scene form, pictures; and the command that writes them."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from embodied_mem.cli import main
from embodied_mem.envs.house.contact_sheet import draw_contact_sheet
from embodied_mem.envs.house.export import semantic_color, write_habitat, write_house_glb
from embodied_mem.envs.house.floor_plan import draw_floor_plan, write_png
from embodied_mem.envs.house.generate import generate_house
from embodied_mem.envs.house.glb import linear_from_srgb, y_up
from embodied_mem.envs.house.house_json import house_from_json
from embodied_mem.envs.house.scene import house_scene
from embodied_mem.envs.house.world import House
from embodied_mem.errors import InputError

_DTYPES = {5126: np.float32, 5123: np.uint16, 5125: np.uint32}
_WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}


@pytest.fixture(scope="module")
def house() -> House:
    return generate_house(7, room_count=5)


class Glb:
    """A GLB file read back by the letter of the specification."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        magic, version, size = struct.unpack_from("<4sII", data)
        assert (magic, version, size) == (b"glTF", 2, len(data))
        length, kind = struct.unpack_from("<I4s", data, 12)
        assert (kind, length % 4) == (b"JSON", 0)
        self.document: dict[str, Any] = json.loads(data[20 : 20 + length])
        size, kind = struct.unpack_from("<I4s", data, 20 + length)
        assert (kind, size) == (b"BIN\0", self.document["buffers"][0]["byteLength"])
        self._body = data[28 + length :]

    def array(self, accessor: int) -> np.ndarray:
        info = self.document["accessors"][accessor]
        view = self.document["bufferViews"][info["bufferView"]]
        assert view["byteOffset"] % 4 == 0
        width = _WIDTHS[info["type"]]
        values = np.frombuffer(
            self._body,
            _DTYPES[info["componentType"]],
            info["count"] * width,
            view["byteOffset"],
        )
        return values.reshape(-1, width)

    def primitive(self, node: dict[str, Any]) -> dict[str, Any]:
        mesh: dict[str, Any] = self.document["meshes"][node["mesh"]]
        return mesh["primitives"][0]


def test_glb_holds_every_instance_where_it_is(house: House, tmp_path: Path) -> None:
    scene = house_scene(house)
    glb = Glb(write_house_glb(house, tmp_path / "house.glb"))
    nodes = glb.document["nodes"]
    assert tuple(node["name"] for node in nodes) == scene.instance_names
    assert glb.document["scenes"][0]["nodes"] == list(range(len(nodes)))
    triangle_count = 0
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for node in nodes:
        primitive = glb.primitive(node)
        positions = glb.array(primitive["attributes"]["POSITION"])
        index = glb.array(primitive["indices"])
        assert index.max() < len(positions)
        triangle_count += len(index) // 3
        box = scene.get_box(node["name"])
        corners = y_up(np.array([box.low, box.high]))
        np.testing.assert_allclose(positions.min(axis=0), corners.min(axis=0), atol=1e-5)
        np.testing.assert_allclose(positions.max(axis=0), corners.max(axis=0), atol=1e-5)
        low, high = np.minimum(low, positions.min(axis=0)), np.maximum(high, positions.max(axis=0))
        normals = glb.array(primitive["attributes"]["NORMAL"])
        assert len(normals) == len(positions)
    assert triangle_count == scene.mesh.triangle_count
    assert low[1] == pytest.approx(-0.1)
    assert high[1] == pytest.approx(house.wall_height_m)


def test_colors_survive_the_way_to_linear_light_and_back() -> None:
    every = np.arange(256, dtype=np.uint8)
    linear = linear_from_srgb(every) / 65535
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    np.testing.assert_array_equal(np.rint(srgb * 255), every)


def test_y_up_keeps_hands_and_lengths() -> None:
    turned = y_up(np.eye(3))
    assert np.linalg.det(turned) == pytest.approx(1.0)
    np.testing.assert_array_equal(turned[2], (0.0, 1.0, 0.0))


def test_semantic_colors_are_unique_and_never_black() -> None:
    colors = {semantic_color(k) for k in range(20_000)}
    assert len(colors) == 20_000
    assert (0, 0, 0) not in colors


def test_habitat_files_agree_with_each_other(house: House, tmp_path: Path) -> None:
    files = write_habitat(house, tmp_path / "habitat")
    lines = files.descriptor.read_text().splitlines()
    assert lines[0] == "HM3D Semantic Annotations"
    rows = [line.split(",") for line in lines[1:]]
    scene = house_scene(house)
    assert [int(row[0]) for row in rows] == list(range(1, len(scene.instance_names) + 1))
    assert len({row[1] for row in rows}) == len(rows)
    assert {int(row[3]) for row in rows} == set(range(len(house.rooms)))
    semantic = Glb(files.semantic)
    for row, node in zip(rows, semantic.document["nodes"], strict=True):
        colors = semantic.array(semantic.primitive(node)["attributes"]["COLOR_0"])
        expected = linear_from_srgb(np.frombuffer(bytes.fromhex(row[1]), np.uint8))
        assert (colors[:, :3] == expected).all()
    assert '"kitchen"' not in files.descriptor.read_text()
    config = json.loads(files.stage_config.read_text())
    for key in ("render_asset", "semantic_asset", "semantic_descriptor_filename"):
        assert (files.stage_config.parent / config[key]).is_file()
    dataset = json.loads(files.dataset_config.read_text())
    folder = files.dataset_config.parent / dataset["stages"]["paths"][".json"][0]
    assert files.stage_config.parent == folder


def test_pictures_show_rooms_and_objects(house: House, tmp_path: Path) -> None:
    plan, sheet = draw_floor_plan(house), draw_contact_sheet(house)
    assert plan.dtype == sheet.dtype == np.uint8
    assert len(np.unique(plan.reshape(-1, 3), axis=0)) > 100
    assert sheet.shape == (945, 1680, 3)
    write_png(tmp_path / "plan.png", plan)
    read = cv2.imread(str(tmp_path / "plan.png"))
    np.testing.assert_array_equal(read[..., ::-1], plan)
    with pytest.raises(InputError, match="could not be written"):
        write_png(tmp_path / "missing" / "plan.png", plan)


def test_house_command_writes_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    arguments = [
        "house",
        "--seed",
        "2",
        "--rooms",
        "4",
        "--out",
        str(folder),
        "--habitat",
        "--json",
    ]
    assert main(arguments) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["report"]["room_count"] == 4
    assert result["report"]["problems"] == []
    for path in result["files"].values():
        assert Path(path).is_file()
    house = house_from_json((folder / "house.json").read_text())
    assert house.seed == 2
    assert all(piece.viewpoints for piece in house.furniture if piece.is_receptacle)


def test_house_command_checks_many(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["house", "--check", "2", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["house_count"] == 2
    assert main(["house", "--check", "0"]) == 2
    assert "1 or more" in capsys.readouterr().err
