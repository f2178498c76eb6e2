"""How slots read in a sentence: 'second mug', 'an alarm clock', 'third, first, second', '14:05'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from ....number_words import ordinal_word
from .yaml_files import read_yaml

_VOWEL_SOUNDS = ("a", "e", "i", "o", "u")
_SOUND_LIKE_CONSONANTS = ("uni", "use", "one", "eu")
OBJECT_SLOTS = ("obj", "obj_a", "obj_b")
CATEGORY_SLOTS = (*OBJECT_SLOTS, "recep")
ATTRIBUTE_SLOTS = ("shape", "color", "print", "material", "function")
SLOT_NAMES = (*CATEGORY_SLOTS, "ord", "ords", *ATTRIBUTE_SLOTS, "time")


@dataclass(frozen=True)
class Slot:
    """What fills one slot of a template, as plain values."""

    name: str
    """One of `SLOT_NAMES`."""
    value: str = ""
    """A category, an attribute's value or 'HH:MM'; empty for ordinals."""
    ordinals: tuple[int, ...] = ()
    """From 1. Of an object: the how-manieth of its category that was moved, if there are several."""
    day: int = 0
    """Of a time in an episode of several days: from 1."""


@dataclass(frozen=True)
class Words:
    """Nouns for categories and words for attribute values, where they differ from the label."""

    categories: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By attribute, then by value."""

    @classmethod
    def load(cls) -> Words:
        """Those of this suite."""
        rows = read_yaml(files(__package__).joinpath("words.yaml"))
        return cls(rows["categories"], rows["attributes"])

    def noun(self, category: str) -> str:
        """'chest of drawers' for 'chest_of_drawers'."""
        return self.categories.get(category, category.replace("_", " "))

    def texts(self, slot: Slot) -> dict[str, str]:
        """What to put in for '{obj}' and, where it has one, for '{a_obj}' with the article."""
        if slot.name in CATEGORY_SLOTS:
            noun = " ".join([*map(ordinal_word, slot.ordinals), self.noun(slot.value)])
            return {slot.name: noun, f"a_{slot.name}": with_article(noun)}
        if slot.name in ATTRIBUTE_SLOTS:
            return {slot.name: self.attributes.get(slot.name, {}).get(slot.value, slot.value)}
        if slot.name == "time":
            return {slot.name: f"{slot.value} on day {slot.day}" if slot.day else slot.value}
        return {slot.name: ", ".join(map(ordinal_word, slot.ordinals))}


def with_article(noun: str) -> str:
    """'an apple', 'a mug'."""
    is_vowel = noun.startswith(_VOWEL_SOUNDS) and not noun.startswith(_SOUND_LIKE_CONSONANTS)
    return f"{'an' if is_vowel else 'a'} {noun}"
