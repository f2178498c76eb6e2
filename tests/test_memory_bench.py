"""`bench memory`: its scores on hand-made truth, and one short episode from end to end."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from memory_bench_samples import (
    FRAMES,
    HOMES,
    STEP_NS,
    make_entity,
    make_truth,
    perfect_entities,
)

from embodied_mem.bench.memory import run
from embodied_mem.bench.memory.changes import expected_belief
from embodied_mem.bench.memory.episode import rescore
from embodied_mem.bench.memory.events import score_events
from embodied_mem.bench.memory.looking import box_points, looked_shares
from embodied_mem.bench.memory.matching import match_entities
from embodied_mem.bench.memory.report import pool, report_of, write_rows
from embodied_mem.bench.memory.scores import (
    EpisodeScores,
    count_changes,
    count_entities,
    count_positions,
    count_switches,
    was_looked_at,
)
from embodied_mem.bench.memory.text import text_of
from embodied_mem.bench.memory.truth import EpisodeTruth
from embodied_mem.bench.memory.verdicts import VerdictRow, equal_mass_calibration_error
from embodied_mem.cli import main
from embodied_mem.entities.entity import Entity, Status
from embodied_mem.envs.house.truth_log import TruthEvent
from embodied_mem.episodic.event import Event, EventLevel
from embodied_mem.errors import InputError

AWAY = (8.0, 3.0, 0.9)
"""Out of the camera's view."""


def scores_of(truth: EpisodeTruth, entities: list[Entity]) -> EpisodeScores:
    matching = match_entities(truth, entities)
    return EpisodeScores(
        truth.seed,
        truth.noise,
        truth.frame_count,
        count_entities(truth, matching),
        count_positions(truth, matching),
        count_switches({}, [0]),
        count_changes(truth, matching),
        score_events(truth, matching, ()),
        (1.0,),
    )


def test_a_perfect_memory_scores_one() -> None:
    level = pool("off", [scores_of(make_truth(), perfect_entities())])
    assert level.entity_precision == level.entity_recall == level.position_ok == 1.0
    assert level.change_accuracy == level.change_balanced == 1.0
    assert level.object_error_m == level.furniture_error_m == 0.0


def test_a_duplicate_lowers_precision_and_not_recall() -> None:
    double = make_entity(9, "mug", (2.05, 0.0, 0.9))
    counts = scores_of(make_truth(), [*perfect_entities(), double]).entities
    assert (counts.right, counts.wrong, counts.to_find) == (4, 1, 4)
    assert counts.wrong_notes[0].startswith("entity:9 mug")


def test_a_duplicate_does_not_stand_for_a_missed_thing_nearby() -> None:
    double = make_entity(9, "mug", (2.0, 0.05, 0.9))
    entities = [e for e in perfect_entities() if e.entity_id != "entity:1"]
    counts = scores_of(make_truth(), [*entities, double]).entities
    assert (counts.right, counts.wrong) == (3, 1)
    assert counts.missed_notes[0].startswith("mug_1")


def test_a_misplaced_entity_is_found_but_not_in_place() -> None:
    entities = perfect_entities()
    entities[2] = make_entity(2, "book", (2.2, -0.9, 0.9))
    scores = scores_of(make_truth(), entities)
    assert scores.entities.right == 4
    assert (scores.positions.ok, scores.positions.total) == (3, 4)


def test_furniture_is_in_place_anywhere_on_its_footprint() -> None:
    entities = perfect_entities()
    entities[3] = make_entity(3, "table", (2.4, 0.8, 0.8))
    assert scores_of(make_truth(), entities).positions.ok == 4


def test_a_thing_seen_once_is_neither_asked_for_nor_wrong() -> None:
    truth = make_truth(seen={"book_0": [4]})
    counts = scores_of(truth, perfect_entities()).entities
    assert (counts.right, counts.wrong, counts.neutral, counts.to_find) == (3, 0, 1, 3)
    counts = scores_of(truth, perfect_entities()[:2]).entities
    assert (counts.right, counts.to_find) == (2, 3)


