"""The first page: the state of the whole at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from django_resque.admin.answers import Shown
from django_resque.monitor.overview import overview

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit


def show(visit: Visit) -> Shown:
    """Show figures, queues, what is being worked on, and the latest failures."""
    state = overview(visit.store)
    data = {"pending": state.pending, "processed": state.processed, "failed": state.failed}
    return Shown("overview", _("Overview"), data, tab="resque_changelist")
