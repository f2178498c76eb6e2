"""The page of a replay: which views there are, where, and from where a person looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
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


@dataclass(frozen=True)
class Eye:
    """Where a person looks from at first."""

    position: NDArray[np.float64]
    target: NDArray[np.float64]
    up: NDArray[np.float64]

    @classmethod
    def on(cls, points_in_world: Points, outlook: Outlook) -> Eye:
        """Behind and above the cameras, looking where they looked, far enough to see everything."""
        if len(points_in_world) == 0:
            points_in_world = outlook.center[None] + outlook.forward * np.array([[0.0], [3.0]])
        low, high = np.percentile(points_in_world, (4, 96), axis=0)
        target = (low + high) / 2
        reach = max(1.0, float(np.linalg.norm(high - low)) / 2)
        sideways = np.cross(outlook.up, outlook.forward)
        direction = -0.85 * outlook.forward + 0.75 * outlook.up + 0.3 * sideways
        direction /= np.linalg.norm(direction)
        return cls(target + 1.75 * reach * direction, target, outlook.up)

    def controls(self, *, distance: float = 1.0) -> rrb.EyeControls3D:
        """For a view; a narrow one needs a larger `distance`."""
        return rrb.EyeControls3D(
            kind=rrb.Eye3DKind.Orbital,
            position=self.target + distance * (self.position - self.target),
            look_target=self.target,
            eye_up=self.up,
        )


def make_blueprint(
    eye: Eye, sensors: list[str], map_frame: MapFrame | None, end_s: float
) -> rrb.Blueprint:
    """Left: space, and what happened. Right: pixels, ground and answers.

    `end_s` is the last instant of the time line.
    """
    left = rrb.Vertical(
        rrb.Horizontal(
            _memory_view(eye, sensors),
            rrb.Tabs(
                *[_octree_view(eye, level) for level in OCTREE_LEVELS],
                active_tab=_SHOWN_LEVEL_PLACE,
            ),
            column_shares=[5, 3],
        ),
        rrb.Horizontal(
            rrb.TextLogView(origin="events", name="What happened", columns=_log_columns()),
            _series_view("plots/memory", "Keyframes", end_s),
            _series_view("plots/space", "Space and size", end_s),
            column_shares=[4, 3, 3],
        ),
        row_shares=[7, 3],
    )
    right = rrb.Vertical(
        rrb.Tabs(*[_image_view(sensor, "color") for sensor in sensors]),
        rrb.Tabs(*[_image_view(sensor, "depth") for sensor in sensors]),
        _ground_view(map_frame),
        rrb.TextDocumentView(origin="answer", name="Question and answer"),
        row_shares=[3, 3, 3, 5],
    )
    return rrb.Blueprint(
        rrb.Horizontal(left, right, column_shares=[3, 1]),
        rrb.BlueprintPanel(state="collapsed"),
        rrb.SelectionPanel(state="collapsed"),
        rrb.TimePanel(
            state="collapsed",
            timeline=TIME,
            play_state="playing",
            playback_speed=max(1.0, end_s / _PLAY_S),
        ),
    )


def _memory_view(eye: Eye, sensors: list[str]) -> rrb.Spatial3DView:
    return rrb.Spatial3DView(
        origin="world",
        name="Memory: surface, cameras, keyframes, frontiers, answers",
        contents=[
            "$origin/**",
            "- $origin/octree/**",
            *[f"- {sensor_path('/world/keyframe', sensor)}/depth" for sensor in sensors],
        ],
        overrides={
            "world/overhead": rrb.EntityBehavior(visible=False),
            "world/free_space": rrb.EntityBehavior(visible=False),
        },
        background=palette.BACKGROUND,
        line_grid=False,
        eye_controls=eye.controls(),
    )


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
        eye_controls=eye.controls(distance=1.45),
    )


def _image_view(sensor: str, kind: str) -> rrb.Spatial2DView:
    origin = sensor_path("world/keyframe", sensor)
    return rrb.Spatial2DView(
        origin=f"{origin}/{kind}",
        name=f"{sensor}: keyframe {kind}",
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
        name="Ground from above: white is free, red blocked",
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
