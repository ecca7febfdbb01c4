"""What there is to see of jobs that wait for others, and for which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.exceptions import DecodeError
from django_resque.wire import timestamps
from django_resque.wire.payload import Payload
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from datetime import datetime

    from django_resque.store import Store
    from django_resque.store.relations import Found

MOST = 500
"""The most rows of one page."""
MOST_BYTES = 2_000_000
"""The most bytes of a payload that are read."""
_TEXT = 1_000


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One job that waits for others, or what lies in its place."""

    id: str
    queue: str
    """Where it is to go."""
    payload: Payload | None
    """What it asks for; None if that is not readable."""
    on_failure: str
    """What becomes of it if one of the others does not succeed."""
    changed_at: datetime | None
    """When something of it changed last."""
    open: list[str]
    """Some of those it waits for: ids of jobs, or names of members of its group."""
    open_count: int
    """How many it waits for."""
    error: str = ""
    """Why it is not readable."""


def count(store: Store) -> int:
    """Return how many jobs wait for others."""
    return store.relations.count()


def waiting(store: Store, start: int = 0, count: int = 50) -> list[WaitingRow]:
    """Return a page of the jobs that wait, the latest change first, in two round trips."""
    return [_row(found) for found in store.relations.page(start, min(count, MOST))]


def _row(found: Found) -> WaitingRow:
    payload, error = None, ""
    try:
        payload = Payload.decode(_bytes(found))
    except DecodeError as problem:
        error = str(problem)
    return WaitingRow(
        printable(found.id, _TEXT),
        _text(found.fields.get(b"queue", b"")),
        payload,
        _text(found.fields.get(b"on_failure", b"")),
        timestamps.from_epoch(found.changed),
        [_text(each) for each in found.open],
        found.open_count,
        error,
    )


def _bytes(found: Found) -> bytes:
    if b"head" not in found.fields:
        raise DecodeError("it is gone, or is none of ours")
    head, tail = found.fields[b"head"], found.fields.get(b"tail")
    if len(head) + len(tail or b"") > MOST_BYTES:
        raise DecodeError(f"payload has more than {MOST_BYTES} bytes, which is none of ours")
    # Since when it waits in its queue is not known yet.
    return head if tail is None else head + b"%f" % found.changed + tail


def _text(raw: bytes) -> str:
    return printable(raw.decode(errors="backslashreplace"), _TEXT)
