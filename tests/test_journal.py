"""The laws of the journal: totally ordered, append-only, exact, one writer, tampering is found."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.core import DepthImage, EncodedImage, Recording
from embodied_mem.errors import (
    InputError,
    JournalCorruptError,
    JournalError,
    RecordingError,
)
from embodied_mem.geometry import CameraIntrinsics, look_at
from embodied_mem.journal import checkpoints, database
from embodied_mem.journal.bench import measure_append
from embodied_mem.journal.checkpoints import Checkpoint, find_checkpoint, save_checkpoint
from embodied_mem.journal.color_codec import encode_color
from embodied_mem.journal.depth_codec import encode_depth
from embodied_mem.journal.detection_codec import (
    EMBEDDING_CODEC,
    MASK_CODEC,
    decode_embedding,
    decode_mask,
    encode_embedding,
    encode_mask,
)
from embodied_mem.journal.recording import JournalRecording
from embodied_mem.journal.records import (
    RECORD_KINDS,
    DetectionRecord,
    FactRecord,
    FrameRecord,
    PoseRecord,
    Record,
    SessionRecord,
    TombstoneRecord,
    columns_of,
    format_record_id,
    parse_record_id,
)
from embodied_mem.journal.store import Journal
from embodied_mem.journal.verify import verify_journal

SECOND_NS = 1_000_000_000
POSE = look_at(np.array([0.1, -2.0, 1.3]), np.array([1 / 3, 0.7, 0.4]))


def session_record(**changes: object) -> SessionRecord:
    record = SessionRecord(
        session_key="kitchen-1",
        name="kitchen",
        source="here",
        source_format="test",
        world_from_source=np.eye(4),
        config_json="{}",
        start_stamp_ns=0,
    )
    return dataclasses.replace(record, **changes)  # type: ignore[arg-type]


def pose_record(stamp_ns: int, **changes: object) -> PoseRecord:
    record = PoseRecord(session_id=1, stamp_ns=stamp_ns, sensor="head", world_from_camera=POSE)
    return dataclasses.replace(record, **changes)  # type: ignore[arg-type]


def frame_record(pose_id: int, stamp_ns: int, **changes: object) -> FrameRecord:
    record = FrameRecord(
        session_id=1,
        pose_id=pose_id,
        stamp_ns=stamp_ns,
        sensor="head",
        width_px=32,
        height_px=24,
        fx_px=30.5,
        fy_px=30.25,
        cx_px=15.5,
        cy_px=11.5,
        keyframe_reason="novel 0.31",
    )
    return dataclasses.replace(record, **changes)  # type: ignore[arg-type]


def detection_record(pose_id: int, stamp_ns: int, **changes: object) -> DetectionRecord:
    record = DetectionRecord(
        session_id=1,
        pose_id=pose_id,
        stamp_ns=stamp_ns,
        label="mug",
        confidence=0.75,
        box_x_min_px=1.0,
        box_y_min_px=2.0,
        box_x_max_px=9.5,
        box_y_max_px=8.0,
    )
    return dataclasses.replace(record, **changes)  # type: ignore[arg-type]


def fill(journal: Journal, keyframe_count: int = 5) -> None:
    """A session, then one commit a second: a pose, a frame with two blobs, a detection."""
    with journal.batch(0) as batch:
        batch.add(session_record())
    for index in range(keyframe_count):
        stamp_ns = index * SECOND_NS
        with journal.batch(stamp_ns) as batch:
            pose_id = batch.add(pose_record(stamp_ns, source_index=10 * index))
            color_blob = batch.add_blob(b"color %d" % index, codec="jpeg")
            depth_blob = batch.add_blob(b"depth %d" % index, codec="rvl")
            batch.add(frame_record(pose_id, stamp_ns, color_blob=color_blob, depth_blob=depth_blob))
            batch.add(detection_record(pose_id, stamp_ns))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "m.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal.create(path) as created:
        yield created


# Order and reading


def test_record_ids_count_over_all_kinds_in_the_order_of_writing(journal: Journal) -> None:
    fill(journal, 2)
    kinds = [format_record_id(record.kind, record_id) for record_id, record in journal.entries()]
    assert kinds == [
        "session:1",
        "pose:2",
        "frame:3",
        "detection:4",
        "pose:5",
        "frame:6",
        "detection:7",
    ]


def test_streaming_many_records_keeps_the_total_order(journal: Journal) -> None:
    with journal.batch(0) as batch:
        batch.add(session_record())
        for index in range(3000):
            pose_id = batch.add(pose_record(index))
            if index % 3 == 0:
                batch.add(detection_record(pose_id, index))
    ids = [record_id for record_id, _ in journal.entries()]
    assert ids == list(range(1, 4002))
    assert [record.stamp_ns for _, record in journal.between(PoseRecord, 700, 2400)] == list(
        range(700, 2401)
    )


def test_every_record_is_read_back_equal(journal: Journal) -> None:
    written: list[Record] = [
        session_record(name="Küche", world_from_source=POSE),
        pose_record(-5, source_index=7),
        frame_record(2, 6, color_blob=1, depth_unit_m=0.0002),
        detection_record(2, 2**63 - 1, instance_id="mug_3"),
        pose_record(9, supersedes=2),
        TombstoneRecord(stamp_ns=10, target_record_id=3, reason="over budget"),
    ]
    with journal.batch(0) as batch:
        batch.add_blob(b"jpeg", codec="jpeg")
        for record in written:
            batch.add(record)
    assert [journal.get(record_id) for record_id in range(1, 7)] == written
    assert [record for _, record in journal.entries()] == written


def test_poses_come_back_bit_for_bit_and_writable(journal: Journal) -> None:
    rng = np.random.default_rng(0)
    poses = [rng.normal(size=(4, 4)) * 10.0 ** rng.integers(-30, 30) for _ in range(50)]
    poses.append(np.full((4, 4), -0.0))
    with journal.batch(0) as batch:
        batch.add(session_record())
        ids = [batch.add(pose_record(0, world_from_camera=pose)) for pose in poses]
    for record_id, pose in zip(ids, poses, strict=True):
        read = journal.get_as(PoseRecord, record_id).world_from_camera
        assert read.tobytes() == pose.tobytes()
        assert read.flags.writeable
        assert read.dtype == np.float64


@settings(max_examples=50, deadline=None)
@given(
    label=st.text(),
    confidence=st.floats(allow_nan=False, allow_infinity=False),
    stamp_ns=st.integers(-(2**63), 2**63 - 1),
    instance_id=st.none() | st.text(),
)
def test_any_value_is_read_back_equal(
    label: str, confidence: float, stamp_ns: int, instance_id: str | None
) -> None:
    record = detection_record(
        2, stamp_ns, label=label, confidence=confidence, instance_id=instance_id
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        Journal.create(Path(folder) / "m.db") as journal,
    ):
        with journal.batch(0) as batch:
            batch.add(session_record())
            batch.add(pose_record(0))
            batch.add(record)
        assert journal.get(3) == record
        assert verify_journal(journal).problems == ()


def test_entries_can_be_narrowed_by_position_stamp_and_kind(journal: Journal) -> None:
    fill(journal, 4)
    assert [i for i, _ in journal.entries(after_record_id=11)] == [12, 13]
    until = list(journal.entries(until_stamp_ns=SECOND_NS))
    assert [i for i, _ in until] == [1, 2, 3, 4, 5, 6, 7]
    frames = list(journal.entries(kinds=(FrameRecord,)))
    assert [i for i, _ in frames] == [3, 6, 9, 12]
    assert list(journal.entries(kinds=())) == []


def test_entries_hold_what_was_committed_when_called(journal: Journal) -> None:
    fill(journal, 1)
    entries = journal.entries()
    with journal.batch(9) as batch:
        batch.add(pose_record(9))
    assert [record_id for record_id, _ in entries] == [1, 2, 3, 4]


def test_between_includes_both_ends_and_orders_by_stamp(journal: Journal) -> None:
    with journal.batch(0) as batch:
        batch.add(session_record())
        for stamp_ns in (30, 10, 20, 10, 40):
            batch.add(pose_record(stamp_ns))
    found = [(i, record.stamp_ns) for i, record in journal.between(PoseRecord, 10, 30)]
    assert found == [(3, 10), (5, 10), (4, 20), (2, 30)]
    assert list(journal.between(PoseRecord, 11, 19)) == []


def test_counts_ends_and_stamps(journal: Journal) -> None:
    assert journal.count(FrameRecord) == 0
    assert journal.last(FrameRecord) is None
    assert journal.stamp_range() is None
    fill(journal, 3)
    assert journal.count(FrameRecord) == 3
    last = journal.last(FrameRecord)
    assert last is not None
    assert last[0] == 9
    assert journal.stamp_range() == (0, 2 * SECOND_NS)
    assert [i for i, _ in journal.sessions()] == [1]
    assert journal.size_bytes() > 0


def test_missing_ids_are_errors(journal: Journal) -> None:
    fill(journal, 1)
    with pytest.raises(JournalError, match="no record 99"):
        journal.get(99)
    with pytest.raises(JournalError, match="no frame record 2"):
        journal.get_as(FrameRecord, 2)
    with pytest.raises(JournalError, match="no blob 99"):
        journal.blob(99)
    with pytest.raises(InputError, match="expected a record class"):
        journal.count("frame")  # type: ignore[arg-type]


def test_a_correction_leads_to_the_newest_version(journal: Journal) -> None:
    fill(journal, 1)
    with journal.batch(5) as batch:
        first = batch.add(pose_record(5, supersedes=2))
        second = batch.add(pose_record(6, supersedes=first))
    assert journal.corrections() == {2: second, first: second}


def test_record_ids_are_written_and_read() -> None:
    assert parse_record_id(format_record_id("frame", 17)) == ("frame", 17)
    for text in ("frame", "frame:", "frame:x", "sofa:3", "17", "frame:-1"):
        with pytest.raises(InputError, match="looks like 'frame:17'"):
            parse_record_id(text)


# Writing


def test_an_exception_inside_a_batch_leaves_nothing(journal: Journal) -> None:
    fill(journal, 1)
    digest = journal.digest()
    with pytest.raises(RuntimeError, match="stop"), journal.batch(1) as batch:  # noqa: PT012
        batch.add(pose_record(1))
        batch.add(frame_record(5, 1, color_blob=batch.add_blob(b"x", codec="jpeg")))
        raise RuntimeError("stop")
    assert journal.digest() == digest
    assert journal.head.last_record_id == 4
    with journal.batch(1) as batch:
        assert batch.add(pose_record(1)) == 5
    assert verify_journal(journal).problems == ()


def test_a_commit_that_fails_half_way_leaves_nothing(journal: Journal) -> None:
    fill(journal, 1)
    journal.database.rows("CREATE TABLE hold (n)")
    journal.database.rows(
        "CREATE TRIGGER fail BEFORE INSERT ON record_detection BEGIN SELECT RAISE(ABORT, 'x'); END"
    )
    digest = journal.digest()
    with pytest.raises(JournalError), journal.batch(1) as batch:  # noqa: PT012
        pose_id = batch.add(pose_record(1))
        batch.add(detection_record(pose_id, 1))
    assert journal.digest() == digest
    assert [i for i, _ in journal.entries()] == [1, 2, 3, 4]
    assert verify_journal(journal).problems == ()


def test_nothing_of_a_batch_is_visible_before_its_commit(journal: Journal) -> None:
    fill(journal, 1)
    with journal.batch(1) as batch:
        batch.add(pose_record(1))
        assert journal.count(PoseRecord) == 1
        with pytest.raises(JournalError):
            journal.get(5)
    assert journal.count(PoseRecord) == 2


def test_an_empty_batch_writes_no_commit(journal: Journal) -> None:
    with journal.batch(0):
        pass
    assert journal.head.commit_id == 0


def test_batches_do_not_nest(journal: Journal) -> None:
    with journal.batch(0), pytest.raises(JournalError, match="do not nest"), journal.batch(0):
        pass


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (pose_record(0, world_from_camera=np.full((4, 4), np.nan)), "pose.world_from_camera must"),
        (pose_record(0, world_from_camera=np.eye(3)), r"must be \(4, 4\)"),
        (pose_record(2**63), "integer of 64 bits"),
        (pose_record(0.5), "integer of 64 bits"),  # type: ignore[arg-type]
        (pose_record(0, sensor=None), "must not be None"),
        (pose_record(0, sensor=3), "must be text"),
        (pose_record(0, sensor="\ud800"), "valid Unicode"),
        (detection_record(1, 0, confidence=float("nan")), "must be finite"),
        (pose_record(0, session_id=2), "must name an earlier record than 2, got 2"),
        (pose_record(0, session_id=0), "must name an earlier record"),
        (frame_record(1, 0, color_blob=1), "no blob 1"),
    ],
)
def test_values_that_cannot_be_kept_exactly_are_refused(
    journal: Journal, record: Record, message: str
) -> None:
    with pytest.raises(InputError, match=message), journal.batch(0) as batch:  # noqa: PT012
        batch.add(session_record())
        batch.add(record)
    assert journal.head.commit_id == 0


def test_a_blob_without_a_record_is_refused(journal: Journal) -> None:
    with pytest.raises(InputError, match="no record of this batch refers"):  # noqa: SIM117
        with journal.batch(0) as batch:
            batch.add_blob(b"lost", codec="jpeg")
    assert journal.database.rows("SELECT count(*) FROM blob") == [(0,)]


def test_a_later_record_may_share_an_older_blob(journal: Journal) -> None:
    fill(journal, 1)
    with journal.batch(1) as batch:
        batch.add(frame_record(2, 1, color_blob=1))
    assert verify_journal(journal).problems == ()


@pytest.mark.parametrize("table", ["blob", "commit_log", "record_pose", "record_session"])
def test_rows_cannot_be_changed_or_deleted(journal: Journal, table: str) -> None:
    fill(journal, 1)
    key = journal.database.rows(f"SELECT name FROM pragma_table_info('{table}')")[0][0]
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {key} = {key}"):
        with pytest.raises(JournalError, match="append-only"):
            journal.database.rows(statement)


# Digests


def test_identical_writes_have_the_same_digest_anywhere(tmp_path: Path) -> None:
    digests = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        with Journal.create(tmp_path / folder / f"{folder}.db", synchronous="full") as journal:
            fill(journal)
            digests.append(journal.digest())
    assert digests[0] == digests[1]


def test_checkpoints_are_not_in_the_digest(journal: Journal) -> None:
    fill(journal)
    digest = journal.digest()
    save(journal, 5)
    assert journal.digest() == digest


@pytest.mark.parametrize(
    "record",
    [
        pose_record(1, sensor="wrist"),
        pose_record(1, world_from_camera=POSE + np.eye(4) * 1e-15),
        pose_record(2),
        pose_record(1, source_index=0),
        pose_record(1, source_index=1),
    ],
)
def test_any_difference_changes_the_digest(tmp_path: Path, record: PoseRecord) -> None:
    digests = set()
    for name, written in (("a", pose_record(1)), ("b", record)):
        with Journal.create(tmp_path / name) as journal:
            with journal.batch(0) as batch:
                batch.add(session_record())
                batch.add(written)
            digests.add(journal.digest())
    assert len(digests) == 2


def test_the_stored_format_is_that_of_its_schema_version(journal: Journal) -> None:
    """A change here means: bump `SCHEMA_VERSION` and keep a reader for the old files."""
    schema = "\n".join(database.schema_statements())
    assert database.SCHEMA_VERSION == 2
    assert hashlib.sha256(schema.encode()).hexdigest()[:16] == "9c563dd710150e88"
    with journal.batch(7) as batch:
        batch.add(session_record())
        batch.add(pose_record(1, world_from_camera=np.eye(4)))
        batch.add(frame_record(2, 1, color_blob=batch.add_blob(b"abc", codec="jpeg")))
    assert journal.digest() == "4fcda5b6aa770c778090b70c72df7976"


def make_journal_of_schema_1(path: Path) -> None:
    """A journal as version 1 wrote it: without the kinds and columns that came later."""
    late_kinds = ("look", "robot", "utterance", "report", "fact", "case")
    with Journal.create(path) as journal, journal.batch(7) as batch:
        batch.add(session_record())
        batch.add(pose_record(1, world_from_camera=np.eye(4)))
        batch.add(detection_record(2, 1))
    raw = sqlite3.connect(path)
    for kind in late_kinds:
        raw.execute(f"DROP TABLE record_{kind}")
    for column in columns_of(DetectionRecord):
        if column.since > 1:
            raw.execute(f"ALTER TABLE record_detection DROP COLUMN {column.name}")
    raw.execute("PRAGMA user_version = 1")
    raw.commit()
    raw.close()


def test_an_old_journal_is_read_as_it_is_and_upgraded_when_written(path: Path) -> None:
    make_journal_of_schema_1(path)
    before = path.read_bytes()
    with Journal.open(path, read_only=True) as journal:
        (entry,) = journal.entries(kinds=[DetectionRecord])
        assert isinstance(entry[1], DetectionRecord)
        assert entry[1].centroid_in_world is None
        assert list(journal.entries(kinds=[FactRecord])) == []
        assert verify_journal(journal).is_ok
        digest = journal.digest()
    assert path.read_bytes() == before
    with Journal.open(path) as journal:
        assert (journal.digest(), verify_journal(journal).is_ok) == (digest, True)
        with journal.batch(8) as batch:
            batch.add(detection_record(2, 1, centroid_in_world=np.ones(3)))
            batch.add(
                FactRecord(stamp_ns=8, subject="a", relation="is", object="b", valid_from_ns=0)
            )
        assert verify_journal(journal).is_ok
        with pytest.raises(JournalError, match="append-only"):
            journal.database.rows("DELETE FROM record_fact")


# Opening


def test_create_refuses_a_file_that_exists(journal: Journal, path: Path) -> None:
    with pytest.raises(JournalError, match="exists already"):
        Journal.create(path)


def test_a_closed_journal_is_one_file_and_reopens(path: Path) -> None:
    with Journal.create(path) as journal:
        fill(journal)
        digest = journal.digest()
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    with Journal.open(path) as journal:
        assert journal.digest() == digest
        with journal.batch(9) as batch:
            assert batch.add(pose_record(9)) == 17


def test_a_closed_journal_says_so(path: Path) -> None:
    journal = Journal.create(path)
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="is closed"):
        journal.digest()


def test_a_missing_journal_is_named(path: Path) -> None:
    for read_only in (False, True):
        with pytest.raises(JournalError, match="there is no journal at"):
            Journal.open(path, read_only=read_only)
    assert list(path.parent.iterdir()) == []
    with pytest.raises(JournalError, match=r"folder .* is missing"):
        Journal.create(path / "deep" / "m.db")


@pytest.mark.parametrize("read_only", [False, True])
def test_what_is_no_database_is_refused_and_kept(path: Path, read_only: bool) -> None:
    content = b"# notes on the kitchen\n" * 100
    path.write_bytes(content)
    with pytest.raises(JournalError, match="is not a journal"):
        Journal.open(path, read_only=read_only)
    with pytest.raises(JournalError, match="is not a journal"):
        Journal.open_or_create(path)
    assert path.read_bytes() == content
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_foreign_database_is_refused_and_kept(path: Path) -> None:
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE recipes (name TEXT)")
    foreign.close()
    content = path.read_bytes()
    for opening in (Journal.open, Journal.open_or_create):
        with pytest.raises(JournalError, match="but not a journal of embodied_mem"):
            opening(path)
    assert path.read_bytes() == content


def test_a_newer_schema_is_refused(path: Path) -> None:
    Journal.create(path).close()
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version = 9")
    raw.close()
    with pytest.raises(JournalError, match="schema 9, this version reads up to 2; upgrade"):
        Journal.open(path)


def test_a_creation_that_was_killed_can_be_finished(path: Path) -> None:
    path.touch()
    with pytest.raises(JournalError, match="creation was never finished"):
        Journal.open(path)
    with Journal.open_or_create(path) as journal:
        fill(journal)
        assert verify_journal(journal).problems == ()


@pytest.mark.parametrize("kept", [0.9, 0.5, 0.1])
def test_a_truncated_file_is_found_out(path: Path, kept: float) -> None:
    with Journal.create(path) as journal:
        fill(journal, 50)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(JournalCorruptError, match="damaged"):
        Journal.open(path, read_only=True)


def test_an_unknown_durability_is_refused(path: Path) -> None:
    with pytest.raises(InputError, match="'normal' or 'full', got 'off'"):
        Journal.create(path, synchronous="off")


# Two at once


def test_a_second_writer_in_the_same_process_is_refused(journal: Journal, path: Path) -> None:
    with pytest.raises(JournalError, match="being written by this process; a journal has one"):
        Journal.open(path)
    fill(journal)
    assert verify_journal(journal).problems == ()


def python(code: str, path: Path) -> str:
    """What another process prints that runs `code` on a journal path."""
    prelude = (
        "import sys\nfrom embodied_mem.journal.store import Journal\n"
        "from embodied_mem.journal.records import *\npath = sys.argv[1]\n"
    )
    command = [sys.executable, "-c", prelude + code, str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_a_second_writer_in_another_process_is_refused(journal: Journal, path: Path) -> None:
    code = "try:\n    Journal.open(path)\nexcept Exception as error:\n    print(error)"
    assert f"being written by process {os.getpid()}" in python(code, path)


def test_another_process_reads_while_this_one_writes(journal: Journal, path: Path) -> None:
    fill(journal, 3)
    code = (
        "journal = Journal.open(path, read_only=True)\n"
        "print(journal.digest(), len(list(journal.entries())))"
    )
    assert python(code, path) == f"{journal.digest()} 10"


def test_a_reader_sees_each_new_commit(journal: Journal, path: Path) -> None:
    with Journal.open(path, read_only=True) as reader:
        assert reader.count(PoseRecord) == 0
        fill(journal, 2)
        assert reader.count(PoseRecord) == 2
        assert reader.digest() == journal.digest()
        assert verify_journal(reader).problems == ()


def test_a_reader_cannot_write(journal: Journal, path: Path) -> None:
    with Journal.open(path, read_only=True) as reader:
        with pytest.raises(JournalError, match="open read-only"):
            reader.batch(0)
        with pytest.raises(JournalError, match="open read-only"):
            checkpoints.delete_checkpoints(reader)


def test_the_file_is_whole_when_its_writer_closed_before_a_reader(path: Path) -> None:
    writer = Journal.create(path)
    with Journal.open(path, read_only=True) as reader:
        fill(writer, 3)
        digest = reader.digest()
        writer.close()
        copy = path.with_name("copy.db")
        shutil.copy(path, copy)
        with Journal.open(copy, read_only=True) as copied:
            assert copied.digest() == digest


def unprivileged(function: Callable[[], None]) -> int:
    """Exit code of a child that runs `function` without root's right to write anywhere."""
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            function()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_journal_in_a_read_only_folder_can_be_read() -> None:
    folder = Path(tempfile.mkdtemp())
    path = folder / "m.db"
    with Journal.create(path) as journal:
        fill(journal, 3)
        digest = journal.digest()
    path.chmod(0o444)
    folder.chmod(0o555)

    def read() -> None:
        with Journal.open(path, read_only=True) as reader:
            assert reader.digest() == digest
            assert verify_journal(reader).problems == ()

    def write() -> None:
        with pytest.raises(JournalError, match="open it with read_only=True"):
            Journal.open(path)

    try:
        assert unprivileged(read) == 0
        assert unprivileged(write) == 0
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_forked_child_does_not_write_through_its_parents_journal(journal: Journal) -> None:
    def write() -> None:
        with pytest.raises(JournalError, match="before a fork"):
            journal.batch(0)

    assert unprivileged(write) == 0
    fill(journal)
    assert verify_journal(journal).problems == ()


