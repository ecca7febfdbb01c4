"""Failures that are one and the same trouble, as one row."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from django_resque.reading.failure_filter import FailureFilter
from django_resque.reading.failures import FailureRow
from django_resque.store.failures import MAIN

if TYPE_CHECKING:
    from django_resque.store import Store

_EVERYTHING = FailureFilter()
_MOST_BYTES = 16_000_000  # of thousands of records, which are read but, save a few, not shown
_MOST_NAMES = 5
_LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures of the same exception at the same place."""

    fingerprint: str
    exception: str
    place: str
    """Where the newest was raised."""
    jobs: list[str]
    """The names of the jobs that failed so, a few at most."""
    queues: list[str]
    """The queues they came from, a few at most."""
    count: int
    waiting: int
    """How many of them were not retried."""
    first: datetime | None
    """When the earliest failed that was looked at; None if no record tells."""
    last: datetime | None
    sample: FailureRow
    """The newest."""


@dataclass(frozen=True, slots=True)
class GroupsPage:
    """The groups among the failures that were looked at, those of most failures first."""

    groups: list[FailureGroup]
    examined: int
    """How many failures were looked at, matching or not."""
    total: int
    """How many the list has in all."""
    next_before: int | None
    """The index before which to look on; None if nothing older follows."""


def failure_groups(
    store: Store,
    list: str = MAIN,  # noqa: A002 the row's own word
    filter: FailureFilter = _EVERYTHING,  # noqa: A002
    before: int | None = None,
    *,
    window: int = 5000,
) -> GroupsPage:
    """Return the groups among the newest ``window`` failures that match, in one round trip.

    ``before`` is an index that is counted from the oldest. Fewer are looked at if they are large.
    """
    read = store.failures.window(list, before, window, most_bytes=_MOST_BYTES)
    found: dict[str, _Collected] = {}
    known: dict[tuple[str, ...], str] = {}
    for index, raw in read.indexed():
        row = FailureRow.read(list, index, raw)
        if not filter.matches(row):
            continue
        # Many come with the very same traceback, and it is read once.
        trace = (row.exception, row.job, *(row.record.backtrace if row.record else ()))
        fingerprint = known.get(trace)
        if fingerprint is None:
            fingerprint = known[trace] = row.fingerprint
        found.setdefault(fingerprint, _Collected(row)).add(row)
    groups = [collected.group(fingerprint) for fingerprint, collected in found.items()]
    groups.sort(key=lambda group: (group.count, group.last or _LONG_AGO), reverse=True)
    following = read.next
    return GroupsPage(
        groups, len(read.items), read.total, None if following is None else following + 1
    )


@dataclass(slots=True)
class _Collected:
    sample: FailureRow
    jobs: set[str] = field(default_factory=set)
    queues: set[str] = field(default_factory=set)
    count: int = 0
    waiting: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def add(self, row: FailureRow) -> None:
        self.count += 1
        self.waiting += not row.retried_at
        for names, name in ((self.jobs, row.job), (self.queues, row.queue)):
            if name and len(names) < _MOST_NAMES:
                names.add(name)
        moment = row.failed_at
        if moment is not None:
            self.first = min(self.first or moment, moment)
            self.last = max(self.last or moment, moment)

    def group(self, fingerprint: str) -> FailureGroup:
        return FailureGroup(
            fingerprint=fingerprint,
            exception=self.sample.exception,
            place=self.sample.place,
            jobs=sorted(self.jobs),
            queues=sorted(self.queues),
            count=self.count,
            waiting=self.waiting,
            first=self.first,
            last=self.last,
            sample=self.sample,
        )
