"""People and what their words for things mean."""

from __future__ import annotations

import pytest
from semantic_samples import Feed, ListedEntities, S, entity, fact, person, robot_at, said

from embodied_mem.semantic.facts import FactView
from embodied_mem.semantic.people import AliasHit, People
from embodied_mem.semantic.phrases import canonical, color_agreement, noun_of, read_phrase

ANNA, BEN = 1, 2


class Home:
    """Anna and Ben show their things to the robot, one after the other."""

    def __init__(self) -> None:
        self.world = ListedEntities()
        self.view = FactView(entities=self.world)
        self.people = People(self.view)
        self.feed = Feed(self.view)
        self.now_s = 0

    def show(self, speaker: str, text: str, held: int | None = None) -> None:
        """The speaker stands before the robot with a thing in the hand and says something."""
        self.now_s += 100
        number = {"Anna": ANNA, "Ben": BEN}[speaker]
        things = {3: ("mug", "blue"), 4: ("mug", "red"), 5: ("vase", "white"), 6: ("mug", "blue")}
        self.world.items = [
            person(n, (1.0 if n == number else 5.0, 0.0, 1.0), last_seen_ns=self.now_s * S)
            for n in (ANNA, BEN)
        ] + [
            entity(
                n, label, color=color, position=(6.0, n, 0.9), last_seen_ns=self.now_s * S,
                holder=f"entity:{number}" if n == held else "",
            )
            for n, (label, color) in things.items()
        ]  # fmt: skip
        self.feed(robot_at(0.0, 0.0, self.now_s * S), said(speaker, text, self.now_s * S))

    def meant(self, phrase: str, speaker: str | None = None) -> list[str]:
        return [hit.entity_id for hit in self.people.resolve(phrase, speaker)]


@pytest.fixture
def home() -> Home:
    home = Home()
    home.show("Anna", "Hello.")
    home.show("Ben", "Good morning!")
    home.show("Anna", "This blue mug is my favourite.", held=3)
    home.show("Ben", "This red mug is my favourite.", held=4)
    home.show("Ben", "I always keep this blue mug at the desk in the office.", held=6)
    home.show("Anna", "This is grandma's vase.", held=5)
    return home


def test_the_same_words_of_two_people_mean_two_things(home: Home) -> None:
    assert home.meant("my favourite cup", "Anna") == ["entity:3"]
    assert home.meant("my favourite cup", "Ben") == ["entity:4"]
    assert home.meant("Anna's favourite mug", "Ben") == ["entity:3"]


def test_my_favourite_is_anybodys_without_a_speaker(home: Home) -> None:
    assert set(home.meant("my favourite mug")) == {"entity:3", "entity:4"}
    assert home.people.find_meant("my favourite mug") is None


def test_a_hit_cites_the_statement(home: Home) -> None:
    (hit,) = home.people.resolve("my favourite mug", "Anna")
    (known,) = home.view.facts(relation="favourite", subject="Anna")
    assert hit == AliasHit("entity:3", "blue mug", hit.confidence, known.evidence, known.fact_id)
    assert 0.5 < hit.confidence <= 1


def test_my_mug_is_also_the_one_that_i_keep_somewhere(home: Home) -> None:
    """What residents ask for: 'put my mug back where I keep it'."""
    hit = home.people.resolve("my mug", "Ben")[0]
    assert hit.entity_id == "entity:6"
    (place,) = home.view.facts(subject=hit.entity_id, relation="kept_at")
    assert place.object == "desk in the office"


def test_somebodys_thing_is_found_by_anyone(home: Home) -> None:
    assert home.meant("grandma's vase", "Ben") == ["entity:5"]
    assert home.meant("grandma's vase") == ["entity:5"]


def test_a_name_for_a_thing_is_understood_and_the_speakers_own_use_goes_first(home: Home) -> None:
    home.show("Anna", "Call this mug 'Bob'.", held=3)
    assert home.meant("Bob", "Ben") == ["entity:3"]
    home.show("Ben", "This mug is called Bob.", held=4)
    assert home.meant("Bob", "Ben") == ["entity:4"]
    assert home.meant("Bob", "Anna") == ["entity:3"]
    assert set(home.meant("Bob")) == {"entity:3", "entity:4"}


def test_facts_about_a_named_thing_are_about_its_entity(home: Home) -> None:
    home.show("Anna", "Call this mug 'Bob'.", held=3)
    home.show("Anna", "Bob belongs on the shelf.")
    assert [f.object for f in home.view.facts("entity:3", "kept_at")] == ["shelf"]


def test_a_new_favourite_replaces_the_old_meaning_but_not_the_past(home: Home) -> None:
    before_ns = home.now_s * S
    home.show("Anna", "This mug is my favourite.", held=6)
    assert home.meant("my favourite mug", "Anna") == ["entity:6"]
    past = home.people.resolve("my favourite mug", "Anna", known_at_ns=before_ns)
    assert [hit.entity_id for hit in past] == ["entity:3"]


