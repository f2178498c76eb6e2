"""FindingDory's templates and what they ask for: texts, slots and goals of a hand-made episode."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from findingdory_samples import three_rounds

from embodied_mem.envs.house.catalog import FURNITURE_CATEGORIES, OBJECT_CATEGORIES
from embodied_mem.envs.suites.findingdory.config import SPLITS, SuiteConfig, load_suite_config
from embodied_mem.envs.suites.findingdory.drafts import Asking
from embodied_mem.envs.suites.findingdory.final_world import FinalWorld
from embodied_mem.envs.suites.findingdory.goals import GOAL_MAKERS, draft_goals
from embodied_mem.envs.suites.findingdory.history import History, distinct_count
from embodied_mem.envs.suites.findingdory.instructions import Views, make_instructions
from embodied_mem.envs.suites.findingdory.record import EpisodeRecord
from embodied_mem.envs.suites.findingdory.templates import (
    CATEGORY_SIZES,
    TASK_IDS,
    Template,
    format_phrasing,
    load_templates,
    slots_in,
)
from embodied_mem.envs.suites.findingdory.wording import SLOT_NAMES, Slot, Words, ordinal_word
from embodied_mem.errors import ConfigError

SLOTS = {
    "obj": Slot("obj", "mug", (2,)),
    "obj_a": Slot("obj_a", "apple"),
    "obj_b": Slot("obj_b", "scissors"),
    "recep": Slot("recep", "chest_of_drawers"),
    "ord": Slot("ord", ordinals=(3,)),
    "ords": Slot("ords", ordinals=(3, 1, 2)),
    "shape": Slot("shape", "irregular"),
    "color": Slot("color", "red"),
    "print": Slot("print", "striped"),
    "material": Slot("material", "wood"),
    "function": Slot("function", "drinking"),
    "time": Slot("time", "14:05", day=2),
}


@pytest.fixture(scope="module")
def templates() -> dict[str, Template]:
    return load_templates()


@pytest.fixture(scope="module")
def world() -> FinalWorld:
    return FinalWorld(three_rounds().house)


# Templates


def test_there_are_60_templates_in_findingdorys_categories_and_groups(
    templates: dict[str, Template],
) -> None:
    assert tuple(templates) == TASK_IDS == tuple(GOAL_MAKERS)
    assert Counter(t.category for t in templates.values()) == CATEGORY_SIZES
    assert sum(CATEGORY_SIZES.values()) == 60
    groups = Counter(t.group for t in templates.values())
    assert groups == {"spatial": 30, "temporal": 21, "multi_goal": 9}
    assert {t.task_id for t in templates.values() if t.is_multi_goal} == {
        f"task_{number}" for number in range(52, 61)
    }
    assert len({t.name for t in templates.values()}) == 60


def test_every_template_has_enough_phrasings_and_none_is_used_twice(
    templates: dict[str, Template],
) -> None:
    for template in templates.values():
        assert len(template.phrasings) >= 4
        assert len(template.heldout_phrasings) >= 3
    texts = [p for t in templates.values() for p in (*t.phrasings, *t.heldout_phrasings)]
    assert len({text.lower() for text in texts}) == len(texts)


def test_every_phrasing_reads_with_its_own_slots_and_no_others(
    templates: dict[str, Template],
) -> None:
    words = Words.load()
    assert set(SLOTS) == set(SLOT_NAMES)
    for template in templates.values():
        slots = [SLOTS[name] for name in template.slots]
        for phrasing in (*template.phrasings, *template.heldout_phrasings):
            assert slots_in(phrasing) == set(template.slots)
            text = format_phrasing(phrasing, slots, words)
            assert re.fullmatch(r"[A-Z][\w ,.:;?'()-]+[.?]", text), text
            assert "_" not in text


def test_words_are_countable_nouns_with_their_articles() -> None:
    words = Words.load()
    assert words.texts(SLOTS["obj"]) == {"obj": "second mug", "a_obj": "a second mug"}
    assert words.texts(Slot("obj", "apple"))["a_obj"] == "an apple"
    assert words.texts(Slot("obj", "scissors"))["a_obj"] == "a pair of scissors"
    assert words.texts(Slot("recep", "shelves"))["a_recep"] == "a set of shelves"
    assert words.texts(SLOTS["ords"]) == {"ords": "third, first, second"}
    assert words.texts(SLOTS["time"]) == {"time": "14:05 on day 2"}
    assert [ordinal_word(n) for n in (1, 11, 21, 112)] == ["first", "eleventh", "21st", "112th"]
    known = {*OBJECT_CATEGORIES, *FURNITURE_CATEGORIES}
    assert set(words.categories) <= known
    nouns = Counter(words.noun(category) for category in known)
    assert max(nouns.values()) == 1


def test_a_phrasings_file_replaces_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text('task_14: ["Whence came the {obj}?"]\n')
    own = load_templates(file)
    assert own["task_14"].phrasings_of(is_heldout=True) == ("Whence came the {obj}?",)
    assert own["task_15"] == load_templates()["task_15"]
    for content, message in (
        ('task_99: ["x"]', "did you mean"),
        ('task_14: ["Go."]', "has the slots"),
        ("task_14: [3]", "list of sentences"),
        ("task_14: [", "YAML"),
        ("- x", "mapping"),
    ):
        file.write_text(content)
        with pytest.raises(ConfigError, match=message):
            load_templates(file)
    with pytest.raises(ConfigError, match="cannot read"):
        load_templates(tmp_path / "missing.yaml")


# Configuration


def test_splits_share_no_seed_and_only_train_is_not_held_out() -> None:
    seeds = [s for split in SPLITS for s in SuiteConfig(split=split).seeds]
    assert len(set(seeds)) == len(seeds)
    assert [name for name, split in SPLITS.items() if not split.is_heldout] == ["train"]
    assert len(SuiteConfig(split="mini").seeds) == 10
    assert len(SuiteConfig(split="val").seeds) == 100
    assert SuiteConfig(split="long").days == 10


@pytest.mark.parametrize("split", SPLITS)
def test_every_split_has_a_yaml_file(split: str) -> None:
    config = load_suite_config(f"findingdory_{split}")
    assert config.split == split
    assert load_suite_config(f"findingdory_{split}", {"noise": "mild"}).noise == "mild"


def test_wrong_configurations_are_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean 'people_count'"):
        load_suite_config("findingdory_mini", {"poeple_count": 1})
    with pytest.raises(ConfigError, match="did you mean 'findingdory_mini'"):
        load_suite_config("findingdory_mimi")
    with pytest.raises(ConfigError, match="of type int"):
        load_suite_config("findingdory_mini", {"people_count": "two"})
    for values in (
        {"split": "test"},
        {"noise": "loud"},
        {"unvisited_share": 2.0},
        {"max_step_count": 5000},
        {"people_count": 99},
        {"min_round_count": 0},
    ):
        with pytest.raises(ConfigError):
            SuiteConfig(**values)  # type: ignore[arg-type]


# Goals


def drafted(record: EpisodeRecord, world: FinalWorld, task_id: str) -> dict[str, tuple[str, ...]]:
    """Every draft: its slots as text -> its rows as text."""
    asking = Asking(
        History(record, world), frozenset(world.receptacle_ids), np.random.default_rng(0)
    )
    found = {}
    for draft in draft_goals(task_id, asking):
        slots = " ".join(s.value or "/".join(map(str, s.ordinals)) for s in draft.slots)
        found[slots] = tuple("|".join(row) for row in draft.rows)
    return found


EXPECTED = {
    "task_1": {c: f"{c}_0" for c in ("mug", "apple", "knife", "book", "plate")},
    "task_2": {c: f"{c}_0" for c in ("table", "fridge", "sink", "cabinet", "microwave")},
    "task_3": {"": "cabinet_0|microwave_0|sink_0|table_0"},
    "task_4": {"": "fridge_0"},
    "task_5": {"": "apple_0|book_0|mug_0"},
    "task_6": {"": "knife_0|plate_0"},
    "task_7": {"": "cabinet_0|table_0"},
    "task_8": {"": "cabinet_0|microwave_0|sink_0"},
    "task_9": {"mug": "mug_0", "book": "book_0", "apple": "apple_0"},
    "task_10": {"knife": "knife_0", "plate": "plate_0"},
    "task_11": {"fridge": "fridge_0"},
    "task_12": {"table": "table_0", "cabinet": "cabinet_0"},
    "task_13": {"cabinet": "cabinet_0", "sink": "sink_0", "microwave": "microwave_0"},
    "task_14": {"mug": "table_0", "book": "cabinet_0", "apple": "table_0"},
    "task_15": {"table": "apple_0|mug_0", "cabinet": "book_0"},
    "task_16": {"cylindrical": "mug_0", "rectangular": "book_0", "round": "apple_0"},
    "task_17": {"red": "book_0|mug_0", "green": "apple_0"},
    "task_18": {"striped": "mug_0"},
    "task_19": {"ceramic": "mug_0", "paper": "book_0", "organic": "apple_0"},
    "task_20": {"drinking": "mug_0", "reading": "book_0", "eating": "apple_0"},
    "task_22": {"": "fridge_0"},
    "task_23": {"": "cabinet_0"},
    "task_26": {"1": "kitchen_0", "2": "bedroom_0", "3": "kitchen_0"},
    "task_27": {"1": "bedroom_0", "2": "kitchen_0", "3": "bedroom_0"},
    "task_28": {"mug": "kitchen_0", "book": "bedroom_0", "apple": "kitchen_0"},
    "task_29": {"mug": "bedroom_0", "book": "kitchen_0", "apple": "bedroom_0"},
    "task_30": {"": "kitchen_0"},
    "task_31": {"1": "mug_0", "2": "book_0", "3": "apple_0"},
    "task_32": {"1": "table_0", "2": "cabinet_0"},
    "task_33": {"1": "cabinet_0", "2": "sink_0", "3": "microwave_0"},
    "task_34": {"1": "table_0", "2": "cabinet_0", "3": "table_0"},
    "task_35": {"1": "apple_0|mug_0", "2": "book_0"},
    "task_36": {"mug": "book_0", "book": "apple_0"},
    "task_37": {"book": "mug_0", "apple": "book_0"},
    "task_38": {"mug": "apple_0"},
    "task_39": {"apple": "mug_0"},
    "task_40": {"mug apple": "book_0"},
    "task_41": {"book": "cabinet_0", "apple": "sink_0"},
    "task_42": {"mug": "cabinet_0", "book": "table_0"},
    "task_43": {"apple": "cabinet_0"},
    "task_44": {"mug": "table_0"},
    "task_45": {"mug apple": "sink_0"},
    "task_46": {"mug apple": "cabinet_0"},
    "task_49": {"": "apple_0"},
    "task_50": {"": "kitchen_0"},
    "task_51": {"": "book_0"},
    "task_52": {"": ("table_0", "cabinet_0")},
    "task_53": {"": ("cabinet_0", "sink_0", "microwave_0")},
    "task_54": {c: f"{c}_0" for c in ("cabinet", "sink", "microwave")},
    "task_55": {c: f"{c}_0" for c in ("table", "cabinet")},
    "task_56": {"": ("mug_0", "book_0", "apple_0")},
    "task_57": {"": ("table_0", "cabinet_0", "sink_0", "microwave_0")},
}  # fmt: skip


@pytest.mark.parametrize("task_id", EXPECTED)
def test_goals_of_three_rounds(task_id: str, world: FinalWorld) -> None:
    expected = {
        slots: (rows,) if isinstance(rows, str) else rows
        for slots, rows in EXPECTED[task_id].items()
    }
    assert drafted(three_rounds(), world, task_id) == expected


def test_the_farthest_lie_in_the_other_room(world: FinalWorld) -> None:
    record = three_rounds()
    for task_id, near in (("task_21", "table_0"), ("task_24", "sink_0"), ("task_25", "book_0")):
        (rows,) = drafted(record, world, task_id).values()
        assert near not in rows[0]
        point = record.final_base[:2]
        best = max(rows[0].split("|"), key=lambda name: world.distance_m(name, point))
        assert world.distance_m(best, point) > world.distance_m(near, point) + 1.0


def test_times_lie_inside_one_interaction(world: FinalWorld) -> None:
    record = three_rounds()
    minutes = {
        "06:02": ("cabinet_0|table_0", "mug_0"),
        "06:05": ("cabinet_0|sink_0", "book_0"),
        **{f"06:{m:02d}": ("microwave_0|table_0", "apple_0") for m in (8, 9, 10, 11)},
    }
    for task_id, part in (("task_47", 0), ("task_48", 1)):
        found = drafted(record, world, task_id)
        assert len(found) == 3
        for text, (row,) in found.items():
            assert minutes[text][part] == row


def test_ordered_revisits_follow_the_stated_ordinals(world: FinalWorld) -> None:
    record = three_rounds()
    numbered = {
        "task_58": ("table_0", "cabinet_0"),
        "task_59": ("cabinet_0", "sink_0", "microwave_0"),
        "task_60": ("mug_0", "book_0", "apple_0"),
    }
    for task_id, names in numbered.items():
        for text, rows in drafted(record, world, task_id).items():
            ordinals = [int(part) for part in text.split("/")]
            assert 2 <= len(ordinals) <= len(names)
            assert rows == tuple(names[number - 1] for number in ordinals)


def test_an_unvisited_room_is_asked_for_before_the_start_room(world: FinalWorld) -> None:
    record = three_rounds(is_bedroom_visited=False)
    assert drafted(record, world, "task_30") == {"": ("bedroom_0",)}


def test_two_of_a_category_are_told_apart_by_the_order_of_moving(world: FinalWorld) -> None:
    record = three_rounds()
    objects = record.house.objects
    objects["apple_0"] = dataclasses.replace(objects["apple_0"], category="mug")
    history = History(record, world)
    assert history.object_slot("obj", "mug_0") == Slot("obj", "mug", (1,))
    assert history.object_slot("obj", "apple_0") == Slot("obj", "mug", (2,))
    assert history.object_slot("obj", "book_0") == Slot("obj", "book")


def test_what_was_moved_twice_or_laid_on_the_floor_gives_no_ambiguous_goal(
    world: FinalWorld,
) -> None:
    record = three_rounds()
    mug, book, apple = record.interactions
    again = dataclasses.replace(apple, object_id="mug_0", to_id="floor:bedroom_0")
    record = dataclasses.replace(record, interactions=(mug, book, again))
    assert drafted(record, world, "task_14") == {"book": ("cabinet_0",)}
    assert drafted(record, world, "task_31").keys() == {"1", "2"}
    assert drafted(record, world, "task_33").keys() == {"1", "2"}
    assert drafted(record, world, "task_40") == {}
    assert distinct_count(["a", "b", "a", "c"]) == 2
    assert distinct_count(["a", "", "c"]) == 1


def test_templates_that_need_three_rounds_are_not_asked_of_two(
    world: FinalWorld, templates: dict[str, Template]
) -> None:
    record = three_rounds()
    record = dataclasses.replace(record, interactions=record.interactions[:2])
    names = (*world.object_ids, *world.receptacle_ids, *world.room_ids)
    views = Views(dict.fromkeys(names, (0,)), frozenset(world.receptacle_ids))
    asked, dropped = make_instructions(
        History(record, world), views, templates, Words.load(), is_heldout=True
    )
    assert {d.task_id for d in dropped} == {f"task_{n}" for n in (38, 39, 40, 43, 44, 45, 46)}
    assert len(asked) == 53


def test_instructions_depend_on_seed_and_phrasings_on_the_split(
    world: FinalWorld, templates: dict[str, Template]
) -> None:
    names = (*world.object_ids, *world.receptacle_ids, *world.room_ids)
    views = Views(dict.fromkeys(names, (3,)), frozenset(world.receptacle_ids))

    def texts(seed: int, *, is_heldout: bool) -> dict[str, str]:
        history = History(dataclasses.replace(three_rounds(), seed=seed), world)
        asked, _ = make_instructions(history, views, templates, Words.load(), is_heldout=is_heldout)
        return {one.task_id: one.text for one in asked}

    assert texts(1, is_heldout=True) == texts(1, is_heldout=True)
    assert texts(1, is_heldout=True) != texts(2, is_heldout=True)
    train, val = texts(1, is_heldout=False), texts(1, is_heldout=True)
    assert set(val) - set(train) == {f"task_{n}" for n in range(16, 21)}
    assert not set(train.values()) & set(val.values())


def test_goals_without_valid_frames_are_dropped_except_the_unvisited_room(
    world: FinalWorld, templates: dict[str, Template]
) -> None:
    record = three_rounds(is_bedroom_visited=False)
    names = (*world.object_ids, *world.receptacle_ids, *world.room_ids)
    blind = ("mug_0", "bedroom_0")
    frames = {name: () if name in blind else (4, 9) for name in names}
    views = Views(frames, frozenset(world.receptacle_ids))
    asked, dropped = make_instructions(
        History(record, world), views, templates, Words.load(), is_heldout=True
    )
    by_id = {one.task_id: one for one in asked}
    assert {"task_39", "task_56"} <= {d.task_id for d in dropped}
    assert all("mug_0" not in row for row in by_id["task_9"].goal.rows)
    assert [one.task_id for one in asked if not one.has_valid_frames] == ["task_30"]
