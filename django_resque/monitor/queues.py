"""What there is to see of queues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.jobs.queues import QueuedJob
from django_resque.reading.search import Search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.store import Store


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One queue."""

    name: str
    size: int
    paused: bool
    next: QueuedJob | None
    """The job that will be taken next."""


@dataclass(frozen=True, slots=True)
class QueueList:
    """Some of the queues."""

    rows: list[QueueRow]
    total: int
    """How many queues there are to page through."""
    jobs: int
    """How many jobs wait in all of these."""


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Some of the jobs that wait in a queue, the next one first."""

    name: str
    size: int
    """How many jobs wait in all."""
    paused: bool
    jobs: list[QueuedJob]
    start: int
    """The position at which the page begins."""
    next_start: int | None
    """The position at which the next page begins; None if nothing follows."""
    prev_start: int | None
    """The position at which the page before begins; None for the first page."""
    examined: int
    """How many jobs were read to find these."""


def queues(store: Store) -> list[QueueRow]:
    """Return all known queues, sorted by name, in three round trips."""
    names, paused = store.queues.names(), set(store.queues.paused())
    return [_row(name, size, raw, paused) for name, (size, raw) in _topped(store, names)]


def queue_list(
    store: Store, query: str = "", start: int = 0, count: int = 100, *, largest_first: bool = False
) -> QueueList:
    """Return a page of the queues whose names contain a text, in four round trips.

    They are sorted by name, or by size. Of all queues only the sizes are read, of those on the
    page the next job as well.
    """
    sought = query.casefold()
    names = [name for name in store.queues.names() if sought in name.casefold()]
    sizes = store.queues.sizes(names)
    if largest_first:
        by_size = sorted(zip(sizes, names, strict=True), key=lambda each: (-each[0], each[1]))
        names = [name for _, name in by_size]
    page = names[max(0, start) : max(0, start) + count]
    paused = set(store.queues.paused())
    rows = [_row(name, size, raw, paused) for name, (size, raw) in _topped(store, page)]
    return QueueList(rows, len(names), sum(sizes))


def known_queues(store: Store) -> list[str]:
    """Return the names of all queues, sorted, in one round trip."""
    return store.queues.names()


def queue_page(store: Store, name: str, start: int = 0, count: int = 50) -> QueuePage:
    """Return a page of a queue in two round trips, reading no more than that page.

    It has fewer jobs than asked for if they are large.
    """
    start = max(0, start)
    window = store.queues.window(name, start, count)
    return QueuePage(
        name=name,
        size=window.total,
        paused=store.queues.is_paused(name),
        jobs=[QueuedJob.read(name, position, raw) for position, raw in window.indexed()],
        start=start,
        next_start=window.next,
        prev_start=_before(start, window.total, count),
        examined=len(window.items),
    )


def search_jobs(
    store: Store,
    name: str,
    query: str,
    start: int = 0,
    count: int = 50,
    *,
    window: int = 5000,
    in_arguments: bool = True,
) -> QueuePage:
    """Return jobs whose name, id or arguments contain a text, in two round trips.

    Looks at no more than ``window`` jobs from position ``start``, and at fewer if they are large
    or enough are found; ``next_start`` is where a further search goes on. What is not readable is
    searched as it lies there. With ``in_arguments`` false names and ids only are looked at.
    """
    start = max(0, start)
    search = Search(query, in_arguments=in_arguments)
    read = store.queues.window(name, start, window)
    found: list[QueuedJob] = []
    position, next_start = start, read.next
    for position, raw in read.indexed():
        job = QueuedJob.read(name, position, raw)
        if _matches(job, search):
            found.append(job)
            if len(found) == count:
                next_start = position + 1 if position + 1 < read.total else None
                break
    return QueuePage(
        name=name,
        size=read.total,
        paused=store.queues.is_paused(name),
        jobs=found,
        start=start,
        next_start=next_start,
        prev_start=_before(start, read.total, window),
        examined=position + 1 - start if read.items else 0,
    )


def queued_job(store: Store, name: str, digest: str, hint: int) -> QueuedJob | None:
    """Return the job whose bytes have this SHA-1, seen at position ``hint``, in one round trip.

    None if it is gone, or farther from there than it is looked for.
    """
    found = store.queues.find_digest(name, digest, hint)
    return QueuedJob.read(name, *found) if found else None


def queued_jobs(store: Store, name: str, addresses: Sequence[tuple[str, int]]) -> list[QueuedJob]:
    """Return those of several jobs, given by SHA-1 and position, that still wait, in two trips."""
    found = store.queues.find_digests(name, addresses)
    return [QueuedJob.read(name, *each) for each in found if each]


def _topped(store: Store, names: list[str]) -> zip[tuple[str, tuple[int, bytes | None]]]:
    return zip(names, store.queues.tops(names), strict=True)


def _row(name: str, size: int, raw: bytes | None, paused: set[str]) -> QueueRow:
    head = None if raw is None else QueuedJob.read(name, 0, raw)
    return QueueRow(name, size, name in paused, head)


def _matches(job: QueuedJob, search: Search) -> bool:
    if job.payload is None:
        return search.within_unreadable(job.raw)
    return search.within_payload(job.payload)


def _before(start: int, total: int, count: int) -> int | None:
    return max(0, min(start, total) - max(1, count)) if start else None
