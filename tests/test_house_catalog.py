"""Laws of the catalog: every kind of furniture and object is built, fits, and looks its part."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from embodied_mem.envs.house.catalog import (
    DECOR_CATEGORIES,
    FURNITURE_CATEGORIES,
    OBJECT_CATEGORIES,
    OBJECT_GROUPS,
    FurnitureModel,
    build_furniture,
    build_object,
    find_group_of,
    furniture_spec,
    object_spec,
    sample_object,
    sample_size,
    usual_places,
)
from embodied_mem.envs.house.catalog.painting import PRINTS, cut, finished, painted
from embodied_mem.envs.house.catalog.palette import COLORS
from embodied_mem.envs.house.mesh import Material, Mesh
from embodied_mem.envs.house.renderer import Renderer
from embodied_mem.envs.house.shapes import lathe, sphere
from embodied_mem.envs.house.solids import find_solids
from embodied_mem.envs.house.world import (
    APPLIANCE_CATEGORIES,
    RECEPTACLE_CATEGORIES,
    ROOM_KINDS,
    ObjectAttributes,
    Point3,
)
from embodied_mem.errors import InputError
from embodied_mem.geometry import CameraIntrinsics, look_at

TOLERANCE_M = 0.005
CAMERA = CameraIntrinsics.from_hfov(64, 64, 0.7)
OPENABLE = tuple(c for c in FURNITURE_CATEGORIES if furniture_spec(c).is_openable)
TOGGLEABLE = tuple(c for c in FURNITURE_CATEGORIES if furniture_spec(c).is_toggleable)


@cache
def _model(category: str, which: int = 0) -> tuple[FurnitureModel, Point3]:
    """The smallest (0), the largest (1) or a random piece of a kind."""
    spec = furniture_spec(category)
    size = (spec.size_low_m, spec.size_high_m, sample_size(category, np.random.default_rng(which)))
    return build_furniture(category, size[min(which, 2)], which), size[min(which, 2)]


def _sample(category: str, seed: int) -> tuple[ObjectAttributes, Point3, int]:
    return sample_object(category, np.random.default_rng(seed))


def _picture(mesh: Mesh) -> NDArray[np.int64]:
    """Colours of a mesh, blown up to 1 m, seen from its front."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    scale = 1.0 / float(np.linalg.norm(high - low))
    middle = scale * (low + high).astype(np.float64) / 2
    grown = mesh.transformed(np.diag([scale, scale, scale, 1.0]))
    pose = look_at(middle + np.array([1.3, 0.5, 1.0]), middle)
    return Renderer(grown, background=(1, 2, 3)).render(pose, CAMERA).color.astype(np.int64)


