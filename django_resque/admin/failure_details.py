"""All that is shown of one failure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.admin.arguments import MOST, clean, one_by_one
from django_resque.admin.backtraces import Part, parts
from django_resque.admin.causes import in_words, usage
from django_resque.admin.failure_filters import link
from django_resque.admin.rows import result_url
from django_resque.jobs.masking import masked_record
from django_resque.jobs.registry import registry
from django_resque.wire import timestamps
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django_resque.admin.arguments import ArgumentShown
    from django_resque.admin.visit import Visit
    from django_resque.reading.failures import FailureRow
    from django_resque.wire.failure import FailureRecord

_LONGEST_ERROR = 10_000


@dataclass(frozen=True, slots=True)
class FailureDetails:
    """One failure as its page shows it."""

    list: str
    digest: str
    index: int
    address: str
    """What a form posts to name it: the digest, and where it was seen."""
    list_url: str
    exception: str
    error: str
    why: str
    """How its process ended, in words; empty for an exception."""
    usage: str
    """What its process had used, in words."""
    unreadable: str
    """Why it is not readable; empty if it is."""
    job: str
    job_url: str
    """The page of the job; empty if it is not registered here."""
    job_id: str
    result_url: str
    """The page of what came of it; empty for a job without an id."""
    attempt: int
    """The number of the performance that failed: 1 for the first."""
    attempts: int | None
    """How often it is performed at most; None where no policy of retries is known."""
    queued_at: datetime | None
    failed_at: datetime | None
    failed_text: str
    """What stands there instead of a date that can be read."""
    retried: bool
    retried_at: datetime | None
    queue: str
    queue_url: str
    worker: str
    worker_url: str
    place: str
    group_url: str
    """The page of the failures of its kind."""
    arguments: Sequence[ArgumentShown] | None
    """None for those who may not see them."""
    backtrace: Sequence[Part]
    raw: str
    """The whole record; empty for those who may not see arguments."""
    newer_url: str
    older_url: str

    @classmethod
    def of(cls, visit: Visit, row: FailureRow, newer_url: str, older_url: str) -> FailureDetails:
        """Show a failure to the user of this visit."""
        record = masked_record(row.record) if row.record else None
        payload, cause, job = row.payload, row.cause, registry.find(row.job)
        worker = record.worker if record else ""
        failures = visit.url("failures")
        return cls(
            list=printable(row.list),
            digest=row.digest,
            index=row.index,
            address=f"{row.digest}:{row.index}",
            list_url=link(failures, list=row.list),
            exception=printable(row.exception, 300),
            error=clean(record.error, _LONGEST_ERROR) if record else "",
            why=in_words(cause),
            usage=usage(cause),
            unreadable=printable(row.error, 500),
            job=printable(row.job),
            job_url=visit.url("job", job=row.job) if job else "",
            job_id=printable(payload.id or "") if payload else "",
            result_url=result_url(visit, payload.id, row.queue) if payload else "",
            attempt=payload.attempt if payload else 1,
            attempts=job.retry.max_attempts if job and job.retry else None,
            queued_at=payload.queued_at if payload else None,
            failed_at=row.failed_at,
            failed_text="" if row.failed_at or not record else printable(record.failed_at, 100),
            retried=bool(row.retried_at),
            retried_at=timestamps.parse(row.retried_at),
            queue=printable(row.queue),
            queue_url=visit.url("queue", queue=row.queue) if row.queue else "",
            worker=printable(worker),
            worker_url=visit.url("worker", worker=worker) if worker else "",
            place=printable(row.place, 500),
            group_url=link(failures, list=row.list, group=row.fingerprint),
            arguments=one_by_one(visit, payload) if payload else [],
            backtrace=parts(record.backtrace) if record else [],
            raw=_raw(row, record) if visit.may["view_arguments"] else "",
            newer_url=newer_url,
            older_url=older_url,
        )


def _raw(row: FailureRow, masked: FailureRecord | None) -> str:
    """Return the record as JSON; its bytes if it cannot be read as a failure."""
    if masked is None or row.payload is None:
        return clean(row.raw[: MOST + 1].decode(errors="backslashreplace"))
    return clean(json.dumps(json.loads(masked.encode()), indent=2, ensure_ascii=False))