# Verification


def tamper(path: Path, *statements: str) -> tuple[str, ...]:
    """What `verify` says after SQL that goes around the append-only triggers."""
    raw = sqlite3.connect(path)
    triggers = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        raw.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        raw.execute(statement)
    raw.commit()
    raw.close()
    with Journal.open(path, read_only=True) as journal:
        return verify_journal(journal).problems


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE record_pose SET sensor = 'x' WHERE record_id = 8", "pose:8: its content does not"),
        ("UPDATE record_pose SET digest = x'00' WHERE record_id = 8", "pose:8: its content"),
        ("UPDATE blob SET data = x'00' WHERE blob_id = 3", "frame:6: its color_blob 3 does not"),
        ("UPDATE blob SET digest = zeroblob(16) WHERE blob_id = 3", "frame:6: its color_blob 3"),
        ("DELETE FROM blob WHERE blob_id = 3", "frame:6: its color_blob 3 is missing"),
        ("DELETE FROM blob WHERE blob_id = 10", "frame:15: its depth_blob 10 is missing"),
        ("DELETE FROM record_detection WHERE record_id = 7", "record 7 of the commit log cannot"),
        ("DELETE FROM record_pose WHERE record_id = 5", "frame:6: its pose_id 5 names no earlier"),
        ("DELETE FROM record_session", "record 1 of the commit log cannot be found"),
        ("DELETE FROM commit_log WHERE commit_id = 3", "commit 4: the commit before it is missing"),
        ("DELETE FROM commit_log WHERE commit_id = 6", "pose:14 and what follows it belong to no"),
        (
            "UPDATE commit_log SET digest = zeroblob(16) WHERE commit_id = 3",
            "commit 3: its records",
        ),
        ("UPDATE commit_log SET stamp_ns = 5 WHERE commit_id = 3", "commit 3: its records 5..7"),
        ("UPDATE commit_log SET counts_json = '{}' WHERE commit_id = 3", "commit 3: its record co"),
        ("UPDATE commit_log SET counts_json = '[' WHERE commit_id = 3", "commit 3 is unreadable"),
        ("UPDATE commit_log SET last_blob_id = 5 WHERE commit_id = 6", "counts 5 blobs"),
        ("UPDATE record_frame SET pose_id = 4 WHERE record_id = 6", "is a detection, expected a"),
        (
            "UPDATE record_frame SET record_id = 99 WHERE record_id = 6",
            "record 6 of the commit log",
        ),
        (
            "INSERT INTO record_tombstone VALUES (17, zeroblob(16), 0, 2, 'x')",
            "tombstone:17 and what follows it belong to no commit",
        ),
    ],
)
def test_tampering_is_found_and_named(path: Path, statement: str, problem: str) -> None:
    with Journal.create(path) as journal:
        fill(journal)
    problems = tamper(path, statement)
    assert any(problem in found for found in problems), problems


