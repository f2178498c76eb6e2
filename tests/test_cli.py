"""The `embodied-mem` command: what it prints where, its exit status, its errors."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from octomap_reader import read_tree

from embodied_mem import __version__
from embodied_mem.cli import main
from embodied_mem.core import Observation
from embodied_mem.envs.recordings import write_plain
from embodied_mem.journal.database import table_of
from embodied_mem.journal.records import FrameRecord
from embodied_mem.journal.store import Journal
from embodied_mem.memory import EmbodiedMemory

Capture = pytest.CaptureFixture[str]
HEAVY_MODULES = ("numba", "cv2", "scipy", "hydra", "rich")


def run_json(capsys: Capture, *arguments: str | Path, status: int = 0) -> Any:
    """The one JSON value that a command prints, and nothing else."""
    assert main([*map(str, arguments), "--json"]) == status
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out, parse_constant=_refuse)


def _refuse(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")


def run_error(capsys: Capture, *arguments: str | Path) -> str:
    """The one line that a failing command writes."""
    try:
        status: object = main([*map(str, arguments)])
    except SystemExit as stop:
        status = stop.code
    captured = capsys.readouterr()
    assert (status, captured.out) == (2, "")
    assert "Traceback" not in captured.err
    if captured.err.startswith("usage: "):  # from argparse, then the error
        return captured.err.splitlines()[-1]
    (line,) = captured.err.splitlines()
    assert line.startswith(f"embodied-mem {arguments[0]}: ")
    return line


def run_process(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "embodied_mem.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def copied(tmp_path: Path, demo_memory: Path) -> Path:
    """A memory file that a test may damage."""
    return Path(shutil.copy(demo_memory, tmp_path / "m.db"))


# ingest, info, verify


def test_ingest_info_and_verify_agree(tmp_path: Path, plain_folder: Path, capsys: Capture) -> None:
    memory = tmp_path / "m.db"
    first = run_json(capsys, "ingest", plain_folder, "--memory", memory, "--frames", "10")
    rest = run_json(capsys, "ingest", plain_folder, "--memory", memory)
    assert (first["frame_count"], rest["frame_count"], rest["new_frame_count"]) == (10, 24, 14)
    info = run_json(capsys, "info", memory)
    assert info["digest"] == rest["digest"]
    assert info["record_counts"]["pose"] == 24
    assert info["record_counts"]["frame"] == rest["keyframe_count"]
    assert info["bytes"] == rest["bytes"] == memory.stat().st_size
    assert info["sessions"][0]["name"] == "walk"
    verified = run_json(capsys, "verify", memory)
    assert verified["is_ok"] is True
    assert verified["report"]["journal_digest"] == info["digest"]
    assert verified["report"]["keyframe_count"] == rest["keyframe_count"]


def test_commands_speak_to_people_too(tmp_path: Path, plain_folder: Path, capsys: Capture) -> None:
    memory = tmp_path / "m.db"
    ingest = ["ingest", str(plain_folder), "--memory", str(memory)]
    for arguments, words in (
        ([*ingest, "--frames", "6"], "6 frames"),
        ([*ingest, "--frames", "6"], "nothing new"),
        (["info", str(memory)], "6 frames"),
        (["verify", str(memory)], "is whole"),
        (["near", str(memory), "3", "3", "1"], "near(3.00, 3.00, 1.00"),
        (["between", str(memory), "0", "1"], "known"),
        (["frontiers", str(memory)], "frontiers"),
    ):
        assert main(arguments) == 0
        captured = capsys.readouterr()
        assert words in captured.out
        assert captured.err == ""


def test_overrides_may_stand_anywhere_after_the_recording(
    tmp_path: Path, plain_folder: Path, capsys: Capture
) -> None:
    summary = run_json(
        capsys,
        "ingest",
        plain_folder,
        "memory=fine",
        "--memory",
        tmp_path / "m.db",
        "memory.keyframe.policy=every",
        "--frames",
        "4",
        "memory.keyframe.every=2",
    )
    assert summary["config"]["octree"]["resolution_m"] == 0.02
    assert summary["keyframe_reasons"] == {"every": 2}


def test_a_memory_is_a_source(tmp_path: Path, demo_memory: Path, capsys: Capture) -> None:
    summary = run_json(capsys, "ingest", demo_memory, "--memory", tmp_path / "copy.db")
    assert summary["format"] == "journal"
    assert summary["frame_count"] == run_json(capsys, "info", demo_memory)["record_counts"]["frame"]


def test_verify_names_the_tampered_record(copied: Path, capsys: Capture) -> None:
    with Journal.open(copied, read_only=True) as journal:
        last = journal.last(FrameRecord)
        assert last is not None
    raw = sqlite3.connect(copied)
    guards = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        raw.execute(f"DROP TRIGGER {name}")
    table = table_of(FrameRecord)
    raw.execute(f"UPDATE {table} SET fx_px = fx_px + 1 WHERE record_id = ?", (last[0],))
    for _, sql in guards:
        raw.execute(sql)
    raw.commit()
    raw.close()
    report = run_json(capsys, "verify", copied, status=1)
    assert report["is_ok"] is False
    assert any(f"frame:{last[0]}" in problem for problem in report["report"]["problems"])
    assert main(["verify", str(copied)]) == 1
    assert f"PROBLEM: frame:{last[0]}" in capsys.readouterr().out


def test_verify_changes_nothing(copied: Path, capsys: Capture) -> None:
    before = copied.read_bytes()
    run_json(capsys, "verify", copied)
    assert copied.read_bytes() == before


# Questions


def test_every_question_answers_in_json(demo_memory: Path, capsys: Capture) -> None:
    frame_id = run_json(capsys, "between", demo_memory, "0", "1")["items"][0]["item_id"]
    questions: tuple[Sequence[str], ...] = (
        ("near", "3", "3", "1", "--radius", "2"),
        ("between", "0", "2.5"),
        ("between", "1000000000ns", "3000000000ns"),
        ("seen-from", "--like", frame_id),
        ("seen-from", "--at", "4.2", "3.2", "1.3", "--yaw-deg", "160", "--pitch-deg", "-10"),
        ("seeing", "1.5", "2.3", "0.75", "--radius", "0.3"),
        ("route", "3.5", "2.9", "0", "7.2", "2.75", "0", "--robot-radius", "0.2"),
        ("frontiers", "--min-area", "0.05"),
    )
    for name, *rest in questions:
        answer = run_json(capsys, name, demo_memory, *rest, "-k", "3")
        assert set(answer) == {"query", "items", "verdict", "probability", "explanation"}
        assert answer["verdict"] == "known"
        assert answer["items"]
        if name != "route":
            assert len(answer["items"]) <= 3
        for item in answer["items"]:
            assert all(evidence.startswith("frame:") for evidence in item["evidence"])


def test_negative_coordinates_are_points(demo_memory: Path, capsys: Capture) -> None:
    answer = run_json(capsys, "near", demo_memory, "-50", "-1.5", "-2")
    assert (answer["verdict"], answer["items"]) == ("unknown", [])


def test_as_of_asks_the_memory_of_then(demo_memory: Path, capsys: Capture) -> None:
    now = run_json(capsys, "near", demo_memory, "3", "3", "1", "--radius", "20", "-k", "999")
    then = run_json(
        capsys, "near", demo_memory, "3", "3", "1", "--radius", "20", "-k", "999", "--as-of", "2"
    )
    expected = {item["item_id"] for item in now["items"] if item["stamp_ns"] <= 3_000_000_000}
    assert {item["item_id"] for item in then["items"]} == expected
    assert 0 < len(expected) < len(now["items"])
    before = run_json(capsys, "near", demo_memory, "3", "3", "1", "--as-of", "0ns")
    assert before["verdict"] == "unknown"


# export


@pytest.mark.parametrize(
    ("format", "suffix"), [("ply", ".ply"), ("glb", ".glb"), ("octomap", ".ot")]
)
def test_export_writes_what_it_says_beside_the_memory(
    copied: Path, capsys: Capture, format: str, suffix: str
) -> None:
    result = run_json(capsys, "export", copied, "--format", format)
    out = copied.with_suffix(suffix)
    assert result == {"out": str(out), "format": format, "bytes": out.stat().st_size}
    magic = {"ply": b"ply\n", "glb": b"glTF", "octomap": b"# Octomap"}[format]
    assert out.read_bytes().startswith(magic)


def test_an_exported_cloud_opens_in_open3d(tmp_path: Path, demo_memory: Path) -> None:
    open3d = pytest.importorskip("open3d")
    out = tmp_path / "cloud.ply"
    assert main(["export", str(demo_memory), "--format", "ply", "--out", str(out)]) == 0
    with EmbodiedMemory.open(demo_memory, read_only=True) as memory:
        points = memory.views.cache.surface().points
    cloud = np.asarray(open3d.io.read_point_cloud(str(out)).points)
    np.testing.assert_allclose(cloud, points, atol=1e-5)


def test_an_exported_octree_opens_in_octomap(tmp_path: Path, demo_memory: Path) -> None:
    pytest.importorskip("pyoctomap")
    out = tmp_path / "map.ot"
    assert main(["export", str(demo_memory), "--format", "octomap", "--out", str(out)]) == 0
    assert read_tree(out).getResolution() == pytest.approx(0.05)


# bench


@pytest.fixture(scope="module")
def bench_folder(
    tmp_path_factory: pytest.TempPathFactory, demo_frames: tuple[Observation, ...]
) -> Path:
    folder = tmp_path_factory.mktemp("bench") / "walk"
    write_plain(demo_frames[:12], folder)
    return folder


@pytest.mark.parametrize("what", ["spatial", "recall", "journal"])
def test_bench_prints_bars_even_where_no_peer_is_installed(
    bench_folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr("embodied_mem.bench.spatial.has_module", lambda name: False)
    frames = [] if what == "recall" else ["--frames", "2"]
    status = main(["bench", what, "--recording", str(bench_folder), *frames, "--json"])
    report = json.loads(capsys.readouterr().out, parse_constant=_refuse)
    assert report["bench"] == what
    assert report["versions"]["embodied_mem"] == __version__
    for bar in report["bars"]:
        assert set(bar) == {"name", "value", "unit", "bound", "ok"}
        relation, limit = bar["bound"].split()
        assert relation in ("<=", ">=")
        if bar["value"] is None:
            assert bar["ok"] is False
        elif abs(bar["value"] - float(limit)) > 1e-3:  # values are rounded
            is_above = bar["value"] > float(limit)
            assert bar["ok"] == (is_above if relation == ">=" else not is_above)
    assert status == (0 if all(bar["ok"] for bar in report["bars"]) else 1)
    values = {bar["name"]: bar["value"] for bar in report["bars"]}
    if what == "spatial":
        assert values["octree_cpu_ms_5cm_s1"] > 0
        assert values["octomap_ratio_5cm_s1"] is values["lookup_ratio"] is None
    else:
        assert None not in values.values()


# Errors


@pytest.mark.parametrize(
    "command",
    [
        ["info"],
        ["verify"],
        ["export", "--format", "ply"],
        ["near", "0", "0", "0"],
        ["between", "0", "1"],
        ["frontiers"],
    ],
    ids=lambda command: command[0],
)
def test_what_is_no_memory_is_refused_in_one_line(
    tmp_path: Path, capsys: Capture, command: list[str]
) -> None:
    (tmp_path / "text.db").write_text("a few words\n" * 100)
    (tmp_path / "empty.db").touch()
    for name in ("missing.db", "text.db", "empty.db", "."):
        path = tmp_path / name
        assert str(path) in run_error(capsys, command[0], path, *command[1:])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty.db", "text.db"]


def test_an_unknown_recording_is_refused_and_makes_no_memory(
    tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "folder").mkdir()
    memory = tmp_path / "m.db"
    missing = run_error(capsys, "ingest", tmp_path / "nothing", "--memory", memory)
    assert "no such file or folder" in missing
    unknown = run_error(capsys, "ingest", tmp_path / "folder", "--memory", memory)
    assert "not a known recording" in unknown
    assert not memory.exists()


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("memory.octree.resolution=0.1", "did you mean 'memory.octree.resolution_m'"),
        ("memory=fin", "did you mean 'fine'"),
        ("memory.octree.resolution_m=coarse", "must be a number"),
        ("memory.octree.resolution_m=-1", "above 0"),
        ("memory.keyframe.motion_m=nan", "0 or more"),
        ("memory.keyframe.policy=evry", "did you mean 'every'"),
    ],
)
def test_a_wrong_configuration_names_what_is_right(
    tmp_path: Path, plain_folder: Path, capsys: Capture, override: str, words: str
) -> None:
    memory = tmp_path / "m.db"
    assert words in run_error(capsys, "ingest", plain_folder, "--memory", memory, override)
    assert not memory.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("near", "x", "y", "z"), "invalid float value"),
        (("near", "1", "2"), "point"),
        (("near", "nan", "0", "0"), "three finite numbers"),
        (("near", "0", "0", "0", "--radius", "-1"), "radius_m must be"),
        (("near", "0", "0", "0", "--radius", "inf"), "radius_m must be"),
        (("near", "0", "0", "0", "-k", "0"), "positive_int"),
        (("seeing", "0", "0", "0", "--radius", "500"), "radius_m must be"),
        (("between", "soon", "2"), "a stamp is seconds"),
        (("between", "nan", "2"), "a stamp is seconds"),
        (("between", "0", "inf"), "a stamp is seconds"),
        (("between", "0", "1e300"), "a stamp is seconds"),
        (("between", "0", "99999999999999999999ns"), "64 bits"),
        (("between", "2", "1"), "start <= end"),
        (("near", "0", "0", "0", "--as-of", "1.5x"), "a stamp is seconds"),
        (("near", "0", "0", "0", "--as-of", "1e15"), "64 bits"),
        (("seen-from", "--like", "pose:3"), "frame:ID"),
        (("seen-from", "--like", "frame:x"), "frame:ID"),
        (("seen-from", "--like", "frame:999999"), "no keyframe 'frame:999999'"),
        (("seen-from",), "--like"),
        (("seen-from", "--at", "nan", "0", "0"), "pose"),
        (("seen-from", "--at", "0", "0", "0", "--hfov-deg", "0"), "hfov"),
        (("route", "0", "0", "0", "1", "1", "0", "--robot-radius", "nan"), "a robot needs"),
        (("route", "0", "0", "0", "1", "1", "0", "--robot-height", "inf"), "a robot needs"),
        (("route", "0", "0", "0", "1", "1", "0", "--floor", "nan"), "floor_m"),
        (("export", "--format", "obj"), "invalid choice"),
        (("export", "--format", "ply", "--out", "/no/such/folder/x.ply"), "/no/such/folder"),
        (("frontiers", "memory.octree=1"), "unrecognized arguments"),
    ],
)  # fmt: skip
def test_a_wrong_question_is_refused_in_one_line(
    demo_memory: Path, capsys: Capture, arguments: tuple[str, ...], words: str
) -> None:
    assert words in run_error(capsys, arguments[0], demo_memory, *arguments[1:])


def test_counts_of_frames_must_be_positive(plain_folder: Path, capsys: Capture) -> None:
    for command in (
        ("ingest", str(plain_folder), "--memory", "never_made.db"),
        ("bench", "spatial"),
        ("demo",),
    ):
        assert "--frames" in run_error(capsys, *command, "--frames", "0")


def test_a_memory_is_not_overwritten_by_itself(copied: Path, capsys: Capture) -> None:
    before = copied.read_bytes()
    assert "cannot be fed to itself" in run_error(capsys, "ingest", copied, "--memory", copied)
    same = run_error(capsys, "export", copied, "--format", "ply", "--out", copied)
    assert "the memory itself" in same
    assert copied.read_bytes() == before


def test_a_memory_in_a_folder_that_is_missing_is_refused(
    tmp_path: Path, plain_folder: Path, capsys: Capture
) -> None:
    missing = tmp_path / "none" / "m.db"
    assert "none" in run_error(capsys, "ingest", plain_folder, "--memory", missing)


def test_a_memory_that_is_being_written_is_refused_for_writing_only(
    copied: Path, plain_folder: Path, capsys: Capture
) -> None:
    with EmbodiedMemory.open(copied):
        assert "one writer" in run_error(capsys, "ingest", plain_folder, "--memory", copied)
        assert run_json(capsys, "near", copied, "3", "3", "1")["verdict"] == "known"


# The process


def test_version(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"embodied-mem {__version__}\n"


def test_no_command_is_an_error_and_help_names_them_all(capsys: Capture) -> None:
    assert "COMMAND" in run_error(capsys)
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    words = capsys.readouterr().out
    for command in (
        "ingest",
        "info",
        "verify",
        "export",
        "replay",
        "near",
        "route",
        "bench",
        "demo",
    ):
        assert command in words


def test_info_starts_without_anything_heavy(demo_memory: Path) -> None:
    code = (
        "import sys; from embodied_mem.cli import main; status = main(sys.argv[1:]); "
        f"print([m for m in {HEAVY_MODULES} if m in sys.modules], status, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "info", str(demo_memory), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == "[] 0\n"
    assert json.loads(done.stdout)["path"] == str(demo_memory)


def test_a_process_exits_with_the_status_and_keeps_its_streams_apart(
    tmp_path: Path, demo_memory: Path
) -> None:
    fine = run_process("near", demo_memory, "3", "3", "1", "--json")
    assert (fine.returncode, fine.stderr) == (0, "")
    assert json.loads(fine.stdout)["verdict"] == "known"
    wrong = run_process("info", tmp_path / "none.db")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert len(wrong.stderr.splitlines()) == 1


def test_a_reader_that_stops_listening_is_no_error(demo_memory: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-m", "embodied_mem.cli", "info", str(demo_memory)]
    done = subprocess.run(
        command, stdout=write_end, stderr=subprocess.PIPE, text=True, timeout=60, check=False
    )
    os.close(write_end)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
