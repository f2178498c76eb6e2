"""Every error that embodied_mem raises on purpose.

A message says what was expected, what came and what to do.
Catch `EmbodiedMemError` to catch them all.
"""

from __future__ import annotations


class EmbodiedMemError(Exception):
    """Base of all errors raised by this package."""


class InputError(EmbodiedMemError, ValueError):
    """Input that does not keep a stated contract (shape, dtype, unit, range)."""


class PoseError(InputError):
    """A pose that is not a rigid transform within the stated tolerance."""


class StampError(InputError):
    """A stamp that goes backwards or repeats within one session."""


class ConfigError(EmbodiedMemError, ValueError):
    """An unknown key or a value out of range in the configuration."""


class RecordingError(EmbodiedMemError):
    """A recording that is missing, damaged or of an unknown format."""


class JournalError(EmbodiedMemError):
    """A journal file that cannot be opened, read or written."""


class JournalCorruptError(JournalError):
    """A journal whose content does not match its digests."""


class MissingExtraError(EmbodiedMemError, ImportError):
    """An optional package is needed; the message names the extra to install."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package '{package}': pip install 'embodied-mem[{extra}]'"
        )