@pytest.mark.parametrize(("label", "is_match"), [("cup", True), ("fridge", False)])
def test_another_label_matches_if_it_is_alike(label: str, is_match: bool) -> None:
    entities = perfect_entities()
    entities[0] = make_entity(0, label, (2.0, 0.08, 0.9))
    assert scores_of(make_truth(), entities).entities.right == 3 + is_match


def test_another_label_matches_if_the_boxes_overlap() -> None:
    entities = perfect_entities()
    entities[0] = make_entity(0, "fridge", HOMES["mug_0"])
    assert scores_of(make_truth(), entities).entities.right == 4


def test_unconfirmed_entities_and_persons_are_left_out() -> None:
    unsure = dataclasses.replace(make_entity(9, "book", (2.0, 1.0, 0.9)), is_confirmed=False)
    person = make_entity(8, "person", (1.5, 1.0, 0.9))
    assert scores_of(make_truth(), [*perfect_entities(), unsure, person]).entities.wrong == 0


def test_what_left_in_view_is_expected_gone() -> None:
    truth = make_truth(moves={"mug_0": [(4, AWAY, "floor:hall_0")]}, seen={"mug_0": range(4)})
    assert expected_belief(truth, 0).kind == "gone"
    entities = perfect_entities()
    entities[0] = make_entity(0, "mug", HOMES["mug_0"], last_seen=3)
    assert scores_of(truth, entities).changes.wrong_notes[0].startswith("mug_0")
    entities[0] = make_entity(0, "mug", HOMES["mug_0"], status=Status.GONE, last_seen=3)
    changes = scores_of(truth, entities).changes
    assert all(good for _, _, good in changes.rows)
    assert (changes.gone, changes.gone_unlooked) == (1, 0)


@pytest.mark.parametrize(
    "hidden", [{"depth_mm": 500}, {"is_delivered": (True,) * 4 + (False,) * 6}]
)
def test_what_left_unseen_is_expected_at_its_place(hidden: dict[str, object]) -> None:
    truth = make_truth(
        moves={"mug_0": [(4, AWAY, "floor:hall_0")]},
        seen={"mug_0": range(4)},
        **hidden,  # type: ignore[arg-type]
    )
    assert expected_belief(truth, 0).kind == "still"
    entities = perfect_entities()
    entities[0] = make_entity(0, "mug", HOMES["mug_0"], last_seen=3)
    assert all(good for _, _, good in scores_of(truth, entities).changes.rows)
    entities[0] = make_entity(0, "mug", HOMES["mug_0"], status=Status.GONE, last_seen=3)
    changes = scores_of(truth, entities).changes
    assert (changes.gone, changes.gone_unlooked) == (1, 1)
    assert not all(good for _, _, good in changes.rows)


def test_one_frame_of_looking_allows_both_beliefs() -> None:
    truth = make_truth(
        moves={"mug_0": [(4, AWAY, "floor:hall_0")]},
        seen={"mug_0": range(4)},
        is_delivered=(True,) * 5 + (False,) * 5,
    )
    assert expected_belief(truth, 0).kind == "unsure"
    for status in (Status.PRESENT, Status.GONE):
        entities = perfect_entities()
        entities[0] = make_entity(0, "mug", HOMES["mug_0"], status=status, last_seen=3)
        assert all(good for _, _, good in scores_of(truth, entities).changes.rows)


def test_what_was_seen_elsewhere_is_expected_there() -> None:
    there = (3.0, 1.0, 0.9)
    truth = make_truth(moves={"mug_0": [(4, there, "floor:hall_0")]})
    assert expected_belief(truth, 0).kind == "moved"
    entities = perfect_entities()
    entities[0] = make_entity(0, "mug", HOMES["mug_0"], last_seen=3)
    assert not all(good for _, _, good in scores_of(truth, entities).changes.rows)
    entities[0] = make_entity(0, "mug", there)
    assert all(good for _, _, good in scores_of(truth, entities).changes.rows)


