"""All that is shown of one failure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_resque.admin.backtraces import Part, parts
from django_resque.admin.causes import in_words, usage
from django_resque.admin.failure_filters import link
from django_resque.jobs.arguments import unpack
from django_resque.jobs.masking import masked_args, masked_text
from django_resque.jobs.registry import registry
from django_resque.wire import timestamps
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from datetime import datetime

    from django_resque.admin.visit import Visit
    from django_resque.reading.failures import FailureRow
    from django_resque.wire.payload import Payload

_MOST_ARGUMENTS = 100
_LONGEST_VALUE = 10_000
_LONGEST_ERROR = 10_000
_LONGEST_RAW = 64_000


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of the job, under the name of its parameter where that is known."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FailureDetails:
    """One failure as its page shows it."""

    list: str
    digest: str
    index: int
    address: str
    list_url: str
    exception: str
    error: str
    why: str
    """How its process ended, in words; empty for an exception."""
    usage: str
    unreadable: str
    job: str
    job_url: str
    job_id: str
    queued_at: datetime | None
    failed_at: datetime | None
    failed_text: str
    retried: bool
    retried_at: datetime | None
    queue: str
    queue_url: str
    worker: str
    worker_url: str
    place: str
    group_url: str
    arguments_shown: bool
    arguments: list[Argument]
    backtrace: list[Part]
    raw: str
    newer_url: str = ""
    older_url: str = ""


def details(visit: Visit, row: FailureRow, newer_url: str, older_url: str) -> FailureDetails:
    """Show a failure to the user of this visit."""
    record, payload, cause = row.record, row.payload, row.cause
    may = visit.may["view_arguments"]
    worker = record.worker if record else ""
    return FailureDetails(
        list=printable(row.list),
        digest=row.digest,
        index=row.index,
        address=f"{row.digest}:{row.index}",
        list_url=link(visit.url("failures"), list=row.list),
        exception=printable(row.exception, 300),
        error=in_lines(_masked(record.error, payload), _LONGEST_ERROR) if record else "",
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
        group_url=link(visit.url("failures"), list=row.list, group=row.fingerprint),
        arguments_shown=may,
        arguments=arguments(payload) if may and payload else [],
        backtrace=parts(_masked("\n".join(record.backtrace), payload).split("\n"))
        if record and record.backtrace
        else [],
        raw=raw(row) if may else "",
        newer_url=newer_url,
        older_url=older_url,
    )


def arguments(payload: Payload) -> list[Argument]:
    """Return the arguments of a job, masked, each as JSON in lines."""
    job = registry.find(payload.name)
    names = job.parameters.names if job else ()
    positional, named = unpack(masked_args(payload))
    titled = [
        (names[at] if at < len(names) else f"[{at}]", value) for at, value in enumerate(positional)
    ]
    titled += [(printable(name), value) for name, value in named.items()]
    shown = [Argument(name, _json(value)) for name, value in titled[:_MOST_ARGUMENTS]]
    if len(titled) > _MOST_ARGUMENTS:
        shown.append(Argument("…", f"+ {len(titled) - _MOST_ARGUMENTS}"))
    return shown


def raw(row: FailureRow) -> str:
    """Return the record as JSON with secrets masked; the bytes themselves if they are no JSON."""
    record, payload = row.record, row.payload
    if record is None or payload is None:
        return in_lines(row.raw[:_LONGEST_RAW].decode(errors="backslashreplace"), _LONGEST_RAW)
    document = {
        "failed_at": record.failed_at,
        "payload": {"class": payload.name, "args": masked_args(payload), **payload.extras},
        "exception": record.exception,
        "error": _masked(record.error, payload),
        "backtrace": [_masked(line, payload) for line in record.backtrace],
        "worker": record.worker,
        "queue": record.queue,
        **record.extras,
    }
    return in_lines(json.dumps(document, indent=2, ensure_ascii=False), _LONGEST_RAW)


def in_lines(text: str, limit: int) -> str:
    """Return a text of several lines, controls spelt out, cut to ``limit`` characters."""
    lines = text[: limit + 1].split("\n")
    shown = "\n".join(printable(line.rstrip("\r").expandtabs(4), limit) for line in lines)
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def _json(value: Any) -> str:
    return in_lines(json.dumps(value, indent=2, ensure_ascii=False), _LONGEST_VALUE)


def _masked(text: str, payload: Payload | None) -> str:
    return masked_text(text, payload) if payload else text
