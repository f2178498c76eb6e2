"""Starts the rerun viewer as a process of its own, on the loopback interface only.

Its `rerun` script is a wrapper that leaves the viewer alive when killed, its default is to listen on
every interface, and it reports usage unless told not to; so the program itself is started here, bound
to 127.0.0.1 and with a settings folder of its own in which usage reports are off.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core import Recall
from ..errors import MissingExtraError, RecordingError
from .replay import require_rerun, write_replay

LOOPBACK = "127.0.0.1"
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class ViewerHandle:
    """A running viewer. `close` it, `wait` for it, or use `with`."""

    process: subprocess.Popen[bytes]
    url: str
    """What to open in a browser (web), or what `ViewerClient.connect` takes (native)."""
    folder: Path
    """Holds the recording, the log and the settings while the viewer runs."""

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def wait(self) -> int:
        """Until a person closes the viewer; returns its exit status."""
        status = self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        return status

    def close(self) -> None:
        """End the viewer and remove its temporary files."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> ViewerHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def show_replay(
    memory_path: str | Path,
    *,
    web: bool = False,
    port: int = 0,
    recalls: Sequence[tuple[str, Recall]] = (),
) -> ViewerHandle:
    """Open the replay of a memory file in the native viewer, or serve it to browsers of this machine.

    Args:
        web: serve the web viewer; its address is the handle's `url`.
        port: of the web page, or of the native viewer's control port; 0 takes a free one.
        recalls: see `write_replay`.

    Raises:
        MissingExtraError: rerun is not installed.
        JournalError: the memory file is missing or damaged.
        RecordingError: there is no screen for the native viewer, or it did not start; the message
            ends with what it said.
    """
    require_rerun("the replay viewer")
    if not web and not _has_screen():
        raise RecordingError(
            "the native viewer needs a screen, and neither DISPLAY nor WAYLAND_DISPLAY is set; serve "
            "the replay to a browser (web), or take a screenshot of it"
        )
    folder = Path(tempfile.mkdtemp(prefix="embodied_mem_replay_"))
    try:
        rrd = folder / f"{Path(memory_path).stem}.rrd"
        write_replay(memory_path, rrd, recalls=recalls)
        return start_web(rrd, folder, port=port) if web else start_native(rrd, folder, port=port)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def start_web(rrd: Path, folder: Path, *, port: int = 0) -> ViewerHandle:
    """Serve a recording and the web viewer, both on the loopback interface."""
    page, data = port or find_free_port(), find_free_port()
    arguments = ["--serve-web", "--port", str(data), "--web-viewer-port", str(page), str(rrd)]
    source = urllib.parse.quote(f"rerun+http://{LOOPBACK}:{data}/proxy", safe="")
    url = f"http://{LOOPBACK}:{page}/?url={source}"
    return _start(arguments, folder, url, ports=(page, data))


def start_native(
    rrd: Path, folder: Path, *, port: int = 0, options: Sequence[str] = ()
) -> ViewerHandle:
    """Open a recording in the native viewer; `options` go to its command line."""
    control = port or find_free_port()
    url = f"rerun+http://{LOOPBACK}:{control}/proxy"
    return _start([*options, "--port", str(control), str(rrd)], folder, url, ports=(control,))


def find_free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def find_viewer() -> Path:
    """The viewer's program in the installed package, not the wrapper script on the PATH.

    Raises:
        MissingExtraError: rerun is not installed.
    """
    try:
        import rerun_cli  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtraError("rerun-sdk", "viewer", "the replay viewer") from error
    folder = Path(rerun_cli.__file__).parent
    names = ("rerun.exe", "rerun", "Rerun.app/Contents/MacOS/Rerun")
    for name in names if sys.platform == "win32" else names[1:]:
        if (folder / name).is_file():
            return folder / name
    raise MissingExtraError("rerun-sdk", "viewer", "the replay viewer")


def _start(
    arguments: Sequence[str], folder: Path, url: str, *, ports: tuple[int, ...]
) -> ViewerHandle:
    program, environment = find_viewer(), _environment(folder)
    disable = [str(program), "analytics", "disable"]
    subprocess.run(disable, env=environment, check=False, capture_output=True)
    with (folder / "viewer.log").open("wb") as log:
        process = subprocess.Popen(
            [str(program), "--bind", LOOPBACK, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    handle = ViewerHandle(process, url, folder)
    try:
        for port in ports:
            _wait_for_port(handle, port)
    except BaseException:
        handle.close()
        raise
    return handle


def _has_screen() -> bool:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)


def _environment(folder: Path) -> dict[str, str]:
    settings = {"XDG_CONFIG_HOME": str(folder / "settings"), "RERUN_APP_ONLY": "true"}
    return {**os.environ, **settings, "NO_COLOR": "1"}


def _wait_for_port(handle: ViewerHandle, port: int) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        if not handle.is_running:
            raise RecordingError(f"the viewer stopped at once: {_last_words(handle)}")
        with socket.socket() as probe:
            probe.settimeout(1.0)
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.05)
    raise RecordingError(
        f"the viewer did not listen on port {port} within {_START_TIMEOUT_S:.0f} s: "
        f"{_last_words(handle)}"
    )


def _last_words(handle: ViewerHandle) -> str:
    log = (handle.folder / "viewer.log").read_text(errors="replace").strip()
    return " ".join(log[-600:].split()) or "it said nothing"
