"""What there is to see of single jobs by their ids, and the latest retries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.exceptions import DecodeError
from django_resque.jobs.delayed import DelayedJob
from django_resque.jobs.queues import QueuedJob
from django_resque.wire.payload import Payload
from django_resque.wire.result import Progress, ResultRecord
from django_resque.wire.retry import RetryNote
from django_resque.wire.worker import reservation_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.store import Store
    from django_resque.wire.worker import Reservation

MOST_BYTES = 2_000_000
"""The most bytes of one result or progress that are read: no worker of ours writes more."""

_MOST_ITEMS = 5000  # of a queue or timestamp that are searched for an id


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


@dataclass(frozen=True, slots=True)
class JobTrace:
    """What is known of one job by its id, and where it is now."""

    known: ResultRow
    status: str
    """``queued``, ``running``, ``retrying``, how it ended, or ``unknown`` if it is nowhere."""
    queue: str
    """The queue where it waits or waited, as far as that is known."""
    queued: QueuedJob | None
    """Where it waits in its queue."""
    delayed: DelayedJob | None
    """Where it waits for its time to be performed again."""
    reservation: Reservation | None
    """The claim of the worker that has it."""

    @property
    def payload(self) -> Payload | None:
        """What was enqueued, as long as it is somewhere."""
        if self.queued is not None:
            return self.queued.payload
        if self.delayed is not None:
            return self.delayed.payload
        try:
            return Payload.decode(self.reservation.payload) if self.reservation else None
        except DecodeError:
            return None


def trace(store: Store, id: str, queue: str = "") -> JobTrace:  # noqa: A002
    """Return what is known of the job of that id and where it is, in eight round trips at most.

    It is looked for with the workers, among the next thousands of its queue, if that is known or
    given as ``queue``, and at the time when it is to be performed again.
    """
    (known,) = results(store, [id])
    record = known.record
    if record is not None and record.is_final:
        return JobTrace(known, record.status, record.queue or queue, None, None, None)
    queue = (record.queue if record else "") or queue
    # In the order of a job's way, so that one that goes on meanwhile is met all the same.
    delayed = _delayed(store, id, record)
    queued = _queued(store, id, queue)
    claim = None if queued or delayed else _claim(store, id)
    if claim is None and not (queued or delayed):
        (known,) = results(store, [id])
        record = known.record
    status: str = record.status if record else "unknown"
    if claim is not None:
        status, queue = "running", claim.queue
    elif queued is not None:
        status = "queued" if record is None else "retrying"
    return JobTrace(known, status, queue, queued, delayed, claim)


def progress_of(store: Store, ids: Sequence[str]) -> dict[str, Progress]:
    """Return how far those of these jobs are that tell, in one round trip."""
    told = zip(ids, store.results.progress(ids), strict=True)
    rows = [_row(id_, None, raw) for id_, raw in told]
    return {row.id: row.progress for row in rows if row.progress is not None}


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


def _delayed(store: Store, id_: str, record: ResultRecord | None) -> DelayedJob | None:
    if record is None or record.retry is None:
        return None
    at = str(math.ceil(record.retry))
    for position, raw in store.delayed.window(at, 0, _MOST_ITEMS).indexed():
        if _mark(id_) in raw:
            job = DelayedJob.read(at, position, raw)
            if job.payload is not None and job.payload.id == id_:
                return job
    return None


def _queued(store: Store, id_: str, queue: str) -> QueuedJob | None:
    if not queue:
        return None
    for position, raw in store.queues.window(queue, 0, _MOST_ITEMS).indexed():
        if _mark(id_) in raw:
            job = QueuedJob.read(queue, position, raw)
            if job.payload is not None and job.payload.id == id_:
                return job
    return None


def _claim(store: Store, id_: str) -> Reservation | None:
    workers = store.workers.ids()
    claims = store.workers.claim_heads(workers, MOST_BYTES)
    return reservation_for(id_, zip(workers, claims, strict=True))


def _mark(id_: str) -> bytes:
    # Looking for the bytes first spares decoding all the others.
    return id_.encode(errors="surrogateescape")


def _bounded(raw: bytes, what: str) -> bytes:
    if len(raw) > MOST_BYTES:
        raise DecodeError(f"{what} has {len(raw)} bytes, which is none of ours", raw)
    return raw


def _retry(raw: bytes) -> RetryRow:
    try:
        return RetryRow(raw, RetryNote.decode(raw))
    except DecodeError as error:
        return RetryRow(raw, None, str(error))
