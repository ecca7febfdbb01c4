"""The first page: the state of the whole at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from django_resque.admin.answers import Shown
from django_resque.admin.charts import Chart
from django_resque.admin.delayed_rows import SchedulerShown
from django_resque.admin.failure_rows import Choice, FailureShown
from django_resque.admin.rows import QueueShown
from django_resque.admin.worker_rows import WorkerShown
from django_resque.conf import get_settings
from django_resque.monitor.glance import glance
from django_resque.monitor.history import history, rates
from django_resque.monitor.scheduler import scheduler
from django_resque.monitor.workers import SILENT

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit
    from django_resque.monitor.glance import Glance
    from django_resque.monitor.history import Span

_SPANS: dict[Span, Any] = {
    "hour": gettext_lazy("Last hour"),
    "day": gettext_lazy("Last day"),
    "days": gettext_lazy("Last three days"),
}


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the page shows."""

    pending: int
    parked: int
    waiting: int
    processed: int
    failures_counted: int
    failed: int
    queue_count: int
    workers: int
    working_count: int
    silent: int
    paused: bool
    late: list[QueueShown]
    """The queues whose next job waits too long."""
    queues: list[QueueShown]
    working: list[WorkerShown]
    failures: list[FailureShown]
    span: Span
    chart: Chart
    scheduler: SchedulerShown


def show(visit: Visit) -> Shown:
    """Show figures, what happened lately, queues, what is worked on, and the latest failures."""
    state = glance(visit.store, get_settings().heartbeat_ttl)
    wanted: Any = visit.text("span")
    span: Span = wanted if wanted in _SPANS else "hour"
    chart = Chart.of(history(visit.store, span))
    rate = rates(visit.store, {row.name: row.size for row in state.queues})
    queues = [QueueShown.of(visit, row, rate.get(row.name)) for row in state.queues]
    page = Overview(
        pending=state.pending,
        parked=state.parked,
        waiting=state.waiting,
        processed=state.processed,
        failures_counted=state.failures_counted,
        failed=state.failed,
        queue_count=state.queue_count,
        workers=state.states.total(),
        working_count=state.states["working"],
        silent=state.states[SILENT],
        paused=state.paused,
        late=[row for row in queues if row.late],
        queues=queues,
        working=[WorkerShown.of(visit, row) for row in state.working.rows],
        failures=FailureShown.all(visit, state.latest),
        span=span,
        chart=chart,
        scheduler=SchedulerShown.of(scheduler(visit.store)),
    )
    spans = [
        Choice(str(title), f"?span={name}" if name != "hour" else "?", name == span)
        for name, title in _SPANS.items()
    ]
    return Shown(
        "overview",
        _("Overview"),
        page,
        tab="resque_changelist",
        extra={"spans": spans, "span_title": _SPANS[span]},
        announce=_announcement(state),
    )


def _announcement(state: Glance) -> str:
    waiting = ngettext("%(count)s job waits", "%(count)s jobs wait", state.pending)
    failed = ngettext("%(count)s failure", "%(count)s failures", state.failed)
    return f"{waiting % {'count': state.pending}}, {failed % {'count': state.failed}}"
