"""Recurring jobs that are set at run time: ``from django_resque import schedules``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django_resque import wiring
from django_resque.conf import get_settings
from django_resque.exceptions import InvalidSchedule
from django_resque.jobs.client import job_named
from django_resque.schedule.cron import spelt_out
from django_resque.schedule.entries import prepared
from django_resque.wire.schedule import ScheduleEntry, split_zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django_resque.jobs.definition import Job
    from django_resque.wire.schedule import Missed, Overlap


def set(  # noqa: A001 as Resque.set_schedule
    name: str,
    job: Job[..., Any] | str,
    *,
    cron: str = "",
    every: str | float | timedelta = "",
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    queue: str = "",
    timezone: str = "",
    description: str = "",
    overlap: Overlap = "allow",
    missed: Missed = "once",
) -> None:
    """Let a job recur from now on, by ``cron`` or ``every``; replaces the schedule of that name.

    A job that only another program knows needs a ``queue``. Ruby's scheduler follows what is set
    here as well. Raises InvalidSchedule for a rule that is never due, ArgumentError for arguments
    that the job does not take or JSON cannot carry, NoQueueError and InvalidQueueName.
    """
    if not name.strip() or not name.isprintable():
        raise InvalidSchedule(f"{name!r} is no name for a schedule: give it a printable text")
    if name in {entry.name for entry in get_settings().schedule}:
        raise InvalidSchedule(f"the settings have a schedule named {name!r}: choose another name")
    if bool(cron) == bool(every):
        raise InvalidSchedule("give either cron or every")
    found = job_named(job, queue or None)
    line, zone = split_zone(cron)
    entry = ScheduleEntry(
        name=name,
        job=found.name,
        # Spelt out: with a time zone behind it, no other scheduler knows an alias.
        cron=spelt_out(line),
        every=_span(every),
        queue=queue or found.queue or get_settings().default_queue,
        args=found.parameters.pack(tuple(args), dict(kwargs or {})),
        timezone=timezone or zone,
        description=description,
        overlap=overlap,
        missed=missed,
    )
    prepared(entry).payload(0)
    wiring.store().schedules.set(name, entry.encode())


def remove(name: str) -> bool:
    """Remove a schedule that was set at run time; False if there is none of that name."""
    return wiring.store().schedules.remove(name)


def names() -> list[str]:
    """Return the names of the schedules that were set at run time, sorted."""
    return sorted(wiring.store().schedules.all())


def _span(every: str | float | timedelta) -> str:
    if isinstance(every, timedelta):
        every = every.total_seconds()
    return every if isinstance(every, str) else f"{every:g}s"
