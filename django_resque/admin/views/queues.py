"""Queues, and the jobs that wait in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from django_resque.admin.answers import Shown
from django_resque.admin.arguments import as_it_lies, one_by_one
from django_resque.admin.paging import Pages, here
from django_resque.admin.rows import GoneShown, JobShown, QueueShown, waits_long
from django_resque.monitor.history import rates
from django_resque.monitor.queues import (
    known_queues,
    queue_list,
    queue_page,
    queued_job,
    search_jobs,
)
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from datetime import datetime

    from django_resque.admin.arguments import ArgumentShown
    from django_resque.admin.visit import Visit
    from django_resque.jobs.queues import QueuedJob
    from django_resque.monitor.queues import QueuePage

_QUEUES = 100
_JOBS = 50


@dataclass(frozen=True, slots=True)
class QueuesShown:
    """All queues, or a part of them."""

    queues: list[QueueShown]
    total: int
    """How many queues there are to page through."""
    jobs: int
    """How many jobs wait in all of these."""
    query: str
    sort: str
    by_name: str
    by_size: str
    pages: Pages


@dataclass(frozen=True, slots=True)
class WaitingShown:
    """One job that waits in a queue, as a row."""

    key: str
    """What stays the same when those before it are gone, for the page to keep its ticks."""
    address: str
    """How it is named in a form: by its digest, and where it was seen."""
    position: int
    """The number in its queue, from 1 on."""
    job: JobShown
    url: str


@dataclass(frozen=True, slots=True)
class QueueDetail:
    """A queue with some of its jobs."""

    name: str
    size: int
    paused: bool
    oldest: datetime | None
    """When the job that comes next was enqueued, if that is known and on this page."""
    late: bool
    arriving: float | None
    finishing: float | None
    switch_url: str
    query: str
    jobs: list[WaitingShown]
    examined: int
    """How many jobs a search has looked through."""
    first: int
    """The number of the job with which this part begins, from 1 on."""
    pages: Pages


@dataclass(frozen=True, slots=True)
class QueuedJobShown:
    """All that there is to see of one job that waits."""

    job: JobShown
    queue: str
    queue_url: str
    address: str
    position: int
    arguments: list[ArgumentShown] | None
    raw: str | None


def show_all(visit: Visit) -> Shown:
    """Show all queues."""
    query, start = visit.text("q"), visit.number("start")
    by_size = visit.text("sort") == "size"
    found = queue_list(visit.store, query, start, _QUEUES, largest_first=by_size)
    rate = rates(visit.store, {row.name: row.size for row in found.rows})
    data = QueuesShown(
        queues=[QueueShown.of(visit, row, rate.get(row.name)) for row in found.rows],
        total=found.total,
        jobs=found.jobs,
        query=printable(query),
        sort="size" if by_size else "name",
        by_name=here(visit, sort=None, start=None),
        by_size=here(visit, sort="size", start=None),
        pages=Pages.of(visit, start, _QUEUES, found.total),
    )
    return Shown("queues", _("Queues"), data, tab="queues", announce=_waiting(found.jobs))


def show(visit: Visit, queue: str) -> Shown:
    """Show a queue with a part of its jobs, or those that are searched for."""
    query, start = visit.text("q"), visit.number("start")
    if query:
        allowed = visit.may["view_arguments"]
        page = search_jobs(visit.store, queue, query, start, _JOBS, in_arguments=allowed)
    else:
        page = queue_page(visit.store, queue, start, _JOBS)
    name = printable(queue)
    others = [each for each in map(printable, known_queues(visit.store)) if each != name]
    return Shown(
        "queue",
        _("Queue %s") % name,
        _detail(visit, page, query),
        tab="queues",
        trail=[(_("Queues"), visit.url("queues"))],
        extra={"queue": queue, "others": others},
        announce=_waiting(page.size),
        live=not query,
    )


def show_job(visit: Visit, queue: str, digest: str) -> Shown:
    """Show one job that waits."""
    found = queued_job(visit.store, queue, digest, visit.number("at"))
    trail = [
        (_("Queues"), visit.url("queues")),
        (printable(queue), visit.url("queue", queue=queue)),
    ]
    if found is None:
        reason = _("A worker has taken this job, or somebody has removed or moved it.")
        gone = GoneShown(reason, visit.url("queue", queue=queue), _("To its queue"))
        return Shown("gone", _("No longer there"), gone, "queues", trail, status=404, live=False)
    job = JobShown.of(visit, found.payload, found.error, queue=queue)
    data = QueuedJobShown(
        job=job,
        queue=printable(queue),
        queue_url=visit.url("queue", queue=queue),
        address=f"{found.digest}:{found.position}",
        position=found.position + 1,
        arguments=one_by_one(visit, found.payload) if found.payload else None,
        raw=as_it_lies(visit, found.raw, found.payload),
    )
    others = [each for each in map(printable, known_queues(visit.store)) if each != data.queue]
    extra = {"queue": queue, "others": others}
    title = job.name or _("Unreadable job")
    return Shown("queued_job", title, data, tab="queues", trail=trail, extra=extra)


def _detail(visit: Visit, page: QueuePage, query: str) -> QueueDetail:
    head = page.jobs[0].payload if page.jobs and not (page.start or query) else None
    oldest = head.queued_at if head else None
    verb = "resume_queue" if page.paused else "pause_queue"
    rate = rates(visit.store, {page.name: page.size})[page.name]
    return QueueDetail(
        name=printable(page.name),
        size=page.size,
        paused=page.paused,
        oldest=oldest,
        late=waits_long(oldest),
        arriving=rate.arriving if rate else None,
        finishing=rate.finishing if rate else None,
        switch_url=visit.url(verb, queue=page.name),
        query=printable(query),
        jobs=_rows(visit, page),
        examined=page.examined,
        first=page.start + 1,
        pages=Pages.around(visit, page.prev_start, page.next_start),
    )


def _rows(visit: Visit, page: QueuePage) -> list[WaitingShown]:
    seen: dict[str, int] = {}
    return [_row(visit, page.name, each, seen) for each in page.jobs]


def _row(visit: Visit, queue: str, job: QueuedJob, seen: dict[str, int]) -> WaitingShown:
    digest = job.digest
    seen[digest] = seen.get(digest, 0) + 1
    page = visit.url("queued_job", queue=queue, digest=digest)
    return WaitingShown(
        key=f"{digest}-{seen[digest]}",
        address=f"{digest}:{job.position}",
        position=job.position + 1,
        job=JobShown.of(visit, job.payload, job.error, queue=queue),
        url=f"{page}?at={job.position}",
    )


def _waiting(count: int) -> str:
    return _("Jobs waiting: %s") % count
