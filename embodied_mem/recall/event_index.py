"""Events as columns with one sparse table: which events name which entity, room or actor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix

from ..episodic.event_table import EventColumns
from .sources import EventSource

Rows = NDArray[np.int64]
NAME_COLUMNS = ("entity", "from_entity", "to_entity", "from_room", "to_room", "actor")
_TAIL_SHARE = 8
_LEAST_TAIL = 4096


class EventIndex:
    """Follows its source by revision. The table is made anew only when more than an eighth is new or
    an earlier event changed; the newest events are searched one by one until then."""

    def __init__(self, source: EventSource) -> None:
        self._source = source
        self._revision = -1
        self.version = 0
        self._now = (-1, 0)
        self._codes: dict[str, int] = {}
        self._coded: tuple[str, ...] = ()
        self.columns: EventColumns
        self._row_of: dict[int, int] | None = None
        self._base: EventColumns | None = None
        self._indptr = np.zeros(1, np.int64)
        self._events = np.zeros(0, np.int64)
        self._base_count = 0

    def refresh(self) -> None:
        """Read what changed since the last call."""
        if self._source.revision == self._revision:
            return
        self.columns = self._source.columns()
        self._revision = self._source.revision
        self.version += 1
        self._row_of = None
        self._follow_words(self.columns.words)
        same = self._unchanged_count(self.columns)
        tail = self.columns.count - self._base_count
        if same < self._base_count or tail > max(_LEAST_TAIL, self._base_count // _TAIL_SHARE):
            self._build()

    def now_ns(self) -> int:
        """The last stamp of any event; 0 if there is none."""
        if self._now[0] != self.version:
            ends = self.columns.end_ns
            self._now = self.version, int(ends.max()) if len(ends) else 0
        return self._now[1]

    def code_of(self, word: str) -> int | None:
        """The number of an action, an actor or an id; None if no event has it."""
        return self._codes.get(word)

    def word_of(self, code: int) -> str:
        return self.columns.words[code]

    def rows_of(self, code: int) -> Rows:
        """Events that name an entity, a room or an actor, in the order of time."""
        if not code:
            return np.zeros(0, np.int64)
        found = np.zeros(0, np.int64)
        if code + 1 < len(self._indptr):
            found = self._events[self._indptr[code] : self._indptr[code + 1]]
        tail = slice(self._base_count, None)
        is_named = np.zeros(self.columns.count - self._base_count, np.bool_)
        for name in NAME_COLUMNS:
            is_named |= getattr(self.columns, name)[tail] == code
        return np.concatenate([found, np.flatnonzero(is_named) + self._base_count])

    def least_count(self, word: str) -> int:
        """At least how many events name an entity, a room or an actor."""
        code = self._codes.get(word, 0)
        if not code or code + 1 >= len(self._indptr):
            return 0
        return int(self._indptr[code + 1] - self._indptr[code])

    def find_row(self, number: int) -> int | None:
        """The row of 'event:<number>'."""
        numbers = self.columns.number
        if self._row_of is None and number < len(numbers) and numbers[number] == number:
            return number
        if self._row_of is None:
            self._row_of = {n: row for row, n in enumerate(numbers.tolist())}
        return self._row_of.get(number)

    def names_of(self, row: int) -> list[int]:
        """Codes of the entities, rooms and actors that an event names, each once."""
        codes = (int(getattr(self.columns, name)[row]) for name in NAME_COLUMNS)
        return list(dict.fromkeys(code for code in codes if code))

    def _follow_words(self, words: tuple[str, ...]) -> None:
        known = len(self._coded)
        if words[:known] != self._coded:
            self._codes, known = {}, 0
        for code in range(known, len(words)):
            self._codes[words[code]] = code
        self._coded = words

    def _unchanged_count(self, columns: EventColumns) -> int:
        base = self._base
        if base is None or columns.count < self._base_count:
            return -1
        end = self._base_count
        is_same = columns.words[: len(base.words)] == base.words and all(
            np.array_equal(getattr(columns, name)[:end], getattr(base, name)[:end])
            for name in ("number", *NAME_COLUMNS)
        )
        return end if is_same else -1

    def _build(self) -> None:
        columns = self.columns
        codes = np.concatenate([getattr(columns, name) for name in NAME_COLUMNS])
        rows = np.tile(np.arange(columns.count, dtype=np.int32), len(NAME_COLUMNS))
        is_named = codes > 0
        shape = (len(columns.words), max(columns.count, 1))
        ones = np.ones(int(is_named.sum()), np.int8)
        table = coo_matrix((ones, (codes[is_named], rows[is_named])), shape=shape).tocsr()
        table.sort_indices()
        self._indptr, self._events = table.indptr.astype(np.int64), table.indices.astype(np.int64)
        self._base, self._base_count = columns, columns.count
