"""Words as vectors: texts that mean alike have a large dot product."""

from __future__ import annotations

import functools
import math
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, MissingExtraError
from .synonyms import IRREGULAR_PLURALS, KIND_GROUPS, SAME_IN_PLURAL, SYNONYM_GROUPS

STOP_WORDS = frozenset(
    (
        "a", "an", "the", "of", "on", "in", "at", "to", "my", "your", "his", "her", "its",
        "our", "their", "this", "that", "these", "those", "is", "are", "was", "were",
        "and", "or", "some", "any", "with", "for", "from",
    )
)  # fmt: skip
LONGEST_NAME = 3
"""Words of the longest name in the synonym table."""
MODIFIER_WEIGHT = 0.8
"""Of the words before the last: 'red mug' is a mug first."""
SYNONYM_WEIGHT, KIND_WEIGHT, WORD_WEIGHT, GRAM_WEIGHT = 1.0, 0.4, 0.6, 0.5
HASHED_SIZE = 384


@runtime_checkable
class TextEncoder(Protocol):
    """Turns texts into vectors; the same text always gives the same vector."""

    @property
    def name(self) -> str:
        """Of the encoder and its version: vectors of different names must not be compared."""
        ...

    @property
    def size(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, size) float32 rows of unit length; a text without meaning gives a row of zeros."""
        ...


class LexicalEncoder:
    """Words, character n-grams and a table of household words; needs no model.

    The first numbers of a vector stand for one group of synonyms or one kind of thing each; words and
    n-grams share the rest by hashing with signs (Weinberger et al., 2009, "Feature hashing").
    """

    name = "lexical-1"

    @property
    def size(self) -> int:
        return len(SYNONYM_GROUPS) + len(KIND_GROUPS) + HASHED_SIZE

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, size) float32; about 30 microseconds a new text, 2 for one seen before."""
        rows = np.zeros((len(texts), self.size), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:] = _encode_text(text)
        return rows


def singular(word: str) -> str:
    """'cups' -> 'cup', 'dishes' -> 'dish', 'knives' -> 'knife'; other words as they are."""
    if word in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[word]
    if word in SAME_IN_PLURAL or len(word) < 4 or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes", "zes", "toes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) else word[:-1]


def words_of(text: str) -> list[str]:
    """Lower-case singular words without stop words; splits camelCase, hyphens and underscores."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    found = re.findall(r"\w+", spaced.replace("_", " ").lower())
    return [singular(word) for word in found if word not in STOP_WORDS]


def are_synonyms(first: str, second: str) -> bool:
    """Whether two names stand in one group of the table: 'sofa' and 'couch', 'tv' and 'television'."""
    one, two = ("_".join(words_of(name)) for name in (first, second))
    return any(one in group and two in group for group in _synonym_groups())


@functools.lru_cache(maxsize=4096)
def _encode_text(text: str) -> NDArray[np.float32]:
    names = _join_names(words_of(text))
    total = np.zeros(len(SYNONYM_GROUPS) + len(KIND_GROUPS) + HASHED_SIZE, np.float32)
    for at, name in enumerate(names):
        weight = 1.0 if at == len(names) - 1 else MODIFIER_WEIGHT
        _add_name(total, name, weight)
    norm = float(np.linalg.norm(total))
    if norm > 0:
        total /= norm
    total.flags.writeable = False
    return total


def _join_names(words: list[str]) -> list[str]:
    """Neighbouring words that the table knows as one name become one: the longest first."""
    names, at = [], 0
    while at < len(words):
        for length in range(min(LONGEST_NAME, len(words) - at), 0, -1):
            name = "_".join(words[at : at + length])
            if length == 1 or name in _known_names():
                names.append(name)
                at += length
                break
    return names


def _add_name(total: NDArray[np.float32], name: str, weight: float) -> None:
    synonyms, kinds = _known_names().get(name, ((), ()))
    for group in synonyms:
        total[group] += weight * SYNONYM_WEIGHT / math.sqrt(len(synonyms))
    for group in kinds:
        total[len(SYNONYM_GROUPS) + group] += weight * KIND_WEIGHT / math.sqrt(len(kinds))
    words = name.split("_")
    for word in words:
        _add_hashed(total, f"w:{word}", weight * WORD_WEIGHT / math.sqrt(len(words)))
    marked = f"<{name}>"
    grams = [marked[i : i + n] for n in (3, 4) for i in range(len(marked) - n + 1)]
    for gram in grams:
        _add_hashed(total, f"g:{gram}", weight * GRAM_WEIGHT / math.sqrt(len(grams)))


def _add_hashed(total: NDArray[np.float32], feature: str, weight: float) -> None:
    code = zlib.crc32(feature.encode())
    sign = 1.0 if code & 0x80000000 else -1.0
    total[len(SYNONYM_GROUPS) + len(KIND_GROUPS) + code % HASHED_SIZE] += sign * weight


@functools.cache
def _synonym_groups() -> tuple[tuple[str, ...], ...]:
    """The table's groups in its order, each sorted, as `words_of` spells their names."""
    return tuple(
        tuple(sorted({"_".join(words_of(name)) for name in group})) for group in SYNONYM_GROUPS
    )


