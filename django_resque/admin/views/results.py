"""What came of one job, by its id; how far it is; and how to call it off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.models import DELETION
from django.http import HttpResponseRedirect
from django.utils.translation import gettext as _

from django_resque.admin.addresses import address
from django_resque.admin.answers import Confirm, Done, Entry, Shown
from django_resque.admin.arguments import clean, value_as_json
from django_resque.admin.progress import ProgressShown
from django_resque.admin.rows import result_url
from django_resque.exceptions import JobNotFound, WorkerElsewhere
from django_resque.jobs.handles import JobHandle
from django_resque.jobs.registry import registry
from django_resque.monitor.results import trace
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from datetime import datetime

    from django_resque.admin.visit import Visit
    from django_resque.monitor.results import JobTrace
    from django_resque.wire.result import ResultRecord

_LONGEST_ERROR = 10_000


@dataclass(frozen=True, slots=True)
class ResultShown:
    """All that there is to see of one job by its id."""

    id: str
    status: str
    job: str
    job_url: str
    queue: str
    queue_url: str
    place_url: str
    """The page of where it is now; empty once it has ended."""
    attempt: int
    attempts: int | None
    """How often it is performed at most; None where no policy of retries is known."""
    queued_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    took: float | None
    """Seconds of its last performance."""
    retry_at: datetime | None
    worker: str
    worker_url: str
    progress: ProgressShown | None
    value: str | None
    """What it returned, as JSON; None for those who may not see arguments."""
    exception: str
    error: str | None
    """None for those who may not see arguments, of which it may tell."""
    meta: str | None
    """What else it has told of itself, as JSON."""
    unreadable: str
    """What of it cannot be read."""
    cancel_url: str
    """Where to post to cancel it; empty unless it waits."""
    stop_url: str
    """Where to post to stop it; empty unless it runs."""

    @classmethod
    def of(cls, visit: Visit, job_id: str, found: JobTrace) -> ResultShown:
        """Show what is known of a job."""
        record, payload, claim = found.known.record, found.payload, found.reservation
        name = payload.name if payload else record.job if record else ""
        job = registry.find(name)
        worker = claim.worker if claim else record.worker if record else ""
        queued = payload.queued_at if payload else record.queued_at if record else None
        waits, progress = bool(found.queued or found.delayed), found.known.progress
        return cls(
            id=printable(job_id),
            status=found.status,
            job=printable(name),
            job_url=visit.url("job", job=job.name) if job else "",
            queue=printable(found.queue),
            queue_url=visit.url("queue", queue=found.queue) if found.queue else "",
            place_url=_place(visit, found),
            attempt=payload.attempt if payload else record.attempt if record else 1,
            attempts=job.retry.max_attempts if job and job.retry else None,
            queued_at=queued,
            started_at=record.started_at if record else None,
            ended_at=record.ended_at if record else None,
            took=_took(record),
            retry_at=record.retry_at if record and found.status == "retrying" else None,
            worker=printable(worker),
            worker_url=visit.url("worker", worker=worker) if worker else "",
            progress=ProgressShown.of(visit, progress),
            value=value_as_json(visit, record.value) if record else None,
            exception=printable(record.exception, 300) if record else "",
            error=_error(visit, record),
            meta=value_as_json(visit, progress.meta) if progress and progress.meta else None,
            unreadable=printable(found.known.error, 500),
            cancel_url=visit.url("cancel_job", job_id=job_id) if waits else "",
            stop_url=visit.url("stop_job", job_id=job_id) if claim else "",
        )


def find(visit: Visit) -> Shown | HttpResponseRedirect:
    """Lead to the page of the job of an id that was filled in."""
    if url := result_url(visit, visit.text("id")):
        return HttpResponseRedirect(url)
    data: dict[str, Any] = {}
    return Shown("results", _("Find a job"), data, tab="jobs", live=False)


def show(visit: Visit, job_id: str) -> Shown:
    """Show what came of a job, or where it is."""
    found = trace(visit.store, job_id, visit.text("queue"))
    data = ResultShown.of(visit, job_id, found)
    trail = [(_("Jobs"), visit.url("jobs"))]
    title = _("Job %s") % printable(job_id, 100)
    return Shown(
        "result",
        title,
        data,
        tab="jobs",
        trail=trail,
        announce=data.status,
        status=404 if found.status == "unknown" and not found.known.error else 200,
    )


def cancel(visit: Visit, job_id: str) -> Done | Confirm:
    """Take a job out of its queue, or from the delayed ones."""
    name, page = printable(job_id), visit.url("result", job_id=job_id)
    if not visit.confirmed:
        return Confirm(
            _("Cancel job %s? It will not be performed.") % name, _("Yes, cancel"), page
        )  # fmt: skip
    queue = visit.request.POST.get("queue", "")
    if not JobHandle.for_id(job_id, queue).cancel():
        told = _("Job %s does not wait any more, so that it cannot be cancelled.") % name
        return Done(told, page, level=messages.WARNING)
    told = _("Job %s is cancelled.") % name
    return Done(told, page, [_entry(job_id, _("Cancelled."), DELETION)])


def stop(visit: Visit, job_id: str) -> Done | Confirm:
    """Kill a job where it runs."""
    name, page = printable(job_id), visit.url("result", job_id=job_id)
    if not visit.confirmed:
        question = _(
            "Stop job %s? It ends at once, wherever it is, and counts as failed. "
            "Its worker goes on with the next one."
        )
        return Confirm(question % name, _("Yes, stop it"), page)
    try:
        JobHandle.for_id(job_id).stop()
    except (JobNotFound, WorkerElsewhere) as error:
        return Done(printable(str(error), 500), page, level=messages.WARNING)
    told = _("The worker of job %s is asked to kill it; it obeys within a second.") % name
    return Done(told, page, [_entry(job_id, _("Asked to stop."), DELETION)])


def _entry(job_id: str, message: str, flag: int) -> Entry:
    return Entry(address("result", job_id), _("Job %s") % printable(job_id, 100), message, flag)


def _place(visit: Visit, found: JobTrace) -> str:
    if found.queued is not None:
        digest, position = found.queued.digest, found.queued.position
        page = visit.url("queued_job", queue=found.queue, digest=digest)
        return f"{page}?at={position}"
    if found.delayed is not None:
        at, digest = found.delayed.timestamp, found.delayed.digest
        page = visit.url("delayed_job", timestamp=at, digest=digest)
        return f"{page}?at={found.delayed.position}"
    return visit.url("worker", worker=found.reservation.worker) if found.reservation else ""


def _took(record: ResultRecord | None) -> float | None:
    if record is None or record.started is None or record.ended is None:
        return None
    return max(0.0, record.ended - record.started)


def _error(visit: Visit, record: ResultRecord | None) -> str | None:
    if not visit.may["view_arguments"]:
        return None
    return clean(record.error, _LONGEST_ERROR) if record else ""
