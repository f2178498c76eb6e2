"""What a language model should read before it answers, within a budget of tokens."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ..core import RecallItem
from ..errors import InputError

CHARACTERS_PER_TOKEN = 4
_MAX_EVIDENCE = 2


@dataclass(frozen=True)
class Context:
    """Lines of evidence, best first; each begins with its id in brackets."""

    question: str
    text: str
    token_count: int
    """Never above the budget, at 4 characters a token."""
    item_ids: tuple[str, ...]
    left_out_count: int
    """Found, but beyond the budget."""


def build_context(question: str, items: Iterable[RecallItem], token_budget: int) -> Context:
    """As many lines as fit, in their order: a larger budget only adds lines.

    Raises:
        InputError: a budget below zero.
    """
    if token_budget < 0:
        raise InputError(f"token_budget must be 0 or more, got {token_budget}")
    limit = token_budget * CHARACTERS_PER_TOKEN
    lines: list[str] = []
    ids: list[str] = []
    length = 0
    listed = list({item.item_id: item for item in reversed(list(items))}.values())[::-1]
    for item in listed:
        line = line_of(item)
        length += len(line) + bool(lines)
        if length > limit:
            break
        lines.append(line)
        ids.append(item.item_id)
    text = "\n".join(lines)
    return Context(question, text, token_count(text), tuple(ids), len(listed) - len(ids))


def token_count(text: str) -> int:
    """About how many tokens a text has."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def line_of(item: RecallItem) -> str:
    """'[entity:7] red mug; on table (entity:3); at (1.2, 0.4, 0.9) m; from frame:12'."""
    parts = [" ".join(item.note.split()) or item.kind]
    if item.position_in_world is not None:
        parts.append(f"at ({', '.join(f'{v:.1f}' for v in item.position_in_world)}) m")
    shown = [name for name in item.evidence if name != item.item_id][:_MAX_EVIDENCE]
    if shown:
        parts.append(f"from {', '.join(shown)}")
    return f"[{item.item_id}] {'; '.join(parts)}"
