"""Every command that the README shows runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from embodied_mem.cli import main
from embodied_mem.envs.house.demo_room import DemoRecording
from embodied_mem.envs.recordings import write_plain
from embodied_mem.geometry import CameraIntrinsics

README = (Path(__file__).parents[1] / "README.md").read_text()
NEEDS_A_PERSON = ("--web",)
"""Opens a viewer and waits for it to be closed."""


def readme_commands() -> list[str]:
    """Command lines in console blocks and tables, without comments."""
    shown = re.findall(r"^\$ (embodied-mem .*)$|`(embodied-mem [^`]*)`", README, re.MULTILINE)
    lines = [(block or inline).split("#")[0].strip() for block, inline in shown]
    return [line for line in dict.fromkeys(lines) if "|" not in line]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `RECORDING` is a plain recording and `house.db` a memory made from it."""
    folder = tmp_path_factory.mktemp("readme")
    camera = CameraIntrinsics.from_hfov(160, 120, 1.2)
    recording = DemoRecording(frame_count=24, intrinsics=camera)
    write_plain(recording.observations(), folder / "RECORDING")
    assert main(["ingest", str(folder / "RECORDING"), "--memory", str(folder / "house.db")]) == 0
    return folder


def test_the_readme_shows_the_commands() -> None:
    names = {shlex.split(line)[1] for line in readme_commands()}
    assert {"ingest", "info", "near", "between", "seen-from", "seeing", "route"} <= names
    assert {"frontiers", "replay", "verify", "export"} <= names


@pytest.mark.parametrize("line", readme_commands())
def test_a_command_of_the_readme_runs(
    line: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(line)[1:]
    if any(word in NEEDS_A_PERSON for word in words):
        pytest.skip("opens a viewer and waits; test_replay.py starts and stops it")
    if words[0] == "replay":
        pytest.importorskip("rerun", reason="needs the extra 'viewer'")
    if words[0] in ("eval", "compare") or "runs/" in line:
        pytest.skip("takes minutes; test_evaluation.py runs a small one")
    if "redkitchen" in line:
        pytest.skip("needs a recording that is not part of the project; see `embodied-mem bench`")
    monkeypatch.chdir(folder)
    assert main(words) == 0, capsys.readouterr().err
    assert capsys.readouterr().out
