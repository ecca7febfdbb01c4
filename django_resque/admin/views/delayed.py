"""Delayed jobs: by the time at which they are due, by class, and one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _

from django_resque.admin.addresses import spell
from django_resque.admin.answers import Shown
from django_resque.admin.arguments import as_it_lies, one_by_one
from django_resque.admin.delayed_rows import DelayedShown, SchedulerShown, moment_in_words
from django_resque.admin.failure_filters import link
from django_resque.admin.paging import Pages, here
from django_resque.admin.rows import GoneShown
from django_resque.monitor.delayed import (
    delayed_at,
    delayed_by_class,
    delayed_job,
    delayed_times,
    search_delayed,
)
from django_resque.monitor.scheduler import scheduler
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from datetime import datetime

    from django_resque.admin.arguments import ArgumentShown
    from django_resque.admin.visit import Visit

_ROWS = 50


@dataclass(frozen=True, slots=True)
class TimesShown:
    """Some of the delayed jobs, the one that is due first at the top."""

    scheduler: SchedulerShown
    rows: list[DelayedShown]
    timestamps: int | None
    """How many timestamps there are to page through; None for a search."""
    query: str
    examined: int
    """How many jobs a search has looked at."""
    begun: bool
    """Whether this is the first part."""
    pages: Pages


@dataclass(frozen=True, slots=True)
class ClassShown:
    """The delayed jobs of one class."""

    name: str
    """Empty for what cannot be read."""
    count: int
    first: datetime | None
    first_text: str
    url: str


@dataclass(frozen=True, slots=True)
class ClassesShown:
    """The delayed jobs by class."""

    scheduler: SchedulerShown
    rows: list[ClassShown]
    examined: int
    complete: bool
    """Whether all delayed jobs were looked at."""


@dataclass(frozen=True, slots=True)
class TimestampDetail:
    """Some of the jobs that are due at one timestamp."""

    scheduler: SchedulerShown
    due: datetime | None
    due_text: str
    size: int
    rows: list[DelayedShown]
    address: str
    """How a form names all of them."""
    pages: Pages


@dataclass(frozen=True, slots=True)
class DelayedDetail:
    """All that there is to see of one delayed job."""

    row: DelayedShown
    arguments: list[ArgumentShown] | None
    raw: str | None


def show_all(visit: Visit) -> Shown:
    """Show the delayed jobs by the time at which they are due, or those that are searched for."""
    query = visit.text("q")
    data = _found(visit, query) if query else _times(visit)
    state = data.scheduler
    return Shown(
        "delayed",
        _("Delayed"),
        data,
        tab="delayed",
        extra={"zone": get_current_timezone_name(), "by_class": False},
        announce=_("Delayed jobs: %s") % state.delayed,
        live=not query,
    )


def show_classes(visit: Visit) -> Shown:
    """Show of which classes the delayed jobs are, those with the most jobs first."""
    found = delayed_by_class(visit.store)
    page = visit.url("delayed")
    rows = [
        ClassShown(
            name=printable(row.name),
            count=row.count,
            first=row.first.due,
            first_text=moment_in_words(row.first.due, row.first.timestamp),
            url=link(page, q=row.name),
        )
        for row in found.rows
    ]
    data = ClassesShown(
        SchedulerShown.of(scheduler(visit.store)), rows, found.examined, found.complete
    )
    trail = [(_("Delayed"), page)]
    extra = {"by_class": True}
    title = _("Delayed, by class")
    return Shown("delayed_classes", title, data, "delayed", trail, extra=extra, live=False)


def show(visit: Visit, timestamp: str) -> Shown:
    """Show what is due at one timestamp."""
    page = delayed_at(visit.store, timestamp, visit.number("start"), _ROWS)
    trail = [(_("Delayed"), visit.url("delayed"))]
    if not page.size:
        reason = _("Nothing is due then any more: the jobs went to their queues, or were moved.")
        return _gone(visit, reason, trail)
    words = moment_in_words(page.due, timestamp)
    rows = DelayedShown.all(visit, page.jobs)
    data = TimestampDetail(
        scheduler=SchedulerShown.of(scheduler(visit.store)),
        due=page.due,
        due_text=words,
        size=page.size,
        rows=rows,
        address=spell(timestamp),
        pages=Pages.around(visit, page.prev_start, page.next_start),
    )
    return Shown(
        "delayed_at",
        _("Due at %s") % words,
        data,
        tab="delayed",
        trail=trail,
        extra={"zone": get_current_timezone_name()},
        announce=_("Delayed jobs: %s") % page.size,
    )


def show_job(visit: Visit, timestamp: str, digest: str) -> Shown:
    """Show one delayed job."""
    job = delayed_job(visit.store, timestamp, digest, visit.number("at"))
    words = moment_in_words(job.due if job else None, timestamp)
    above = visit.url("delayed_at", timestamp=timestamp)
    trail = [(_("Delayed"), visit.url("delayed")), (words, above)]
    if job is None:
        reason = _("This job went to its queue, or somebody has cancelled or moved it.")
        return _gone(visit, reason, trail)
    row = DelayedShown.of_job(visit, job)
    data = DelayedDetail(
        row=row,
        arguments=one_by_one(visit, job.payload) if job.payload else None,
        raw=as_it_lies(visit, job.raw, job.payload),
    )
    title = row.job.name if row.job and row.job.name else _("Unreadable job")
    extra = {"zone": get_current_timezone_name()}
    return Shown("delayed_job", title, data, tab="delayed", trail=trail, extra=extra)


def _times(visit: Visit) -> TimesShown:
    page = delayed_times(visit.store, visit.number("start"), _ROWS)
    return TimesShown(
        scheduler=SchedulerShown.of(scheduler(visit.store)),
        rows=[DelayedShown.of_timestamp(visit, row) for row in page.rows],
        timestamps=page.total,
        query="",
        examined=0,
        begun=not page.start,
        pages=Pages.around(visit, page.prev_start, page.next_start),
    )


def _found(visit: Visit, query: str) -> TimesShown:
    start = (visit.number("start"), visit.number("skip"))
    allowed = visit.may["view_arguments"]
    page = search_delayed(visit.store, query, start, _ROWS, in_arguments=allowed)
    onward = here(visit, start=page.next[0], skip=page.next[1]) if page.next else ""
    return TimesShown(
        scheduler=SchedulerShown.of(scheduler(visit.store)),
        rows=DelayedShown.all(visit, page.jobs),
        timestamps=None,
        query=printable(query),
        examined=page.examined,
        begun=start == (0, 0),
        pages=Pages(next=onward),
    )


def _gone(visit: Visit, reason: str, trail: list[tuple[str, str]]) -> Shown:
    data = GoneShown(reason, visit.url("delayed"), _("To all delayed jobs"))
    return Shown("gone", _("No longer there"), data, "delayed", trail, status=404, live=False)
