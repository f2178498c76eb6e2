"""Free questions: several cheap rankings over everything remembered, fused by reciprocal rank.

Channels run from cheap to dear; the stop rule ends as soon as those left cannot change the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..core import RecallItem
from ..errors import InputError
from ..perception.text import words_of
from .entity_index import Rows
from .event_queries import VERBS, EventQueries
from .facts import FactIndex
from .fusion import fuse, is_settled
from .indexes import Indexes, Moment, StampRange, check_count
from .phrase import COLORS
from .relations import ENTITY, EVENT, FACT, ROOM, Node, Relations

_QUESTION_WORDS = frozenset(
    (
        "where", "what", "which", "who", "when", "how", "many", "much", "do", "did", "does", "have",
        "has", "had", "you", "i", "me", "we", "it", "he", "she", "they", "there", "last", "first",
        "find", "bring", "fetch", "get", "please", "can", "could", "see", "seen", "saw", "be", "been",
        "leave", "put", "navigate", "go",
    )
)  # fmt: skip
_LIMIT = 50
_SEED_COUNT = 3
_MAX_WORDS = 32
MAX_QUESTION_CHARACTERS = 2000
DEFAULT_WEIGHTS: Mapping[str, float] = {
    "words": 1.0, "vector": 1.0, "space": 0.7, "time": 0.7, "usage": 0.3, "graph": 0.7,
}  # fmt: skip


@dataclass(frozen=True)
class SearchResult:
    """What a free question finds, best first."""

    items: tuple[RecallItem, ...]
    channels: tuple[str, ...]
    """Those that ran before the stop rule ended the search."""
    named_ids: tuple[str, ...] = ()
    """Things, rooms and facts whose words the question contains."""


@dataclass
class _Question:
    """A question and what earlier channels found."""

    text: str
    words: list[str]
    moment: Moment
    entity_rows: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    """Entities whose names the question contains, best first."""
    room_numbers: tuple[int, ...] = ()
    named_ids: list[str] = field(default_factory=list)
    fused: list[tuple[str, float]] = field(default_factory=list)


class Channels:
    """The rankings of one memory."""

    def __init__(
        self,
        indexes: Indexes,
        facts: FactIndex,
        events: EventQueries,
        relations: Relations,
        *,
        weights: Mapping[str, float] = DEFAULT_WEIGHTS,
    ) -> None:
        self._ix, self._facts, self._events, self._relations = indexes, facts, events, relations
        self._weights = dict(weights)
        self._channels: dict[str, Callable[[_Question], list[str]]] = {
            "words": self._by_words,
            "vector": self._by_vector,
            "space": self._by_space,
            "time": self._by_time,
            "usage": self._by_usage,
            "graph": self._by_graph,
        }
        unknown = set(self._weights) - set(self._channels)
        if unknown:
            raise InputError(f"channels are {', '.join(self._channels)}, got '{min(unknown)}'")

    def search(
        self,
        question: str,
        *,
        k: int = 20,
        within: StampRange | None = None,
        as_of_ns: int | None = None,
    ) -> SearchResult:
        """See `MemoryRecall.search`."""
        check_count(k)
        asked = self._read(question, within, as_of_ns)
        rankings: list[list[str]] = []
        weights: list[float] = []
        used: list[str] = []
        left = sum(self._weights.values())
        for name, channel in self._channels.items():
            weight = self._weights.get(name, 0.0)
            if weight <= 0:
                continue
            if is_settled(asked.fused, k, left):
                break
            rankings.append(channel(asked))
            if name in ("words", "vector"):
                asked.named_ids += rankings[-1]
            weights.append(weight)
            used.append(name)
            left -= weight
            asked.fused = fuse(rankings, weights=weights)
        best = asked.fused[:k]
        items = tuple(self._relations.item(self._relations.node_of(n), score) for n, score in best)
        return SearchResult(items, tuple(used), tuple(dict.fromkeys(asked.named_ids)))

    def _read(self, question: str, within: StampRange | None, as_of_ns: int | None) -> _Question:
        if not question.strip() or len(question) > MAX_QUESTION_CHARACTERS:
            raise InputError(
                f"a question needs 1 to {MAX_QUESTION_CHARACTERS} characters, got {len(question)}"
            )
        self._ix.refresh()
        self._facts.refresh()
        words = [w for w in words_of(question) if w not in _QUESTION_WORDS][:_MAX_WORDS]
        return _Question(question, words, self._ix.moment(within, as_of_ns))

    # Channels: ids, best first

    def _by_words(self, asked: _Question) -> list[str]:
        """Facts, rooms and entities whose words the question contains, by how many."""
        index, words = self._ix.entities, set(asked.words)
        score = np.zeros(len(index.entities))
        for code, label_words in enumerate(self._ix.labels.words):
            common = len(words & label_words)
            if common:
                rows, shares = index.posting(code)
                score[rows] = np.maximum(score[rows], common * shares)
        asked.entity_rows = self._best(self._with_colors(score, asked), asked)
        numbers = {n for word in asked.words for n in self._ix.rooms.named(word)}
        asked.room_numbers = tuple(sorted(numbers))
        facts = [(len(words & fact_words), row) for row, fact_words in enumerate(self._facts.words)]
        named = sorted((-n, row) for n, row in facts if n)
        return [
            *(self._id(FACT, row) for _, row in named[:_LIMIT]),
            *(self._id(ENTITY, row) for row in asked.entity_rows.tolist()),
            *(self._id(ROOM, number) for number in asked.room_numbers),
        ]

    def _by_vector(self, asked: _Question) -> list[str]:
        """Entities whose label means what some word, or pair of words, of the question means."""
        index, labels = self._ix.entities, self._ix.labels
        pairs = [" ".join(pair) for pair in zip(asked.words, asked.words[1:], strict=False)]
        best = np.zeros(len(index.label_names))
        for text in dict.fromkeys((*asked.words, *pairs)):
            if text not in COLORS:
                best = np.maximum(best, labels.similarities(text))
        score = np.zeros(len(index.entities))
        for code in np.flatnonzero(best >= labels.same_similarity).tolist():
            rows, shares = index.posting(code)
            score[rows] = np.maximum(score[rows], best[code] * shares)
        rows = self._best(self._with_colors(score, asked), asked)
        if not len(asked.entity_rows):
            asked.entity_rows = rows
        return [self._id(ENTITY, row) for row in rows.tolist()]

    def _by_space(self, asked: _Question) -> list[str]:
        """Things in the rooms that the question names."""
        index = self._ix.entities
        score = np.zeros(len(index.entities))
        for number in asked.room_numbers:
            state_rows = index.states_by("room", number)
            rows = index.states["entity"][state_rows]
            is_now = asked.moment.state_rows[rows] == state_rows
            score[rows[is_now]] = 1.0
        return [self._id(ENTITY, row) for row in self._best(score, asked).tolist()]

    def _by_time(self, asked: _Question) -> list[str]:
        """Newest events about the things named; of the action named, if any; else of anything."""
        columns = self._ix.events.columns
        end = int(np.searchsorted(columns.start_ns, asked.moment.now_ns, side="right"))
        rows = self._events.rows_about(asked.entity_rows[:_SEED_COUNT])
        rows = rows[rows < end]
        codes = [self._ix.events.code_of(VERBS.get(word, word)) for word in asked.words]
        actions = [code for code in codes if code is not None]
        if not len(rows) and not len(asked.entity_rows):
            rows = np.arange(max(0, end - 4 * _LIMIT), end, dtype=np.int64)
        newest = rows[::-1][: 4 * _LIMIT]
        is_meant = np.isin(columns.action[newest], actions)
        ordered = np.concatenate([newest[is_meant], newest[~is_meant]])
        return [self._id(EVENT, row) for row in ordered[:_LIMIT].tolist()]

    def _by_usage(self, asked: _Question) -> list[str]:
        """Of the things named, those that were handled most."""
        rows = asked.entity_rows.tolist()
        counts = [len(self._events.rows_about(np.array([row], np.int64))) for row in rows]
        order = sorted(range(len(rows)), key=lambda n: (-counts[n], n))
        return [self._id(ENTITY, rows[n]) for n in order if counts[n]]

    def _by_graph(self, asked: _Question) -> list[str]:
        """What is linked to the best so far."""
        seeds = {self._relations.node_of(name): score for name, score in asked.fused[:_SEED_COUNT]}
        if not seeds:
            return []
        ranked = self._relations.walk(seeds)[:_LIMIT]
        return [self._relations.id_of(node) for node, _ in ranked]

    def _with_colors(self, score: NDArray[np.float64], asked: _Question) -> NDArray[np.float64]:
        """More for what was found and has a colour that the question names."""
        index, colors = self._ix.entities, COLORS.intersection(asked.words)
        if not colors or not len(score):
            return score
        has_color = np.array([bool(colors.intersection(n.split())) for n in index.color_names])
        return np.asarray(score + 0.5 * (score > 0) * has_color[index.entities["color"]])

    def _best(self, score: NDArray[np.float64], asked: _Question) -> Rows:
        """Rows of the best confirmed entities; equal ones by last sighting, then number."""
        table = self._ix.entities.entities
        score = score * table["existence"] * table["is_confirmed"] * table["is_live"]
        score[asked.moment.state_rows < 0] = 0
        if asked.moment.since_ns is not None:
            score[table["last_seen_ns"] < asked.moment.since_ns] = 0
        found = np.flatnonzero(score)
        if len(found) > 4 * _LIMIT:
            least = np.partition(score[found], len(found) - _LIMIT)[len(found) - _LIMIT]
            found = found[score[found] >= least]
        keys = (table["number"][found], -table["last_seen_ns"][found], -np.round(score[found], 6))
        return np.asarray(found[np.lexsort(keys)][:_LIMIT], np.int64)

    def _id(self, kind: int, row: int) -> str:
        """The id of an entity, event, room or fact by its row."""
        if kind == ENTITY:
            return self._ix.entities.objects[row].entity_id
        node: Node = (kind, row)
        return self._relations.id_of(node)