def _assert_fills(mesh: Mesh, size: Point3) -> None:
    """Inside the box of `size` that stands on the origin, and at least 60 % of it on each axis."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    box = np.array(size)
    assert (low >= np.array([-box[0] / 2, -box[1] / 2, 0.0]) - TOLERANCE_M).all(), low
    assert (high <= np.array([box[0] / 2, box[1] / 2, box[2]]) + TOLERANCE_M).all(), high
    assert (high - low >= 0.6 * box).all(), (high - low) / box


def _areas(mesh: Mesh) -> NDArray[np.float64]:
    a, b, c = np.moveaxis(mesh.vertices[mesh.triangles].astype(np.float64), 1, 0)
    return np.asarray(np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2)


def _is_equal(first: Mesh, second: Mesh) -> bool:
    return (
        first.triangle_count == second.triangle_count
        and np.array_equal(first.vertices, second.vertices)
        and np.array_equal(first.colors, second.colors)
    )


def test_catalog_has_every_receptacle_appliance_and_decor():
    assert set(RECEPTACLE_CATEGORIES) <= set(FURNITURE_CATEGORIES)
    assert set(APPLIANCE_CATEGORIES) <= set(FURNITURE_CATEGORIES)
    assert set(DECOR_CATEGORIES) <= set(FURNITURE_CATEGORIES)
    assert len(OBJECT_CATEGORIES) >= 80


def test_attributes_are_varied():
    specs = [object_spec(category) for category in OBJECT_CATEGORIES]
    colors = {c for spec in specs for row in spec.materials.values() for c in row}
    assert len({shape for spec in specs for shape in spec.shapes}) >= 10
    assert len(colors) >= 12
    assert colors <= set(COLORS)
    assert len({m for spec in specs for m in spec.materials}) >= 10
    prints = {p for spec in specs for p in spec.prints}
    assert len(prints) >= 8
    assert prints <= set(PRINTS)
    assert len({spec.function for spec in specs}) >= 20


@pytest.mark.parametrize("category", FURNITURE_CATEGORIES)
def test_furniture_fills_its_size(category: str):
    for which in range(3):
        model, size = _model(category, which)
        _assert_fills(model.mesh, size)
        assert 20 <= model.mesh.triangle_count <= 1500
        assert np.mean(_areas(model.mesh) > 1e-9) > 0.95


@pytest.mark.parametrize("category", FURNITURE_CATEGORIES)
def test_furniture_belongs_somewhere_and_is_realistic(category: str):
    spec = furniture_spec(category)
    assert spec.counts
    assert set(spec.counts) == set(spec.weights) <= set(ROOM_KINDS)
    assert all(0 <= least <= most <= 6 and most >= 1 for least, most in spec.counts.values())
    assert all(0 < weight <= 1 for weight in spec.weights.values())
    assert all(a <= b for a, b in zip(spec.size_low_m, spec.size_high_m, strict=True))
    assert max(spec.size_high_m) <= 2.7
    assert spec.mount in ("floor", "wall", "ceiling")


@pytest.mark.parametrize("category", RECEPTACLE_CATEGORIES)
def test_receptacle_has_one_to_three_surfaces(category: str):
    for which in range(3):
        assert 1 <= len(_model(category, which)[0].surfaces) <= 3


@pytest.mark.parametrize("category", FURNITURE_CATEGORIES)
def test_surfaces_lie_inside_the_footprint(category: str):
    for which in range(3):
        model, (depth, width, height) = _model(category, which)
        names = [surface.name for surface in model.surfaces]
        assert len(set(names)) == len(names)
        for surface in model.surfaces:
            assert -depth / 2 <= surface.low[0] < surface.high[0] <= depth / 2, surface
            assert -width / 2 <= surface.low[1] < surface.high[1] <= width / 2, surface
            assert surface.high[0] - surface.low[0] >= 0.15, surface
            assert surface.high[1] - surface.low[1] >= 0.15, surface
            assert 0 < surface.height_m <= height + TOLERANCE_M
            assert surface.clearance_m >= 0.08, surface
            assert surface.of("x_1").surface_id == f"x_1/{surface.name}"


@pytest.mark.parametrize("category", FURNITURE_CATEGORIES)
def test_surfaces_are_free_and_have_a_floor(category: str):
    """Nothing of the piece stands in the space above a surface, and something is under it."""
    for which in range(3):
        model, _ = _model(category, which)
        points = _points_on(model.body) if not model.moving_parts else _points_on(model.mesh)
        for surface in model.surfaces:
            low = np.array([*surface.low, surface.height_m + 0.012])
            high = np.array([*surface.high, surface.height_m + min(surface.clearance_m, 0.25)])
            is_inside = ((points > low + 1e-3) & (points < high - 1e-3)).all(axis=1)
            assert not is_inside.any(), (surface.name, points[is_inside][:3])
            under = points[
                ((points[:, :2] >= surface.low) & (points[:, :2] <= surface.high)).all(axis=1)
            ]
            gap = np.abs(under[:, 2] - surface.height_m).min(initial=np.inf)
            assert gap <= 0.02, (surface.name, gap)


def _points_on(mesh: Mesh) -> NDArray[np.float64]:
    """Points spread over the triangles, about 3 cm apart."""
    corners = mesh.vertices[mesh.triangles].astype(np.float64)
    rng = np.random.default_rng(0)
    counts = np.minimum(2 + (_areas(mesh) / 9e-4).astype(int), 300)
    corners = np.repeat(corners, counts, axis=0)
    share = np.sort(rng.random((len(corners), 2)), axis=1)
    weights = np.stack([share[:, 0], share[:, 1] - share[:, 0], 1 - share[:, 1]], axis=1)
    return np.asarray((corners * weights[:, :, None]).sum(axis=1))


@pytest.mark.parametrize("category", FURNITURE_CATEGORIES)
def test_same_furniture_is_built_twice_alike(category: str):
    spec = furniture_spec(category)
    first, second = (build_furniture(category, spec.size_low_m, 5) for _ in range(2))
    assert _is_equal(first.mesh_when(is_open=True), second.mesh_when(is_open=True))
    assert first.surfaces == second.surfaces


def test_variants_of_furniture_differ():
    for category in ("couch", "bed", "shelves", "cabinet", "rug", "lamp", "fridge"):
        size = furniture_spec(category).size_low_m
        meshes = [build_furniture(category, size, variant).mesh for variant in range(6)]
        assert not all(_is_equal(meshes[0], mesh) for mesh in meshes[1:])


@pytest.mark.parametrize("category", OPENABLE)
def test_open_furniture_shows_its_inside(category: str):
    model, _ = _model(category, 0)
    assert model.moving_parts
    assert any(surface.is_inside for surface in model.surfaces)
    assert (np.abs(_picture(model.mesh) - _picture(model.open_mesh)).sum(axis=2) > 30).mean() > 0.03


@pytest.mark.parametrize("category", tuple(set(FURNITURE_CATEGORIES) - set(OPENABLE)))
def test_furniture_that_cannot_open_never_moves(category: str):
    model, _ = _model(category, 0)
    assert _is_equal(model.mesh, model.open_mesh)
    assert not any(surface.is_inside for surface in model.surfaces)


@pytest.mark.parametrize("category", TOGGLEABLE)
def test_furniture_that_is_on_looks_different(category: str):
    model, _ = _model(category, 0)
    assert not _is_equal(model.mesh, model.mesh_when(is_on=True))


def test_what_lies_in_a_drawer_moves_with_it():
    model, size = _model("chest_of_drawers", 0)
    shift = model.shift_of("drawer", is_open=True)
    assert 0.1 < shift[0] < size[0]
    assert shift[1:] == (0.0, 0.0)
    assert model.shift_of("drawer", is_open=False) == (0.0, 0.0, 0.0)
    assert model.shift_of("top", is_open=True) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("category", OBJECT_CATEGORIES)
def test_object_fills_its_size_with_sound_triangles(category: str):
    for seed in range(2):
        attributes, size, variant = _sample(category, seed)
        mesh = build_object(category, attributes, size, variant)
        _assert_fills(mesh, size)
        assert 30 <= mesh.triangle_count <= 1800
        assert np.mean(_areas(mesh) > 1e-12) > 0.9


@pytest.mark.parametrize("category", OBJECT_CATEGORIES)
def test_same_object_is_built_twice_alike(category: str):
    attributes, size, variant = _sample(category, 3)
    meshes = [build_object(category, attributes, size, variant) for _ in range(2)]
    assert _is_equal(*meshes)


@pytest.mark.parametrize("category", OBJECT_CATEGORIES)
def test_object_is_found_where_it_fits(category: str):
    """The largest of a kind lies, turned as it likes, on a surface of each usual piece."""
    spec = object_spec(category)
    places = usual_places(category)
    assert places
    assert sum(places.values()) == pytest.approx(1.0)
    for room, furniture in places:
        assert room in furniture_spec(furniture).counts, (room, furniture)
        model, _ = _model(furniture, 0)
        assert any(_fits(spec.size_high_m, surface) for surface in model.surfaces), furniture


def _fits(size: Point3, surface: object) -> bool:
    """The object's box, turned by 0 or 90 degrees, is within the surface and under its ceiling."""
    x, y = (b - a for a, b in zip(surface.low, surface.high, strict=True))  # type: ignore[attr-defined]
    is_flat = min(size[:2]) <= min(x, y) and max(size[:2]) <= max(x, y)
    return is_flat and size[2] <= surface.clearance_m  # type: ignore[attr-defined]


