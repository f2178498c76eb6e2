"""What a replay shows of memory's beliefs: things, rooms, events, looks, the robot and its pictures.

`BeliefLog.log_step` is called after every commit and logs what changed; `log_overview` is called at a
bounded number of instants and logs what is costly to draw anew: the list, the graph, the snapshots.
"""

from __future__ import annotations

from collections.abc import Set

import numpy as np
import rerun as rr

from ..entities.entity import entity_number
from ..graph.places import PlaceMap
from ..journal.records import PoseRecord, RobotRecord
from ..journal.steps import Step
from ..journal.store import Journal
from ..views import MemoryViews
from . import palette
from .detections import DetectionLog, LookLog
from .inventory import write_inventory
from .rooms import RoomLog
from .sheet import log_snapshots
from .story import StoryLog
from .things import ThingLog, name_of
from .timeline import ReplayClock

ROBOT = "world/robot"
SERIES = {
    "plots/memory/entities": ("things known", palette.PRESENT),
    "plots/memory/events": ("events told", palette.MOVE),
}
"""Entity: name and colour of each time series."""
_GRAPH_STEPS = 10
_SHEET_STEPS = 8
_ROBOT_RADIUS_M, _ROBOT_HEIGHT_M = 0.22, 0.9


class BeliefLog:
    """Follows the views of a memory through its steps."""

    def __init__(
        self,
        recording: rr.RecordingStream,
        clock: ReplayClock,
        journal: Journal,
        views: MemoryViews,
        shown_poses: Set[int],
    ) -> None:
        """`shown_poses` are the poses at which the robot is drawn."""
        self._recording = recording
        self._clock = clock
        self._journal = journal
        self._views = views
        self._shown_poses = shown_poses
        self._looks = LookLog(recording)
        self._has_robot = False
        self._overview_count = 0
        self._numbers: dict[str, int] = {}
        self._pose_id = 0
        self._now_ns = clock.stamp_ns
        self.things = ThingLog(recording, clock)
        self.rooms = RoomLog(recording, clock)
        self.story = StoryLog(recording, clock)
        self.detections = DetectionLog(recording)
        self.place_map: PlaceMap | None = None
        """The places at the last overview that drew them."""
        for path, (name, color) in SERIES.items():
            style = rr.SeriesLines(names=name, colors=color, widths=2.0)
            recording.log(path, style, static=True)

    def log_step(self, step: Step, shown_frame_poses: Set[int]) -> None:
        """What one commit changed, at its instant; a late one is shown when it became known."""
        views = self._views
        poses = step.of(PoseRecord)
        if poses and poses[0][1].supersedes is None:
            self._pose_id = poses[0][0]
        self._now_ns = max(self._now_ns, step.stamp_ns)
        self._clock.set_frame(self._pose_id, self._now_ns)
        self._log_robot(step)
        entities = views.entities.entities(include_unconfirmed=True)
        self.things.log(entities, self._pose_id)
        self.rooms.log(views.regions, entities, self._pose_id, is_due=False)
        self.detections.log(step, views.entities.matched_detections, shown_frame_poses)
        self._looks.log(step)
        self.story.log(views.events, entities, self.rooms.names)
        self._log_number("plots/memory/entities", sum(e.is_confirmed for e in entities))
        self._log_number("plots/memory/events", self.story.told_count)

    def log_overview(self, step_count: int, *, is_last: bool) -> None:
        """The list of what is where, and now and then the graph and the snapshots.

        `step_count` is how many overviews there will be.
        """
        views = self._views
        entities = views.entities.entities(include_unconfirmed=True)
        self.rooms.log(views.regions, entities, self._pose_id, is_due=True)
        partition = views.regions.partition()
        text = write_inventory(entities, partition, self.rooms.names, self._clock)
        document = rr.TextDocument(text, media_type=rr.MediaType.MARKDOWN)
        self._recording.log("inventory", document)
        for path, value in self._numbers.items():
            self._recording.log(path, rr.Scalars(value))
        self._looks.fade()
        number, self._overview_count = self._overview_count, self._overview_count + 1
        if is_last or number % max(1, step_count // _GRAPH_STEPS) == 0:
            self._log_graph()
        if is_last or number % max(1, step_count // _SHEET_STEPS) == 0:
            names = {entity_number(e.entity_id): name_of(e) for e in entities}
            log_snapshots(self._recording, self._journal, views.snapshots.cover(), names)

    def _log_graph(self) -> None:
        if not self._views.regions.partition().rooms:
            return
        self.place_map = self._views.regions.place_map()
        self.rooms.log_graph(self.place_map)

    def _log_robot(self, step: Step) -> None:
        """Its base as it says itself; what it holds is drawn in its frame and goes along."""
        for _, robot in step.of(RobotRecord)[:1]:
            if robot.clock_s is not None:
                self._clock.note_clock(robot.stamp_ns, robot.clock_s)
            if robot.pose_id not in self._shown_poses:
                return
            storeys = self._views.regions.partition().storeys
            floor_m = storeys[0].floor_m if len(storeys) == 1 else 0.0
            turn = rr.RotationAxisAngle([0, 0, 1], radians=robot.base_yaw_rad)
            place = [robot.base_x_m, robot.base_y_m, floor_m]
            self._recording.log(ROBOT, rr.Transform3D(translation=place, rotation=turn))
            if not self._has_robot:
                self._has_robot = True
                self._log_body()

    def _log_body(self) -> None:
        body = rr.Cylinders3D(
            lengths=[_ROBOT_HEIGHT_M], radii=[_ROBOT_RADIUS_M],
            centers=[[0, 0, _ROBOT_HEIGHT_M / 2]], colors=palette.ROBOT,
            fill_mode=rr.components.FillMode.Solid, labels=["robot"], show_labels=True,
        )  # fmt: skip
        self._recording.log(f"{ROBOT}/body", body)
        ahead = np.array([[0.55, 0.0, 0.0]])
        arrow = rr.Arrows3D(
            origins=[[0.0, 0.0, _ROBOT_HEIGHT_M]], vectors=ahead, colors=palette.TRAJECTORY,
            radii=0.04,
        )  # fmt: skip
        self._recording.log(f"{ROBOT}/ahead", arrow)

    def _log_number(self, path: str, value: int) -> None:
        if self._numbers.get(path) != value:
            self._numbers[path] = value
            self._recording.log(path, rr.Scalars(value))
