"""What is done to failures that were ticked, to one by itself, and to whole lists."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin.models import CHANGE, DELETION
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from django_resque.admin.addresses import address
from django_resque.admin.answers import Confirm, Done, Entry
from django_resque.admin.failure_filters import link
from django_resque.admin.failure_listing import known_lists, number
from django_resque.admin.refusals import in_words
from django_resque.control.failures import clear_failures, remove_failure, retry_failure
from django_resque.exceptions import DecodeError, FailureNotFound, InvalidQueueName
from django_resque.monitor.failures import failures_found
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django_resque.admin.visit import Visit
    from django_resque.reading.failures import FailureRow

_ADDRESS = re.compile("([0-9a-f]{40}):([0-9]{1,10})")
_MOST = 500  # failures that one form can name; a page has far fewer


def retry(visit: Visit, list_name: str) -> Done:
    """Enqueue what failed again, to its own queue or the one that is given."""
    named = _named(visit, list_name)
    to = visit.request.POST.get("to", "").strip()
    tally = named.each(lambda row: retry_failure(visit.store, list_name, row.raw, row.index, to=to))
    told = ngettext("%s failure retried.", "%s failures retried.", tally.done) % number(tally.done)
    if to and tally.done:
        told = f"{told} " + _("Their queue is %s.") % printable(to)
    return named.answer(told, tally, CHANGE)


def remove(visit: Visit, list_name: str) -> Done | Confirm:
    """Remove failures, after asking."""
    named = _named(visit, list_name)
    count = len(named.asked)
    if count and not visit.confirmed:
        question = ngettext(
            "Remove %s failure? What was to be done is lost with it.",
            "Remove %s failures? What was to be done is lost with them.",
            count,
        )
        return Confirm(question % number(count), _("Yes, remove"), named.url)
    tally = named.each(lambda row: remove_failure(visit.store, list_name, row.raw, row.index))
    told = ngettext("%s failure removed.", "%s failures removed.", tally.done) % number(tally.done)
    return named.answer(told, tally, DELETION)


def clear(visit: Visit, list_name: str) -> Done | Confirm:
    """Remove all failures of a list, after asking."""
    count = known_lists(visit, list_name)[list_name]
    url = link(visit.url("failures"), list=list_name)
    name = printable(list_name)
    if not visit.confirmed:
        question = ngettext(
            "Remove the %(count)s failure of the list %(list)s, whether it was retried or not?",
            "Remove all %(count)s failures of the list %(list)s, whether they were retried or not?",
            count,
        ) % {"count": number(count), "list": name}
        return Confirm(question, _("Yes, remove all"), url)
    removed = clear_failures(visit.store, list_name)
    told = ngettext("%s failure removed.", "%s failures removed.", removed) % number(removed)
    entry = Entry(address("failures"), _("Failed list %s") % name, told, DELETION)
    return Done(told, url, [entry])


@dataclass(slots=True)
class _Tally:
    """What came of doing something to several failures."""

    done: int = 0
    gone: int = 0
    refused: list[str] = field(default_factory=list)
    """For what reason, each."""


@dataclass(frozen=True, slots=True)
class _Named:
    """The failures that a form names."""

    list: str
    asked: Sequence[tuple[str, int]]
    rows: Sequence[FailureRow]
    """Those that are still there."""
    url: str

    def each(self, change: Callable[[FailureRow], object]) -> _Tally:
        """Change each of them; who comes second, by a double click or otherwise, changes none."""
        tally = _Tally(gone=len(self.asked) - len(self.rows))
        for row in self.rows:
            try:
                change(row)
            except FailureNotFound:
                tally.gone += 1
            except (DecodeError, InvalidQueueName) as error:
                tally.refused.append(in_words(error))
            else:
                tally.done += 1
        return tally

    def answer(self, told: str, tally: _Tally, flag: int) -> Done:
        """Tell what was done, and what not and why."""
        if not self.asked:
            return Done(_("Select some failures first."), self.url, level=messages.WARNING)
        phrases = [told] if tally.done else []
        if tally.gone:
            phrases.append(
                ngettext(
                    "%s was retried or removed meanwhile.",
                    "%s were retried or removed meanwhile.",
                    tally.gone,
                )
                % number(tally.gone)
            )
        if tally.refused:
            told_refused = ngettext(
                "%(count)s cannot be retried: %(reason)s.",
                "%(count)s cannot be retried, such as: %(reason)s.",
                len(tally.refused),
            )
            reason = printable(tally.refused[0], 300).rstrip(".")
            phrases.append(told_refused % {"count": number(len(tally.refused)), "reason": reason})
        level = messages.SUCCESS if len(phrases) == 1 and tally.done else messages.WARNING
        entries = [self._entry(told, flag)] if tally.done else []
        return Done(" ".join(phrases), self.url, entries, level)

    def _entry(self, told: str, flag: int) -> Entry:
        if len(self.rows) > 1:
            return Entry(address("failures"), _("Failures"), told, flag)
        (row,) = self.rows
        name = _("Failure of %s") % row.job if row.job else _("Failure of an unreadable job")
        return Entry(address("failure", self.list, row.digest), name, told, flag)


def _named(visit: Visit, list_name: str) -> _Named:
    known_lists(visit, list_name)
    given = visit.request.POST.getlist("failure")[:_MOST]
    found = filter(None, map(_ADDRESS.fullmatch, given))
    asked = list(dict.fromkeys((match[1], int(match[2])) for match in found))
    rows = failures_found(visit.store, list_name, asked)
    return _Named(list_name, asked, rows, link(visit.url("failures"), list=list_name))
