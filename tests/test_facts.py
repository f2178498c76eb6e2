"""Facts: two times, supersession, contradiction, and what people state."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from semantic_samples import (
    Feed,
    ListedEntities,
    S,
    entity,
    fact,
    person,
    replayed,
    robot_at,
    said,
    write_journal,
)

from embodied_mem.journal.records import Record, TombstoneRecord
from embodied_mem.semantic.facts import FactState, FactView, fact_record_of, retention
from embodied_mem.semantic.statements import clock_in, read_statements


def told(*records: Record) -> FactView:
    view = FactView()
    feed = Feed(view)
    for record in records:
        feed(record)
    return view


def objects(view: FactView, **query: object) -> list[str]:
    return [f.object for f in view.facts(**query)]  # type: ignore[arg-type]


# Two times


def test_a_newer_word_of_the_same_speaker_supersedes_and_the_old_one_stays() -> None:
    """Mem0's lesson: nothing is overwritten."""
    view = told(
        fact("keys", "kept_at", "hook in the hall", 10 * S, speaker="Anna"),
        fact("keys", "kept_at", "drawer", 20 * S, speaker="Anna"),
    )

    assert objects(view, subject="keys") == ["drawer"]
    old, new = view.facts("keys", include_superseded=True)
    assert (old.state, old.superseded_by, old.valid_until_ns) == (
        FactState.SUPERSEDED,
        new.fact_id,
        20 * S,
    )
    assert objects(view, valid_at_ns=15 * S) == ["hook in the hall"]
    assert not view.contradictions()


def test_what_was_known_then_never_holds_later_records() -> None:
    rng = random.Random(3)
    records = [
        fact(
            rng.choice("ab"), rng.choice(["kept_at", "likes"]), rng.choice("xyz"), stamp * S,
            speaker=rng.choice(["Anna", "Ben", ""]), is_negated=rng.random() < 0.2,
            valid_from_ns=rng.randrange(1, 40) * S,
        )
        for stamp in range(1, 40)
    ]  # fmt: skip
    whole = told(*records)

    for stamp in range(0, 41, 4):
        part = told(*[r for r in records if r.stamp_ns <= stamp * S])
        for valid in (5, 20, 39):
            then = {"valid_at_ns": valid * S, "known_at_ns": stamp * S}
            assert whole.facts(**then) == part.facts(**then)
            assert all(f.recorded_ns <= stamp * S for f in whole.facts(**then))
            assert whole.contradictions(**then) == part.contradictions(**then)


def test_learning_late_of_an_earlier_time_changes_that_time_only() -> None:
    view = told(
        fact("book", "kept_at", "shelf", 10 * S, valid_from_ns=5 * S),
        fact("book", "kept_at", "desk", 20 * S, valid_from_ns=2 * S),
    )

    assert objects(view, valid_at_ns=3 * S) == ["desk"]
    assert objects(view, valid_at_ns=7 * S) == ["shelf"]
    assert objects(view, valid_at_ns=3 * S, known_at_ns=15 * S) == []


def test_a_stated_end_expires_a_fact() -> None:
    view = told(fact("Anna", "is", "away", 10 * S, valid_until_ns=20 * S))
    assert objects(view, valid_at_ns=19 * S) == ["away"]
    assert objects(view, valid_at_ns=20 * S) == []
    (over,) = view.facts(valid_at_ns=20 * S, include_superseded=True)
    assert over.state is FactState.EXPIRED


def test_what_begins_later_does_not_hold_yet() -> None:
    view = told(fact("Anna", "is", "away", 10 * S, valid_from_ns=30 * S))
    assert not view.facts()
    assert view.facts(valid_at_ns=30 * S)


def test_returning_to_an_old_place_is_a_fact_of_its_own() -> None:
    view = told(
        *[
            fact("mug", "kept_at", place, stamp * S, speaker="Anna")
            for stamp, place in ((10, "shelf"), (20, "desk"), (30, "shelf"))
        ]
    )
    spans = [(f.object, f.valid_from_ns, f.valid_until_ns)
             for f in view.facts(include_superseded=True)]  # fmt: skip
    assert spans == [("shelf", 10 * S, 20 * S), ("desk", 20 * S, 30 * S), ("shelf", 30 * S, None)]


def test_other_relations_accumulate() -> None:
    view = told(fact("Anna", "likes", "tea", S), fact("Anna", "likes", "jazz", 2 * S))
    assert objects(view, subject="anna", relation="likes") == ["tea", "jazz"]


