"""What is kept of the past for charts and rates: samples of the counters, snapshots of queues."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import DecodeError
from django_resque.wire.codec import loads

if TYPE_CHECKING:
    from collections.abc import Mapping

# Bounded, so that no garbage becomes a moment or a number that cannot be reckoned with.
_SAMPLE = re.compile(rb"([0-9]{1,11}) ([0-9]{1,18}) ([0-9]{1,18})")
_MOST = 10**18


@dataclass(frozen=True, slots=True)
class Sample:
    """How many jobs had been processed and had failed in all, at a moment in epoch seconds."""

    at: int
    processed: int
    failed: int

    @classmethod
    def decode(cls, raw: bytes) -> Sample:
        """Read a sample: ``<epoch> <processed> <failed>``. Raises DecodeError for anything else."""
        match = _SAMPLE.fullmatch(raw)
        if match is None:
            raise DecodeError("sample is not three numbers", raw)
        return cls(*map(int, match.groups()))


@dataclass(frozen=True, slots=True)
class QueueSnapshot:
    """How long each queue was, and how many of its jobs had ended, at a moment."""

    at: int
    queues: Mapping[str, tuple[int, int]]
    """By the queue's name: its size, and the number of its jobs that our workers had ended."""

    @classmethod
    def decode(cls, raw: bytes) -> QueueSnapshot:
        """Read a snapshot; a queue that is not told in two numbers is left out.

        Raises DecodeError for what is none.
        """
        document = loads(raw, "snapshot")
        fields: dict[str, Any] = document if isinstance(document, dict) else {}
        at, queues = fields.get("at"), fields.get("queues")
        if not (isinstance(at, int) and _is_count(at) and isinstance(queues, dict)):
            raise DecodeError("snapshot tells no moment or no queues", raw)
        return cls(at, {name: (told[0], told[1]) for name, told in queues.items() if _tells(told)})


def _tells(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_count, value))  # noqa: PLR2004 size and number


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST
