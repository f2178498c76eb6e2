"""ask: a question in plain English to a memory file."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .output import print_json, print_text

if TYPE_CHECKING:
    from ..asking.question import Moment
    from ..asking.scene import Answer
    from ..memory import EmbodiedMemory

EXIT_UNREADABLE = 1


def add_parsers(subparsers: Any) -> None:
    """Register the command with argparse."""
    parser = subparsers.add_parser("ask", help="a question in plain English")
    parser.add_argument("file", type=Path, help="the memory file")
    parser.add_argument("question", help="such as 'where did I last see the red mug?'")
    parser.add_argument(
        "--as-of",
        metavar="SECONDS|HH:MM",
        help="answer by what was known then: seconds after the start, or a time of day",
    )
    parser.add_argument("--speaker", default="", metavar="NAME", help="who asks, for 'I' and 'my'")
    parser.add_argument("--show", action="store_true", help="open the evidence frames as a picture")
    parser.add_argument("--out", type=Path, metavar="PNG", help="write that picture here instead")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run_ask)


@dataclass(frozen=True)
class AskResult:
    """What `ask --json` prints."""

    question: str
    answer: Answer
    picture: str = ""


def run_ask(arguments: argparse.Namespace) -> int:
    from ..asking.answer import ask_memory
    from ..asking.reader import UnreadableError, read_question
    from ..memory import EmbodiedMemory

    try:
        read_question(arguments.question, speaker=arguments.speaker)
    except UnreadableError as error:
        print_json({"question": arguments.question, "error": str(error)}) if arguments.json else (
            print_text(str(error))
        )
        return EXIT_UNREADABLE
    as_of = None if arguments.as_of is None else _moment(arguments.as_of)
    with EmbodiedMemory.open(arguments.file, read_only=True) as memory:
        answer = ask_memory(memory, arguments.question, as_of=as_of, speaker=arguments.speaker)
        picture = _picture(arguments, memory, answer)
    if arguments.json:
        print_json(AskResult(arguments.question, answer, str(picture or "")))
    else:
        _tell(answer, picture)
    if picture is not None and arguments.out is None:
        _open_picture(picture)
    return 0


def _moment(text: str) -> Moment:
    """'12.5' is seconds after the start, '8:30' a time of day."""
    from ..asking.question import Clock, Moment
    from ..asking.times import read_moment

    try:
        return Moment(Clock.START, float(text))
    except ValueError:
        return read_moment(text)


def _picture(arguments: argparse.Namespace, memory: EmbodiedMemory, answer: Answer) -> Path | None:
    if not (arguments.show or arguments.out):
        return None
    from ..asking.show import write_picture

    path = arguments.out
    if path is None:
        handle, name = tempfile.mkstemp(prefix="embodied-mem-", suffix=".png")
        os.close(handle)
        path = Path(name)
    write_picture(path, memory, arguments.question, answer)
    return Path(path)


def _tell(answer: Answer, picture: Path | None) -> None:
    print_text(answer.text)
    sure = "" if answer.probability is None else f", probability {answer.probability:.2f}"
    print_text(f"  {answer.verdict.value}{sure}")
    if answer.evidence:
        print_text(f"  evidence: {' '.join(answer.evidence)}")
    if picture is not None:
        print_text(f"  picture: {picture}")


def _open_picture(path: Path) -> None:
    """With the system's viewer, if there is one; the path was printed in any case."""
    if sys.platform == "win32":
        os.startfile(path)
        return
    viewer = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    if viewer is not None:
        subprocess.Popen([viewer, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
