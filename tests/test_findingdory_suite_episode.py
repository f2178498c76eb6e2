"""Whole episodes of the FindingDory suite in a tiny house: played, asked, answered by an oracle, saved."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from house_samples import tiny_house

from embodied_mem.core import Action, Observation
from embodied_mem.envs.suites.findingdory import (
    FindingDoryEpisode,
    FindingDoryTask,
    SuiteConfig,
    score_frames,
)
from embodied_mem.envs.suites.findingdory.playing import record_episode
from embodied_mem.envs.suites.findingdory.storage import load_task, save_task, task_to_json
from embodied_mem.errors import InputError

CONFIG = SuiteConfig(
    image_width_px=60,
    image_height_px=80,
    min_round_count=3,
    max_round_count=3,
    min_step_count=0,
    max_step_count=1200,
    unvisited_share=0.0,
)
SEED = 5


@pytest.fixture(scope="module")
def episode() -> FindingDoryEpisode:
    return FindingDoryEpisode(SEED, CONFIG, house=tiny_house())


@pytest.fixture(scope="module")
def task(episode: FindingDoryEpisode) -> FindingDoryTask:
    return episode.task()


@pytest.fixture(scope="module")
def observations(episode: FindingDoryEpisode) -> tuple[Observation, ...]:
    return tuple(episode.observations())


def test_the_agent_gets_the_frames_that_the_evaluator_judges(
    task: FindingDoryTask, observations: tuple[Observation, ...]
) -> None:
    frames = task.record.frames
    assert [f.stamp_ns for f in frames] == [o.stamp_ns for o in observations]
    for frame, observation in zip(frames, observations, strict=True):
        assert observation.robot is not None
        assert observation.robot.base_in_world == frame.base
        assert observation.robot.mode == frame.mode
        assert observation.clock_s == frame.clock_s
    assert frames[0].action == "reset"
    actions = {frame.action for frame in frames}
    assert {"move_forward", "turn_left", "manipulation_mode", "pick", "place"} <= actions


def test_interactions_are_told_in_frames(task: FindingDoryTask) -> None:
    record = task.record
    assert len(record.interactions) == 3
    assert not record.is_timed_out
    for one in record.interactions:
        assert one.start_frame < one.pick_frame < one.place_frame < one.end_frame
        assert record.frames[one.pick_frame].action == "pick"
        assert record.frames[one.place_frame].mode == "manipulation"
    last = record.interactions[-1]
    assert record.house.objects[last.object_id].support_id == last.to_id
    first = record.interactions[0]
    assert record.first_support_ids[first.object_id] == first.from_id


def test_most_templates_are_asked_and_all_are_accounted_for(task: FindingDoryTask) -> None:
    asked = [one.task_id for one in task.instructions]
    dropped = [one.task_id for one in task.dropped]
    assert sorted([*asked, *dropped]) == sorted(f"task_{n}" for n in range(1, 61))
    assert len(asked) >= 40
    assert all(one.reason for one in task.dropped)


def test_an_oracle_with_valid_frames_always_succeeds(task: FindingDoryTask) -> None:
    rng = np.random.default_rng(0)
    for instruction in task.instructions:
        assert instruction.has_valid_frames
        chosen = [int(rng.choice(frames)) for frames in instruction.valid_frames]
        score = score_frames(task, instruction, chosen)
        assert score.high_level_goal_success, instruction
        assert score.high_level_dtg_success
        assert score.high_level_sem_cov_success
        assert score.vlm_failure_modes == ()
        assert score.relaxed_score == 1.0
        assert score.keyframe_deviation == 0.0


def test_frames_outside_the_valid_ones_fail(task: FindingDoryTask) -> None:
    single = [one for one in task.instructions if len(one.goal.rows) == 1]
    for instruction in single[:12]:
        others = set(range(len(task.record.frames))) - set(instruction.valid_frames[0])
        for index in sorted(others)[:: max(len(others) // 8, 1)]:
            assert not score_frames(task, instruction, [index]).high_level_goal_success


def test_the_same_seed_gives_the_same_task_whatever_is_sensed(task: FindingDoryTask) -> None:
    noisy = replace(CONFIG, noise="hard", image_width_px=12, image_height_px=16)
    again = FindingDoryEpisode(SEED, noisy, house=tiny_house())
    assert sum(1 for _ in again.observations()) == len(task.record.frames)
    assert [again.env.true_base] == [task.record.final_base]
    assert record_episode(SEED, noisy, tiny_house()).frames == task.record.frames
    assert again.task() == task


def test_an_episode_comes_back_from_json_as_it_was(task: FindingDoryTask, tmp_path: Path) -> None:
    for name in ("episode.json", "episode.json.gz"):
        save_task(task, tmp_path / name)
        loaded = load_task(tmp_path / name)
        assert loaded == task
        assert json.dumps(task_to_json(loaded)) == json.dumps(task_to_json(task))
    one = next(i for i in loaded.instructions if i.task_id == "task_3")
    assert score_frames(loaded, one, [one.valid_frames[0][0]]).high_level_goal_success
    (tmp_path / "broken.json.gz").write_bytes((tmp_path / "episode.json.gz").read_bytes()[:99])
    with pytest.raises(InputError, match="cannot read"):
        load_task(tmp_path / "broken.json.gz")
    (tmp_path / "other.json").write_text('{"schema": "other"}')
    with pytest.raises(InputError, match="make it again"):
        load_task(tmp_path / "other.json")


def test_json_has_the_keys_of_the_episode_schema(task: FindingDoryTask) -> None:
    row = task_to_json(task)
    keys = (
        "id seed split scene agent steps_per_day rooms receptacles objects interactions frames "
        "instructions"
    )
    assert set(keys.split()) <= set(row)
    parts = {
        "rooms": "id type",
        "receptacles": "id category room furniture_id box viewpoints",
        "objects": "id category attrs init_recep final_recep pos",
        "interactions": "k obj from to room_from room_to t_start t_pick t_place t_end",
        "frames": "t clock pose manip_mode action",
        "instructions": "task_id category lang task_type goal targets valid_frames",
    }
    for name, expected in parts.items():
        assert set(expected.split()) <= set(row[name][0])
    assert set(row["instructions"][0]["goal"]) == {"quantifier", "predicate", "properties"}


def core_types(value: object) -> set[str]:
    """Modules of all dataclasses inside a value."""
    if isinstance(value, tuple | list):
        return set().union(*map(core_types, value)) if value else set()
    if is_dataclass(value):
        found = {type(value).__module__}
        return found.union(*(core_types(getattr(value, f.name)) for f in fields(value)))
    return set()


def test_an_agent_is_told_no_truth(
    task: FindingDoryTask, observations: tuple[Observation, ...]
) -> None:
    for observation in observations[::40]:
        assert core_types(observation) <= {"embodied_mem.core", "embodied_mem.geometry"}
        assert not observation.utterances
    for instruction in task.instructions:
        assert not re.search(r"[_\d]", re.sub(r"\d\d:\d\d", "", instruction.text))


def test_only_a_perfect_detector_names_things() -> None:
    """Its track ids are the house's; a noisy one has numbers of its own."""
    names = {*tiny_house().objects, *(p.furniture_id for p in tiny_house().furniture)}
    for noise in ("off", "mild"):
        episode = FindingDoryEpisode(SEED, replace(CONFIG, noise=noise), house=tiny_house())
        frames = itertools.islice(episode.observations(), 40)
        ids = {d.instance_id for frame in frames for d in frame.detections}
        assert ids
        assert (ids <= names) == (noise == "off")