def test_a_forged_record_with_its_digest_breaks_the_chain(path: Path) -> None:
    with Journal.create(path) as journal:
        fill(journal)
    with Journal.create(path.with_name("other.db")) as other:
        with other.batch(0) as batch:
            batch.add(session_record(name="forged"))
        ((digest,),) = other.database.rows("SELECT digest FROM record_session")
    problems = tamper(
        path, f"UPDATE record_session SET name = 'forged', digest = x'{digest.hex()}'"
    )
    assert problems == ("commit 1: its records 1..1 do not match its digest",)


def test_a_flipped_byte_anywhere_never_goes_unnoticed(path: Path) -> None:
    with Journal.create(path) as journal:
        fill(journal, 20)
        digest = journal.digest()
    content = path.read_bytes()
    rng = np.random.default_rng(3)
    for place in rng.integers(100, len(content), 60):
        damaged = bytearray(content)
        damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            with Journal.open(path, read_only=True) as journal:
                report = verify_journal(journal)
                is_same = journal.digest() == digest and len(list(journal.entries())) == 61
        except JournalError:
            continue
        assert report.problems or is_same, f"byte {place}"


def test_verify_counts_and_reports_progress(journal: Journal) -> None:
    fill(journal, 3)
    seen: list[tuple[int, int]] = []
    report = verify_journal(journal, progress=lambda done, total: seen.append((done, total)))
    assert (report.record_count, report.blob_count, report.problems) == (10, 6, ())
    assert report.is_ok
    assert seen[-1] == (16, 16)