def test_a_record_can_replace_what_somebody_else_said() -> None:
    view = FactView()
    feed = Feed(view)
    number = feed(fact("mug", "kept_at", "shelf", 10 * S, speaker="Anna"))
    feed(fact("mug", "kept_at", "desk", 20 * S, speaker="Ben", supersedes=number))
    assert objects(view) == ["desk"]
    assert not view.contradictions()
    assert view.find(f"fact:{number}").superseded_by == f"fact:{number + 1}"  # type: ignore[union-attr]


def test_a_tombstone_withdraws_from_its_time_on() -> None:
    view = FactView()
    feed = Feed(view)
    number = feed(said("Anna", "I like tea.", 10 * S))
    feed(TombstoneRecord(stamp_ns=20 * S, target_record_id=number, reason="forget"))
    assert not view.facts(include_superseded=True)
    assert objects(view, known_at_ns=15 * S) == ["tea"]


# Contradiction and confirmation


def test_a_contradicting_fact_is_stored_and_reported_never_only_weakened() -> None:
    """M3-Agent lowers the weight of the old statement and drops the new one."""
    view = told(
        fact("vase", "kept_at", "shelf", 10 * S, speaker="Anna", confidence=0.9),
        fact("vase", "kept_at", "table", 20 * S, speaker="Ben", confidence=0.6),
    )

    (clash,) = view.contradictions()
    assert (clash.first.object, clash.second.object) == ("shelf", "table")
    assert [f.state for f in view.facts()] == [FactState.CONTRADICTED] * 2
    assert [f.confidence for f in view.facts()] == [0.9, 0.6]
    assert not view.contradictions(known_at_ns=15 * S)


def test_denial_by_another_speaker_is_a_contradiction() -> None:
    view = told(
        fact("Anna", "likes", "tea", 10 * S, speaker="Anna"),
        fact("Anna", "likes", "tea", 20 * S, speaker="Ben", is_negated=True),
    )
    (clash,) = view.contradictions()
    assert (clash.first.is_negated, clash.second.is_negated) == (False, True)


def test_denial_by_the_same_speaker_supersedes() -> None:
    view = told(said("Anna", "I like tea.", 10 * S), said("Anna", "I don't like tea.", 20 * S))
    (now,) = view.facts()
    assert now.is_negated
    assert not view.contradictions()
    assert [f.is_negated for f in view.facts(include_superseded=True)] == [False, True]


def test_a_contradiction_ends_when_one_side_gives_in() -> None:
    view = told(
        fact("vase", "kept_at", "shelf", 10 * S, speaker="Anna"),
        fact("vase", "kept_at", "table", 20 * S, speaker="Ben"),
        fact("vase", "kept_at", "shelf", 30 * S, speaker="Ben"),
    )
    assert not view.contradictions()
    assert len(view.contradictions(valid_at_ns=25 * S)) == 1
    (now,) = view.facts()
    assert now.speakers == ("Anna", "Ben")


def test_the_same_thing_in_other_words_is_no_contradiction() -> None:
    view = told(
        fact("milk", "kept_at", "the fridge", 10 * S, speaker="Anna"),
        fact("milk", "kept_at", "refrigerator", 20 * S, speaker="Ben"),
    )
    assert not view.contradictions()
    assert len(view.facts()) == 1


def test_confirmation_counts_once_for_each_source() -> None:
    one = fact("mug", "kept_at", "shelf", 10 * S, speaker="Anna", confidence=0.6)
    again = fact("mug", "kept_at", "shelf", 20 * S, speaker="Anna", confidence=0.6)
    other = fact("mug", "kept_at", "shelf", 30 * S, speaker="Ben", confidence=0.5)

    assert told(one).facts()[0].confidence == pytest.approx(0.6)
    assert told(one, again).facts()[0].confidence == pytest.approx(0.6)
    assert told(one, again, other).facts()[0].confidence == pytest.approx(0.8)
    assert told(one, again, other).facts()[0].strength == 3


def test_confidence_stays_below_certainty() -> None:
    names = [f"P{n}" for n in range(30)]
    view = told(*[fact("a", "is", "b", S, speaker=name, confidence=0.9) for name in names])
    assert view.facts()[0].confidence == 0.99


def test_independent_facts_may_come_in_any_order() -> None:
    records = [
        fact("mug", "kept_at", "shelf", 10 * S, speaker="Anna"),
        fact("vase", "kept_at", "table", 10 * S, speaker="Ben"),
        fact("Anna", "likes", "tea", 10 * S, speaker="Anna"),
        fact("mug", "kept_at", "desk", 10 * S, speaker="Clara"),
    ]
    answers = {
        frozenset((f.subject, f.relation, f.object, f.confidence, f.state) for f in view.facts())
        for view in (told(*order) for order in itertools.permutations(records))
    }
    assert len(answers) == 1


