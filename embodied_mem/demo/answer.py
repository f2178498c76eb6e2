"""A question in words and what the memory said."""

from __future__ import annotations

from dataclasses import dataclass

from ..core import Recall


@dataclass(frozen=True)
class Answer:
    question: str
    recall: Recall