@functools.cache
def _known_names() -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """Name -> its groups of synonyms and its kinds; a synonym has the kinds of its whole group."""
    synonym_groups = _synonym_groups()
    in_groups: dict[str, list[int]] = {}
    for index, group in enumerate(synonym_groups):
        for name in group:
            in_groups.setdefault(name, []).append(index)
    of_kinds: dict[str, set[int]] = {name: set() for name in in_groups}
    for index, kind in enumerate(KIND_GROUPS):
        for name in ("_".join(words_of(n)) for n in kind):
            of_kinds.setdefault(name, set()).add(index)
            for group_index in in_groups.get(name, [])[:1]:
                for synonym in synonym_groups[group_index]:
                    of_kinds[synonym].add(index)
    return {
        name: (tuple(in_groups.get(name, ())), tuple(sorted(kinds)))
        for name, kinds in of_kinds.items()
    }


class SentenceEncoder:
    """A sentence encoder from a local folder (transformers layout); extra `vlm`.

    The mean of the last hidden states over the tokens, at unit length (Reimers and Gurevych, 2019,
    section 3), as sentence-transformers' MiniLM and mpnet models do.
    """

    def __init__(self, path: str | Path, *, batch_size: int = 32) -> None:
        """Raises:
        InputError: no such folder.
        MissingExtraError: torch or transformers is not installed.
        """
        try:
            import torch
            from transformers import AutoModel, AutoTokenizer
        except ImportError as error:
            package = error.name or "transformers"
            raise MissingExtraError(package, "vlm", "a sentence encoder") from error
        folder = Path(path)
        if not folder.is_dir():
            raise InputError(f"{folder}: a folder with a transformers model is expected")
        self.name = f"sentence:{folder.name}"
        self._torch: Any = torch
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._model: Any = AutoModel.from_pretrained(folder, local_files_only=True).eval()
        self._batch_size = batch_size

    @property
    def size(self) -> int:
        return int(self._model.config.hidden_size)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, size) float32; a text's row depends on its batch by rounding alone."""
        rows = np.zeros((len(texts), self.size), np.float32)
        for start in range(0, len(texts), self._batch_size):
            part = [text or " " for text in texts[start : start + self._batch_size]]
            rows[start : start + len(part)] = self._encode_batch(part)
        for row, text in zip(rows, texts, strict=True):
            if not text.strip():
                row[:] = 0
        return rows

    def _encode_batch(self, texts: list[str]) -> NDArray[np.float32]:
        torch = self._torch
        tokens = self._tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            hidden = self._model(**tokens).last_hidden_state
            weight = tokens["attention_mask"].unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1)
            return np.asarray(torch.nn.functional.normalize(mean, dim=-1).numpy(), np.float32)
