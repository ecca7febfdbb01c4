"""What several pages show of workers, and of what they work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.admin.addresses import address
from django_resque.admin.progress import ProgressShown
from django_resque.admin.rows import JobShown
from django_resque.conf import get_settings
from django_resque.monitor.results import progress_of
from django_resque.monitor.workers import SILENT
from django_resque.wire import timestamps
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django_resque.admin.visit import Visit
    from django_resque.monitor.workers import WorkerRow
    from django_resque.wire.result import Progress


@dataclass(frozen=True, slots=True)
class WorkerShown:
    """One worker, as a row and on its own page."""

    id: str
    key: str
    """What names its row in the page."""
    host: str
    """Empty if its id is not readable."""
    pid: int | None
    queues: str
    state: str
    ours: bool
    """Whether it is a worker of django-resque."""
    hears: bool
    """Whether it takes orders."""
    started: datetime | None
    started_text: str
    """What it says of its start, if that is no date."""
    silent_for: int | None
    """Seconds since its heartbeat; None if it gives none."""
    processed: int
    failed: int
    job: JobShown | None
    """The job that it has."""
    queue: str
    """The queue that the job comes from."""
    queue_url: str
    running_for: float | None
    """Seconds that the job has taken so far; None if its claim does not tell."""
    job_memory: int | None
    """What the process of the job occupies."""
    rid: str
    """Which claim it is, for an order to hit this job and no other."""
    memory: int | None
    peak: int | None
    """The most that any of its jobs occupied."""
    version: str
    error: str
    """What of it is not readable."""
    url: str
    kill_url: str
    """Where to post ``rid`` to kill its job; empty if it has none or takes no orders."""
    remove_url: str
    """Where to post to remove it; empty unless it passes for dead or nobody can read its id."""
    progress: ProgressShown | None = None
    """How far its job says it is."""

    @classmethod
    def all(cls, visit: Visit, rows: Sequence[WorkerRow]) -> list[WorkerShown]:
        """Show rows, each with how far its job says it is: in one round trip."""
        ids = [row.job.payload.id or "" if row.job and row.job.payload else "" for row in rows]
        told = progress_of(visit.store, [id_ for id_ in ids if id_])
        return [
            cls.of(visit, row, told.get(id_)) for row, id_ in zip(rows, ids, strict=True)
        ]  # fmt: skip

    @classmethod
    def of(cls, visit: Visit, row: WorkerRow, progress: Progress | None = None) -> WorkerShown:
        """Show a row."""
        silent = row.is_silent(get_settings().heartbeat_ttl)
        hears = row.hears and not silent
        rid = printable(row.reservation.rid) if row.reservation and hears else ""
        is_odd = silent or row.identity is None
        started = timestamps.parse(row.started)
        identity, vitals = row.identity, row.vitals
        queue = row.reservation.queue if row.reservation else ""
        return cls(
            id=printable(row.id, 500),
            key=address("worker", row.id),
            host=printable(identity.host) if identity else "",
            pid=identity.pid if identity else None,
            queues=printable(identity.queues) if identity else "",
            state=SILENT if silent else row.state,
            ours=row.ours,
            hears=hears,
            started=started,
            started_text="" if started else printable(row.started),
            silent_for=row.silent_for,
            processed=row.processed,
            failed=row.failed,
            job=_job(visit, row),
            queue=printable(queue),
            queue_url=visit.url("queue", queue=queue) if queue else "",
            running_for=row.running_for,
            job_memory=vitals.job_memory if vitals else None,
            rid=rid,
            memory=vitals.memory if vitals else None,
            peak=vitals.peak if vitals else None,
            version=vitals.version if vitals else "",
            error=printable(row.error, 500),
            url=visit.url("worker", worker=row.id),
            kill_url=visit.url("kill_job", worker=row.id) if rid else "",
            remove_url=visit.url("remove_worker", worker=row.id) if is_odd else "",
            progress=ProgressShown.of(visit, progress),
        )


def _job(visit: Visit, row: WorkerRow) -> JobShown | None:
    if not row.busy:
        return None
    if row.job is None:
        return JobShown.of(visit, None, row.error)
    return JobShown.of(visit, row.job.payload, row.job.error, queue=row.job.queue)
