"""Words as numbers for readers: a list that only grows, so that what was indexed stays valid."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray


class Vocabulary:
    """Numbers of words, and of the texts of a table by their codes there."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {"": 0}
        self._words: tuple[str, ...] = ("",)
        self.texts = np.zeros(0, np.int32)
        """Per code of the table: the number of the word that it stands for now."""

    @property
    def words(self) -> tuple[str, ...]:
        """By number."""
        if len(self._words) < len(self._numbers):
            self._words = tuple(self._numbers)
        return self._words

    def read(self, texts: Sequence[str], meaning: Callable[[str], str]) -> None:
        """Number the words that a table's texts stand for, such as entities that were merged."""
        self.texts = self.codes_of([meaning(text) for text in texts])

    def codes_of(self, words: Sequence[str]) -> NDArray[np.int32]:
        """(N,) numbers, new ones for new words."""
        numbers = self._numbers
        return np.array([numbers.setdefault(word, len(numbers)) for word in words], np.int32)
