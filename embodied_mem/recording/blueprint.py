"""The page of a replay: which views there are, where, and from where a person looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import rerun as rr
import rerun.blueprint as rrb
import rerun.blueprint.encodings as rrb_encodings
from numpy.typing import NDArray

from ..geometry import Points
from . import palette
from .ground_log import MapFrame
from .maps import OCTREE_LEVELS
from .scene import sensor_path
from .timeline import TIME, Outlook

_PLAY_S = 30.0
_SHOWN_LEVEL_PLACE = 1
_OCTREE_DISTANCE = 0.85
_DWELLING_M = 5.0
_DWELLING_PITCH_RAD = 1.15
_TAN_ACROSS, _TAN_UP = 0.58, 0.47
"""Tangents of half the angle of view that a scene may fill, across and up."""
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Eye:
    """Where a person looks from at first."""

    position: NDArray[np.float64]
    target: NDArray[np.float64]
    up: NDArray[np.float64]

    @classmethod
    def on(cls, points_in_world: Points, outlook: Outlook) -> Eye:
        """Behind and above the cameras, looking where they looked, far enough to see everything.

        A whole dwelling is looked into steeply, over its walls, with its long side across the view.
        """
        if len(points_in_world) == 0:
            points_in_world = outlook.center[None] + outlook.forward * np.array([[0.0], [3.0]])
        low, high = np.percentile(points_in_world, (1, 99), axis=0)
        if outlook.is_upright and (high - low)[:2].max() > _DWELLING_M:
            return cls._over(low, high, outlook)
        low, high = np.percentile(points_in_world, (4, 96), axis=0)
        target = (low + high) / 2
        reach = max(1.0, float(np.linalg.norm(high - low)) / 2)
        sideways = np.cross(outlook.up, outlook.forward)
        direction = -0.85 * outlook.forward + 0.75 * outlook.up + 0.3 * sideways
        direction /= np.linalg.norm(direction)
        return cls(target + 1.75 * reach * direction, target, outlook.up)

    @classmethod
    def _over(cls, low: Floats, high: Floats, outlook: Outlook) -> Eye:
        across = int(np.argmin((high - low)[:2]))
        ahead = np.zeros(3)
        ahead[across] = 1.0 if outlook.forward[across] >= 0 else -1.0
        pitch = _DWELLING_PITCH_RAD
        forward = np.cos(pitch) * ahead - np.sin(pitch) * outlook.up
        right = np.cross(forward, outlook.up)
        right /= np.linalg.norm(right)
        above = np.cross(right, forward)
        target = (low + high) / 2
        corners = np.array(np.meshgrid(*np.stack([low, high], axis=1))).reshape(3, -1).T - target
        # A corner at (x, y, z) before the eye at distance d is in view if |x| <= (d + z) * tan.
        x, y, z = corners @ right, corners @ above, corners @ forward
        needed = np.maximum(np.abs(x) / _TAN_ACROSS, np.abs(y) / _TAN_UP) - z
        return cls(target - float(needed.max()) * forward, target, outlook.up)

    def controls(self, *, distance: float = 1.0) -> rrb.EyeControls3D:
        """For a view; a narrow one needs a larger `distance`."""
        return rrb.EyeControls3D(
            kind=rrb.Eye3DKind.Orbital,
            position=self.target + distance * (self.position - self.target),
            look_target=self.target,
            eye_up=self.up,
        )


@dataclass(frozen=True)
class Page:
    """What the layout depends on."""

    eye: Eye
    sensors: tuple[str, ...]
    map_frame: MapFrame | None
    end_s: float
    """The last instant of the time line."""
    thing_paths: tuple[str, ...]
    """Every path at which an entity was drawn."""
    has_answers: bool


def make_blueprint(page: Page) -> rrb.Blueprint:
    """Left: space. Middle: the map and the octree. Right: pixels and lists. Below: what happened."""
    upper = rrb.Horizontal(
        rrb.Tabs(
            _memory_view(page), _things_view(page), _graph_view(page), _snapshot_view(page),
            active_tab=0,
        ),
        rrb.Vertical(_ground_view(page.map_frame), _octree_tabs(page), row_shares=[3, 2]),
        rrb.Vertical(_pixel_views(page), _document_tabs(page), row_shares=[1, 1]),
        column_shares=[10, 6, 7],
    )  # fmt: skip
    lower = rrb.Horizontal(
        rrb.Tabs(
            rrb.TextLogView(origin="events", name="What happened", columns=_log_columns()),
            rrb.TextLogView(
                origin="keyframe_log", name="Keyframes and notes", columns=_log_columns()
            ),
            active_tab=0,
        ),
        rrb.Tabs(
            _series_view("plots/memory", "How much is known", page.end_s),
            _series_view("plots/novel", "New in each keyframe", page.end_s),
            active_tab=0,
        ),
        _series_view("plots/space", "Space and size", page.end_s),
        column_shares=[10, 6, 7],
    )
    return rrb.Blueprint(
        rrb.Vertical(upper, lower, row_shares=[5, 2]),
        rrb.BlueprintPanel(state="collapsed"),
        rrb.SelectionPanel(state="collapsed"),
        rrb.TimePanel(
            state="collapsed",
            timeline=TIME,
            play_state="playing",
            playback_speed=max(1.0, page.end_s / _PLAY_S),
        ),
    )


def _pixel_views(page: Page) -> rrb.Horizontal:
    return rrb.Horizontal(
        rrb.Tabs(*[_image_view(sensor, "color", "detections") for sensor in page.sensors]),
        rrb.Tabs(*[_image_view(sensor, "depth", "depth") for sensor in page.sensors]),
        column_shares=[3, 2],
    )


def _document_tabs(page: Page) -> rrb.Tabs:
    documents = (
        ("legend", "Legend"),
        ("inventory", "What is where"),
        ("answer", "Answer"),
    )
    views = [rrb.TextDocumentView(origin=origin, name=name) for origin, name in documents]
    sheet = rrb.Spatial2DView(
        origin="snapshots/sheet", name="Snapshots", background=palette.BACKGROUND
    )
    return rrb.Tabs(*views, sheet, active_tab=2 if page.has_answers else 1)


def _octree_tabs(page: Page) -> rrb.Tabs:
    views = [_octree_view(page.eye, level) for level in OCTREE_LEVELS]
    return rrb.Tabs(*views, active_tab=_SHOWN_LEVEL_PLACE)


def _memory_view(page: Page) -> rrb.Spatial3DView:
    hidden = ("overhead", "free_space", "ground", "keyframes", "graph")
    return rrb.Spatial3DView(
        origin="world",
        name="Memory",
        contents=["$origin/**", *_without("octree", "snapshots"), *_without_pixels(page)],
        overrides={f"world/{name}": rrb.EntityBehavior(visible=False) for name in hidden},
        background=palette.BACKGROUND,
        line_grid=False,
        eye_controls=page.eye.controls(),
    )


def _things_view(page: Page) -> rrb.Spatial3DView:
    """Every thing but furniture with its name, without the surface behind it."""
    named = rr.Boxes3D.from_fields(show_labels=True)
    paths = [path for path in page.thing_paths if "/furniture/" not in path]
    return rrb.Spatial3DView(
        origin="world",
        name="Things by name",
        contents=[
            *(f"$origin/{name}/**" for name in ("things", "moves", "rooms", "robot", "answer")),
            "- $origin/things/unconfirmed/**",
        ],
        overrides=dict.fromkeys(paths, named),
        background=palette.BACKGROUND,
        line_grid=False,
        eye_controls=page.eye.controls(),
    )


def _graph_view(page: Page) -> rrb.Spatial3DView:
    return rrb.Spatial3DView(
        origin="world",
        name="Rooms and ways",
        contents=[f"$origin/{name}/**" for name in ("rooms", "graph", "robot", "answer")],
        background=palette.BACKGROUND,
        line_grid=False,
        eye_controls=page.eye.controls(),
    )


def _snapshot_view(page: Page) -> rrb.Spatial3DView:
    """Where the pictures that stand for the memory were taken."""
    return rrb.Spatial3DView(
        origin="world",
        name="Snapshot cameras",
        contents=[f"$origin/{name}/**" for name in ("surface", "snapshots", "rooms")],
        background=palette.BACKGROUND,
        line_grid=False,
        eye_controls=page.eye.controls(),
    )


def _without(*names: str) -> list[str]:
    return [f"- $origin/{name}/**" for name in names]


def _without_pixels(page: Page) -> list[str]:
    """Depth and detections lie before the picture in the frustum."""
    keyframes = [sensor_path("/world/keyframe", sensor) for sensor in page.sensors]
    return [f"- {path}/{kind}" for path in keyframes for kind in ("depth", "color/detections")]


def _octree_view(eye: Eye, level: int) -> rrb.Spatial3DView:
    return rrb.Spatial3DView(
        origin="world",
        name=f"Octree, level {level}",
        contents=[
            f"$origin/octree/level_{level}",
            f"$origin/overhead/octree/level_{level}",
            "$origin/camera/**",
        ],
        overrides={"world/overhead": rrb.EntityBehavior(visible=False)},
        background=palette.BACKGROUND,
        line_grid=False,
        eye_controls=eye.controls(distance=_OCTREE_DISTANCE),
    )


def _image_view(sensor: str, kind: str, shown: str) -> rrb.Spatial2DView:
    origin = sensor_path("world/keyframe", sensor)
    return rrb.Spatial2DView(
        origin=f"{origin}/{kind}",
        name=f"{sensor}: {shown}",
        background=palette.BACKGROUND,
    )


def _ground_view(map_frame: MapFrame | None) -> rrb.Spatial2DView:
    bounds = None
    if map_frame is not None:
        bounds = rrb.VisualBounds2D(
            x_range=[0, map_frame.width_px], y_range=[0, map_frame.height_px]
        )
    return rrb.Spatial2DView(
        origin="map",
        name="Map: rooms and things from above",
        background=palette.BACKGROUND,
        visual_bounds=bounds,
    )


def _series_view(origin: str, name: str, end_s: float) -> rrb.TimeSeriesView:
    """All of the time line: by default the view would follow the cursor and lose what was before."""
    whole = rrb.TimeRange(
        start=rrb.TimeRangeBoundary.absolute(seconds=0.0),
        end=rrb.TimeRangeBoundary.absolute(seconds=max(end_s, 1.0)),
    )
    return rrb.TimeSeriesView(
        origin=origin,
        name=name,
        plot_legend=rrb.PlotLegend(rrb.Corner2D.LeftTop),
        axis_x=rrb.TimeAxis(view_range=whole),
    )


def _log_columns() -> rrb.TextLogColumns:
    """Only the text, which begins with the time: the viewer's own time column is too narrow."""
    time_column = rrb_encodings.TimelineColumn(TIME, visible=False)
    return rrb.TextLogColumns(timeline_columns=[time_column], text_log_columns=["Body"])
