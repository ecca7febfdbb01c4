"""What several pages show of delayed jobs, and of the scheduler that they wait for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.timezone import localtime

from django_resque.admin.addresses import NameConverter, spell, unspell
from django_resque.admin.rows import JobShown
from django_resque.wire import timestamps
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django_resque.admin.visit import Visit
    from django_resque.jobs.delayed import DelayedJob
    from django_resque.monitor.delayed import TimestampRow
    from django_resque.monitor.scheduler import SchedulerGlance

_TIMESTAMP = re.compile(NameConverter.regex)
_JOB = re.compile(rf"({NameConverter.regex})/([0-9a-f]{{40}}):(\d{{1,10}})")


@dataclass(frozen=True, slots=True)
class DelayedShown:
    """One delayed job as a row, or all of a timestamp."""

    key: str
    """What tells its row from all others, also when those before it are gone."""
    field: str
    """Whether a form names it as a ``job`` or as a whole ``timestamp``."""
    address: str
    """How a form names it."""
    due: datetime | None
    due_text: str
    """When it is due, in words; what its client wrote where that is no time."""
    size: int
    """How many jobs it stands for."""
    job: JobShown | None
    """The job, or the first one; None where nothing lies."""
    queue: str
    queue_url: str
    url: str
    timestamp_url: str

    @classmethod
    def of_timestamp(cls, visit: Visit, row: TimestampRow) -> DelayedShown:
        """Show what is due at one timestamp: its job, or its first one and how many there are."""
        if row.size == 1 and row.first:
            return cls.of_job(visit, row.first)
        url = visit.url("delayed_at", timestamp=row.timestamp)
        queue = row.first.queue if row.first else ""
        return cls(
            key=spell(row.timestamp),
            field="timestamp",
            address=spell(row.timestamp),
            due=row.due,
            due_text=moment_in_words(row.due, row.timestamp),
            size=row.size,
            job=_job(visit, row.first) if row.first else None,
            queue=printable(queue),
            queue_url=visit.url("queue", queue=queue) if queue else "",
            url=url,
            timestamp_url=url,
        )

    @classmethod
    def of_job(cls, visit: Visit, job: DelayedJob, number: int = 1) -> DelayedShown:
        """Show one job; ``number`` tells it from others of the same bytes."""
        at, address = job.timestamp, f"{job.digest}:{job.position}"
        page = visit.url("delayed_job", timestamp=at, digest=job.digest)
        return cls(
            key=f"{spell(at)}-{job.digest}-{number}",
            field="job",
            address=f"{spell(at)}/{address}",
            due=job.due,
            due_text=moment_in_words(job.due, at),
            size=1,
            job=_job(visit, job),
            queue=printable(job.queue),
            queue_url=visit.url("queue", queue=job.queue) if job.queue else "",
            url=f"{page}?at={job.position}",
            timestamp_url=visit.url("delayed_at", timestamp=at),
        )

    @classmethod
    def all(cls, visit: Visit, jobs: Iterable[DelayedJob]) -> list[DelayedShown]:
        """Show jobs, those of the same bytes told apart."""
        seen: dict[tuple[str, str], int] = {}
        rows = []
        for job in jobs:
            same = (job.timestamp, job.digest)
            seen[same] = seen.get(same, 0) + 1
            rows.append(cls.of_job(visit, job, seen[same]))
        return rows


@dataclass(frozen=True, slots=True)
class SchedulerShown:
    """Who schedules, and what there is to do."""

    master: str
    """Empty if nobody does."""
    missing: bool
    """Whether there is something to do and nobody to do it."""
    delayed: int
    complete: bool
    """Whether all delayed jobs were counted."""
    next_due: datetime | None
    overdue: bool
    recurring: int

    @classmethod
    def of(cls, glance: SchedulerGlance) -> SchedulerShown:
        """Show what is known of the scheduler."""
        due = glance.next_due
        return cls(
            master=printable(glance.master),
            missing=glance.is_missing,
            delayed=glance.delayed,
            complete=glance.complete,
            next_due=due,
            overdue=due is not None and due < timestamps.now(),
            recurring=glance.recurring,
        )


def moment_in_words(due: datetime | None, timestamp: str) -> str:
    """Return a moment for people; what its client wrote where that is none."""
    return date_format(localtime(due), "DATETIME_FORMAT") if due else printable(timestamp, 100)


def named_job(text: str) -> tuple[str, tuple[str, int]] | None:
    """Return timestamp, digest and position of a job that a form names; None if it names none."""
    match = _JOB.fullmatch(text)
    return (unspell(match[1]), (match[2], int(match[3]))) if match else None


def named_timestamp(text: str) -> str | None:
    """Return the timestamp that a form names; None if it names none."""
    return unspell(text) if _TIMESTAMP.fullmatch(text) else None


def _job(visit: Visit, job: DelayedJob) -> JobShown:
    return JobShown.of(visit, job.payload, job.error, queue=job.queue)