@pytest.mark.parametrize("category", OBJECT_CATEGORIES)
def test_object_size_is_realistic(category: str):
    spec = object_spec(category)
    assert all(0.003 <= a <= b for a, b in zip(spec.size_low_m, spec.size_high_m, strict=True))
    assert max(spec.size_high_m) <= 0.8
    assert max(b / a for a, b in zip(spec.size_low_m, spec.size_high_m, strict=True)) <= 2.0
    assert 0.005 <= spec.mass_kg <= 5.0


@pytest.mark.parametrize("category", OBJECT_CATEGORIES)
def test_object_looks_as_its_attributes_say(category: str):
    """Changing any one attribute that may vary changes what a camera sees."""
    spec = object_spec(category)
    attributes, size, variant = _sample(category, 1)
    seen = _picture(build_object(category, attributes, size, variant))
    for other in _neighbours(category, attributes):
        changed = _picture(build_object(category, other, size, variant))
        share = (np.abs(seen - changed).sum(axis=2) > 12).mean()
        assert share > 0.0007, (attributes, other)
    with pytest.raises(InputError, match=f"a {spec.category} has shape"):
        build_object(category, replace(attributes, shape="fractal"), size, variant)


def _neighbours(category: str, attributes: ObjectAttributes) -> list[ObjectAttributes]:
    """One other value of each attribute; colours that both materials have."""
    spec = object_spec(category)
    others = []
    shapes = [s for s in spec.shapes if s != attributes.shape]
    prints = [p for p in spec.prints if p != attributes.print]
    colors = [c for c in spec.materials[attributes.material] if c != attributes.color]
    materials = [
        m for m, row in spec.materials.items()
        if m != attributes.material and attributes.color in row
    ]  # fmt: skip
    others += [replace(attributes, shape=shape) for shape in shapes[:1]]
    others += [replace(attributes, print=name) for name in prints]
    others += [replace(attributes, color=color) for color in colors[:1]]
    others += [replace(attributes, material=material) for material in materials[:1]]
    return others


