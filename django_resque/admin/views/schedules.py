"""Recurring jobs: all of them, and one with its next runs and its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _

from django_resque.admin.answers import Shown
from django_resque.admin.arguments import clean
from django_resque.admin.delayed_rows import SchedulerShown
from django_resque.admin.forms import JobForm
from django_resque.admin.paging import Pages
from django_resque.admin.rows import GoneShown
from django_resque.admin.schedule_rows import RunShown, ScheduleShown
from django_resque.monitor.scheduler import scheduler
from django_resque.monitor.schedules import schedule, schedule_page
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit
    from django_resque.monitor.schedules import ScheduleRow

EDITING = ("enqueue_job", "view_arguments")
"""The permissions without which nobody runs a recurring job with other arguments."""

_ROWS = 50
_MOST_RAW = 64_000


@dataclass(frozen=True, slots=True)
class RecurringShown:
    """Some of the recurring jobs."""

    scheduler: SchedulerShown
    rows: list[ScheduleShown]
    total: int
    query: str
    pages: Pages


@dataclass(frozen=True, slots=True)
class ScheduleDetail:
    """One recurring job."""

    scheduler: SchedulerShown
    row: ScheduleShown
    runs: list[RunShown]
    """Its last runs, the newest first."""
    raw: str | None
    """Its document as it lies in Redis, where it cannot be read and the user may see it."""


def show_all(visit: Visit) -> Shown:
    """Show what recurs."""
    query, start = visit.text("q"), visit.number("start")
    found = schedule_page(visit.store, query, start, _ROWS)
    data = RecurringShown(
        scheduler=SchedulerShown.of(scheduler(visit.store)),
        rows=[ScheduleShown.of(visit, row) for row in found.rows],
        total=found.total,
        query=printable(query),
        pages=Pages.of(visit, start, _ROWS, found.total),
    )
    return Shown("recurring", _("Recurring"), data, tab="recurring")


def show(visit: Visit, schedule: str) -> Shown:
    """Show one recurring job."""
    row = row_of(visit, schedule)
    return show_row(visit, row) if row else gone(visit, schedule)


def row_of(visit: Visit, name: str) -> ScheduleRow | None:
    """Return one recurring job as it is now; None if there is none of that name."""
    return schedule(visit.store, name)


def show_row(visit: Visit, row: ScheduleRow, form: JobForm | None = None) -> Shown:
    """Show a recurring job that was read; ``form`` is the one for its run, if it was filled in."""
    is_odd = row.entry is None
    data = ScheduleDetail(
        scheduler=SchedulerShown.of(scheduler(visit.store)),
        row=ScheduleShown.of(visit, row),
        runs=[RunShown.of(visit, run) for run in row.runs],
        raw=_raw(row) if is_odd and visit.may["view_arguments"] else None,
    )
    if form is None:
        form = form_of(visit, row)
    name = printable(row.name)
    extra = {"form": form, "schedule": row.name, "zone": get_current_timezone_name()}
    trail = [(_("Recurring"), visit.url("recurring"))]
    return Shown("schedule", name, data, tab="recurring", trail=trail, extra=extra)


def form_of(visit: Visit, row: ScheduleRow) -> JobForm | None:
    """Return the form to run a recurring job with other arguments; None if that cannot be."""
    if row.entry is None or row.args is None or not all(visit.may[each] for each in EDITING):
        return None
    return JobForm(row.entry.job, visit.request.POST or None, args=list(row.args))


def gone(visit: Visit, name: str) -> Shown:
    """Tell that no schedule of that name is there."""
    reason = _("There is no recurring job called %s (any more).") % printable(name)
    data = GoneShown(reason, visit.url("recurring"), _("To all recurring jobs"))
    return Shown("gone", _("No longer there"), data, "recurring", status=404, live=False)


def _raw(row: ScheduleRow) -> str:
    return clean(row.raw[: _MOST_RAW + 1].decode(errors="backslashreplace"))
