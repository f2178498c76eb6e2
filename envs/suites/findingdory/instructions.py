"""The instructions of an episode: one for each template that it can be asked, with its judge's data.

A template is asked with the first of its drafts whose every sub-goal is reached from some frame. Room 30
alone is asked without a frame too: no frame lies in a room that was never entered, but one can go there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...house.noise import stream
from .drafts import Asking, Draft
from .goals import Goal, draft_goals
from .history import History
from .templates import Template, format_phrasing
from .wording import Words

NOTHING_TO_ASK = "nothing of the kind happened"
NO_VALID_FRAME = "a target is reached from no frame"
NOT_IN_TRAINING = "not asked in training"
_LIVE_TASK = "task_30"


@dataclass(frozen=True)
class Instruction:
    """One task of an episode. An agent is given `text` alone."""

    task_id: str
    category: str
    group: str
    task_type: str
    """The template's name."""
    text: str
    goal: Goal
    valid_frames: tuple[tuple[int, ...], ...]
    """For each row of the goal, the indices of the frames that satisfy it."""

    @property
    def has_valid_frames(self) -> bool:
        """False for a room that was never entered: it can only be driven to."""
        return all(self.valid_frames)


@dataclass(frozen=True)
class Dropped:
    """A template that an episode cannot be asked, and why."""

    task_id: str
    reason: str


@dataclass(frozen=True)
class Views:
    """What can be reached from the frames of an episode."""

    valid_frames: Mapping[str, tuple[int, ...]]
    """By object, receptacle and room."""
    seen_ids: frozenset[str]
    """Receptacles that were in view."""


def make_instructions(
    history: History,
    views: Views,
    templates: Mapping[str, Template],
    words: Words,
    *,
    is_heldout: bool,
) -> tuple[tuple[Instruction, ...], tuple[Dropped, ...]]:
    """All that can be asked in an episode, in the order of the templates, and what was dropped.

    Slots and wording are drawn from the episode's seed and the template's id alone.
    """
    asked: list[Instruction] = []
    dropped: list[Dropped] = []
    for task_id, template in templates.items():
        if template.category == "object_attributes" and not is_heldout:
            dropped.append(Dropped(task_id, NOT_IN_TRAINING))
            continue
        rng = stream(history.record.seed, f"findingdory {task_id}", 0)
        drafts = list(draft_goals(task_id, Asking(history, views.seen_ids, rng)))
        draft = next((d for d in drafts if _is_askable(task_id, d, views)), None)
        if draft is None:
            dropped.append(Dropped(task_id, NO_VALID_FRAME if drafts else NOTHING_TO_ASK))
            continue
        phrasings = template.phrasings_of(is_heldout=is_heldout)
        text = _text(history.record.seed, task_id, phrasings, draft, words)
        asked.append(_instruction_of(template, draft, text, views))
    return tuple(asked), tuple(dropped)


def valid_frames_of(draft: Draft, views: Views) -> tuple[tuple[int, ...], ...]:
    """For each row, the frames from which any of its entities is reached."""
    return tuple(
        tuple(sorted({frame for name in row for frame in views.valid_frames[name]}))
        for row in draft.rows
    )


def _is_askable(task_id: str, draft: Draft, views: Views) -> bool:
    return task_id == _LIVE_TASK or all(valid_frames_of(draft, views))


def _text(seed: int, task_id: str, phrasings: Sequence[str], draft: Draft, words: Words) -> str:
    rng = stream(seed, f"findingdory words {task_id}", 0)
    phrasing = phrasings[int(rng.integers(len(phrasings)))]
    return format_phrasing(phrasing, draft.slots, words)


def _instruction_of(template: Template, draft: Draft, text: str, views: Views) -> Instruction:
    goal = Goal(template.quantifier, template.predicate, draft.rows, draft.slots)
    return Instruction(
        template.task_id,
        template.category,
        template.group,
        template.name,
        text,
        goal,
        valid_frames_of(draft, views),
    )
