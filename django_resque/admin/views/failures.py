"""Failures: all of them, in groups of one kind, and one by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from django_resque.admin.answers import Shown
from django_resque.admin.failure_details import FailureDetails
from django_resque.admin.failure_filters import link
from django_resque.admin.failure_listing import Listing, known_lists
from django_resque.admin.failure_rows import failure_url
from django_resque.admin.forms import JobForm
from django_resque.admin.rows import GoneShown
from django_resque.monitor.failure_groups import failure_groups
from django_resque.monitor.failures import failure, failure_page
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit
    from django_resque.reading.failures import FailureRow

EDITING = ("retry_job", "view_arguments", "enqueue_job")
"""The permissions without which nobody retries with other arguments."""

COUNT = 50
"""Failures on a page."""


def show_all(visit: Visit) -> Shown:
    """Show the failures of a list, the newest first."""
    listing = Listing(visit, "failures")
    page = None
    if listing.filter is not None:
        page = failure_page(visit.store, listing.list, listing.filter, listing.before, COUNT)
    return listing.failures(page, COUNT)


def show_groups(visit: Visit) -> Shown:
    """Show which kinds of failures there are in a list, the most frequent first."""
    listing = Listing(visit, "failure_groups")
    page = None
    if listing.filter is not None:
        page = failure_groups(visit.store, listing.list, listing.filter, listing.before)
    return listing.groups(page)


def show(visit: Visit, list_name: str, digest: str) -> Shown:
    """Show one failure."""
    known_lists(visit, list_name)
    row = failure(visit.store, list_name, digest, visit.number("at", -1))
    return show_row(visit, row) if row else _gone(visit, list_name)


def show_row(visit: Visit, row: FailureRow, form: JobForm | None = None) -> Shown:
    """Show a failure that was read; ``form`` is the one for its arguments, if it was filled in."""
    page = FailureDetails.of(visit, row, *_neighbours(visit, row))
    if form is None and row.payload and all(visit.may[each] for each in EDITING):
        form = JobForm(row.job, args=row.payload.args)
    named = _("Failure of %s") % row.job if row.job else _("Unreadable failure")
    extra = {
        "form": form,
        "to": visit.request.POST.get("to", ""),
        "retry_url": visit.url("retry_failures", list_name=row.list),
        "remove_url": visit.url("remove_failures", list_name=row.list),
        "edit_url": visit.url("retry_edited", list_name=row.list, digest=row.digest),
    }
    return Shown(
        "failure",
        printable(named, 120),
        page,
        tab="failures",
        trail=[(_("Failed"), page.list_url)],
        extra=extra,
        live=False,
    )


def _gone(visit: Visit, list_name: str) -> Shown:
    reason = _(
        "This failure is not in its list any more: it was retried or removed meanwhile. "
        "One that was retried is still there, but under another address."
    )
    url = link(visit.url("failures"), list=list_name)
    data = GoneShown(reason, url, _("To all failures"))
    trail = [(_("Failed"), url)]
    title = _("No such failure")
    return Shown("gone", title, data, tab="failures", trail=trail, status=404, live=False)


def _neighbours(visit: Visit, row: FailureRow) -> tuple[str, str]:
    """Return the URLs of the failures after and before one, where they are."""
    around = failure_page(visit.store, row.list, before=row.index + 2, count=3).rows
    urls = {each.index: failure_url(visit, each) for each in around}
    return urls.get(row.index + 1, ""), urls.get(row.index - 1, "")
