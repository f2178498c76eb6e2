"""`bench journal`: depth codecs, appending, opening and verifying, on real or rendered frames."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ..core import Recording
from ..journal.bench import measure_append, measure_depth_codecs
from ..journal.depth_codec import DEFAULT_CODEC
from .frames import load_frames
from .report import BenchReport, Table, at_most


def bench_journal(recording: Recording, *, frame_count: int = 40) -> BenchReport:
    """Size and CPU milliseconds of each depth codec; commits a second with 50 KB blobs."""
    frames = load_frames(recording, count=frame_count)
    codecs = measure_depth_codecs([frame.depth.raw for frame in frames])
    with tempfile.TemporaryDirectory() as folder:
        appends = measure_append(Path(folder))
    chosen = next(c for c in codecs if c.codec == DEFAULT_CODEC)
    return BenchReport(
        "journal",
        (
            at_most("depth_encode_ms", chosen.encode_cpu_ms, 10.0, "ms"),
            at_most("depth_decode_ms", chosen.decode_cpu_ms, 10.0, "ms"),
            at_most("append_p50_ms", appends[0].commit_p50_ms, 5.0, "ms"),
        ),
        (
            Table(
                f"depth codecs (default: {DEFAULT_CODEC})",
                ("codec", "KB", "ratio", "encode ms", "decode ms"),
                tuple(
                    (
                        c.codec,
                        f"{c.encoded_bytes / 1e3:.1f}",
                        f"{c.compression_ratio:.2f}",
                        f"{c.encode_cpu_ms:.2f}",
                        f"{c.decode_cpu_ms:.2f}",
                    )
                    for c in codecs
                ),
            ),
            Table(
                "commits of one pose and one frame with a 50 KB blob",
                ("synchronous", "records/s", "commit p50 ms", "p99 ms", "open ms", "verify ms"),
                tuple(
                    (
                        a.synchronous,
                        f"{a.records_per_s:.0f}",
                        f"{a.commit_p50_ms:.2f}",
                        f"{a.commit_p99_ms:.2f}",
                        f"{a.open_ms:.1f}",
                        f"{a.verify_ms:.1f}",
                    )
                    for a in appends
                ),
            ),
        ),
        ("Medians of CPU time for codecs, of wall time for commits.",),
        {"recording": recording.info.name, "frames": len(frames)},
    )
