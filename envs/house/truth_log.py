"""What truly happened in a house, for evaluators only: nothing here may reach an agent."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

ROBOT = "robot"
"""The actor and support id of the robot; people are 'person_<n>'."""

TRUTH_ACTIONS = (
    "pick", "place", "open", "close", "turn_on", "turn_off", "slice", "heat", "cool", "clean",
    "soil", "enter_room", "use", "say",
)  # fmt: skip


@dataclass(frozen=True)
class TruthEvent:
    """One change. Stamps are simulated time, ns since midnight before day 0; steps count from reset.

    `target_id` is the object, furniture or room it happened to; `from_id` and `to_id` are supports
    ('table_2/top', 'robot', 'person_0', 'floor:hall_0') or rooms, empty where they do not apply.
    """

    number: int
    actor_id: str
    action: str
    target_id: str
    from_id: str
    to_id: str
    from_room_id: str
    to_room_id: str
    start_step: int
    end_step: int
    start_stamp_ns: int
    end_stamp_ns: int
    detail: str = ""

    @property
    def day(self) -> int:
        return self.end_stamp_ns // 86_400_000_000_000

    @property
    def clock_s(self) -> float:
        """Time of day at its end, seconds since midnight."""
        return (self.end_stamp_ns % 86_400_000_000_000) / 1e9


@dataclass
class TruthLog:
    """All events in the order in which they ended."""

    events: list[TruthEvent] = field(default_factory=list)

    def add(self, event: TruthEvent) -> None:
        self.events.append(event)

    def of(self, *, actor_id: str | None = None, action: str | None = None) -> list[TruthEvent]:
        """Events of one actor, of one kind, or both, oldest first."""
        return [
            event
            for event in self.events
            if actor_id in (None, event.actor_id) and action in (None, event.action)
        ]

    def to_json(self) -> list[dict[str, Any]]:
        return [asdict(event) for event in self.events]

    @classmethod
    def from_json(cls, rows: list[dict[str, Any]]) -> TruthLog:
        return cls([TruthEvent(**row) for row in rows])