def test_sliced_food_is_in_pieces_within_its_box():
    sliceable = [c for c in OBJECT_CATEGORIES if object_spec(c).is_sliceable]
    assert len(sliceable) >= 10
    for category in sliceable:
        attributes, size, variant = _sample(category, 0)
        mesh = build_object(category, attributes, size, variant, is_sliced=True)
        _assert_fills(mesh, size)
        whole = build_object(category, attributes, size, variant)
        assert not _is_equal(mesh, whole)
    with pytest.raises(InputError, match="a mug cannot be sliced"):
        build_object("mug", *_sample("mug", 0), is_sliced=True)


def test_dirty_object_has_stains():
    attributes, size, variant = _sample("plate", 0)
    clean = build_object("plate", attributes, size, variant)
    dirty = build_object("plate", attributes, size, variant, is_clean=False)
    assert (np.abs(_picture(clean) - _picture(dirty)).sum(axis=2) > 30).mean() > 0.01


def test_sampling_reaches_every_attribute_value():
    rng = np.random.default_rng(0)
    seen: Counter[str] = Counter()
    for _ in range(300):
        attributes, _, _ = sample_object("mug", rng)
        seen.update([attributes.shape, attributes.color, attributes.material, attributes.print])
    spec = object_spec("mug")
    expected = {*spec.shapes, *spec.prints, *spec.materials}
    assert expected | {c for row in spec.materials.values() for c in row} <= set(seen)


def test_cutting_keeps_a_solid_closed_and_its_area():
    ball = sphere(0.1, Material((9, 9, 9)), segments=12)
    pieces = cut(ball, 2, [-0.05, 0.0, 0.033, 0.071])
    assert pieces.triangle_count > ball.triangle_count
    assert _areas(pieces).sum() == pytest.approx(_areas(ball).sum(), rel=1e-5)
    assert (find_solids(pieces).solid_of_triangle >= 0).all()
    for level in (-0.05, 0.0, 0.033, 0.071):
        z = pieces.vertices[pieces.triangles][..., 2] - level
        assert not ((z.min(axis=1) < -1e-6) & (z.max(axis=1) > 1e-6)).any()


@pytest.mark.parametrize("print_name", [name for name in PRINTS if name != "plain"])
def test_print_shows_its_ink_on_the_body_only(print_name: str):
    body = lathe([(0, 0), (0.04, 0), (0.04, 0.1), (0, 0.1)], Material((200, 200, 200)), segments=16)
    printed = painted(body, print_name, Material((10, 20, 30)), seed=4)
    is_ink = (printed.colors == (10, 20, 30)).all(axis=1)
    assert 0.01 < _areas(printed)[is_ink].sum() / _areas(body).sum() < 0.8
    assert np.abs(printed.vertices.max(axis=0) - body.vertices.max(axis=0)).max() < 0.004


def test_materials_differ_in_sheen():
    body = sphere(0.1, Material((120, 120, 120)), segments=16)
    tones = {
        name: finished(body, name).colors.astype(float).std()
        for name in ("paper", "metal", "fabric", "glass")
    }
    assert tones["paper"] == 0
    assert min(tones["metal"], tones["glass"]) > tones["fabric"] > 0


def test_groups_name_known_things_and_fitting_places():
    for group in OBJECT_GROUPS:
        assert len(group.members) >= 2
        assert set(group.members) <= set(OBJECT_CATEGORIES)
        for room, furniture in group.places:
            assert room in furniture_spec(furniture).counts, (group.name, room, furniture)
    found = find_group_of("toothbrush")
    assert found is not None
    assert "toothpaste" in found.members


def test_unknown_categories_are_refused():
    with pytest.raises(InputError, match="furniture category must be one of bathtub"):
        furniture_spec("throne")
    with pytest.raises(InputError, match="object category must be one of"):
        usual_places("sceptre")
