"""Evaluations: results that survive a kill, intervals, summaries, the ladder, the report, a small run."""

from __future__ import annotations

import dataclasses
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.cli import main
from embodied_mem.commands.eval_command import run_config_of
from embodied_mem.errors import ConfigError, InputError
from embodied_mem.evaluation.bootstrap import clustered_mean, paired_difference
from embodied_mem.evaluation.charts import Bar, bar_chart, line_chart, share_chart
from embodied_mem.evaluation.compare import compare_runs
from embodied_mem.evaluation.memories import make_rung, shown_count
from embodied_mem.evaluation.planners import make_planner
from embodied_mem.evaluation.report import write_report
from embodied_mem.evaluation.results import (
    EpisodeResult,
    TaskResult,
    append_episode,
    drop_half_line,
    read_episodes,
)
from embodied_mem.evaluation.runner import run_suite
from embodied_mem.evaluation.summary import summarise
from embodied_mem.views import LAYERS


def task_result(task_id: str = "task_1", *, hl: bool = True, ll: bool = True) -> TaskResult:
    return TaskResult(
        task_id=task_id,
        category="object_recall",
        group="spatial",
        instruction="Go to <a> mug & stay.",
        target_count=1,
        frames=(7,),
        hl_success=hl,
        hl_dtg_success=hl,
        hl_sem_cov_success=True,
        hl_spl=1.0 if hl else 0.0,
        hl_failure="" if hl else "misidentification",
        ll_success=ll,
        ll_spl=0.5 if ll else 0.0,
        ll_failure="" if ll else "incorrect_stop",
        subgoals_done=int(ll),
        frame_exact=False,
        frame_relaxed=1.0,
        frame_deviation=0.0,
        verdict="known",
        probability=0.9,
        plan_ms=1.5,
        chance=0.02,
        trace=("mug <entity:1>",),
    )


def episode_result(seed: int, *tasks: TaskResult) -> EpisodeResult:
    return EpisodeResult(
        episode_id=f"mini_{seed}",
        seed=seed,
        frame_count=400,
        tasks=tasks or (task_result(),),
        dropped={"task_9": "nothing of the kind happened"},
        memory_bytes=1000,
        kept_frame_count=40,
        shown_frame_count=400,
        update_p50_ms=3.0,
        update_p95_ms=9.0,
        recall_p50_ms=1.0,
        seconds=20.0,
    )


# Results


