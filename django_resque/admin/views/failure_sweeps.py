"""What is done to all failures that match, a second at a time, for there may be very many."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin.models import CHANGE, DELETION
from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from django_resque.admin import refusals
from django_resque.admin.addresses import address, spell
from django_resque.admin.answers import Confirm, Done, Entry, Shown
from django_resque.admin.failure_filters import carried, chosen, in_words, link
from django_resque.admin.failure_listing import known_lists, number
from django_resque.control.sweeping import sweep
from django_resque.exceptions import InvalidQueueName
from django_resque.monitor.failures import failure_page
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit
    from django_resque.control.sweeping import Progress, Verb
    from django_resque.reading.failure_filter import FailureFilter

_SECONDS = 1.0
_KEPT = 24 * 3600  # seconds for which a page that stands still can go on
_SALT = "django_resque.admin.sweep"


def retry_matching(visit: Visit, list_name: str) -> Shown | Done | Confirm:
    """Enqueue all that match again, after asking."""
    return _answer(visit, "retry", list_name)


def remove_matching(visit: Visit, list_name: str) -> Shown | Done | Confirm:
    """Remove all that match, after asking."""
    return _answer(visit, "remove", list_name)


@dataclass(frozen=True, slots=True)
class SweepShown:
    """How far an action on all that match has come."""

    told: str
    examined: int
    total: int
    percent: int


def _answer(visit: Visit, verb: Verb, list_name: str) -> Shown | Done | Confirm:
    known_lists(visit, list_name)
    form, wanted = chosen(visit, visit.request.POST)
    if wanted is None:
        told = _("The filter cannot be read, so nothing was changed.")
        url = link(visit.url("failures"), list=list_name)
        return Done(told, url, level=messages.ERROR)
    to = visit.request.POST.get("to", "").strip() if verb == "retry" else ""
    if not visit.confirmed:
        return _ask(visit, verb, list_name, wanted, to)
    return _Action(visit, verb, list_name, wanted, carried(form), to).step()


def _ask(visit: Visit, verb: Verb, name: str, wanted: FailureFilter, to: str) -> Confirm:
    """Say in words what is meant before all of it is changed."""
    page = failure_page(visit.store, name, wanted, count=1)
    sample = f"{page.rows[0].exception}, {page.rows[0].place}" if page.rows else ""
    words = in_words(wanted, sample) if wanted else ""
    told = {"list": printable(name), "filter": words, "total": number(page.total)}
    url = link(visit.url("failures"), list=name)
    if verb == "remove":
        question = (
            # Translators: the filter is a list of phrases such as “job X, failed since Y”.
            _("Remove all failures of the list %(list)s with %(filter)s?")
            if words
            else ngettext(
                "Remove the %(total)s failure of the list %(list)s?",
                "Remove all %(total)s failures of the list %(list)s?",
                page.total,
            )
        )
        return Confirm(question % told, _("Yes, remove all"), url)
    question = (
        # Translators: the filter is a list of phrases such as “job X, failed since Y”.
        _("Retry all failures of the list %(list)s with %(filter)s?")
        if words
        else _("Retry all failures of the list %(list)s? It has %(total)s.")
    ) % told
    if wanted.state != "retried":
        question += " " + _("Those that were retried already are left out.")
    if to:
        question += " " + _("They go to the queue %s.") % printable(to)
    return Confirm(question, _("Yes, retry all"), url)


@dataclass(frozen=True, slots=True)
class _Action:
    """One step of an action on all that match."""

    visit: Visit
    verb: Verb
    list: str
    filter: FailureFilter
    given: dict[str, str]
    to: str

    @property
    def url(self) -> str:
        """Where it leads in the end."""
        return link(self.visit.url("failures"), list=self.list)

    def step(self) -> Shown | Done:
        """Work for a second; tell what was done in all, or how far it has come."""
        cursor = self._carried()
        try:
            progress = sweep(
                self.visit.store,
                self.verb,
                self.list,
                self.filter,
                to=self.to,
                cursor=cursor,
                seconds=_SECONDS,
            )
        except InvalidQueueName as error:
            return Done(refusals.in_words(error), self.url, level=messages.ERROR)
        begun = cursor is None
        if progress.cursor is None:
            return self._done(progress, begun=begun)
        return self._shown(progress, begun=begun)

    def _done(self, progress: Progress, *, begun: bool) -> Done:
        told = self._told(progress)
        level = messages.SUCCESS if progress.done and not progress.refused else messages.WARNING
        return Done(told, self.url, [self._entry(told)] if begun else [], level)

    def _shown(self, progress: Progress, *, begun: bool) -> Shown:
        looked = _("%(examined)s of %(total)s looked through.") % {
            "examined": number(progress.examined),
            "total": number(progress.total),
        }
        page = SweepShown(
            told=f"{looked} {self._told(progress)}",
            examined=progress.examined,
            total=progress.total,
            percent=100 * progress.examined // max(1, progress.total),
        )
        kept = {**self.given, "to": self.to, "next": self.visit.back(""), "confirmed": "1"}
        kept["carry"] = signing.dumps(progress.cursor, salt=self._salt())
        # Written when it begins: who closes the page in the middle has changed a lot as well.
        told = _("Began with all that match; it goes on while its page is open.")
        return Shown(
            "failure_progress",
            _("Retrying failures") if self.verb == "retry" else _("Removing failures"),
            page,
            tab="failures",
            extra={
                "carried": {name: text for name, text in kept.items() if text},
                "stop_url": self.visit.back(self.url),
            },
            entries=[self._entry(told)] if begun else [],
            live=False,
        )

    def _told(self, progress: Progress) -> str:
        phrase = (
            ngettext("%s failure retried.", "%s failures retried.", progress.done)
            if self.verb == "retry"
            else ngettext("%s failure removed.", "%s failures removed.", progress.done)
        )
        told = phrase % number(progress.done)
        if progress.refused:
            refused = ngettext("%s cannot be retried.", "%s cannot be retried.", progress.refused)
            told += " " + refused % number(progress.refused)
        return told

    def _entry(self, told: str) -> Entry:
        # Translators: all failures of a list.
        words = in_words(self.filter) if self.filter else _("all")
        flag = CHANGE if self.verb == "retry" else DELETION
        name = _("Failed list %(list)s: %(filter)s") % {
            "list": printable(self.list),
            "filter": words,
        }
        return Entry(address("failures"), name, told, flag)

    def _carried(self) -> str | None:
        """Return how far it has come; None for a first step.

        Signed, for with a made-up beginning nothing would be written into the admin's log.
        """
        carry = self.visit.request.POST.get("carry", "")
        try:
            return str(signing.loads(carry, salt=self._salt(), max_age=_KEPT))
        except signing.BadSignature:
            return None

    def _salt(self) -> str:
        same = [spell(self.list), self.verb, self.to, self.given, self.visit.request.user.pk]
        return f"{_SALT}:{json.dumps(same, sort_keys=True, default=str)}"