def test_looks_answer_where_nothing_was_told(home: Home) -> None:
    hits = home.people.resolve("the red mug", "Anna")
    assert hits[0].entity_id == "entity:4"
    assert hits[0].evidence == ("frame:4",)
    assert hits[0].fact_id == ""
    assert {h.entity_id for h in home.people.resolve("the blue mug")} >= {"entity:3", "entity:6"}
    assert home.people.find_meant("the blue mug") is None


def test_an_unknown_thing_has_no_hit(home: Home) -> None:
    assert home.people.resolve("the violin", "Anna") == ()


def test_a_thing_known_by_description_alone_is_kept_as_such() -> None:
    view = FactView()
    Feed(view)(said("Anna", "My favourite cup is the blue one.", S))
    (hit,) = People(view).resolve("my favourite mug", "Anna")
    assert (hit.entity_id, hit.description) == ("", "blue cup")


def test_facts_noted_about_an_entity_without_words_name_it_too(home: Home) -> None:
    home.feed(fact("entity:3", "belongs_to", "Anna", home.now_s * S))
    assert home.meant("my blue mug", "Anna")[0] == "entity:3"
    assert home.meant("Anna's vase", "Ben") != ["entity:3"]


def test_a_denied_meaning_is_none() -> None:
    view = FactView()
    feed = Feed(view)
    feed(fact("entity:3", "belongs_to", "Anna", S, is_negated=True))
    assert People(view).resolve("my mug", "Anna") == ()


def test_speakers_are_tied_to_the_person_who_was_near(home: Home) -> None:
    anna, ben = home.people.persons()
    assert (anna.name, anna.entity_id) == ("Anna", "entity:1")
    assert (ben.name, ben.entity_id) == ("Ben", "entity:2")
    assert anna.utterance_count == 3
    assert anna.evidence[0].startswith("utterance:")
    speaker = home.people.find_speaker("entity:2")
    assert speaker is not None
    assert speaker.name == "Ben"


def test_a_voice_with_nobody_near_stays_without_an_entity() -> None:
    view = FactView()
    Feed(view)(said("Anna", "Hello.", S))
    (anna,) = People(view).persons()
    assert (anna.entity_id, anna.confidence) == ("", 0.0)


def test_people_are_found_by_what_they_want_to_be_called(home: Home) -> None:
    home.show("Anna", "Please call me Annie.")
    found = home.people.find_person("Annie")
    assert found is not None
    assert found.name == "Anna"
    assert home.meant("Annie's favourite mug", "Ben") == ["entity:3"]


def test_merged_entities_answer_under_the_id_that_stayed(home: Home) -> None:
    home.world.items = [entity(9, "mug", color="blue", merged_ids=("entity:3",))]
    assert home.meant("my favourite mug", "Anna") == ["entity:9"]


def test_aliases_of_a_person_are_listed(home: Home) -> None:
    listed = {(alias.words, alias.hit.entity_id) for alias in home.people.aliases("Ben")}
    assert listed == {("my favourite mug", "entity:4"), ("my blue mug", "entity:6")}


# Phrases


@pytest.mark.parametrize(
    ("text", "words", "determiner", "owner", "noun", "color"),
    [
        ("this blue striped mug", "blue striped mug", "this", "", "mug", "blue"),
        ("my favourite cup", "cup", "my", "Anna", "cup", ""),
        ("my grandma's old vase", "old vase", "'s", "grandma", "vase", ""),
        ("the black remote control", "black remote control", "the", "", "remote control", "black"),
        ("the cup of tea on the table", "cup of tea on the table", "the", "", "cup", ""),
        ("the red one", "red", "the", "", "", "red"),
        ("this", "", "this", "", "", ""),
        ("James' books", "books", "'s", "James", "book", ""),
    ],
)
def test_phrases_are_read(
    text: str, words: str, determiner: str, owner: str, noun: str, color: str
) -> None:
    phrase = read_phrase(text, "Anna")
    assert (phrase.words, phrase.determiner, phrase.owner) == (words, determiner, owner)
    assert (phrase.noun, phrase.color) == (noun, color)


def test_words_that_mean_the_same_are_equal() -> None:
    assert canonical("the refrigerator in the kitchen") == canonical("fridge in the kitchen")
    assert canonical("shelf") != canonical("desk")
    assert noun_of("big blue coffee table") == "coffee table"


def test_similar_colours_agree_more_than_different_ones() -> None:
    same, similar, other = (color_agreement("blue", c) for c in ("dark blue", "turquoise", "red"))
    assert same == 1 > similar > color_agreement("blue", "red") == other
    assert color_agreement("", "red") == 1
