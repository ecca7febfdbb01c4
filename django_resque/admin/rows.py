"""What several pages show of jobs and queues: texts fit to be seen by this user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django_resque.admin.addresses import spell
from django_resque.admin.arguments import in_one_line
from django_resque.jobs.registry import registry
from django_resque.wire import timestamps
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from datetime import datetime

    from django_resque.admin.visit import Visit
    from django_resque.monitor.history import QueueRate
    from django_resque.monitor.queues import QueueRow
    from django_resque.wire.payload import Payload

_LONGEST_ID = 200
LONG_WAIT = timedelta(minutes=1)
"""A queue whose next job has waited longer than this stands out."""


@dataclass(frozen=True, slots=True)
class JobShown:
    """One request to perform a job, wherever it lies."""

    name: str
    """The name of the job; empty if it is not readable."""
    arguments: str
    """Its arguments in one line, masked; a word instead for those who may not see them."""
    id: str
    """Its id; empty if its producer gave none."""
    queued_at: datetime | None
    """When it was enqueued, if its producer says so."""
    url: str
    """The page of the job; empty if it is not registered here."""
    error: str
    """Why it is not readable; empty if it is."""
    attempt: int = 1
    """The number of the performance: 1 for the first, more for a retry."""
    attempts: int | None = None
    """How often it is performed at most; None where no policy of retries is known."""
    result_url: str = ""
    """The page of what came of it; empty for a job without an id."""

    @classmethod
    def of(
        cls, visit: Visit, payload: Payload | None, error: str = "", *, queue: str = ""
    ) -> JobShown:
        """Show a payload; None for one that is not readable, for the reason in ``error``.

        ``queue`` is the one that it comes from or goes to, where that is known.
        """
        if payload is None:
            return cls("", "", "", None, "", printable(error, 500))
        known = registry.find(payload.name)
        return cls(
            name=printable(payload.name),
            arguments=in_one_line(visit, payload),
            id=printable(payload.id or ""),
            queued_at=payload.queued_at,
            url=visit.url("job", job=known.name) if known else "",
            error="",
            attempt=payload.attempt,
            attempts=known.retry.max_attempts if known and known.retry else None,
            result_url=result_url(visit, payload.id, queue),
        )


@dataclass(frozen=True, slots=True)
class QueueShown:
    """One queue in a table."""

    key: str
    """What tells it from all others in the ids of a page."""
    name: str
    size: int
    paused: bool
    oldest: datetime | None
    """When the job that comes next was enqueued, if its producer says so."""
    late: bool
    """Whether that job waits too long."""
    arriving: float | None
    """Jobs that came in a minute lately; None if that is not known."""
    finishing: float | None
    """Jobs of it that ended in a minute lately; None if that is not known."""
    url: str
    switch_url: str
    """Where to post to pause the queue, or to resume it if it is paused."""

    @classmethod
    def of(cls, visit: Visit, row: QueueRow, rate: QueueRate | None = None) -> QueueShown:
        """Show a row, with its rate if that is known."""
        payload = row.next.payload if row.next else None
        oldest = payload.queued_at if payload else None
        verb = "resume_queue" if row.paused else "pause_queue"
        return cls(
            key=spell(row.name),
            name=printable(row.name),
            size=row.size,
            paused=row.paused,
            oldest=oldest,
            late=waits_long(oldest),
            arriving=rate.arriving if rate else None,
            finishing=rate.finishing if rate else None,
            url=visit.url("queue", queue=row.name),
            switch_url=visit.url(verb, queue=row.name),
        )


@dataclass(frozen=True, slots=True)
class GoneShown:
    """What is told of something that is no longer there, or never was (``gone.html``)."""

    reason: str
    url: str
    """Where to go on."""
    link: str
    """What that is called."""


def result_url(visit: Visit, id_: str | None, queue: str = "") -> str:
    """Return the page of what came of a job; empty for one without an id to speak of."""
    if not id_ or len(id_) > _LONGEST_ID:
        return ""
    url = visit.url("result", job_id=id_)
    return f"{url}?{urlencode({'queue': queue}, errors='replace')}" if queue else url


def waits_long(since: datetime | None) -> bool:
    """Tell whether a job that was enqueued then waits too long."""
    return since is not None and timestamps.now() - since > LONG_WAIT