def test_each_instruction_starts_from_the_final_pose_and_stops_are_live(
    episode: FindingDoryEpisode, task: FindingDoryTask, observations: tuple[Observation, ...]
) -> None:
    assert len(observations) == len(task.record.frames)
    room = next(one for one in task.instructions if one.goal.predicate == "in_room")
    for _ in range(2):
        observation = episode.ask()
        assert episode.env.true_base == task.record.final_base
        assert observation.stamp_ns == observations[-1].stamp_ns
        tracker = task.tracker(room)
        is_inside = task.record.frames[-1].room_id in room.goal.rows[0]
        assert task.stop(tracker, episode.env).is_success == is_inside
        episode.env.step(Action("turn_left"))
        assert episode.env.true_base != task.record.final_base


def test_a_live_stop_is_judged_in_the_house_as_it_is_then(
    episode: FindingDoryEpisode, task: FindingDoryTask, observations: tuple[Observation, ...]
) -> None:
    assert observations
    one = next(i for i in task.instructions if i.task_id == "task_5")
    row, frames = one.goal.rows[0], one.valid_frames[0]
    x, y, yaw = task.record.frames[frames[0]].base
    episode.ask()
    body = episode.env._episode.simulation.body  # type: ignore[union-attr]
    body.x, body.y, body.yaw_rad = x, y, yaw
    assert task.stop(task.tracker(one), episode.env).is_success
    things = episode.env._episode.simulation.household.house.objects  # type: ignore[union-attr]
    for name in row:  # somebody carried all of them away
        things[name].position = (-50.0, -50.0, 0.0)
    assert task.stop(task.tracker(one), episode.env).is_failed
    assert score_frames(task, one, [frames[0]]).high_level_goal_success
    episode.ask()