def test_what_the_robot_carries_is_expected_held() -> None:
    truth = make_truth(moves={"mug_0": [(4, (0.5, 0.0, 0.8), "robot")]}, seen={"mug_0": range(4)})
    entities = perfect_entities()
    entities[0] = make_entity(
        0, "mug", HOMES["mug_0"], status=Status.HELD, last_seen=3, holder="robot"
    )
    scores = scores_of(truth, entities)
    assert ("held", "held", True) in scores.changes.rows
    assert scores.positions.total == 3  # what was taken away has no place to be right about


def test_what_the_robot_laid_down_out_of_view_is_expected_near_there() -> None:
    moves = [(4, (0.5, 0.0, 0.8), "robot"), (7, AWAY, "floor:hall_0")]
    truth = make_truth(moves={"mug_0": moves}, seen={"mug_0": range(4)})
    expected = expected_belief(truth, 0)
    assert (expected.kind, expected.tolerance_m) == ("moved", 1.0)
    np.testing.assert_array_equal(expected.place, AWAY)


def test_looks_end_at_surfaces_image_borders_and_five_metres() -> None:
    frames = np.arange(FRAMES)
    near = box_points(np.array([2.0, 0.0, 1.0]), (0.1, 0.1, 0.1), 0.3)
    assert (looked_shares(make_truth(), near, frames) == 1).all()
    assert (looked_shares(make_truth(depth_mm=1500), near, frames) == 0).all()
    for center in ([-2.0, 0.0, 1.0], [2.0, 3.0, 1.0], [6.0, 0.0, 1.0]):
        points = box_points(np.array(center), (0.1, 0.1, 0.1), 0.0)
        assert (looked_shares(make_truth(), points, frames) == 0).all()


def test_a_look_counts_only_after_the_last_sighting() -> None:
    gone = make_entity(0, "mug", HOMES["mug_0"], status=Status.GONE, last_seen=FRAMES - 1)
    assert not was_looked_at(make_truth(), gone)


def test_switches_are_changes_between_confirmed_entities() -> None:
    counts = count_switches({"a": [1, 1, 2, 2, 1], "b": [3, 99, 3], "c": []}, [1, 2, 3, 4])
    assert (counts.switches, counts.extra_entities, counts.entities) == (2, 1, 4)


def test_events_need_object_furniture_and_time() -> None:
    pick = TruthEvent(
        0, "robot", "pick", "mug_0", "table_0/top", "robot", "", "", 3, 4, 0, 4 * STEP_NS
    )
    place = dataclasses.replace(
        pick, action="place", from_id="robot", to_id="floor:hall_0", end_stamp_ns=7 * STEP_NS
    )
    other = dataclasses.replace(pick, actor_id="person_0")
    truth = make_truth(events=[pick, place, other])
    matching = match_entities(truth, perfect_entities())

    def event(action: str, step: int, **values: str) -> Event:
        row = {"entity_id": "entity:0", **values}
        return Event("event:1", EventLevel.ACTION, action, "robot", 0, step * STEP_NS, **row)  # type: ignore[arg-type]

    right = [event("pick", 4, from_id="entity:3"), event("place", 8)]
    counts = score_events(truth, matching, right)
    assert (counts.found, counts.true, counts.noticed) == (2, 2, 2)
    wrong = [
        event("pick", 8, from_id="entity:3"),
        event("pick", 4, from_id="entity:2"),
        event("place", 7, entity_id="entity:1"),
    ]
    counts = score_events(truth, matching, wrong)
    assert (counts.found, counts.right_object, counts.right_time) == (0, 1, 2)


def test_calibration_error_is_the_gap_in_bins_of_equal_mass() -> None:
    assert equal_mass_calibration_error([0.5] * 4, [True, True, False, False], bin_count=1) == 0
    assert equal_mass_calibration_error([0.9] * 100, [True] * 90 + [False] * 10, bin_count=1) == (
        pytest.approx(0)
    )
    assert equal_mass_calibration_error([0.2, 0.9], [True, True]) == pytest.approx(0.45)


