"""What there is to see of single jobs: results and progress by id, and the latest retries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.exceptions import DecodeError
from django_resque.wire.result import Progress, ResultRecord
from django_resque.wire.retry import RetryNote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.store import Store

MOST_BYTES = 2_000_000
"""The most bytes of one result or progress that are read: no worker of ours writes more."""


@dataclass(frozen=True, slots=True)
class ResultRow:
    """What is known of one job by its id."""

    id: str
    record: ResultRecord | None
    """What came of it; None if nothing is kept, or what is kept cannot be read."""
    progress: Progress | None
    """How far it says it is; None if it does not tell, or not readably."""
    error: str = ""
    """What of it is not readable."""


@dataclass(frozen=True, slots=True)
class RetryRow:
    """One of the latest retries, or what lies in its place."""

    raw: bytes
    note: RetryNote | None
    """What is told of it; None if that is not readable."""
    error: str = ""
    """Why it is not readable."""


def result(store: Store, id: str) -> ResultRow | None:  # noqa: A002 the payload's own word
    """Return what is known of the job of that id, in two round trips; None if nothing is."""
    (row,) = results(store, [id])
    return row if row.record or row.progress or row.error else None


def results(store: Store, ids: Sequence[str]) -> list[ResultRow]:
    """Return what is known of each of these jobs, in two round trips for all of them."""
    records, told = store.results.read(ids), store.results.progress(ids)
    return [_row(*each) for each in zip(ids, records, told, strict=True)]


def retries(store: Store, start: int = 0, count: int = 50) -> list[RetryRow]:
    """Return a page of the latest retries, the newest first, in one round trip.

    Only the last few hundred are remembered.
    """
    return [_retry(raw) for raw in store.retries.latest(start, count)]


def _row(id_: str, record: bytes | None, told: bytes | None) -> ResultRow:
    errors = []
    found = progress = None
    try:
        found = ResultRecord.decode(_bounded(record, "result")) if record is not None else None
    except DecodeError as error:
        errors.append(str(error))
    try:
        progress = Progress.decode(_bounded(told, "progress")) if told is not None else None
    except DecodeError as error:
        errors.append(str(error))
    return ResultRow(id_, found, progress, "; ".join(errors))


def _bounded(raw: bytes, what: str) -> bytes:
    if len(raw) > MOST_BYTES:
        raise DecodeError(f"{what} has {len(raw)} bytes, which is none of ours", raw)
    return raw


def _retry(raw: bytes) -> RetryRow:
    try:
        return RetryRow(raw, RetryNote.decode(raw))
    except DecodeError as error:
        return RetryRow(raw, None, str(error))
