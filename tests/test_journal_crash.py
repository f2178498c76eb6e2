"""A writing process that is killed at any instant loses at most its open batch.

Run as a script, this file is that process: it reports every acknowledged commit on its standard
output. It imports only what it writes with, so that it starts quickly.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from embodied_mem.journal.checkpoints import find_checkpoint, save_checkpoint
from embodied_mem.journal.records import FrameRecord, PoseRecord, SessionRecord
from embodied_mem.journal.store import Journal
from embodied_mem.journal.verify import verify_journal

KILL_COUNT = 50
KILLS_PER_FILE = 10


def write_until_killed(path: Path) -> None:
    os.write(1, b"ready\n")
    journal = Journal.open_or_create(path)
    if journal.count(SessionRecord) == 0:
        with journal.batch(0) as batch:
            batch.add(
                SessionRecord(
                    session_key="crash",
                    name="crash",
                    source="test",
                    source_format="none",
                    world_from_source=np.eye(4),
                    config_json="{}",
                    start_stamp_ns=0,
                )
            )
    while True:
        append_keyframe(journal)
        head = journal.head
        os.write(1, f"{head.commit_id} {head.digest.hex()}\n".encode())
        if head.commit_id % 7 == 0:
            save_checkpoint(
                journal,
                "view",
                view_version=1,
                config_digest="c",
                through_record_id=head.last_record_id,
                max_stamp_ns=head.stamp_ns,
                state_digest=head.digest.hex(),
                data=head.digest * 1000,
            )


def append_keyframe(journal: Journal) -> None:
    stamp_ns = journal.head.commit_id
    data = np.random.default_rng(stamp_ns).bytes(1000 + 7919 * stamp_ns % 150_000)
    with journal.batch(stamp_ns) as batch:
        pose = PoseRecord(
            session_id=1, stamp_ns=stamp_ns, sensor="head", world_from_camera=np.eye(4)
        )
        frame = FrameRecord(
            session_id=1,
            pose_id=batch.add(pose),
            stamp_ns=stamp_ns,
            sensor="head",
            width_px=64,
            height_px=48,
            fx_px=60.0,
            fy_px=60.0,
            cx_px=32.0,
            cy_px=24.0,
            color_blob=batch.add_blob(data, codec="jpeg"),
        )
        batch.add(frame)


def killed_writer(path: Path, delay_s: float) -> list[tuple[int, str]]:
    """The commits that a writer acknowledged before SIGKILL, `delay_s` after it began."""
    command = [sys.executable, __file__, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as writer:
        assert writer.stdout is not None
        assert writer.stdout.read(6) == b"ready\n"
        time.sleep(delay_s)
        writer.send_signal(signal.SIGKILL)
        reported = writer.stdout.read()
    assert writer.returncode == -signal.SIGKILL
    whole_lines = reported.decode().split("\n")[:-1]
    return [(int(line.split()[0]), line.split()[1]) for line in whole_lines]


def test_kill_at_any_instant_keeps_every_acknowledged_commit(tmp_path: Path) -> None:
    rng = random.Random(20240)
    acknowledged_count = 0
    for kill in range(KILL_COUNT):
        path = tmp_path / f"{kill // KILLS_PER_FILE}.db"
        # Cubed, so that some kills fall into the creation of the file and the recovery of the WAL.
        acknowledged = killed_writer(path, 0.1 * rng.random() ** 3)
        acknowledged_count += len(acknowledged)
        with Journal.open_or_create(path) as journal:
            digests = dict(journal.database.rows("SELECT commit_id, digest FROM commit_log"))
            for commit_id, digest in acknowledged:
                assert digests[commit_id].hex() == digest, f"kill {kill}: commit {commit_id}"
            if acknowledged:
                assert journal.head.commit_id <= acknowledged[-1][0] + 1
            assert verify_journal(journal).problems == (), f"kill {kill}"
            checkpoint = find_checkpoint(journal, "view", view_version=1, config_digest="c")
            if checkpoint is not None:
                assert checkpoint.data.hex() == checkpoint.state_digest * 1000
    assert acknowledged_count > KILL_COUNT


def test_the_writer_lock_vanishes_with_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    killed_writer(path, 0.05)
    assert path.with_name("m.db-lock").exists()
    with Journal.open_or_create(path):
        pass
    assert sorted(file.name for file in tmp_path.iterdir()) == ["m.db"]


if __name__ == "__main__":
    write_until_killed(Path(sys.argv[1]))
else:
    import pytest  # not in the writing process, which would start half as fast

    pytestmark = pytest.mark.slow
