"""Names as vectors: which labels of a memory mean what a phrase asks for.

Only distinct labels are embedded, a few hundred in a house, never every entity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..perception.text import LexicalEncoder, TextEncoder, are_synonyms, words_of
from .phrase import split_colors

SAME_SIMILARITY = 0.5
"""From here on two names mean the same: with the lexical encoder, mug and cup 0.66, mug and bowl 0."""
KIN_SIMILARITY = 0.12
"""From here on they are of one kind; worth a hint, no answer."""
OTHER_SIMILARITY = 0.4
"""Of names that share a word and mean other things: kin, not the same."""
_MAX_CACHED_QUERIES = 1024


class LabelVectors:
    """Vectors of label strings in the order of their numbers."""

    def __init__(self, encoder: TextEncoder, *, same_similarity: float = SAME_SIMILARITY) -> None:
        self.encoder = encoder
        self.same_similarity = same_similarity
        self._vectors = np.zeros((0, encoder.size), np.float32)
        self._plain: list[str] = []
        self.colors: list[frozenset[str]] = []
        self.words: list[frozenset[str]] = []
        self._queries: dict[str, NDArray[np.float32]] = {}

    def follow(self, names: list[str]) -> None:
        """Embed the names that were added; names never change their number."""
        if len(names) < len(self.colors):
            self._vectors, self.colors, self.words = self._vectors[:0], [], []
            self._plain = []
        new = [split_colors(name) for name in names[len(self.colors) :]]
        if new:
            added = self.encoder.encode([plain for plain, _ in new])
            self._vectors = np.concatenate([self._vectors, added])
            self._plain += [plain for plain, _ in new]
            self.words += [frozenset(words_of(name)) for name in names[len(self.colors) :]]
            self.colors += [colors for _, colors in new]

    def similarities(self, query: str | NDArray[np.floating]) -> NDArray[np.float64]:
        """(L,) cosine of each label with a text, or with a vector of the same encoder.

        Raises:
            InputError: a vector of another length, or not finite.
        """
        vector = self.encoded(query) if isinstance(query, str) else self._checked(query)
        found = np.asarray(self._vectors @ vector, np.float64)
        if isinstance(query, str) and isinstance(self.encoder, LexicalEncoder):
            for code in np.flatnonzero(found >= self.same_similarity).tolist():
                if are_other_things(query, self._plain[code]):
                    found[code] = OTHER_SIMILARITY
        return found

    def encoded(self, text: str) -> NDArray[np.float32]:
        vector = self._queries.get(text)
        if vector is None:
            if len(self._queries) >= _MAX_CACHED_QUERIES:
                self._queries.clear()
            vector = self._queries[text] = self.encoder.encode([text])[0]
        return vector

    def _checked(self, vector: NDArray[np.floating]) -> NDArray[np.float32]:
        array = np.asarray(vector, np.float32)
        if array.shape != (self.encoder.size,) or not np.isfinite(array).all():
            raise InputError(
                f"a query vector must be ({self.encoder.size},) finite numbers from the encoder "
                f"'{self.encoder.name}', got {array.shape}"
            )
        norm = float(np.linalg.norm(array))
        return array / norm if norm > 0 else array


def are_other_things(query: str, label: str) -> bool:
    """Whether two names share words and yet name other things: a lunch box is no cereal box, a bell no
    bell pepper, toilet paper no toilet. A general name fits its special ones: box and cereal box."""
    asked, known = words_of(query), words_of(label)
    if (len(asked) <= 1 and len(known) <= 1) or not set(asked) & set(known):
        return False
    if are_synonyms(query, label):
        return False
    is_part = set(asked) <= set(known) or set(known) <= set(asked)
    return not is_part or asked[-1] != known[-1]