def test_an_episode_must_be_played_before_it_is_asked() -> None:
    fresh = FindingDoryEpisode(SEED, CONFIG, house=tiny_house())
    with pytest.raises(InputError, match="observations"):
        fresh.ask()
    with pytest.raises(InputError, match="0 to 9"):
        FindingDoryEpisode.of("mini", 10)
    assert FindingDoryEpisode.of("long", 1).seed == 30_001
    assert FindingDoryEpisode.of("long", 1).config.min_step_count == 2000


def test_a_long_episode_goes_on_for_days_and_asks_for_the_day() -> None:
    config = replace(CONFIG, day_count=2, min_round_count=2, max_round_count=2)
    record = record_episode(SEED, config, tiny_house())
    days = [frame.stamp_ns // 86_400_000_000_000 for frame in record.frames]
    assert sorted(set(days)) == [0, 1]
    assert [f.action for f in record.frames].count("live_on") == 1
    morning = next(f for f in record.frames if f.action == "live_on")
    assert morning.clock_s == 6 * 3600
    assert len(record.interactions) == 4
    assert len({one.object_id for one in record.interactions}) == 4
    from embodied_mem.envs.suites.findingdory.final_world import FinalWorld
    from embodied_mem.envs.suites.findingdory.history import History

    history = History(record, FinalWorld(record.house))
    assert [history.day_of(number) for number in range(4)] == [1, 1, 2, 2]


def test_the_cache_answers_for_the_same_episode_only(tmp_path: Path) -> None:
    quick = replace(CONFIG, min_round_count=1, max_round_count=1, max_step_count=480)
    episode = FindingDoryEpisode(SEED, quick, cache_folder=tmp_path)
    episode.__dict__["house"] = tiny_house()
    made = episode.task()
    (file,) = tmp_path.iterdir()
    assert episode.task() == made == load_task(file)
    file.write_bytes(b"")
    with pytest.raises(InputError, match="cannot read"):
        episode.task()
    assert dataclasses.replace(quick, noise="mild") != quick
    noisy = FindingDoryEpisode(SEED, replace(quick, noise="mild"), cache_folder=tmp_path)
    longer = FindingDoryEpisode(SEED, replace(quick, max_step_count=490), cache_folder=tmp_path)
    assert noisy._cache_path() == file
    assert longer._cache_path() != file
