"""The 60 task templates with their phrasings for training and the held-out ones for evaluation."""

from __future__ import annotations

import difflib
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from ....errors import ConfigError
from .wording import CATEGORY_SLOTS, SLOT_NAMES, Slot, Words
from .yaml_files import read_yaml

TASK_IDS = tuple(f"task_{number}" for number in range(1, 61))
CATEGORY_SIZES: Mapping[str, int] = {
    "object_recall": 2,
    "interaction": 6,
    "conditional_interaction": 7,
    "object_attributes": 5,
    "spatial_relationship": 5,
    "room_visitation": 5,
    "interaction_order": 16,
    "time_based": 2,
    "duration": 3,
    "unordered_revisit": 6,
    "ordered_revisit": 3,
}
"""FindingDory's categories, in its order, and how many templates each has."""
GROUPS = ("spatial", "temporal", "multi_goal")
QUANTIFIERS = ("any", "all_unordered", "all_ordered")
PREDICATES = ("at_object", "at_receptacle", "in_room")


@dataclass(frozen=True)
class Template:
    """One task: what may be asked, and in which words."""

    task_id: str
    name: str
    """Short, such as 'farthest_recep_picked_from'."""
    category: str
    group: str
    quantifier: str
    predicate: str
    slots: tuple[str, ...]
    """Each phrasing uses each of these, as '{obj}' or with its article as '{a_obj}'."""
    phrasings: tuple[str, ...]
    heldout_phrasings: tuple[str, ...]
    """For the evaluation splits alone."""

    @property
    def is_multi_goal(self) -> bool:
        return self.quantifier != "any"

    def phrasings_of(self, *, is_heldout: bool) -> tuple[str, ...]:
        return self.heldout_phrasings if is_heldout else self.phrasings


def load_templates(phrasings: Path | None = None) -> dict[str, Template]:
    """All templates by id, in their order.

    `phrasings` is a YAML file {task_14: [sentences]} that replaces both sets of the templates it names.

    Raises:
        ConfigError: a file that cannot be read, an unknown id, or a sentence with wrong slots.
    """
    folder = files(__package__)
    rows = read_yaml(folder.joinpath("templates.yaml"))
    heldout = read_yaml(folder.joinpath("phrasings_heldout.yaml"))
    templates = {
        task_id: _checked(_template_of(task_id, rows[task_id], heldout[task_id]))
        for task_id in TASK_IDS
    }
    if phrasings is None:
        return templates
    for task_id, sentences in read_yaml(phrasings).items():
        _check_id(task_id, templates, phrasings)
        words = _sentences(sentences, f"{task_id} in {phrasings}")
        own = replace(templates[task_id], phrasings=words, heldout_phrasings=words)
        templates[task_id] = _checked(own)
    return templates


def format_phrasing(phrasing: str, slots: Iterable[Slot], words: Words) -> str:
    """A sentence with its slots filled."""
    texts: dict[str, str] = {}
    for slot in slots:
        texts |= words.texts(slot)
    return phrasing.format(**texts)


def slots_in(phrasing: str) -> frozenset[str]:
    """The slots that a sentence uses, without their articles."""
    names = [name for _, name, _, _ in string.Formatter().parse(phrasing) if name is not None]
    return frozenset(_without_article(name) for name in names)


def _without_article(name: str) -> str:
    bare = name.removeprefix("a_")
    return bare if bare in CATEGORY_SLOTS else name


def _template_of(task_id: str, row: Mapping[str, Any], heldout: Any) -> Template:
    rest = {key: value for key, value in row.items() if key not in ("slots", "phrasings")}
    return Template(
        task_id,
        slots=tuple(row["slots"]),
        phrasings=_sentences(row["phrasings"], task_id),
        heldout_phrasings=_sentences(heldout, task_id),
        **rest,
    )


def _sentences(value: Any, where: str) -> tuple[str, ...]:
    is_list = isinstance(value, list) and value and all(isinstance(text, str) for text in value)
    if not is_list:
        raise ConfigError(f"{where} must be a list of sentences, got {value!r}")
    return tuple(value)


def _check_id(task_id: str, known: Mapping[str, Template], file: Path) -> None:
    if task_id not in known:
        nearest = difflib.get_close_matches(task_id, known, n=1)
        hint = f"; did you mean '{nearest[0]}'?" if nearest else ""
        raise ConfigError(f"{file} names the template '{task_id}', which does not exist{hint}")


def _checked(template: Template) -> Template:
    _check_choice(template, "category", template.category, tuple(CATEGORY_SIZES))
    _check_choice(template, "group", template.group, GROUPS)
    _check_choice(template, "quantifier", template.quantifier, QUANTIFIERS)
    _check_choice(template, "predicate", template.predicate, PREDICATES)
    for slot in template.slots:
        _check_choice(template, "slot", slot, SLOT_NAMES)
    for phrasing in (*template.phrasings, *template.heldout_phrasings):
        try:
            used = slots_in(phrasing)
        except ValueError as error:
            raise ConfigError(f"{template.task_id}: '{phrasing}': {error}") from error
        if used != set(template.slots):
            raise ConfigError(
                f"{template.task_id} has the slots {sorted(template.slots)}, but '{phrasing}' uses "
                f"{sorted(used)}"
            )
    return template


def _check_choice(template: Template, key: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ConfigError(
            f"{template.task_id}: {key} must be one of {', '.join(choices)}, got '{value}'"
        )