def test_an_empty_journal_verifies(journal: Journal) -> None:
    assert verify_journal(journal).problems == ()


# Checkpoints


def save(journal: Journal, through: int, *, stamp_ns: int = 0, **changes: object) -> None:
    values: dict[str, object] = {
        "view_version": 1,
        "config_digest": "c",
        "through_record_id": through,
        "max_stamp_ns": stamp_ns,
        "state_digest": f"s{through}",
        "data": b"state %d" % through,
    }
    save_checkpoint(journal, "octree", **(values | changes))  # type: ignore[arg-type]


def find(journal: Journal, **changes: object) -> Checkpoint | None:
    values: dict[str, object] = {"view_version": 1, "config_digest": "c"}
    return find_checkpoint(journal, "octree", **(values | changes))  # type: ignore[arg-type]


def test_the_latest_checkpoint_that_saw_nothing_later_is_found(journal: Journal) -> None:
    fill(journal)
    save(journal, 4, stamp_ns=0)
    save(journal, 7, stamp_ns=9 * SECOND_NS)
    save(journal, 10, stamp_ns=9 * SECOND_NS)
    latest, early = find(journal), find(journal, until_stamp_ns=8 * SECOND_NS)
    assert latest is not None
    assert (latest.through_record_id, latest.state_digest, latest.data) == (10, "s10", b"state 10")
    assert early is not None
    assert early.through_record_id == 4
    assert find(journal, until_stamp_ns=-1) is None
    assert find(journal, view_version=2) is None
    assert find(journal, config_digest="other") is None


