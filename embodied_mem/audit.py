"""Is a memory file whole? The journal's digests, and every view rebuilt and compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .config import MemoryConfig, memory_config_from_json
from .errors import JournalCorruptError
from .journal.checkpoints import find_checkpoint
from .journal.store import Journal
from .journal.verify import verify_journal
from .views import MemoryViews, load_checkpoint


@dataclass(frozen=True)
class MemoryReport:
    """What `verify_memory` checked; the memory is whole if there are no problems."""

    record_count: int
    blob_count: int
    keyframe_count: int
    view_digests: dict[str, str]
    """Digest of each view rebuilt from the journal alone."""
    checked_checkpoints: int
    journal_digest: str
    problems: tuple[str, ...]

    @property
    def is_ok(self) -> bool:
        return not self.problems


def verify_memory(
    path: str | Path, *, progress: Callable[[str, int], None] | None = None
) -> MemoryReport:
    """Check a memory file without changing it.

    Every record, blob and commit digest; then every view is rebuilt from the first record and compared
    with its newest checkpoint and with what an ordinary opening gives. `progress` is called with the
    stage ('journal', 'views') and a count.
    """
    with Journal.open(path, read_only=True) as journal:
        report = verify_journal(
            journal, progress=lambda done, _: progress("journal", done) if progress else None
        )
        problems = list(report.problems)
        digests: dict[str, str] = {}
        checked = keyframe_count = 0
        if report.is_ok:
            config = stored_config(journal)
            rebuilt = MemoryViews.open(
                journal,
                config,
                use_checkpoints=False,
                progress=lambda done: progress("views", done) if progress else None,
            )
            digests = rebuilt.digests()
            keyframe_count = len(rebuilt.keyframes)
            checked, found = _compare_checkpoints(journal, config)
            problems += found
            opened = MemoryViews.open(journal, config).digests()
            problems += [
                f"view '{name}' opened from its checkpoint differs from the rebuilt one"
                for name in digests
                if digests[name] != opened[name]
            ]
        return MemoryReport(
            report.record_count,
            report.blob_count,
            keyframe_count,
            digests,
            checked,
            journal.digest(),
            tuple(problems),
        )


def stored_config(journal: Journal) -> MemoryConfig:
    """The configuration of a journal's last session, or the defaults if it has none."""
    sessions = journal.sessions()
    return memory_config_from_json(sessions[-1][1].config_json) if sessions else MemoryConfig()


def _compare_checkpoints(journal: Journal, config: MemoryConfig) -> tuple[int, list[str]]:
    """The newest checkpoint of each view against the state it claims."""
    checked, problems = 0, []
    for view in MemoryViews(config).all:
        checkpoint = find_checkpoint(
            journal, view.name, view_version=view.version, config_digest=view.config_digest
        )
        if checkpoint is None:
            continue
        checked += 1
        try:
            load_checkpoint(view, checkpoint)
        except JournalCorruptError as error:
            problems.append(str(error))
            continue
        if view.digest() != checkpoint.state_digest:
            problems.append(
                f"the checkpoint of view '{view.name}' at record {checkpoint.through_record_id} does "
                "not have the digest it was saved with"
            )
    return checked, problems