# Forgetting


def test_retention_is_monotone_in_strength_and_age() -> None:
    """MemoryBank's released code let strong memories fade faster."""
    day_s = 86400.0
    by_strength = [retention(10 * day_s, strength) for strength in (1, 2, 5, 10)]
    assert by_strength == sorted(by_strength)
    assert by_strength[0] < by_strength[-1]
    by_age = [retention(age * day_s, 3) for age in range(10)]
    assert by_age == sorted(by_age, reverse=True)
    assert retention(0, 1) == 1
    with pytest.raises(ValueError, match="strength"):
        retention(1, 0)


# Statements


@pytest.mark.parametrize(
    ("text", "relation", "words", "is_negated"),
    [
        ("This blue striped mug is my favourite.", "favourite", "blue striped mug", False),
        ("My favorite cup is the red one!", "favourite", "red cup", False),
        ("This isn't my favourite mug any more.", "favourite", "mug", True),
        ("Take this red mug. It is my favourite.", "favourite", "red mug", False),
        ("I like this mug best.", "favourite", "mug", False),
        ("I always keep this book at the desk in the office.", "kept_at", "book", False),
        ("The scissors are always in the drawer.", "kept_at", "scissors", False),
        ("I never keep my phone in the kitchen.", "kept_at", "phone", True),
        ("The keys belong on the hook.", "kept_at", "keys", False),
        ("This vase belongs to grandma.", "belongs_to", "vase", False),
        ("That bag is not mine.", "belongs_to", "bag", True),
        ("This is Ben's cup.", "belongs_to", "cup", False),
        ("Call this cup 'Bob'.", "called", "cup", False),
        ("I don't like this lamp.", "likes", "lamp", True),
    ],
)
def test_statements_are_read(text: str, relation: str, words: str, is_negated: bool) -> None:
    (statement,) = read_statements(text, "Anna")
    assert statement.thing is not None
    assert (statement.relation, statement.thing.words) == (relation, words)
    assert statement.is_negated is is_negated


@pytest.mark.parametrize(
    "text",
    [
        "Please bring my favourite mug to the table in the kitchen.",
        "Please put my mug back where I keep it.",
        "Is this your mug?",
        "I put the keys on the table.",
        "My phone is on the table.",
        "I used to keep it on the shelf.",
        "If this is my favourite mug, wash it.",
        "What a nice day.",
        "This is my brother Ben.",
        "",
        "?!",
    ],
)
def test_what_states_nothing_yields_no_fact(text: str) -> None:
    assert read_statements(text, "Anna") == ()


def test_routines_and_rules_are_read_with_their_time() -> None:
    text = "Every day at about 17:45 Anna brings the blue mug to the table in the kitchen."
    (routine,) = read_statements(text, "Anna")
    assert (routine.relation, routine.person, routine.clock_s) == ("routine", "Anna", 63900.0)
    (rule,) = read_statements("Please don't move my books.", "Anna")
    assert (rule.relation, rule.value, rule.is_negated) == ("wants", "move my books", True)


@pytest.mark.parametrize(
    ("text", "clock_s"),
    [("at 8", 28800), ("at 8 pm", 72000), ("at 12 am", 0), ("at noon", 43200), ("at 07:30", 27000),
     ("at seven o'clock", 25200), ("every evening", 68400), ("on Mondays", None)],
)  # fmt: skip
def test_times_of_day_are_read(text: str, clock_s: float | None) -> None:
    assert clock_in(text) == clock_s


def test_hedged_and_second_hand_statements_are_less_sure() -> None:
    (plain,) = read_statements("This mug is mine.", "Anna")
    (hedged,) = read_statements("I think this mug is mine.", "Anna")
    (hearsay,) = read_statements("This mug is Ben's.", "Anna")
    assert plain.confidence > hearsay.confidence > hedged.confidence > 0


# Words tied to things


def kitchen() -> ListedEntities:
    return ListedEntities(
        [
            person(1, (1.0, 0.2, 1.0)),
            entity(2, "mug", color="blue", holder="entity:1"),
            entity(3, "mug", color="blue", position=(6.0, 4.0, 0.9)),
            entity(4, "mug", color="red", position=(1.2, 0.5, 0.9)),
            entity(5, "book", color="green", position=(5.0, 4.0, 0.9)),
        ]
    )


def test_this_means_what_the_speaker_holds() -> None:
    feed = Feed(FactView(entities=kitchen()))
    feed(
        robot_at(0.0, 0.0, 100 * S), said("Anna", "This blue striped mug is my favourite.", 100 * S)
    )
    (known,) = feed.view.facts()  # type: ignore[attr-defined]
    assert (known.subject, known.relation, known.object) == ("Anna", "favourite:mug", "entity:2")
    assert known.evidence == ("utterance:4",)
    assert known.fact_id == "derived:4"


