"""What there is to see of delayed jobs: by time, by class, and one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.jobs.delayed import DelayedJob, moment_of
from django_resque.reading.search import Search

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django_resque.store import Store

UNREADABLE = ""
"""The class of what cannot be read."""


@dataclass(frozen=True, slots=True)
class TimestampRow:
    """One timestamp at which jobs are due."""

    timestamp: str
    due: datetime | None
    """The moment that it stands for; None if its client wrote no number."""
    size: int
    first: DelayedJob | None
    """The job that was laid there first."""


@dataclass(frozen=True, slots=True)
class TimestampPage:
    """Some of the timestamps at which jobs are due, the earliest first."""

    rows: list[TimestampRow]
    total: int
    """How many timestamps there are."""
    start: int
    next_start: int | None
    """The position at which the next page begins; None if nothing follows."""
    prev_start: int | None
    """The position at which the page before begins; None for the first page."""


@dataclass(frozen=True, slots=True)
class DelayedPage:
    """Some of the jobs that are due at one timestamp, in the order in which they will go."""

    timestamp: str
    due: datetime | None
    size: int
    jobs: list[DelayedJob]
    start: int
    next_start: int | None
    prev_start: int | None


@dataclass(frozen=True, slots=True)
class ClassRow:
    """The delayed jobs of one class."""

    name: str
    """Empty for what cannot be read."""
    count: int
    first: DelayedJob
    """The one that is due first."""


@dataclass(frozen=True, slots=True)
class ClassList:
    """The delayed jobs by class, as far as they were looked at."""

    rows: list[ClassRow]
    """Those with the most jobs first."""
    examined: int
    complete: bool
    """Whether all delayed jobs were looked at."""


@dataclass(frozen=True, slots=True)
class ClassPage:
    """Some of the delayed jobs of one class, the one that is due first before the others."""

    name: str
    jobs: list[DelayedJob]
    examined: int
    next_start: int | None
    """How many timestamps to skip to search on; None if nothing follows."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Some of the delayed jobs that were searched for, the one that is due first at the top."""

    jobs: list[DelayedJob]
    examined: int
    """How many jobs were looked at to find these."""
    next: tuple[int, int] | None
    """Where a further search goes on; None if nothing follows."""


def delayed_count(store: Store, most: int | None = 10_000) -> tuple[int, bool]:
    """Return how many jobs are delayed, and whether that is all of them.

    No more than the ``most`` earliest timestamps are counted.
    """
    timestamps = store.delayed.timestamp_count()
    return store.delayed.size(most), most is None or timestamps <= most


def delayed_times(store: Store, start: int = 0, count: int = 50) -> TimestampPage:
    """Return a page of the timestamps at which jobs are due, in three round trips."""
    start, count = max(0, start), max(1, count)
    total = store.delayed.timestamp_count()
    names = store.delayed.timestamps(start, count)
    rows = [
        TimestampRow(at, moment_of(at), size, None if raw is None else DelayedJob.read(at, 0, raw))
        for at, (size, raw) in zip(names, store.delayed.tops(names), strict=True)
    ]
    end = start + len(names)
    return TimestampPage(
        rows, total, start, end if names and end < total else None, _before(start, total, count)
    )


def delayed_at(store: Store, timestamp: str, start: int = 0, count: int = 50) -> DelayedPage:
    """Return a page of the jobs that are due at a timestamp, in one round trip.

    It has fewer jobs than asked for if they are large.
    """
    start, count = max(0, start), max(1, count)
    window = store.delayed.window(timestamp, start, count)
    return DelayedPage(
        timestamp=timestamp,
        due=moment_of(timestamp),
        size=window.total,
        jobs=[DelayedJob.read(timestamp, position, raw) for position, raw in window.indexed()],
        start=start,
        next_start=window.next,
        prev_start=_before(start, window.total, count),
    )


def delayed_job(store: Store, timestamp: str, digest: str, hint: int = 0) -> DelayedJob | None:
    """Return the job at a timestamp whose bytes have this SHA-1, seen at position ``hint``.

    None if it is gone, or farther from there than it is looked for.
    """
    found = store.delayed.find_digest(timestamp, digest, hint)
    return DelayedJob.read(timestamp, *found) if found else None


def delayed_jobs(
    store: Store, timestamp: str, addresses: Sequence[tuple[str, int]]
) -> list[DelayedJob]:
    """Return those of several jobs of a timestamp, that are still there, in two round trips.

    They are given by SHA-1 and position.
    """
    found = store.delayed.find_digests(timestamp, addresses)
    return [DelayedJob.read(timestamp, *each) for each in found if each]


def delayed_by_class(store: Store, most: int = 10_000) -> ClassList:
    """Return the classes of the delayed jobs, looking at no more than the ``most`` earliest.

    Looks at fewer if they are large, in one round trip.
    """
    counts: Counter[str] = Counter()
    firsts: dict[str, DelayedJob] = {}
    swept, following = store.delayed.sweep(0, 0, most)
    for each in swept:
        job = DelayedJob.read(each.at, each.index, each.item)
        name = job.payload.name if job.payload else UNREADABLE
        counts[name] += 1
        firsts.setdefault(name, job)
    rows = [ClassRow(name, count, firsts[name]) for name, count in counts.items()]
    rows.sort(key=lambda row: (-row.count, row.name))
    return ClassList(rows, len(swept), following is None)


def search_delayed(
    store: Store,
    query: str,
    start: tuple[int, int] = (0, 0),
    count: int = 50,
    *,
    window: int = 5000,
    in_arguments: bool = True,
) -> SearchPage:
    """Return delayed jobs whose name, id, queue or arguments contain a text, in one round trip.

    Looks at no more than ``window`` jobs, and at fewer if they are large or enough are found.
    ``start`` is the ``next`` of the page before.
    """
    search = Search(query, in_arguments=in_arguments)
    swept, following = store.delayed.sweep(*start, window)
    jobs: list[DelayedJob] = []
    examined = 0
    for each in swept:
        examined += 1
        job = DelayedJob.read(each.at, each.index, each.item)
        if _matches(job, search):
            jobs.append(job)
        if len(jobs) == count and examined < len(swept):
            following = (each.rank, each.index + 1)
            break
    return SearchPage(jobs, examined, following)


def delayed_of_class(
    store: Store, name: str, start: int = 0, count: int = 50, *, window: int = 5000
) -> ClassPage:
    """Return delayed jobs of one class, skipping the ``start`` earliest timestamps.

    Looks at about ``window`` jobs; what lies at one timestamp is on one page.
    """
    jobs: list[DelayedJob] = []
    examined, position = 0, max(0, start)
    while examined < window and len(jobs) < count:
        timestamps = store.delayed.timestamps(position, 100)
        for at in timestamps:
            read = store.delayed.window(at, 0, window)
            for place, raw in read.indexed():
                job = DelayedJob.read(at, place, raw)
                if (job.payload.name if job.payload else UNREADABLE) == name:
                    jobs.append(job)
            # A timestamp without items costs a look as well.
            examined += max(1, len(read.items))
            position += 1
            if examined >= window or len(jobs) >= count:
                break
        if not timestamps:
            return ClassPage(name, jobs, examined, None)
    follows = position < store.delayed.timestamp_count()
    return ClassPage(name, jobs, examined, position if follows else None)


def _matches(job: DelayedJob, search: Search) -> bool:
    if job.payload is None:
        return search.within_unreadable(job.raw)
    return search.within(job.queue) or search.within_payload(job.payload)


def _before(start: int, total: int, count: int) -> int | None:
    return max(0, min(start, total) - count) if start else None
