"""What pages show of failures: one line of each, and groups of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.admin.causes import badge
from django_resque.admin.failure_filters import link
from django_resque.jobs.masking import masked_text
from django_resque.wire import timestamps
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from django_resque.admin.visit import Visit
    from django_resque.monitor.failure_groups import FailureGroup
    from django_resque.reading.failures import FailureRow

_LINE = 200  # characters of an error in a table


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several views or lists, each of them a link."""

    title: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class FailureShown:
    """One failure in a table."""

    key: str
    """Tells the row from the others of its page."""
    digest: str
    address: str
    """What a form posts to name it: the digest, and where it was seen."""
    url: str
    failed_at: datetime | None
    failed_text: str
    """What stands there instead of a date that can be read."""
    job: str
    """The name of the job; empty if it is not readable."""
    queue: str
    queue_url: str
    exception: str
    error: str
    """The first line of the error."""
    badge: str
    """A word on how its process ended; empty for an exception."""
    retried: bool
    retried_at: datetime | None
    unreadable: str
    """Why it is not readable; empty if it is."""

    @classmethod
    def of(cls, visit: Visit, row: FailureRow, key: str) -> FailureShown:
        """Show a row."""
        record = row.record
        failed_at = row.failed_at
        return cls(
            key=key,
            digest=row.digest,
            address=f"{row.digest}:{row.index}",
            url=failure_url(visit, row),
            failed_at=failed_at,
            failed_text="" if failed_at or not record else printable(record.failed_at, 40),
            job=printable(row.job),
            queue=printable(row.queue),
            queue_url=visit.url("queue", queue=row.queue) if row.queue else "",
            exception=printable(row.exception, 100),
            error=first_line(row),
            badge=badge(row.cause),
            retried=bool(row.retried_at),
            retried_at=timestamps.parse(row.retried_at),
            unreadable=printable(row.error, 200),
        )

    @classmethod
    def all(cls, visit: Visit, rows: Iterable[FailureRow]) -> list[FailureShown]:
        """Show rows; of records that are the same in every byte each has a key of its own."""
        seen: Counter[str] = Counter()
        shown = []
        for row in rows:
            digest = row.digest
            seen[digest] += 1
            key = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
            shown.append(cls.of(visit, row, key))
        return shown


@dataclass(frozen=True, slots=True)
class GroupShown:
    """Failures of one exception at one place."""

    fingerprint: str
    exception: str
    place: str
    error: str
    """The first line of the newest one's error."""
    jobs: list[str]
    queues: list[str]
    count: int
    waiting: int
    """How many were not retried yet."""
    first: datetime | None
    last: datetime | None
    url: str
    """The page of its failures."""

    @classmethod
    def of(cls, visit: Visit, group: FailureGroup, carried: Mapping[str, str]) -> GroupShown:
        """Show a group among what a filter finds; ``carried`` leads to that again."""
        return cls(
            fingerprint=group.fingerprint,
            exception=printable(group.exception, 100),
            place=printable(group.place, 300),
            error=first_line(group.sample),
            jobs=[printable(name, 100) for name in group.jobs],
            queues=[printable(name, 100) for name in group.queues],
            count=group.count,
            waiting=group.waiting,
            first=group.first,
            last=group.last,
            url=link(visit.url("failures"), **{**carried, "group": group.fingerprint}),
        )


def failure_url(visit: Visit, row: FailureRow) -> str:
    """Return the page of a failure, with where it was seen as a hint."""
    return link(visit.url("failure", list_name=row.list, digest=row.digest), at=row.index)


def first_line(row: FailureRow) -> str:
    """Return the first line of an error that is not empty, with secrets masked."""
    if row.record is None:
        return ""
    text = masked_text(row.record.error, row.payload) if row.payload else row.record.error
    return printable(text.strip().partition("\n")[0].rstrip("\r"), _LINE)