def test_a_checkpoint_is_read_back_whether_it_shrinks_or_not(journal: Journal) -> None:
    fill(journal)
    for through, data in ((4, bytes(10**6)), (7, np.random.default_rng(0).bytes(10**5)), (10, b"")):
        save(journal, through, data=data)
        found = find(journal)
        assert found is not None
        assert found.data == data


def test_a_new_view_version_replaces_the_old_states(journal: Journal) -> None:
    fill(journal)
    save(journal, 4)
    save(journal, 4, config_digest="d")
    save(journal, 7, view_version=2)
    assert find(journal) is None
    assert find(journal, config_digest="d") is None
    assert find(journal, view_version=2) is not None


def test_checkpoints_stay_few_and_are_spaced_by_age(journal: Journal) -> None:
    with journal.batch(0) as batch:
        batch.add(session_record())
        for index in range(2000):
            batch.add(pose_record(index))
    for through in range(10, 2001, 10):
        save(journal, through, stamp_ns=through)
    kept = [row[0] for row in journal.database.rows("SELECT max_stamp_ns FROM checkpoint")]
    assert len(kept) == checkpoints.MAX_CHECKPOINTS
    gaps = np.diff(sorted(kept))
    assert kept[-1] == 2000
    assert min(kept) == 10
    assert gaps[-1] <= 20
    assert gaps[0] > 20 * gaps[-1]