def test_an_ambiguous_thing_stays_a_description_with_candidates() -> None:
    world = ListedEntities([entity(n, "mug", color="blue", position=(n, 0, 1)) for n in (2, 3)])
    feed = Feed(FactView(entities=world))
    feed(said("Anna", "The blue mug is my favourite.", 100 * S))
    (known,) = feed.view.facts()  # type: ignore[attr-defined]
    assert known.object == "blue mug"
    assert set(known.candidates) == {"entity:2", "entity:3"}


def test_words_that_were_tied_once_keep_their_meaning() -> None:
    world = kitchen()
    view = FactView(entities=world)
    feed = Feed(view)
    feed(robot_at(0, 0, 100 * S), said("Anna", "This blue mug is my favourite.", 100 * S))
    world.items = [entity(n, "mug", color="blue", position=(n, 0, 1)) for n in (2, 3)]
    feed(said("Anna", "I always keep the blue mug on the shelf.", 200 * S))
    assert objects(view, subject="entity:2", relation="kept_at") == ["shelf"]


def test_a_new_favourite_of_the_same_kind_supersedes_one_of_another_kind_does_not() -> None:
    view = FactView(entities=kitchen())
    feed = Feed(view)
    feed(robot_at(0, 0, 100 * S), said("Anna", "This blue mug is my favourite.", 100 * S))
    feed(said("Anna", "My favourite book is the green one.", 110 * S))
    feed(said("Anna", "My favourite cup is the red mug.", 120 * S))
    assert objects(view, relation="favourite") == ["entity:5", "entity:4"]


def test_facts_about_a_merged_entity_are_found() -> None:
    world = kitchen()
    view = FactView(entities=world)
    Feed(view)(fact("entity:9", "kept_at", "shelf", S))
    world.items.append(entity(7, "jug", merged_ids=("entity:9",)))
    assert objects(view, subject="entity:7") == ["shelf"]


# A view


SAID = (
    "This blue mug is my favourite.",
    "I always keep this green book at the desk in the office.",
    "Every morning I drink tea. Please don't wash this mug.",
    "I don't like tea, and my phone is always in the drawer.",
)


def records_of_a_week() -> list[Record]:
    records: list[Record] = [robot_at(0.0, 0.0, 50 * S)]
    for n in range(24):
        speaker = ("Anna", "Ben", "Clara")[n % 3]
        records.append(said(speaker, SAID[n % 4], (100 + 10 * n) * S))
        records.append(fact("mug", "kept_at", "abc"[n % 3], (101 + 10 * n) * S, speaker=speaker))
    return records


def test_a_saved_view_answers_and_goes_on_like_the_one_that_was_saved() -> None:
    live = Feed(FactView(entities=kitchen()))
    records = records_of_a_week()
    for record in records[:20]:
        live(record)
    loaded = FactView(entities=kitchen())
    loaded.load_bytes(live.view.to_bytes())
    assert loaded.digest() == live.view.digest()
    again = Feed(loaded, next_id=23)
    for record in records[20:]:
        live(record)
        again(record)
    assert loaded.digest() == live.view.digest()
    assert loaded.facts(include_superseded=True) == live.view.facts(include_superseded=True)  # type: ignore[attr-defined]


def test_a_replay_of_the_journal_equals_the_live_view(tmp_path: Path) -> None:
    live = Feed(FactView(entities=kitchen()))
    records = records_of_a_week()
    for record in records:
        live(record)
    with write_journal(tmp_path / "week.db", records) as journal:
        assert replayed(FactView(entities=kitchen()), journal).digest() == live.view.digest()
        then = replayed(FactView(entities=kitchen()), journal, until_stamp_ns=200 * S)
    assert then.facts() == live.view.facts(known_at_ns=200 * S)  # type: ignore[attr-defined]


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"assertions":3}'])
def test_unreadable_state_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        FactView().load_bytes(data)


def test_noting_what_was_derived_changes_nothing_but_the_evidence() -> None:
    view = FactView()
    feed = Feed(view)
    number = feed(said("Anna", "I always keep my umbrella in the hall.", 10 * S))
    before = view.facts()
    (told_fact,) = view.read("I always keep my umbrella in the hall.", "Anna")
    feed(fact_record_of(told_fact, stamp_ns=20 * S, source_id=number))
    (after,) = view.facts()
    assert after.confidence == before[0].confidence
    assert after.evidence == (f"utterance:{number}", f"fact:{number + 1}")
