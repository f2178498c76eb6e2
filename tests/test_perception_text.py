"""Words as vectors, without a model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.errors import MissingExtraError
from embodied_mem.perception import LexicalEncoder, SentenceEncoder, TextEncoder
from embodied_mem.perception.text import singular, words_of

ENCODER = LexicalEncoder()


def cosine(a: str, b: str) -> float:
    first, second = ENCODER.encode([a, b])
    return float(first @ second)


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        ("mug", "cup", "sofa"),
        ("mug", "cup", "plate"),
        ("couch", "sofa", "table"),
        ("fridge", "refrigerator", "microwave"),
        ("fridge", "microwave", "sofa"),
        ("tv", "television", "toothbrush"),
        ("cell phone", "phone", "cello"),
        ("dining table", "table", "chair"),
        ("red mug", "red cup", "red sofa"),
        ("red mug", "red mug", "blue mug"),
        ("coffee cup", "mug", "coffee table"),
        ("bookshelf", "shelf", "book"),
        ("cupboard", "cabinet", "cup"),
        ("xylophones", "xylophone", "telephone"),
        ("bedside table", "nightstand", "bed"),
    ],
)
def test_like_is_nearer_than_unlike(query: str, near: str, far: str) -> None:
    assert cosine(query, near) > cosine(query, far) + 0.05


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Mug", "mugs"),
        ("knives", "knife"),
        ("DiningTable", "dining_table"),
        ("the dishes", "dish"),
        ("tooth-brush", "tooth brush"),
        ("mice", "mouse"),
    ],
)
def test_case_number_and_spelling_do_not_matter(a: str, b: str) -> None:
    assert cosine(a, b) == pytest.approx(1, abs=1e-6)


def test_unrelated_things_are_nearly_orthogonal() -> None:
    labels = ["mug", "sofa", "window", "laptop", "banana", "hammer", "towel", "bicycle"]
    rows = ENCODER.encode(labels)
    assert np.abs(rows @ rows.T - np.eye(len(labels))).max() < 0.3


def test_singular_leaves_words_that_only_look_like_plurals() -> None:
    assert [singular(word) for word in ("bus", "glass", "gas", "scissors", "iris")] == [
        "bus",
        "glass",
        "gas",
        "scissors",
        "iris",
    ]
    assert words_of("Where is my TomatoSoups?") == ["where", "tomato", "soup"]


@given(st.lists(st.text(max_size=30), max_size=5))
def test_rows_have_unit_length_or_none_and_do_not_depend_on_the_batch(texts: list[str]) -> None:
    rows = ENCODER.encode(texts)
    assert rows.shape == (len(texts), ENCODER.size)
    assert rows.dtype == np.float32
    for row, text in zip(rows, texts, strict=True):
        norm = np.linalg.norm(row)
        assert norm == pytest.approx(1, abs=1e-5) or norm == 0
        np.testing.assert_array_equal(row, ENCODER.encode([text])[0])


def test_vectors_belong_to_the_caller() -> None:
    ENCODER.encode(["mug"])[:] = 7
    assert np.linalg.norm(ENCODER.encode(["mug"])[0]) == pytest.approx(1)
    assert not ENCODER.encode(["", "the of"]).any()


def test_another_process_gives_the_same_vector() -> None:
    code = (
        "from embodied_mem.perception import LexicalEncoder\n"
        "print(LexicalEncoder().encode(['a red mug']).tobytes().hex())"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "77", "PATH": ""},
    )
    assert answer.stdout.strip() == ENCODER.encode(["a red mug"]).tobytes().hex()


def test_encoder_keeps_the_protocol() -> None:
    assert isinstance(ENCODER, TextEncoder)
    assert ENCODER.name == "lexical-1"


def test_missing_transformers_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"embodied-mem\[vlm\]"):
        SentenceEncoder(tmp_path)
