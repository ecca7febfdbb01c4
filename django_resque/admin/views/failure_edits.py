"""Retrying a failure with other arguments than those it failed with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.translation import gettext as _

from django_resque.admin.addresses import address
from django_resque.admin.answers import Done, Entry, Shown
from django_resque.admin.failure_filters import link
from django_resque.admin.failure_listing import known_lists
from django_resque.admin.forms import JobForm
from django_resque.admin.refusals import in_words
from django_resque.admin.views.failures import show_row
from django_resque.control.failures import retry_failure
from django_resque.exceptions import (
    ArgumentError,
    DecodeError,
    FailureNotFound,
    InvalidQueueName,
)
from django_resque.monitor.failures import failure
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit


def retry(visit: Visit, list_name: str, digest: str) -> Shown | Done:
    """Enqueue what failed with the arguments that were filled in, or show what is wrong there."""
    known_lists(visit, list_name)
    url = link(visit.url("failures"), list=list_name)
    given = visit.request.POST
    row = failure(visit.store, list_name, digest, _index(given.get("index", "")))
    if row is None:
        told = _("The failure was retried or removed meanwhile.")
        return Done(told, url, level=messages.WARNING)
    if row.payload is None:
        told = _("What failed cannot be read, so it has no arguments to edit.")
        return Done(told, url, level=messages.ERROR)
    form = JobForm(row.job, given, args=row.payload.args)
    if not form.is_valid():
        return show_row(visit, row, form)
    to = given.get("to", "").strip()
    try:
        queue = retry_failure(visit.store, list_name, row.raw, row.index, to=to, args=form.packed())
    except FailureNotFound:
        told = _("The failure was retried or removed meanwhile.")
        return Done(told, url, level=messages.WARNING)
    except (ArgumentError, DecodeError, InvalidQueueName) as error:
        form.add_error(None, in_words(error))
        return show_row(visit, row, form)
    told = _("Retried with edited arguments. The queue is %s.") % printable(queue)
    name = _("Failure of %s") % row.job
    return Done(told, url, [Entry(address("failure", list_name, digest), name, told)])


def _index(text: str) -> int:
    return int(text[:10]) if text.isascii() and text.isdecimal() else -1
