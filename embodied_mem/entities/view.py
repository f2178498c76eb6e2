"""The entities of a memory as a view over the journal."""

from __future__ import annotations

from ..config import EntityConfig
from ..journal.steps import Step
from .entity import Entity


class EntityView:
    """Applies steps; answers with entities. Skeleton: the entities helper fills it in."""

    name = "entities"
    version = 1

    def __init__(self, config: EntityConfig) -> None:
        self.config_digest = ""

    def apply(self, step: Step) -> None:
        pass

    def entities(self) -> tuple[Entity, ...]:
        return ()

    def digest(self) -> str:
        return ""

    def to_bytes(self) -> bytes:
        return b""

    def load_bytes(self, data: bytes) -> None:
        pass