def test_results_read_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    episodes = [episode_result(5), episode_result(3, task_result(hl=False, ll=False))]
    for episode in episodes:
        append_episode(path, episode)
    assert read_episodes(path) == sorted(episodes, key=lambda e: e.seed)


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_half_a_line_of_a_killed_run_is_no_episode(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "results.jsonl"
    for seed in (1, 2):
        append_episode(path, episode_result(seed))
    path.write_bytes(path.read_bytes()[:-cut])
    assert [e.seed for e in read_episodes(path)] == [1]
    drop_half_line(path)
    append_episode(path, episode_result(2))
    assert [e.seed for e in read_episodes(path)] == [1, 2]


def test_an_episode_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    for _ in range(2):
        append_episode(path, episode_result(1))
    with pytest.raises(InputError, match="line 2: episode mini_1 is there twice"):
        read_episodes(path)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text('{"seed": 1}\n')
    with pytest.raises(InputError, match="line 1: not a result"):
        read_episodes(path)


# Intervals


def test_a_mean_and_its_interval_cover_known_truth() -> None:
    """Of 200 samples of 40 clusters, about 95 % of the intervals hold the true mean."""
    rng = np.random.default_rng(0)
    hits = 0
    for trial in range(200):
        levels = rng.normal(0.5, 0.2, 40)
        values = (levels[:, None] + rng.normal(0, 0.1, (40, 5))).reshape(-1)
        clusters = np.repeat(np.arange(40), 5)
        found = clustered_mean(values.tolist(), clusters.tolist(), seed=trial, draws=300)
        hits += found.low <= 0.5 <= found.high
    assert 0.88 <= hits / 200 <= 0.99


def test_tasks_of_one_episode_do_not_count_as_independent() -> None:
    rng = np.random.default_rng(1)
    values = np.repeat(rng.integers(0, 2, 20), 50).astype(float)
    clustered = clustered_mean(values.tolist(), np.repeat(np.arange(20), 50).tolist())
    naive = clustered_mean(values.tolist(), list(range(1000)))
    assert clustered.mean == naive.mean
    assert clustered.high - clustered.low > 3 * (naive.high - naive.low)


def test_a_run_against_itself_differs_by_nothing() -> None:
    found = paired_difference([1.0, 0.0, 1.0], [1.0, 0.0, 1.0], [1, 1, 2])
    assert (found.mean, found.low, found.high) == (0.0, 0.0, 0.0)


def test_nothing_to_average_is_not_a_number() -> None:
    assert np.isnan(clustered_mean([], []).mean)


# Summary, comparison, report


def test_the_summary_does_not_depend_on_the_order_of_the_episodes() -> None:
    episodes = [episode_result(s, task_result(hl=s % 2 == 0)) for s in range(6)]
    assert summarise(episodes) == summarise(episodes[::-1])


def test_the_summary_counts_what_is_there() -> None:
    failed = task_result("task_2", hl=False, ll=False)
    summary = summarise([episode_result(1, task_result(), failed), episode_result(2)])
    assert (summary["episode_count"], summary["task_count"], summary["dropped_count"]) == (2, 3, 2)
    assert summary["metrics"]["high_level_goal_success"]["mean"] == pytest.approx(2 / 3, abs=1e-6)
    assert summary["hl_failures"] == {"misidentification": 1}
    assert summary["by_template"]["task_2"]["high_level_goal_success"]["mean"] == 0.0


def test_compare_pairs_tasks_and_refuses_strangers() -> None:
    good = [episode_result(s) for s in range(4)]
    bad = [episode_result(s, task_result(hl=False)) for s in range(4)]
    rows = {row.metric: row for row in compare_runs(good, bad)}
    assert rows["high_level_goal_success"].difference.mean == 1.0
    assert rows["high_level_goal_success"].is_clear
    assert not rows["predicate_task_success"].is_clear
    with pytest.raises(InputError, match="no task in common"):
        compare_runs(good, [episode_result(99)])


def test_charts_are_well_formed() -> None:
    for text in (
        bar_chart(["a & b", "c"], {"x<y": [Bar(0.5, 0.4, 0.6), None]}),
        line_chart({"one": [(1, 0.1), (768, 0.9)]}, x_label="frames", y_label="share"),
        share_chart({"run": {"late": 0.3, "early": 0.2}}),
    ):
        ET.fromstring(text)


def test_the_report_is_one_page_that_escapes_what_it_shows(tmp_path: Path) -> None:
    episodes = [episode_result(1, task_result(hl=False, ll=False)), episode_result(2)]
    path = tmp_path / "report.html"
    write_report(
        path,
        title="mine",
        summary=summarise(episodes),
        episodes=episodes,
        replays={"mini_1": Path("replays/mini_1.db")},
        others={"uniform_96": summarise(episodes)},
    )
    page = path.read_text()
    assert "Go to &lt;a&gt; mug &amp; stay." in page
    assert "mug &lt;entity:1&gt;" in page
    assert "src=" not in page, "self-contained"
    assert "--episode mini_1 --task 0" in page
    assert "replays/mini_1.db" in page


# The ladder


@pytest.mark.parametrize(
    ("name", "count"), [("full", 500), ("none", 1), ("uniform_96", 96), ("recency_16", 16),
                        ("random_32", 32), ("uniform_768", 500)],
)  # fmt: skip
def test_a_rung_is_shown_the_frames_that_it_names(name: str, count: int) -> None:
    wanted = make_rung(name).wanted(500, 3)
    assert shown_count(wanted, 500) == count
    assert wanted is None or (
        (min(wanted) >= 0 and max(wanted) == 499) or name.startswith("random")
    )


@pytest.mark.parametrize("name", ["fully", "uniform_x", "full-soul", "no.module:Thing"])
def test_a_rung_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ConfigError):
        make_rung(name)


def test_a_users_own_memory_is_one_class() -> None:
    rung = make_rung("embodied_mem.evaluation.memories:NoMemory")
    assert rung.wanted(10, 0) == {9}


def test_a_planner_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="program, random, oracle"):
        make_planner("wizard")
    with pytest.raises(ConfigError, match="cannot find planner"):
        make_planner("embodied_mem.core:Wizard")


def test_eval_names_the_keys_that_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "memry=full"]) == 2
    assert "unknown key 'memry'" in capsys.readouterr().err


# A small run

SMALL = (
    "split=train", "episodes=2", "tasks=5", "suite.image_width_px=96", "suite.image_height_px=128",
    "suite.max_step_count=470", "suite.max_round_count=2",
)  # fmt: skip


def test_a_killed_run_ends_with_the_same_summary_and_layers_can_be_left_out(
    tmp_path: Path,
) -> None:
    config = run_config_of(list(SMALL), is_driven=True, kept_count=1)
    cache = tmp_path / "cache"
    whole = run_suite(tmp_path / "whole", config, cache_folder=cache)
    lines = (tmp_path / "whole" / "results.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) == 2
    killed = tmp_path / "killed"
    killed.mkdir()
    for name in ("config.json", "config.yaml"):
        (killed / name).write_bytes((tmp_path / "whole" / name).read_bytes())
    (killed / "results.jsonl").write_bytes(lines[0] + lines[1][: len(lines[1]) // 2])
    alone = dataclasses.replace(config, worker_count=1)
    assert run_suite(killed, alone, cache_folder=cache) == whole
    assert (tmp_path / "whole" / "summary.json").read_bytes() == (
        killed / "summary.json"
    ).read_bytes()
    assert whole["task_count"] == 10
    assert json.loads((killed / "config.json").read_text())["versions"]["numpy"] == np.__version__
    assert (tmp_path / "whole" / "report.html").stat().st_size > 3000
    assert list((tmp_path / "whole" / "replays").glob("*.db"))
    other = dataclasses.replace(config, memory="none")
    with pytest.raises(ConfigError, match="another configuration"):
        run_suite(killed, other, cache_folder=cache)


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_has_a_rung_without_it(layer: str) -> None:
    assert make_rung(f"full-{layer}").name == f"full-{layer}"
