"""What is done to all failures that match, a second at a time, for there may be very many."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.contrib import messages
from django.contrib.admin.models import CHANGE, DELETION
from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from django_resque.admin.addresses import address, spell
from django_resque.admin.answers import Confirm, Done, Entry, Shown
from django_resque.admin.failure_filters import carried, chosen, in_words, link
from django_resque.admin.failure_listing import known_lists, number
from django_resque.control.failures import sweep
from django_resque.monitor.failures import failure_page
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit
    from django_resque.control.failures import Progress
    from django_resque.reading.failure_filter import FailureFilter

_SECONDS = 1.0
_KEPT = 24 * 3600  # seconds for which a page that stands still can go on
_SALT = "django_resque.admin.sweep"

Verb = Literal["retry", "remove"]


def retry_matching(visit: Visit, list_name: str) -> Shown | Done | Confirm:
    """Enqueue all that match again, after asking."""
    return _answer(visit, "retry", list_name)


def remove_matching(visit: Visit, list_name: str) -> Shown | Done | Confirm:
    """Remove all that match, after asking."""
    return _answer(visit, "remove", list_name)


@dataclass(frozen=True, slots=True)
class _Tally:
    """How far it has come; carried from step to step by the browser."""

    done: int = 0
    refused: int = 0
    examined: int = 0
    cursor: Any = None

    def plus(self, progress: Progress) -> _Tally:
        return _Tally(
            self.done + progress.done,
            self.refused + progress.refused,
            self.examined + progress.examined,
            progress.cursor,
        )


@dataclass(frozen=True, slots=True)
class SweepShown:
    """How far an action on all that match has come."""

    told: str
    examined: int
    total: int
    percent: int


def _answer(visit: Visit, verb: Verb, list_name: str) -> Shown | Done | Confirm:
    known_lists(visit, list_name)
    url = link(visit.url("failures"), list=list_name)
    form, wanted = chosen(visit, visit.request.POST)
    if wanted is None:
        told = _("The filter cannot be read, so nothing was changed.")
        return Done(told, url, level=messages.ERROR)
    given = carried(form)
    to = visit.request.POST.get("to", "").strip() if verb == "retry" else ""
    if not visit.confirmed:
        return _ask(visit, verb, list_name, wanted, to)
    action = _Action(visit, verb, list_name, wanted, given, to)
    return action.step()


def _ask(visit: Visit, verb: Verb, name: str, wanted: FailureFilter, to: str) -> Confirm:
    """Say in words what is meant before all of it is changed."""
    page = failure_page(visit.store, name, wanted, count=1)
    sample = f"{page.rows[0].exception}, {page.rows[0].place}" if page.rows else ""
    words = in_words(wanted, sample) if wanted else ""
    told = {"list": printable(name), "filter": words, "total": number(page.total)}
    if verb == "retry":
        question = (
            _("Retry all failures of the list %(list)s with %(filter)s?")
            if words
            else _("Retry all failures of the list %(list)s? It has %(total)s.")
        ) % told
        question += " " + _("Those that were retried already are left out.")
        if to:
            question += " " + _("They go to the queue %s.") % printable(to)
        verb_told = _("Yes, retry all")
    else:
        question = (
            _("Remove all failures of the list %(list)s with %(filter)s?")
            if words
            else _("Remove all failures of the list %(list)s? It has %(total)s.")
        ) % told
        verb_told = _("Yes, remove all")
    return Confirm(question, verb_told, link(visit.url("failures"), list=name))


@dataclass(frozen=True, slots=True)
class _Action:
    """One step of an action on all that match."""

    visit: Visit
    verb: Verb
    list: str
    filter: FailureFilter
    given: dict[str, str]
    to: str

    def step(self) -> Shown | Done:
        """Work for a second; tell what was done in all, or how far it has come."""
        before = self._carried()
        progress = sweep(
            self.visit.store,
            self.verb,
            self.list,
            self.filter,
            to=self.to,
            cursor=before.cursor if before else None,
            seconds=_SECONDS,
        )
        tally = (before or _Tally()).plus(progress)
        begun = before is None
        if progress.cursor is None:
            return self._done(tally, begun=begun)
        return self._shown(tally, progress.total, begun=begun)

    def _done(self, tally: _Tally, *, begun: bool) -> Done:
        told = self._told(tally)
        url = link(self.visit.url("failures"), list=self.list)
        level = messages.SUCCESS if tally.done and not tally.refused else messages.WARNING
        return Done(told, url, [self._entry(told)] if begun else [], level)

    def _shown(self, tally: _Tally, total: int, *, begun: bool) -> Shown:
        total = max(total, tally.examined)
        looked = _("%(examined)s of %(total)s looked through;") % {
            "examined": number(tally.examined),
            "total": number(total),
        }
        page = SweepShown(
            told=f"{looked} {self._told(tally)}",
            examined=tally.examined,
            total=total,
            percent=100 * tally.examined // max(1, total),
        )
        kept = {**self.given, "to": self.to, "next": self.visit.back(""), "confirmed": "1"}
        kept["carry"] = signing.dumps(asdict(tally), salt=self._salt(), compress=True)
        extra = {
            "carried": {name: text for name, text in kept.items() if text},
            "stop_url": self.visit.back(link(self.visit.url("failures"), list=self.list)),
        }
        title = _("Retrying failures") if self.verb == "retry" else _("Removing failures")
        # Written when it begins: who closes the page in the middle has changed a lot as well.
        told = _("Began with all that match; it goes on while its page is open.")
        entries = [self._entry(told)] if begun else []
        return Shown(
            "failure_progress", title, page, tab="failures", extra=extra, entries=entries
        )

    def _told(self, tally: _Tally) -> str:
        phrase = (
            ngettext("%s failure retried.", "%s failures retried.", tally.done)
            if self.verb == "retry"
            else ngettext("%s failure removed.", "%s failures removed.", tally.done)
        )
        told = phrase % number(tally.done)
        if tally.refused:
            refused = ngettext("%s cannot be retried.", "%s cannot be retried.", tally.refused)
            told += " " + refused % number(tally.refused)
        return told

    def _entry(self, told: str) -> Entry:
        words = in_words(self.filter) if self.filter else _("all failures of the list")
        flag = CHANGE if self.verb == "retry" else DELETION
        name = _("Failed list %(list)s: %(filter)s") % {
            "list": printable(self.list),
            "filter": words,
        }
        return Entry(address("failures"), name, told, flag)

    def _carried(self) -> _Tally | None:
        """Return how far it has come; None for a first step.

        Signed, for with a made-up beginning nothing would be written into the admin's log.
        """
        try:
            kept = signing.loads(
                self.visit.request.POST.get("carry", ""), salt=self._salt(), max_age=_KEPT
            )
        except signing.BadSignature:
            return None
        return _Tally(**kept)

    def _salt(self) -> str:
        same = [spell(self.list), self.verb, self.to, self.given, self.visit.request.user.pk]
        return f"{_SALT}:{json.dumps(same, sort_keys=True, default=str)}"
