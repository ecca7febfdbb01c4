"""The item in a queue: ``{"class": ..., "args": [...]}`` and what other clients add to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import DecodeError
from django_resque.wire import timestamps
from django_resque.wire.codec import dumps, loads

if TYPE_CHECKING:
    from datetime import datetime

# Of php-resque and django-resque, and of pyres.
_QUEUE_TIMES = ("queue_time", "enqueue_timestamp")

UNKNOWN_SINCE = "unknown_since"
"""The key under which stands since when workers do not know the class."""
_MOST_SKEW = 60.0  # seconds that clocks of machines may differ by

# Above this, somebody's number is no count of performances.
_MOST_ATTEMPTS = 1_000_000

_COUNTS = ("attempt", UNKNOWN_SINCE)

_KINDS = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


@dataclass(frozen=True, slots=True)
class Payload:
    """One request to perform a job: its name, its arguments and any further keys."""

    name: str
    """The name of the job: its class, in the words of other clients."""
    args: list[Any] = field(default_factory=list)
    """Its arguments."""
    extras: dict[str, Any] = field(default_factory=dict)
    """All further keys, in their order."""

    @property
    def id(self) -> str | None:
        """The job's id, where its producer gave one (django-resque and php-resque do)."""
        value = self.extras.get("id")
        return value if isinstance(value, str) else None

    @property
    def attempt(self) -> int:
        """The number of this performance: 1 for the first, more for a retry."""
        value = self.extras.get("attempt")
        if not isinstance(value, int) or isinstance(value, bool):
            return 1
        return value if 1 <= value <= _MOST_ATTEMPTS else 1

    @property
    def queued_at(self) -> datetime | None:
        """When it was enqueued, where its producer says so (django-resque, php-resque, pyres)."""
        moments = (timestamps.from_epoch(self.extras.get(key)) for key in _QUEUE_TIMES)
        return next(filter(None, moments), None)

    def encode(self) -> bytes:
        """Return the bytes for the queue: class, args, then the extras in their order."""
        return dumps({"class": self.name, "args": self.args, **self.extras})

    @classmethod
    def decode(cls, raw: bytes) -> Payload:
        """Read a queue item of any client.

        Raises DecodeError, saying what is wrong, for one that names no job or whose args are
        no list. Absent and null args are an empty list, as in Ruby.
        """
        document = loads(raw)
        if not isinstance(document, dict):
            raise DecodeError(f"payload is {_kind(document)}, not an object", raw)
        if "class" not in document:
            raise DecodeError("class is missing", raw)
        name = document.pop("class")
        if not isinstance(name, str):
            raise DecodeError(f"class is {_kind(name)}, not a string", raw)
        if not name.strip():
            raise DecodeError("class is empty", raw)
        args = document.pop("args", None)
        if args is None:
            args = []
        if not isinstance(args, list):
            raise DecodeError(f"args is {_kind(args)}, not a list", raw)
        return cls(name, args, document)


def unknown_since(payload: Payload, now: float) -> float | None:
    """Return since when workers do not know a payload's class; None if no worker has met it.

    What is no such time, or one yet to come, is long ago.
    """
    if UNKNOWN_SINCE not in payload.extras:
        return None
    since = timestamps.from_epoch(payload.extras[UNKNOWN_SINCE])
    if since is None or since.timestamp() > now + _MOST_SKEW:
        return 0.0
    return since.timestamp()


def stamped_unknown(raw: bytes, now: float) -> bytes:
    """Return a payload, all else as it was to the byte, as one whose class was not known then."""
    stamp = dumps({UNKNOWN_SINCE: round(now, 3)})
    return raw.rstrip()[:-1] + b"," + stamp[1:]


def requeued(raw: bytes, at: datetime, *, anew: bool = False) -> bytes:
    """Return a payload as it is enqueued once more: waiting since ``at``, all else as it was.

    ``anew`` counts its attempts from 1 again. One of which nothing changes stays untouched, to
    the byte.
    """
    try:
        document = loads(raw)
    except DecodeError:
        return raw
    if not isinstance(document, dict):
        return raw
    told = set(_QUEUE_TIMES).intersection(document)
    counts = [document.pop(key, None) for key in _COUNTS] if anew else []
    counted = any(each is not None for each in counts)
    if not told and not counted:
        return raw
    document.update(dict.fromkeys(told, timestamps.epoch(at)))
    try:
        return dumps(document)
    except UnicodeEncodeError:
        return raw  # a lone surrogate, which only its own escape can carry


def retried(payload: Payload, attempt: int, at: datetime) -> Payload:
    """Return what is performed as the given attempt, waiting since ``at``, all else as it was."""
    times = [key for key in _QUEUE_TIMES if timestamps.from_epoch(payload.extras.get(key))]
    extras = {**payload.extras, **dict.fromkeys(times, timestamps.epoch(at)), "attempt": attempt}
    return Payload(payload.name, payload.args, extras)


def _kind(value: object) -> str:
    return _KINDS.get(type(value), type(value).__name__)