def test_truth_is_the_same_after_saving(tmp_path: Path) -> None:
    truth = make_truth(moves={"mug_0": [(4, AWAY, "robot")]}, tracks={"track_1": "mug_0"})
    truth.save(tmp_path)
    loaded = EpisodeTruth.load(tmp_path)
    assert loaded.things == truth.things
    assert loaded.house == truth.house
    assert loaded.support_at(0, 5) == "robot"
    np.testing.assert_array_equal(loaded.depth_mm, truth.depth_mm)
    facts = tmp_path / "truth.json"
    facts.write_text(facts.read_text().replace('"schema": 1', '"schema": 0', 1))
    with pytest.raises(InputError, match="record the episode again"):
        EpisodeTruth.load(tmp_path)


def test_bars_name_the_level_and_fail_with_it(tmp_path: Path) -> None:
    good = scores_of(make_truth(), perfect_entities())
    rows = (VerdictRow(7, "off", "cup", "unknown", "unknown", True, 0.9, 0.8, {"match": 0.1}),)
    bad = dataclasses.replace(scores_of(make_truth(), perfect_entities()[:1]), verdicts=rows)
    report = report_of([good, bad], update=None, settings={})
    bars = {bar.name: bar for bar in report.bars}
    assert bars["entity_recall_off"].value == pytest.approx(5 / 8)
    assert not bars["entity_recall_off"].ok
    assert bars["entity_precision_off"].ok
    assert bars["unknown_recall"].ok
    assert "entity_recall_mild" not in bars
    write_rows(tmp_path / "rows.jsonl", [good, bad])
    (line,) = (tmp_path / "rows.jsonl").read_text().splitlines()
    assert json.loads(line)["features"] == {"match": 0.1}


@pytest.mark.slow
def test_an_episode_that_fails_says_which(tmp_path: Path) -> None:
    with pytest.raises(run.EpisodeError, match="seed 3, noise off"):
        run.run_episodes(
            episode_count=1, noise_levels=("off",), first_seed=3, step_count=-1, out=tmp_path
        )


@pytest.mark.slow
def test_a_short_episode_is_played_scored_kept_and_not_played_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def play() -> list[EpisodeScores]:
        return run.run_episodes(
            episode_count=1, noise_levels=("off",), first_seed=3, step_count=40, worker_count=1,
            out=tmp_path, is_kept=True,
        )  # fmt: skip

    (scores,) = play()
    assert scores.frame_count == 41
    assert scores.entities.right > 3
    assert scores.entities.wrong <= 1
    assert any(row.expected == "unknown" and row.is_right for row in scores.verdicts)
    folder = tmp_path / "seed3_off"
    truth = EpisodeTruth.load(folder)
    number = int(truth.sighting_thing[0])
    points = box_points(truth.center_at(number, 0), truth.things[number].size_m, 0.0)
    assert points.shape == (27, 3)
    again = rescore(folder)
    assert (again.entities, again.changes.rows) == (scores.entities, scores.changes.rows)
    assert "seed 3 off" in text_of(again, has_notes=True)

    monkeypatch.setattr(run, "run_task", None)  # nothing is played from here on
    assert play() == [scores]
    words = "bench memory --episodes 1 --noise off --seed 3 --steps 40 --no-speed --json --out"
    rows = tmp_path / "rows.jsonl"
    assert main([*words.split(), str(tmp_path), "--rows", str(rows)]) in (0, 1)
    bars = {bar["name"]: bar for bar in json.loads(capsys.readouterr().out)["bars"]}
    assert bars["entity_recall_off"]["value"] is not None
    assert len(rows.read_text().splitlines()) == len(scores.verdicts)
    with pytest.raises(InputError, match="name another folder"):
        run.run_episodes(
            episode_count=1, noise_levels=("off",), first_seed=3, step_count=70, out=tmp_path
        )
    with pytest.raises(InputError, match="noise levels are"):
        run.run_episodes(episode_count=1, noise_levels=("loud",))
