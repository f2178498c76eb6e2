"""The `embodied-mem` command: finds the subcommand, runs it, turns our errors into one clear line."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from . import __version__
from .commands import (
    ask_command,
    bench_commands,
    demo_command,
    eval_command,
    house_command,
    memory_commands,
    query_commands,
)
from .errors import EmbodiedMemError

EXIT_ERROR = 2
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit status (0 fine, 1 checked and found wrong, 2 error)."""
    parser = build_parser()
    parsed, rest = parser.parse_known_args(arguments)
    _take_overrides(parser, parsed, rest)
    logging.basicConfig(
        level=logging.DEBUG if parsed.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    try:
        status = int(parsed.run(parsed))
        sys.stdout.flush()  # here, where a reader that has gone is no surprise
        return status
    except EmbodiedMemError as error:
        sys.stderr.write(f"embodied-mem {parsed.command}: {error}\n")
        return EXIT_ERROR
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; everything up to the last frame is kept\n")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # What is still buffered must go somewhere, or the interpreter complains on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ERROR
    except OSError as error:  # a folder that is missing, a full disk
        sys.stderr.write(f"embodied-mem {parsed.command}: {error}\n")
        return EXIT_ERROR


def _take_overrides(
    parser: argparse.ArgumentParser, parsed: argparse.Namespace, rest: Sequence[str]
) -> None:
    """`key=value` words may stand anywhere after the recording of a command that takes them."""
    strange = [word for word in rest if word.startswith("-") or "=" not in word]
    if strange or (rest and not hasattr(parsed, "overrides")):
        parser.error(f"unrecognized arguments: {' '.join(strange or rest)}")
    if rest:
        parsed.overrides = [*parsed.overrides, *rest]


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="embodied-mem",
        description="The memory of embodied agents: ingest, ask, replay, measure.",
    )
    parser.add_argument("--version", action="version", version=f"embodied-mem {__version__}")
    parser.add_argument("--verbose", action="store_true", help="log every step")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    memory_commands.add_parsers(subparsers)
    query_commands.add_parsers(subparsers)
    ask_command.add_parsers(subparsers)
    bench_commands.add_parsers(subparsers)
    demo_command.add_parsers(subparsers)
    house_command.add_parsers(subparsers)
    eval_command.add_parsers(subparsers)
    return parser


if __name__ == "__main__":
    sys.exit(main())
