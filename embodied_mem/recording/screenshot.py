"""A picture of a replay without a screen: the native viewer, driven headless.

Needs a Vulkan driver; without a graphics card a software one does (Debian: mesa-vulkan-drivers).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, RecordingError
from .replay import require_rerun
from .timeline import TIME
from .viewer import start_native

if TYPE_CHECKING:
    from rerun.experimental import Recording, ViewerClient, ViewerState

VULKAN_HINT = "install a Vulkan driver, for example with: apt-get install mesa-vulkan-drivers"
_LOAD_TIMEOUT_S = 120.0
_SETTLE_TIMEOUT_S = 20.0
_NOTES_S = 2.0
_VULKAN_FOLDERS = ("/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d")


@dataclass(frozen=True)
class Screenshot:
    """A picture that was taken, and what the viewer said about it."""

    path: str
    time_s: float
    """The instant shown."""
    problems: tuple[str, ...]
    """Warnings and errors of the views, 'view: text'; empty if all is well."""


def find_vulkan_driver() -> Path | None:
    """A Vulkan driver's manifest; None if the machine has none in the usual places."""
    named = os.environ.get("VK_ICD_FILENAMES") or os.environ.get("VK_DRIVER_FILES")
    if named:
        return Path(named.split(os.pathsep)[0])
    for folder in map(Path, _VULKAN_FOLDERS):
        if folder.is_dir():
            for manifest in sorted(folder.glob("*.json")):
                return manifest
    return None


def take_screenshot(
    rrd_path: str | Path,
    png_path: str | Path,
    *,
    time_s: float | None = None,
    size: tuple[int, int] = (1600, 900),
) -> Screenshot:
    """Show a recording at one instant and save the viewer's window as a PNG file.

    Args:
        time_s: seconds after the first pose; None shows the end.
        size: (width, height) of the window in pixels.

    Raises:
        MissingExtraError: rerun is not installed.
        InputError: no such recording.
        RecordingError: no Vulkan driver, or the viewer failed; names what it said.
    """
    require_rerun("taking a screenshot")
    rrd = Path(rrd_path)
    if not rrd.is_file():
        raise InputError(f"there is no recording {rrd}; write one with write_replay")
    if find_vulkan_driver() is None:
        raise RecordingError(f"a screenshot needs a graphics driver: {VULKAN_HINT}")
    folder = Path(tempfile.mkdtemp(prefix="embodied_mem_screenshot_"))
    window = f"{size[0]}x{size[1]}"
    options = ["--headless", "--renderer", "vulkan", "--window-size", window]
    try:
        with start_native(rrd.resolve(), folder, options=options) as viewer:
            return _take(viewer.url, Path(png_path), time_s)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take(url: str, png: Path, time_s: float | None) -> Screenshot:
    from rerun.experimental import ViewerClient

    client = ViewerClient.connect(url)
    recording = _wait_until_loaded(client)
    chosen_s = _end_s(recording) if time_s is None else time_s
    client.set_time(TIME, duration=chosen_s, play_state="paused")
    png.write_bytes(_settled_picture(client))
    return Screenshot(str(png), chosen_s, _problems(client.get_state()))


def _wait_until_loaded(client: ViewerClient) -> Recording:
    deadline = time.monotonic() + _LOAD_TIMEOUT_S
    while time.monotonic() < deadline:
        state = client.get_state()
        for recording in state.recordings:
            names = {line.name for line in recording.timelines}
            if not state.loading and TIME in names and state.views:
                return recording
        time.sleep(0.1)
    raise RecordingError(
        f"the viewer did not load the recording within {_LOAD_TIMEOUT_S:.0f} s; is it a replay with "
        f"a time line '{TIME}'?"
    )


def _end_s(recording: Recording) -> float:
    ends = [line.end or 0 for line in recording.timelines if line.name == TIME]
    return ends[0] / 1e9


def _settled_picture(client: ViewerClient) -> bytes:
    """The window once two pictures in a row are the same: loaded does not mean painted.

    Not before the notes that the viewer shows when it starts are gone.
    """
    take: Callable[[], bytes] = client.take_screenshot
    started = time.monotonic()
    last = take()
    while (elapsed_s := time.monotonic() - started) < _SETTLE_TIMEOUT_S:
        time.sleep(0.2)
        picture = take()
        if picture == last and elapsed_s > _NOTES_S:
            break
        last = picture
    return last


def _problems(state: ViewerState) -> tuple[str, ...]:
    return tuple(
        f"{view.name}: {report.severity}: {report.summary}"
        for view in state.views
        for report in view.reports
    )
