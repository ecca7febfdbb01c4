"""What recurs, made ready: an entry of the settings or of Redis with its rule and its queue."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_resque.conf import get_settings
from django_resque.exceptions import NoQueueError, UnknownJob
from django_resque.jobs.encoding import encode
from django_resque.jobs.registry import registry
from django_resque.schedule.rules import rule_of
from django_resque.wire.payload import Payload
from django_resque.wire.queue_name import check_queue_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.schedule.rules import Rule
    from django_resque.wire.schedule import ScheduleEntry


@dataclass(frozen=True, slots=True)
class Recurring:
    """An entry that can be enqueued."""

    entry: ScheduleEntry
    rule: Rule
    queue: str
    args: Sequence[Any]
    ids: bool
    names: Sequence[str] = ()
    """Of the job's parameters, for errors."""

    @property
    def name(self) -> str:
        """The entry's name."""
        return self.entry.name

    def payload(self, now: float, args: Sequence[Any] | None = None) -> tuple[Payload, bytes]:
        """Return what one run enqueues, with a new id, and its bytes.

        ``args`` take the place of the entry's own. Raises ArgumentError if they are no JSON.
        """
        extras: dict[str, Any] = {}
        if self.ids:
            extras = {"id": os.urandom(16).hex(), "queue_time": round(now, 6)}
        given = self.args if args is None else args
        payload = Payload(self.entry.job, list(given), extras)
        return payload, encode(payload, self.names)


def prepared(entry: ScheduleEntry) -> Recurring:
    """Return an entry made ready.

    Raises InvalidSchedule for a wrong rule, UnknownJob and NoQueueError for what cannot be
    enqueued from here, InvalidQueueName, ArgumentError for arguments that the job does not take,
    and ConfigurationError where cronsim is missing.
    """
    rule = rule_of(entry)
    settings = get_settings()
    job = registry.find(entry.job)
    # Without an id nobody could tell whether the run before still works.
    ids = settings.job_ids or entry.overlap == "skip"
    if entry.queue:
        check_queue_name(entry.queue)
    if job is None:
        if not entry.queue:
            raise NoQueueError(
                f"{entry.job!r} is not a job registered here, so its queue is unknown: name one"
            )
        return Recurring(entry, rule, entry.queue, entry.args, ids)
    if job.ids is not None:
        ids = job.ids or entry.overlap == "skip"
    if entry.kwargs:
        args: Sequence[Any] = job.parameters.pack(tuple(entry.args), entry.kwargs)
    else:
        job.parameters.unpack(entry.args)
        args = entry.args
    queue = entry.queue or job.queue or settings.default_queue
    return Recurring(entry, rule, queue, args, ids, job.parameters.names)


def check_registered(entry: ScheduleEntry) -> None:
    """Raise UnknownJob, naming similar ones, for a job that should be registered here."""
    if not entry.foreign and entry.job not in registry:
        raise UnknownJob(entry.job, registry.near(entry.job))