def test_deleting_all_checkpoints_loses_nothing(journal: Journal) -> None:
    fill(journal)
    save(journal, 4)
    digest = journal.digest()
    checkpoints.delete_checkpoints(journal)
    assert find(journal) is None
    assert journal.digest() == digest
    assert verify_journal(journal).problems == ()


def test_an_unreadable_checkpoint_is_passed_over(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    fill(journal)
    save(journal, 4)
    save(journal, 7, data=bytes(10**5))
    journal.database.rows("UPDATE checkpoint SET data = x'00ff' WHERE through_record_id = 7")
    found = find(journal)
    assert found is not None
    assert found.through_record_id == 4
    assert "unreadable" in caplog.text


def test_a_checkpoint_beyond_the_journal_is_refused(journal: Journal) -> None:
    with pytest.raises(InputError, match=r"must lie in 0\.\.0, got 5"):
        save(journal, 5)


# Images, detections, recording

INTRINSICS = CameraIntrinsics(32, 24, 30.5, 30.25, 15.5, 11.5)


def add_keyframe(journal: Journal, index: int, color: EncodedImage, depth: DepthImage) -> int:
    stamp_ns = index * SECOND_NS
    with journal.batch(stamp_ns) as batch:
        pose_id = batch.add(pose_record(stamp_ns, source_index=5 * index))
        frame_id = batch.add(
            frame_record(
                pose_id,
                stamp_ns,
                color_blob=batch.add_blob(color.data, codec=color.format),
                depth_blob=batch.add_blob(encode_depth(depth.raw), codec="vertical_zlib"),
                depth_unit_m=depth.unit_m,
            )
        )
        mask = np.arange(24 * 32).reshape(24, 32) % 3 == 0
        batch.add(
            detection_record(
                pose_id,
                stamp_ns,
                mask_blob=batch.add_blob(encode_mask(mask), codec=MASK_CODEC),
                embedding_blob=batch.add_blob(
                    encode_embedding(np.arange(4, dtype=np.float32)), codec=EMBEDDING_CODEC
                ),
            )
        )
    return frame_id


@pytest.fixture
def filmed(journal: Journal) -> Journal:
    with journal.batch(0) as batch:
        batch.add(session_record(world_from_source=POSE))
    rng = np.random.default_rng(0)
    for index in range(3):
        color = encode_color(rng.integers(0, 256, (24, 32, 3)).astype(np.uint8))
        depth = DepthImage(rng.integers(0, 65536, (24, 32)).astype(np.uint16), 0.0002)
        add_keyframe(journal, index, color, depth)
    return journal


def test_keyframes_come_back_as_the_observations_they_were(filmed: Journal) -> None:
    recording = JournalRecording(filmed)
    assert isinstance(recording, Recording)
    assert (recording.info.name, recording.info.frame_count) == ("kitchen", 3)
    assert np.array_equal(recording.info.world_from_source, POSE)
    observations = list(recording.observations())
    rng = np.random.default_rng(0)
    for index, observation in enumerate(observations):
        color = encode_color(rng.integers(0, 256, (24, 32, 3)).astype(np.uint8))
        raw = rng.integers(0, 65536, (24, 32)).astype(np.uint16)
        assert observation.color == color
        assert observation.depth is not None
        assert np.array_equal(observation.depth.raw, raw)
        assert observation.depth.unit_m == 0.0002
        assert observation.world_from_camera.tobytes() == POSE.tobytes()
        assert observation.intrinsics == INTRINSICS
        assert (observation.stamp_ns, observation.source_index) == (index * SECOND_NS, 5 * index)
        (detection,) = observation.detections
        assert detection.label == "mug"
        assert detection.mask is not None
        assert int(detection.mask.sum()) == 256
        assert detection.embedding is not None
        assert detection.embedding.tolist() == [0, 1, 2, 3]


def test_a_recording_starts_at_a_source_index(filmed: Journal) -> None:
    indexes = [o.source_index for o in JournalRecording(filmed).observations(start=5)]
    assert indexes == [5, 10]


def test_a_recording_uses_corrected_poses_and_leaves_out_tombstoned_frames(
    filmed: Journal,
) -> None:
    frames = [i for i, _ in filmed.entries(kinds=(FrameRecord,))]
    corrected = look_at(np.array([5.0, 5.0, 1.0]), np.array([0.0, 0.0, 1.0]))
    with filmed.batch(9 * SECOND_NS) as batch:
        batch.add(pose_record(SECOND_NS, world_from_camera=corrected, supersedes=5))
        batch.add(TombstoneRecord(stamp_ns=9, target_record_id=frames[0], reason="budget"))
    first, _ = JournalRecording(filmed).observations()
    assert first.stamp_ns == SECOND_NS
    assert np.array_equal(first.world_from_camera, corrected)


def test_a_recording_of_one_session_leaves_out_the_others(filmed: Journal) -> None:
    with filmed.batch(9) as batch:
        second = batch.add(session_record(name="second"))
        pose_id = batch.add(pose_record(9, session_id=second))
        batch.add(frame_record(pose_id, 9, session_id=second))
    assert JournalRecording(filmed, second).info.frame_count == 1
    assert [o.source_index for o in JournalRecording(filmed, 1).observations()] == [0, 5, 10]
    assert [o.source_index for o in JournalRecording(filmed).observations()] == [0, 1, 2, 3]
    with pytest.raises(RecordingError, match=r"no session 99; it has \[1, "):
        JournalRecording(filmed, 99)


def test_a_damaged_keyframe_is_named(journal: Journal) -> None:
    fill(journal, 1)
    with pytest.raises(RecordingError, match=r"m\.db: frame:3: encoded depth"):
        list(JournalRecording(journal).observations())


def test_encoded_color_passes_through_and_arrays_become_jpeg() -> None:
    color = np.full((24, 32, 3), (200, 30, 90), np.uint8)
    encoded = encode_color(color, jpeg_quality=95)
    assert encoded.format == "jpeg"
    assert np.abs(encoded.decode().astype(int) - color).max() <= 4
    assert encode_color(encoded) is encoded
    assert len(encode_color(color, jpeg_quality=20).data) <= len(encoded.data)
    with pytest.raises(InputError, match="'jpeg' or 'png', got 'webp'"):
        encode_color(EncodedImage(b"", "webp"))
    with pytest.raises(InputError, match="uint8 RGB"):
        encode_color(color[:, :, 0])


def test_masks_and_embeddings_are_exact_and_refuse_damage() -> None:
    rng = np.random.default_rng(0)
    for shape in ((1, 1), (7, 13), (480, 640)):
        mask = rng.random(shape) < 0.3
        assert np.array_equal(decode_mask(encode_mask(mask)), mask)
    embedding = rng.normal(size=384).astype(np.float32)
    assert decode_embedding(encode_embedding(embedding)).tobytes() == embedding.tobytes()
    for data in (b"", b"1234", encode_mask(mask)[:40], b"\xff" * 8 + encode_mask(mask)[8:]):
        with pytest.raises(JournalCorruptError):
            decode_mask(data)
    with pytest.raises(JournalCorruptError):
        decode_embedding(b"123")


# Cost


def test_opening_a_journal_imports_neither_numba_nor_cv2(journal: Journal, path: Path) -> None:
    fill(journal)
    code = (
        "Journal.open(path, read_only=True).stamp_range()\n"
        "print({'numba', 'cv2', 'scipy', 'hydra'} & set(sys.modules))"
    )
    assert python(code, path) == "set()"


@pytest.mark.parametrize("kind", RECORD_KINDS.values(), ids=list(RECORD_KINDS))
def test_reading_by_id_and_by_stamp_uses_an_index(journal: Journal, kind: type[Record]) -> None:
    table, stamp = database.table_of(kind), kind.stamp_field
    for condition in ("record_id = 1", f"{stamp} BETWEEN 1 AND 2"):
        plan = journal.database.rows(f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE {condition}")
        assert all("SEARCH" in step[3] for step in plan), plan


def test_finding_corrections_does_not_walk_all_poses(journal: Journal) -> None:
    plans: list[str] = []
    journal.database.connection.set_trace_callback(plans.append)
    journal.corrections()
    journal.database.connection.set_trace_callback(None)
    steps = journal.database.rows(f"EXPLAIN QUERY PLAN {plans[0]}")
    assert "record_pose_by_supersedes" in steps[0][3]


def test_measuring_appends_reports_each_durability(tmp_path: Path) -> None:
    measurements = measure_append(tmp_path, commit_count=20, blob_bytes=2000)
    assert [m.synchronous for m in measurements] == ["normal", "full"]
    assert all(m.problem_count == 0 and m.records_per_s > 0 for m in measurements)
    assert list(tmp_path.iterdir()) == []
