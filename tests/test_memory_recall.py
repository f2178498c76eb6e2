"""Questions about things, change, events, links and what to do next."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from recall_samples import (
    S,
    entity,
    event,
    flat_entities,
    flat_events,
    flat_sources,
    recall_of,
    state,
)

from embodied_mem.core import Recall, Verdict
from embodied_mem.entities.entity import ChangeKind, EntityKind, Status
from embodied_mem.envs.house.env import HouseEnvConfig
from embodied_mem.envs.house.episode import HouseEpisode
from embodied_mem.envs.house.sensors import WIDE_CAMERA
from embodied_mem.errors import InputError
from embodied_mem.memory import EmbodiedMemory
from embodied_mem.perception import LexicalEncoder
from embodied_mem.recall.context import token_count
from embodied_mem.recall.items import EntityItem, EventItem
from embodied_mem.recall.memory_recall import MemoryRecall
from embodied_mem.recall.next_action import SearchPlace, choose_action, expected_distance_m
from embodied_mem.recall.phrase import parse_phrase
from embodied_mem.recall.sources import EntityList, EventList, Sources
from embodied_mem.views import MemoryViews


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> MemoryRecall:
    return recall_of(tmp_path_factory.mktemp("flat"), flat_sources())


def ids(recall: Recall) -> list[str]:
    return [item.item_id for item in recall.items]


def first(recall: Recall) -> EntityItem:
    item = recall.items[0]
    assert isinstance(item, EntityItem)
    return item


def everything(recall: MemoryRecall) -> list[Recall]:
    """One answer of each kind."""
    return [
        recall.where("red mug"),
        recall.where("the mug"),
        recall.where("unicorn"),
        recall.where("mug in the kitchen"),
        recall.find_all("all mugs"),
        recall.count("mugs"),
        recall.nth("mug", 1),
        recall.inside("kitchen"),
        recall.on("entity:1"),
        recall.history("white cup"),
        recall.diff(5 * S, 99 * S),
        recall.events(),
        recall.events(about="cup", action="place"),
        recall.when("you picked up the cup"),
        recall.when("mug"),
        recall.relate(["entity:4"], k=50),
        recall.facts(subject="entity:2"),
        recall.aliases("favourite cup", speaker="alice"),
        recall.routine("alice"),
        recall.cases("a cup lies on the floor"),
    ]


# where


def test_where_finds_place_support_and_room(flat: MemoryRecall) -> None:
    answer = flat.where("red mug")
    item = first(answer)
    assert answer.verdict is Verdict.KNOWN
    assert answer.probability is not None
    assert answer.probability > 0.5
    assert (item.item_id, item.support_id, item.room_id) == ("entity:2", "entity:1", "room:0")
    assert item.position_in_world == (1, 1, 0.85)


def test_synonyms_and_colours_are_understood(flat: MemoryRecall) -> None:
    assert ids(flat.where("the green cup"))[0] == "entity:6"
    assert ids(flat.where("white mug")) == ["entity:4"]
    assert flat.where("pink bowl").verdict is Verdict.UNKNOWN


def test_a_definite_description_that_fits_several_is_ambiguous(flat: MemoryRecall) -> None:
    assert flat.where("the mug").verdict is Verdict.AMBIGUOUS
    assert set(ids(flat.where("the mug"))) >= {"entity:2", "entity:6"}
    assert flat.where("a mug").verdict is Verdict.KNOWN
    assert flat.where("the red mug").verdict is Verdict.KNOWN


def test_unknown_and_absent_are_told_apart(flat: MemoryRecall) -> None:
    assert flat.where("unicorn").verdict is Verdict.UNKNOWN, "never seen"
    gone = flat.where("blue mug")
    assert gone.verdict is Verdict.ABSENT, "its place was looked at"
    assert gone.items[0].evidence[:2] == ("look:5", "look:6")
    assert flat.where("unicorn in the kitchen").verdict is Verdict.ABSENT, "the room was seen"
    assert flat.where("unicorn in the storage").verdict is Verdict.UNKNOWN, "it was not"
    assert flat.where("unicorn in the garage").verdict is Verdict.UNKNOWN, "there is none"


def test_a_surface_never_seen_makes_nothing_absent(tmp_path: Path) -> None:
    seen = recall_of(tmp_path, flat_sources(known_share=0.9))
    assert seen.where("bowl on the table").verdict is Verdict.ABSENT
    (tmp_path / "other").mkdir()
    unseen = recall_of(tmp_path / "other", flat_sources(known_share=0.2))
    assert unseen.where("bowl on the table").verdict is Verdict.UNKNOWN


def test_what_was_seen_too_little_makes_no_answer(flat: MemoryRecall) -> None:
    answer = flat.where("spoon")
    assert answer.verdict is Verdict.UNKNOWN
    assert ids(answer) == ["entity:5"]
    assert flat.count("spoons").count == 0
    assert flat.count("spoons").possible_count == 1


def test_places_in_on_and_near(flat: MemoryRecall) -> None:
    assert set(ids(flat.where("mug in the kitchen"))) == {"entity:2", "entity:6"}
    assert ids(flat.where("cup on the table in the living room")) == ["entity:4"]
    assert ids(flat.where("cup next to the red mug", as_of_ns=5 * S))[0] == "entity:4"


def test_what_is_held_is_with_its_holder(tmp_path: Path) -> None:
    person = entity(9, "person", state(1, (3, 3, 1), last_s=100), kind=EntityKind.PERSON)
    cup = entity(
        2, "cup", state(1, (1, 1, 1), last_s=50),
        state(60, (1, 1, 1), change=ChangeKind.PICKED, status=Status.HELD, holder="entity:9",
              last_s=100),
    )  # fmt: skip
    answer = recall_of(tmp_path, flat_sources([person, cup])).where("cup")
    assert first(answer).holder == "entity:9"
    assert answer.items[0].position_in_world == (3, 3, 1)


def test_each_speaker_means_another_thing(flat: MemoryRecall) -> None:
    assert ids(flat.where("my favourite cup", speaker="alice")) == ["entity:2"]
    assert ids(flat.where("my favourite cup", speaker="bob")) == ["entity:6"]


def test_an_id_and_a_vector_are_questions_too(flat: MemoryRecall) -> None:
    assert ids(flat.where("entity:6")) == ["entity:6"]
    assert "entity:6" in ids(flat.where(LexicalEncoder().encode(["mug"])[0]))
    with pytest.raises(InputError, match="there is no 'entity:99'"):
        flat.where("entity:99")
    with pytest.raises(InputError, match="a query vector must be"):
        flat.where(np.ones(3))


def test_long_unseen_things_are_stale_and_furniture_is_not(tmp_path: Path) -> None:
    sources = dataclasses.replace(flat_sources(), clock=lambda: 5 * 86400 * S)
    recall = recall_of(tmp_path, sources)
    assert recall.where("red mug").verdict is Verdict.STALE
    assert recall.where("entity:1").verdict is Verdict.KNOWN


def test_people_within_reach_make_a_place_less_sure(tmp_path: Path) -> None:
    mug = entity(1, "mug", state(1, (1, 1, 0.8), last_s=10))
    person = entity(
        2, "person",
        *(state(20 + n, (1.5, 1, 1), last_s=20.5 + n, change=ChangeKind.MOVED) for n in range(3)),
        kind=EntityKind.PERSON,
    )  # fmt: skip
    (tmp_path / "a").mkdir()
    alone = recall_of(tmp_path / "a", flat_sources([mug])).where("mug")
    visited = recall_of(tmp_path, flat_sources([mug, person])).where("mug")
    assert alone.verdict is Verdict.KNOWN
    assert visited.verdict is Verdict.STALE
    assert "reach of people" in visited.explanation


def test_things_that_often_move_get_stale_sooner(tmp_path: Path) -> None:
    def recall(move_count: int) -> MemoryRecall:
        states = [
            state(600 * n, (n % 3, 1, 0.8), change=ChangeKind.MOVED, last_s=600 * n + 300)
            for n in range(move_count)
        ]
        sources = dataclasses.replace(
            flat_sources([entity(1, "mug", *states)]), clock=lambda: 12 * 3600 * S
        )
        folder = tmp_path / str(move_count)
        folder.mkdir()
        return recall_of(folder, sources)

    calm, busy = (first(recall(n).where("mug")).still_there for n in (1, 12))
    assert busy < calm


@pytest.mark.parametrize("is_reversed", [False, True])
def test_one_label_on_things_of_two_kinds_keeps_them_apart(
    tmp_path: Path, is_reversed: bool
) -> None:
    """A large box stays, a small one is carried about, whichever was met first."""
    boxes = [
        entity(1, "box", state(1, (1, 1, 0.5), last_s=9), kind=EntityKind.FURNITURE),
        entity(2, "box", state(1, (3, 3, 0.5), last_s=9)),
    ]
    sources = dataclasses.replace(
        flat_sources(boxes[::-1] if is_reversed else boxes), clock=lambda: 2 * 86400 * S
    )
    recall = recall_of(tmp_path, sources)
    large, small = (first(recall.where(f"entity:{n}")).still_there for n in (1, 2))
    assert small < 0.5 < large


# time


def test_as_of_shows_the_state_that_held_then(flat: MemoryRecall) -> None:
    then = first(flat.where("white cup", as_of_ns=8 * S))
    now = first(flat.where("white cup"))
    assert (then.support_id, now.support_id) == ("entity:1", "entity:8")
    assert flat.where("blue mug", as_of_ns=40 * S).verdict is Verdict.KNOWN
    assert flat.where("green mug", as_of_ns=2 * S).verdict is Verdict.UNKNOWN, "not seen yet"


def test_between_two_sightings_a_change_is_uncertain(flat: MemoryRecall) -> None:
    early, late = (first(flat.where("white cup", as_of_ns=t * S)) for t in (12, 28))
    assert early.still_there > late.still_there
    assert flat.where("white cup", as_of_ns=28 * S).verdict is Verdict.STALE


@pytest.mark.parametrize("query", ["red mug", "the mug", "mug in the kitchen", "blue mug", "table"])
def test_as_of_now_equals_now(flat: MemoryRecall, query: str) -> None:
    for ask in (flat.where, flat.find_all, flat.count, flat.history):
        assert ask(query, as_of_ns=100 * S) == ask(query)


def test_within_leaves_out_what_was_not_seen_then(flat: MemoryRecall) -> None:
    assert "entity:3" not in ids(flat.find_all("mugs", within=(70 * S, 100 * S)))
    assert ids(flat.where("blue mug", within=(1 * S, 40 * S))) == ["entity:3"]
    with pytest.raises(InputError, match="within needs start <= end"):
        flat.where("mug", within=(2, 1))


# sets


def test_count_and_find_all_agree(flat: MemoryRecall) -> None:
    counted, found = flat.count("mugs"), flat.find_all("mugs")
    assert counted.count == len(found.items) == 3
    assert counted.possible_count == 1, "the one that has gone"
    assert flat.count("mugs in the kitchen").count == 2
    assert flat.count("unicorns").verdict is Verdict.UNKNOWN
    assert flat.count("unicorns in the kitchen").verdict is Verdict.ABSENT


@settings(max_examples=25, deadline=None)
@given(
    number=some.integers(20, 40), x=some.floats(0, 8), color=some.sampled_from(["red", "", "blue"])
)
def test_another_match_never_lowers_a_count(
    tmp_path_factory: pytest.TempPathFactory, number: int, x: float, color: str
) -> None:
    sources = flat_sources()
    recall = recall_of(tmp_path_factory.mktemp("count"), sources)
    queries = ("mugs", "red mugs", "mugs in the kitchen", "things", "cups on the table")
    before = [recall.count(q).count for q in queries]
    assert isinstance(sources.entities, EntityList)
    sources.entities.put(entity(number, "mug", state(50, (x, 1, 0.8), last_s=99), color=color))
    after = [recall.count(q).count for q in queries]
    assert after[0] == before[0] + 1
    assert all(a >= b for a, b in zip(after, before, strict=True))


def test_nth_counts_from_both_ends(flat: MemoryRecall) -> None:
    assert ids(flat.nth("mug", 3)) == ids(flat.nth("mug", -1)) == ["entity:6"]
    assert ids(flat.nth("cup", 1, order="handled")) == ["entity:4"]
    assert flat.nth("mug", 9).verdict is Verdict.UNKNOWN
    with pytest.raises(InputError, match="nth needs n from 1"):
        flat.nth("mug", 0)


def test_inside_and_on_follow_the_present_state(flat: MemoryRecall) -> None:
    assert set(ids(flat.inside("kitchen"))) == {"entity:1", "entity:2", "entity:6"}
    assert set(ids(flat.inside("lounge"))) == {"entity:4", "entity:7", "entity:8"}
    assert ids(flat.on("entity:1")) == ["entity:2"]
    assert set(ids(flat.on("entity:1", as_of_ns=5 * S))) == {"entity:2", "entity:4"}
    assert flat.inside("storage").verdict is Verdict.UNKNOWN


# laws over all questions


def test_every_item_carries_evidence(flat: MemoryRecall) -> None:
    for answer in everything(flat):
        assert all(item.evidence for item in answer.items), answer.query


def test_scores_fall_and_probabilities_are_probabilities(flat: MemoryRecall) -> None:
    for answer in everything(flat):
        assert answer.probability is None or 0 < answer.probability < 1
    for query in ("red mug", "mug", "thing in the kitchen"):
        scores = [item.score for item in flat.find_all(query).items]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_sources_does_not_show(
    flat: MemoryRecall, tmp_path: Path, seed: int
) -> None:
    entities, events = flat_entities(), flat_events()
    random.Random(seed).shuffle(entities)
    random.Random(seed).shuffle(events)
    shuffled = recall_of(tmp_path, flat_sources(entities, events))
    for mine, other in zip(everything(flat), everything(shuffled), strict=True):
        if mine.query.startswith("relate"):
            assert {i.item_id: round(i.score, 6) for i in mine.items} == {
                i.item_id: round(i.score, 6) for i in other.items
            }
        else:
            assert mine == other


def test_an_index_that_followed_changes_equals_a_fresh_one(tmp_path: Path) -> None:
    rng = random.Random(5)
    sources = flat_sources()
    entities, events = sources.entities, sources.events
    assert isinstance(entities, EntityList)
    assert isinstance(events, EventList)
    live = recall_of(tmp_path, sources)
    for step in range(60):
        if step % 7 == 6:
            entities.remove(rng.choice(entities.entities()).entity_id)
        number = rng.randrange(1, 15)
        position = (rng.uniform(0, 8), rng.uniform(0, 4), 0.8)
        moves = [state(n + 1, position, last_s=90 + n) for n in range(rng.randrange(1, 4))]
        entities.put(entity(number, rng.choice(["mug", "cup", "table", "book"]), *moves))
        events.put(event(step + 3, "pick", rng.uniform(1, 90), f"entity:{number}", "mug"))
        live.where("mug")
    (tmp_path / "fresh").mkdir()
    listed = EntityList(entities.entities())
    copied = EventList(events.get(f"event:{n}") for n in range(63))
    fresh = recall_of(
        tmp_path / "fresh", dataclasses.replace(sources, entities=listed, events=copied)
    )
    for query in ("mug", "the cup", "table in the kitchen", "things", "book on the table"):
        assert live.find_all(query) == fresh.find_all(query)
    assert live.inside("kitchen") == fresh.inside("kitchen")
    assert live.diff(3 * S, 95 * S) == fresh.diff(3 * S, 95 * S)
    assert live.events(about="mug", k=100) == fresh.events(about="mug", k=100)


def test_an_empty_memory_knows_nothing_and_raises_nothing(tmp_path: Path) -> None:
    recall = recall_of(tmp_path, flat_sources([], []))
    assert recall.where("mug").verdict is Verdict.UNKNOWN
    assert recall.count("mugs").count == 0
    assert recall.events().items == ()
    assert recall.diff(0, S).items == ()
    assert recall.context("where is my mug?", 100).item_ids in ((), ("fact:9",))
    assert recall.next_action("mug").kind in ("answer", "look")


# change and events


def test_history_is_the_chain_of_states(flat: MemoryRecall) -> None:
    answer = flat.history("white cup")
    assert ids(answer) == ["entity:4#0", "entity:4#1"]
    stamps = [item.stamp_ns or 0 for item in answer.items]
    assert stamps == sorted(stamps)
    assert "moved" in answer.items[1].note
    assert "living room" in answer.items[1].note


def test_diff_names_what_changed(flat: MemoryRecall) -> None:
    answer = flat.diff(5 * S, 99 * S)
    kinds = {item.item_id.partition("#")[0]: item.note.partition(":")[0] for item in answer.items}
    assert kinds == {"entity:3": "gone", "entity:4": "moved", "entity:7": "taken"}
    assert ids(flat.diff(5 * S, 99 * S, kinds=("gone",))) == ["entity:3#1"]
    assert flat.diff(70 * S, 90 * S).verdict is Verdict.ABSENT
    assert flat.diff(200 * S, 300 * S).verdict is Verdict.UNKNOWN, "nothing was looked at"
    assert flat.changed(5 * S, 99 * S) == answer


def test_switches_are_changes(tmp_path: Path) -> None:
    lamp = entity(
        1, "lamp", state(1, (1, 1, 1), last_s=10, is_on=False),
        state(20, (1, 1, 1), change=ChangeKind.TURNED_ON, last_s=99, is_on=True),
    )  # fmt: skip
    answer = recall_of(tmp_path, flat_sources([lamp])).diff(5 * S, 50 * S)
    assert answer.items[0].note.startswith("switched")


def test_events_are_filtered_and_ordered(flat: MemoryRecall) -> None:
    assert ids(flat.events()) == ["event:0", "event:1", "event:2"]
    assert ids(flat.events(order="newest", k=1)) == ["event:2"]
    assert ids(flat.events(action="pick")) == ["event:0", "event:2"]
    assert ids(flat.events(about="cup")) == ["event:0", "event:1"]
    assert ids(flat.events(room="living room")) == ["event:1", "event:2"]
    assert ids(flat.events(from_place="entity:1")) == ["event:0"]
    assert ids(flat.events(to_place="table in the living room")) == ["event:1"]
    assert ids(flat.events(within=(20 * S, 40 * S))) == ["event:1"]
    assert ids(flat.events(as_of_ns=30 * S)) == ["event:0", "event:1"]
    assert flat.events(action="open", actor="robot").verdict is Verdict.ABSENT
    assert flat.events(action="open").verdict is Verdict.UNKNOWN


def test_right_after_and_right_before(flat: MemoryRecall) -> None:
    assert ids(flat.events(after="event:0", action="pick", k=1)) == ["event:2"]
    assert ids(flat.events(before="event:2", order="newest", k=1)) == ["event:1"]
    with pytest.raises(InputError, match="there is no 'event:77'"):
        flat.events(after="event:77")


def test_when_reads_happenings_and_sightings(flat: MemoryRecall) -> None:
    answer = flat.when("you picked up the cup")
    assert ids(answer) == ["event:0"]
    assert isinstance(answer.items[0], EventItem)
    assert flat.when("red mug").items[0].stamp_ns == 100 * S
    assert flat.when("unicorn").verdict is Verdict.UNKNOWN


# links, context, next action


def test_relate_reaches_events_rooms_and_things(flat: MemoryRecall) -> None:
    found = ids(flat.relate(["entity:4"], k=50))
    assert {"event:0", "event:1", "room:1", "entity:8", "entity:1"} <= set(found)
    assert "entity:4" not in found
    assert all(i.startswith("event:") for i in ids(flat.relate(["room:1"], kinds=["event"])))
    assert "entity:2" in ids(flat.relate(["fact:9"]))
    with pytest.raises(InputError, match="there is no 'room:99'"):
        flat.relate(["room:99"])


@settings(max_examples=40, deadline=None)
@given(budget=some.integers(0, 400))
def test_context_never_exceeds_its_budget_and_only_grows(flat: MemoryRecall, budget: int) -> None:
    small = flat.context("where is the red mug in the kitchen?", budget)
    large = flat.context("where is the red mug in the kitchen?", budget + 50)
    assert small.token_count == token_count(small.text) <= budget
    assert large.text.startswith(small.text)
    assert len(small.text.splitlines()) == len(small.item_ids)
    for line, item_id in zip(small.text.splitlines(), small.item_ids, strict=True):
        assert line.startswith(f"[{item_id}] ")


def test_context_puts_what_was_asked_for_first(flat: MemoryRecall) -> None:
    assert flat.context("where is the green mug?", 300).item_ids[0] == "entity:6"
    assert "event:0" in flat.context("what happened to the cup?", 500).item_ids


def test_what_is_known_is_answered_and_what_is_not_is_looked_for(flat: MemoryRecall) -> None:
    known = flat.next_action("red mug")
    assert known.kind == "answer"
    lost = flat.next_action("unicorn")
    assert lost.kind == "look"
    assert lost.position_in_world is not None
    assert lost.place_id == lost.plan[0]
    assert lost.expected_gain > 0
    assert lost.place_id not in flat.next_action("unicorn", visited=[lost.place_id]).plan
    done = flat.next_action("unicorn", visited=["room:0", "room:1", "room:2"])
    assert done.kind == "answer", "an empty set of places is an answer"


def test_reading_what_was_not_read_comes_before_walking_far(flat: MemoryRecall) -> None:
    action = flat.next_action("blue mug", start_in_world=(500, 0, 0))
    assert action.kind == "recall more"
    read = flat.search("blue mug", k=50).items
    again = flat.next_action(
        "blue mug", start_in_world=(500, 0, 0), recalled=[item.item_id for item in read]
    )
    assert again.kind == "answer"


def test_expected_distance_is_mind_palaces_formula() -> None:
    pa, pb, pc, da, dab, dbc, all_m = 0.5, 0.3, 0.2, 2.0, 3.0, 4.0, 50.0
    inner = pc * (da + dab + dbc) + (1 - pc) * all_m
    expected = pa * da + (1 - pa) * (pb * (da + dab) + (1 - pb) * inner)
    assert expected_distance_m((pa, pb, pc), (da, dab, dbc), all_m) == pytest.approx(expected)


def test_a_near_unlikely_place_on_the_way_comes_first() -> None:
    places = [
        SearchPlace("far", (10, 0, 0), 0.6),
        SearchPlace("near", (1, 0, 0), 0.3),
        SearchPlace("away", (-30, 0, 0), 0.05),
    ]
    action = choose_action(
        0.0, places, start_in_world=(0, 0, 0), distance_m=lambda a, b: abs(a[0] - b[0])
    )
    assert action.kind == "look"
    assert action.plan[:2] == ("near", "far")


def test_no_place_and_no_way_are_answers() -> None:
    none = choose_action(0.2, [], start_in_world=(0, 0, 0), distance_m=lambda a, b: 1.0)
    place = SearchPlace("room:1", (1, 0, 0), 0.9)
    closed = choose_action(
        0.2, [place], start_in_world=(0, 0, 0), distance_m=lambda a, b: float("inf")
    )
    assert none.kind == closed.kind == "answer"
    with pytest.raises(InputError, match="probabilities must lie"):
        choose_action(1.5, [], start_in_world=(0, 0, 0), distance_m=lambda a, b: 1.0)


# facts and phrases


def test_facts_hold_in_their_time(flat: MemoryRecall) -> None:
    assert ids(flat.facts(subject="alice", as_of_ns=20 * S)) == ["fact:11"]
    assert flat.facts(subject="alice").verdict is Verdict.UNKNOWN
    assert ids(flat.aliases("favourite cup", speaker="bob"))[0] == "entity:6"
    assert flat.routine("alice").items[0].note == "alice brings the cup"
    assert ids(flat.cases("cup fell")) == ["case:1"]


def test_a_memory_without_facts_says_so(tmp_path: Path) -> None:
    plain = flat_sources()
    sources = Sources(plain.entities, plain.events, plain.rooms)
    answer = recall_of(tmp_path, sources).facts(subject="alice")
    assert answer.verdict is Verdict.UNKNOWN
    assert "no facts" in answer.explanation


@pytest.mark.parametrize(
    ("text", "name", "colors", "place"),
    [
        ("the red mug", "mug", ("red",), None),
        ("Where is my dark blue coffee cup?", "coffee cup", ("blue",), None),
        ("orange", "orange", (), None),
        ("the red one on top of the table", "", ("red",), ("on", "table")),
        ("mug in the kitchen", "mug", (), ("in", "kitchen")),
        ("all gray toy cars next to the bed", "toy cars", ("grey",), ("near", "bed")),
    ],
)
def test_phrases_are_taken_apart(
    text: str, name: str, colors: tuple[str, ...], place: tuple[str, str] | None
) -> None:
    phrase = parse_phrase(text)
    assert (phrase.name, phrase.colors) == (name, colors)
    assert (None if phrase.place is None else (phrase.place.relation, phrase.place.text)) == place


@pytest.mark.parametrize("text", ["", "   ", "the", "x" * 500])
def test_phrases_that_ask_for_nothing_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"phrase needs|names no thing"):
        parse_phrase(text)


@settings(max_examples=150, deadline=None)
@given(text=some.text(max_size=60))
def test_any_text_is_answered_or_refused(flat: MemoryRecall, text: str) -> None:
    for ask in (flat.where, flat.when, flat.inside, flat.on):
        try:
            assert isinstance(ask(text), Recall)
        except InputError:
            continue


# a memory's own views


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbodiedMemory]:
    """A minute in a generated house."""
    config = HouseEnvConfig(cameras=(WIDE_CAMERA,), people_count=1)
    episode = HouseEpisode(frame_count=60, seed=3, config=config)
    with EmbodiedMemory.open(tmp_path_factory.mktemp("house") / "memory.db") as memory:
        for observation in episode.observations():
            memory.update(observation)
        yield memory


def house_answers(recall: MemoryRecall) -> list[Recall]:
    things = ["picture", "all chairs", "unicorn", "thing in the living room"]
    return [
        *(recall.where(thing) for thing in things),
        recall.count("chairs"),
        recall.events(k=50),
        recall.diff(0, 2**62),
        recall.history(recall.views.entities.entities()[0].entity_id),
    ]


def test_the_views_of_a_memory_are_read(lived: EmbodiedMemory) -> None:
    entities = lived.views.entities.entities()
    assert len(entities) > 5
    for entity_ in entities:
        item = first(lived.recall.where(entity_.entity_id))
        assert (item.item_id, item.label) == (entity_.entity_id, entity_.label)
        if item.room_id:
            assert item.item_id in ids(lived.recall.inside(item.room_id, k=1000))
    shown = [e.event_id for e in lived.views.events.events()]
    assert sorted(ids(lived.recall.events(k=1000))) == sorted(shown)


def test_answers_follow_from_the_journal_alone(lived: EmbodiedMemory) -> None:
    """The index that followed every update, a replay, and the memory as of its last stamp agree."""
    replayed = MemoryViews.open(lived.journal, lived.config, use_checkpoints=False)
    expected = house_answers(lived.recall)
    assert house_answers(MemoryRecall(lived.journal, replayed)) == expected
    assert house_answers(lived.as_of(lived.views.facts.last_stamp_ns)) == expected


def test_what_was_believed_earlier_knows_less(lived: EmbodiedMemory) -> None:
    stamps = lived.views.keyframes.stamps_ns
    early = lived.as_of(int(stamps[len(stamps) // 3]))
    assert early.find_all("things").items
    assert early.count("things").count < lived.recall.count("things").count
