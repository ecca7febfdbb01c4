"""All that is shown of one failure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.admin.arguments import MOST, clean, one_by_one
from django_resque.admin.backtraces import Part, parts
from django_resque.admin.causes import in_words, usage
from django_resque.admin.failure_filters import link
from django_resque.jobs.masking import masked_args, masked_text
from django_resque.jobs.registry import registry
from django_resque.wire import timestamps
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from datetime import datetime

    from django_resque.admin.arguments import ArgumentShown
    from django_resque.admin.visit import Visit
    from django_resque.reading.failures import FailureRow
    from django_resque.wire.failure import FailureRecord
    from django_resque.wire.payload import Payload

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
    arguments: list[ArgumentShown] | None
    """None for those who may not see them."""
    backtrace: list[Part]
    raw: str
    """The whole record; empty for those who may not see arguments."""
    newer_url: str
    older_url: str

    @classmethod
    def of(cls, visit: Visit, row: FailureRow, newer_url: str, older_url: str) -> FailureDetails:
        """Show a failure to the user of this visit."""
        record, payload, cause = row.record, row.payload, row.cause
        worker = record.worker if record else ""
        failures = visit.url("failures")
        return cls(
            list=printable(row.list),
            digest=row.digest,
            index=row.index,
            address=f"{row.digest}:{row.index}",
            list_url=link(failures, list=row.list),
            exception=printable(row.exception, 300),
            error=clean(_masked(record.error, payload), _LONGEST_ERROR) if record else "",
            why=in_words(cause),
            usage=usage(cause),
            unreadable=printable(row.error, 500),
            job=printable(row.job),
            job_url=visit.url("job", job=row.job) if row.job in registry else "",
            job_id=printable(payload.id or "") if payload else "",
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
            backtrace=_backtrace(record, payload) if record else [],
            raw=_raw(row) if visit.may["view_arguments"] else "",
            newer_url=newer_url,
            older_url=older_url,
        )


def _backtrace(record: FailureRecord, payload: Payload | None) -> list[Part]:
    """Mask it as a whole, for a secret may go over several lines."""
    return parts(
        _masked("\n".join(record.backtrace), payload).split("\n") if record.backtrace else []
    )


def _raw(row: FailureRow) -> str:
    """Return the record as JSON with secrets masked; its bytes if they cannot be read."""
    record, payload = row.record, row.payload
    if record is None or payload is None:
        return clean(row.raw[: MOST + 1].decode(errors="backslashreplace"))
    document = {
        "failed_at": record.failed_at,
        "payload": {"class": payload.name, "args": masked_args(payload), **payload.extras},
        "exception": record.exception,
        "error": record.error,
        "backtrace": record.backtrace,
        "worker": record.worker,
        "queue": record.queue,
        **record.extras,
    }
    return clean(_masked(json.dumps(document, indent=2, ensure_ascii=False), payload))


def _masked(text: str, payload: Payload | None) -> str:
    return masked_text(text, payload) if payload else text
