"""Which entities a question means: an id, a vector, a name that somebody gave, or words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .entity_index import FURNITURE, NO_STATE, PERSON, EntityIndex, Rows
from .label_vectors import KIN_SIMILARITY, LabelVectors
from .phrase import Phrase, PlacePhrase, parse_phrase
from .places import Place, RoomTable, is_at
from .sources import FactSource

Query = str | Sequence[float] | NDArray[np.floating]
"""Words, an id such as 'entity:7', or a vector of the text encoder."""
UNSEEN_COLOR, CLOSE_COLOR = 0.6, 0.5
LEAST_WEIGHT = 0.3
_CLOSE_COLORS = frozenset(
    frozenset(pair.split())
    for pair in (
        "red orange", "red brown", "red pink", "orange brown", "orange yellow", "yellow beige",
        "brown beige", "green turquoise", "blue turquoise", "blue purple", "purple pink",
        "black grey", "white grey", "white beige",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Matches:
    """Entities that fit a question at one time, by row."""

    rows: Rows
    weights: NDArray[np.float64]
    """How well each fits the words, in (0, 1]."""
    state_rows: Rows
    """Its state at that time."""
    text: str
    is_definite: bool = False
    is_set: bool = False
    is_named: bool = False
    """An id or a name that a person gave: no other entity is meant."""
    place: Place | None = None
    elsewhere_count: int = 0
    """Entities that fit the words, but are not at the place."""
    kin: tuple[str, ...] = ()
    """Labels of a similar kind, where none means the same."""

    @property
    def count(self) -> int:
        return len(self.rows)

    def taken(self, order: NDArray[np.integer]) -> Matches:
        """Some of them, in the order given."""
        return replace(
            self,
            rows=self.rows[order],
            weights=self.weights[order],
            state_rows=self.state_rows[order],
        )

    def chosen(self, mask: NDArray[np.bool_]) -> Matches:
        """Those for which the mask is True."""
        return self if mask.all() else self.taken(np.flatnonzero(mask))


class Matcher:
    """Reads questions against one index."""

    def __init__(
        self,
        index: EntityIndex,
        rooms: RoomTable,
        labels: LabelVectors,
        facts: FactSource | None = None,
    ) -> None:
        self._index, self._rooms, self._labels, self._facts = index, rooms, labels, facts

    def match(self, query: Query, *, speaker: str = "", at: Rows) -> Matches:
        """Entities that a question may mean; `at` holds each entity's state row at the time asked for.

        Raises:
            InputError: an unknown id, words that name nothing, a vector of another size.
        """
        if not isinstance(query, str):
            rows, weights = self._by_similarity(self._labels.similarities(np.asarray(query)))
            return self._known(Matches(rows, weights, at[rows], "vector"))
        if query.startswith("entity:"):
            found = np.array([self._index.row_of(query)], np.int64)
            matches = Matches(found, np.ones(1), at[found], query, is_definite=True, is_named=True)
            return self._known(matches)
        phrase = parse_phrase(query)
        named = self._named(phrase, speaker)
        if named:
            found = np.array(named, np.int64)
            matches = Matches(
                found, np.ones(len(found)), at[found], query, is_definite=True, is_named=True
            )
            return self._known(matches)
        return self._by_words(phrase, speaker, at)

    def resolve_place(self, place: PlacePhrase, *, speaker: str = "", at: Rows) -> Place:
        """The rooms and entities that a place phrase means."""
        text = place.text
        if text.startswith("entity:"):
            return Place(place.relation, text, entity_rows=(self._index.row_of(text),))
        given = self._resolve(text, speaker)
        rooms = [n for n in map(self._rooms.find_number, given) if n is not None]
        entities = [self._index.row_of(i) for i in given if self._has_entity(i)]
        if rooms or entities:
            return Place(place.relation, text, tuple(rooms), tuple(entities))
        named_rooms = self._rooms.named(text)
        if named_rooms and place.relation != "on":
            return Place(place.relation, text, named_rooms)
        if text.startswith("room:"):
            return Place(place.relation, text)
        inner = self._by_words(parse_phrase(text), speaker, at)
        is_good = inner.weights >= max(0.5, 0.8 * float(inner.weights.max(initial=0.0)))
        found = inner.rows[is_good]
        kinds = self._index.entities["kind"][found]
        if (kinds == FURNITURE).any():
            found = found[kinds == FURNITURE]
        if not len(found) and named_rooms:
            return Place(place.relation, text, named_rooms)
        return Place(place.relation, text, entity_rows=tuple(found.tolist()))

    def _by_words(self, phrase: Phrase, speaker: str, at: Rows) -> Matches:
        kin: tuple[str, ...] = ()
        if phrase.name:
            similarity = self._labels.similarities(phrase.name)
            rows, weights = self._by_similarity(similarity, phrase.colors)
            if not len(rows):
                kin = self._kin(similarity)
        else:
            is_thing = self._index.entities["is_live"] & (self._index.entities["kind"] != PERSON)
            rows = np.flatnonzero(is_thing)
            weights = self._color_weights(phrase.colors, rows)
            rows, weights = rows[weights > 0], weights[weights > 0]
        matches = Matches(
            rows, weights, at[rows], phrase.text, phrase.is_definite, phrase.is_set, kin=kin
        )
        matches = self._known(matches)
        return matches if phrase.place is None else self._at_place(matches, phrase, speaker, at)

    def _at_place(self, matches: Matches, phrase: Phrase, speaker: str, at: Rows) -> Matches:
        assert phrase.place is not None
        place = self.resolve_place(phrase.place, speaker=speaker, at=at)
        is_here = is_at(self._index, place, matches.state_rows)
        here = matches.taken(np.flatnonzero(is_here))
        return replace(here, place=place, elsewhere_count=matches.count - here.count)

    def _known(self, matches: Matches) -> Matches:
        """Without what was not known yet at that time."""
        return matches.chosen(np.asarray(matches.state_rows != NO_STATE))

    def _by_similarity(
        self, similarity: NDArray[np.float64], colors: tuple[str, ...] = ()
    ) -> tuple[Rows, NDArray[np.float64]]:
        """Rows ascending with the best weight over the labels that mean the same."""
        same = self._labels.same_similarity
        all_rows, all_weights = [], []
        for code in np.flatnonzero(similarity >= same).tolist():
            rows, shares = self._index.posting(code)
            weights = shares * _name_weight(float(similarity[code]), same)
            if colors:
                weights = weights * self._color_weights(colors, rows, self._labels.colors[code])
            all_rows.append(rows)
            all_weights.append(weights)
        if not all_rows:
            return np.zeros(0, np.int64), np.zeros(0)
        rows, weights = _best_of(np.concatenate(all_rows), np.concatenate(all_weights))
        is_good = weights >= LEAST_WEIGHT
        return rows[is_good], weights[is_good]

    def _color_weights(
        self, wanted: tuple[str, ...], rows: Rows, label_colors: frozenset[str] = frozenset()
    ) -> NDArray[np.float64]:
        """1 for the colour asked for, less for a close or an unknown one, 0 for another."""
        if not wanted:
            return np.ones(len(rows))
        names = self._index.color_names
        by_code = np.array([_color_weight(wanted, frozenset(n.split())) for n in names])
        weights = by_code[self._index.entities["color"][rows]]
        if label_colors:
            weights = np.maximum(weights, _color_weight(wanted, label_colors))
        return np.asarray(weights, np.float64)

    def _kin(self, similarity: NDArray[np.float64]) -> tuple[str, ...]:
        order = np.argsort(-similarity, kind="stable")[:3]
        names = self._index.label_names
        return tuple(names[i] for i in order.tolist() if similarity[i] >= KIN_SIMILARITY)

    def _named(self, phrase: Phrase, speaker: str) -> list[int]:
        """Rows of the entities that somebody calls so."""
        words = phrase.text.split()
        shorter = " ".join(words[1:]) if phrase.is_definite and len(words) > 1 else phrase.text
        for text in dict.fromkeys((phrase.text, shorter)):
            found = [
                self._index.row_of(i) for i in self._resolve(text, speaker) if self._has_entity(i)
            ]
            if found:
                return found
        return []

    def _resolve(self, text: str, speaker: str) -> list[str]:
        """Ids that a name given by somebody means."""
        if self._facts is None:
            return []
        return [name.target_id for name in self._facts.resolve(text, speaker=speaker)]

    def _has_entity(self, name: str) -> bool:
        prefix, _, number = name.partition(":")
        return (
            prefix == "entity"
            and number.isdecimal()
            and self._index.find_row(int(number)) is not None
        )


def _name_weight(similarity: float, same: float) -> float:
    """1 for the same words, less for a synonym."""
    if similarity >= 0.95:
        return 1.0
    return 0.6 + 0.35 * (similarity - same) / (0.95 - same)


def _color_weight(wanted: tuple[str, ...], found: frozenset[str]) -> float:
    if not found:
        return UNSEEN_COLOR
    if found.intersection(wanted):
        return 1.0
    is_close = any(frozenset((w, f)) in _CLOSE_COLORS for w in wanted for f in found)
    return CLOSE_COLOR if is_close else 0.0


def _best_of(rows: Rows, weights: NDArray[np.float64]) -> tuple[Rows, NDArray[np.float64]]:
    """Each row once, ascending, with its largest weight."""
    order = np.lexsort((-weights, rows))
    rows, weights = rows[order], weights[order]
    is_first = np.r_[True, rows[1:] != rows[:-1]] if len(rows) else np.zeros(0, np.bool_)
    return rows[is_first], weights[is_first]
