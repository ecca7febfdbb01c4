"""What pages show of recurring jobs, whoever has set them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.admin.addresses import spell
from django_resque.admin.arguments import in_one_line
from django_resque.admin.rows import result_url
from django_resque.jobs.registry import registry
from django_resque.wire import timestamps
from django_resque.wire.payload import Payload
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django_resque.admin.visit import Visit
    from django_resque.monitor.schedules import ScheduleRow
    from django_resque.wire.schedule import ScheduleRun


@dataclass(frozen=True, slots=True)
class RunShown:
    """One run in the history of a recurring job."""

    kind: str
    """``enqueued`` or ``manual``; ``overlapped`` and ``missed`` were left out."""
    due: datetime | None
    id: str
    result_url: str
    queue: str
    queue_url: str

    @classmethod
    def of(cls, visit: Visit, run: ScheduleRun) -> RunShown:
        """Show a run."""
        return cls(
            kind=run.kind,
            due=timestamps.from_epoch(run.due),
            id=printable(run.id),
            result_url=result_url(visit, run.id, run.queue),
            queue=printable(run.queue),
            queue_url=visit.url("queue", queue=run.queue) if run.queue else "",
        )


@dataclass(frozen=True, slots=True)
class ScheduleShown:
    """One recurring job, as a row and on its own page."""

    key: str
    name: str
    source: str
    """``settings`` or ``redis``."""
    job: str
    """The name of its job; empty if it is not readable."""
    job_url: str
    arguments: str
    """Its arguments in one line, masked; a word instead for those who may not see them."""
    words: str
    """Its rule in words."""
    rule: str
    """Its rule as it was written."""
    zone: str
    """The time zone of a ``cron``; empty for the project's own."""
    description: str
    queue: str
    queue_url: str
    overlap: str
    missed: str
    enabled: bool
    fixed_off: bool
    """Whether the settings switch it off, so that nobody can switch it on here."""
    next_runs: Sequence[datetime]
    last_run: datetime | None
    last_kind: str
    """What came of the last time it was due; empty where nothing tells."""
    error: str
    """Why it cannot be followed."""
    url: str
    run_url: str
    switch_url: str
    """Where to post to switch it off, or on if it is off."""

    @classmethod
    def of(cls, visit: Visit, row: ScheduleRow) -> ScheduleShown:
        """Show a row."""
        entry = row.entry
        job = registry.find(entry.job) if entry else None
        args = list(entry.args) if entry and row.args is None else list(row.args or ())
        return cls(
            key=spell(row.name),
            name=printable(row.name),
            source=row.source,
            job=printable(entry.job) if entry else "",
            job_url=visit.url("job", job=job.name) if job else "",
            arguments=in_one_line(visit, Payload(entry.job, args)) if entry else "",
            words=printable(row.words),
            rule=printable(entry.cron or entry.every) if entry else "",
            zone=printable(entry.timezone) if entry else "",
            description=printable(entry.description, 500) if entry else "",
            queue=printable(row.queue),
            queue_url=visit.url("queue", queue=row.queue) if row.queue else "",
            overlap=entry.overlap if entry else "",
            missed=entry.missed if entry else "",
            enabled=row.enabled,
            fixed_off=entry is not None and not entry.enabled,
            next_runs=row.next_runs,
            last_run=row.last_run,
            last_kind=row.runs[0].kind if row.runs else "",
            error=printable(row.error, 500),
            url=visit.url("schedule", schedule=row.name),
            run_url=visit.url("run_schedule", schedule=row.name),
            switch_url=visit.url(
                "switch_schedule_off" if row.enabled else "switch_schedule_on", schedule=row.name
            ),
        )
