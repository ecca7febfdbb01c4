"""The pages that list failures, and groups of them: what they share is asked for once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from django_resque.admin.answers import Shown
from django_resque.admin.failure_filters import carried, chosen, in_words, link
from django_resque.admin.failure_rows import Choice, FailureShown, GroupShown
from django_resque.monitor.failures import failed_lists
from django_resque.store.failures import MAIN
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.admin.visit import Visit
    from django_resque.monitor.failure_groups import GroupsPage
    from django_resque.monitor.failures import FailurePage


@dataclass(frozen=True, slots=True)
class FailuresShown:
    """A page of failures, or of groups of them."""

    list: str
    lists: Sequence[Choice]
    filter: str
    """What is asked for, in words; empty if that is everything."""
    wrong: bool
    """Whether the filter cannot be read, so that nothing is shown."""
    rows: Sequence[FailureShown]
    groups: Sequence[GroupShown]
    total: int
    """How many failures the list has in all."""
    counted: str
    """The same in words."""
    looked: str
    """How far it was looked, where that is not all there is; in words."""
    unfiltered_url: str
    newest_url: str
    """The first page; empty on the first page."""
    older_url: str
    """The next page; empty if there is none."""
    more_url: str
    """Where to look on for what matches; empty if all was looked through."""


class Listing:
    """What is asked for on the page of failures or on that of groups."""

    def __init__(self, visit: Visit, page: str) -> None:
        """Read the request for the page named ``page``. Raises Http404 for an unknown list."""
        self._visit = visit
        self._page = page
        self.list = visit.text("list") or MAIN
        self._lists = known_lists(visit, self.list)
        self.form, self.filter = chosen(visit, visit.request.GET)
        self._carried = carried(self.form)
        before = visit.number("before", -1)
        self.before = None if before < 0 else before

    def failures(self, page: FailurePage | None, count: int) -> Shown:
        """Show failures; None if it is not clear which."""
        if page is None:
            return self._shown(_("Failed"))
        rows = page.rows
        group = f"{rows[0].exception}, {rows[0].place}" if rows else ""
        following = self._url(before=page.next_before) if page.next_before is not None else ""
        further = bool(self.filter) and len(rows) < count
        return self._shown(
            _("Failed"),
            rows=FailureShown.all(self._visit, rows),
            total=page.total,
            filter=in_words(self.filter, group) if self.filter else "",
            looked=_looked(page) if following and further else "",
            older_url="" if further else following,
            more_url=following if further else "",
        )

    def groups(self, page: GroupsPage | None) -> Shown:
        """Show groups of failures; None if it is not clear which."""
        if page is None:
            return self._shown(_("Groups of failures"))
        further = page.next_before is not None
        carried = {"list": self.list, **self._carried}
        return self._shown(
            _("Groups of failures"),
            groups=[GroupShown.of(self._visit, each, carried) for each in page.groups],
            total=page.total,
            filter=in_words(self.filter) if self.filter else "",
            looked=_looked_at(page, self.before),
            more_url=self._url(before=page.next_before) if further else "",
        )

    def _shown(self, title: str, **found: Any) -> Shown:
        total = found.get("total", 0)
        counted = ngettext("%s failure", "%s failures", total) % number(total)
        given = {
            "list": printable(self.list),
            "lists": self._choices(),
            "filter": "",
            "wrong": self.filter is None,
            "rows": (),
            "groups": (),
            "total": total,
            "counted": counted,
            "looked": "",
            "unfiltered_url": link(self._visit.url(self._page), list=self.list),
            "newest_url": "" if self.before is None else self._url(),
            "older_url": "",
            "more_url": "",
            **found,
        }
        return Shown(
            self._page,
            title,
            FailuresShown(**given),
            tab="failures",
            extra={"form": self.form, "views": self._views(), "carried": self._carried}
            | {
                f"{verb}_url": self._visit.url(name, list_name=self.list)
                for verb, name in _ACTIONS.items()
            },
            announce=counted,
            live=self._page == "failures" and not self.filter,
        )

    def _choices(self) -> list[Choice]:
        return [
            Choice(
                f"{printable(name)} ({number(count)})",
                link(self._visit.url(self._page), list=name, **self._carried),
                name == self.list,
            )
            for name, count in self._lists.items()
        ]

    def _views(self) -> list[Choice]:
        titles = {"failures": _("Failures"), "failure_groups": _("Groups")}
        return [
            Choice(title, self._url(name), name == self._page) for name, title in titles.items()
        ]

    def _url(self, page: str = "", before: int | None = None) -> str:
        url = self._visit.url(page or self._page)
        return link(url, list=self.list, before=before, **self._carried)


_ACTIONS = {
    "retry": "retry_failures",
    "remove": "remove_failures",
    "retry_matching": "retry_matching",
    "remove_matching": "remove_matching",
    "clear": "clear_failures",
}


def known_lists(visit: Visit, name: str) -> dict[str, int]:
    """Return the failed lists and their sizes. Raises Http404 if ``name`` is none of them.

    Whatever else it names must lead to no key in Redis: a queue is a list as well.
    """
    lists = failed_lists(visit.store)
    if name not in lists:
        raise Http404
    return lists


def number(count: int) -> str:
    """Return a number as people read it."""
    return number_format(count, force_grouping=True)


def _looked(page: FailurePage) -> str:
    # Counted from the newest of all, so that it tells the same on the pages that follow.
    seen = page.total - (page.next_before or 0)
    return ngettext(
        "Looked through the newest %(seen)s of %(total)s failure.",
        "Looked through the newest %(seen)s of %(total)s failures.",
        page.total,
    ) % {"seen": number(seen), "total": number(page.total)}


def _looked_at(page: GroupsPage, before: int | None) -> str:
    told = {"examined": number(page.examined), "total": number(page.total)}
    if page.examined == page.total:
        return (
            ngettext("Counted %s failure.", "Counted all %s failures.", page.total) % told["total"]
        )
    if before is None:
        phrase = ngettext(
            "Counted among the newest %(examined)s of %(total)s failure.",
            "Counted among the newest %(examined)s of %(total)s failures.",
            page.total,
        )
    else:
        phrase = ngettext(
            "Counted among %(examined)s older ones of %(total)s failure.",
            "Counted among %(examined)s older ones of %(total)s failures.",
            page.total,
        )
    return phrase % told
