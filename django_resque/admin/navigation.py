"""The tabs over our pages, in the order of an on-call engineer's questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit

_TABS = (
    ("resque_changelist", _("Overview")),
    ("queues", _("Queues")),
    ("working", _("Working")),
    ("failures", _("Failed")),
    ("delayed", _("Delayed")),
    ("recurring", _("Recurring")),
    ("workers", _("Workers")),
    ("jobs", _("Jobs")),
    ("stats", _("Stats")),
)


class Tab(NamedTuple):
    """One tab."""

    title: Any
    url: str
    current: bool


def tabs(visit: Visit, current: str) -> list[Tab]:
    """Return the tabs, with the page named ``current`` marked."""
    return [Tab(title, visit.url(name), name == current) for name, title in _TABS]
