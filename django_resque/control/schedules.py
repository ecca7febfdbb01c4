"""What operators do to recurring jobs: run them now, switch them off and on, remove them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django_resque.conf import get_settings
from django_resque.exceptions import ScheduleNotFound
from django_resque.jobs.registry import registry
from django_resque.schedule.entries import prepared
from django_resque.store.schedules import Push
from django_resque.wire.schedule import ScheduleEntry, ScheduleRun

if TYPE_CHECKING:
    from django_resque.store import Store


def run_schedule(store: Store, name: str, args: list[Any] | None = None) -> str:
    """Enqueue a recurring job now, beside its times; return the queue.

    ``args`` take the place of its own. Raises ScheduleNotFound, DecodeError for a document that
    is not readable, ArgumentError for ``args`` that do not fit, and what else keeps the schedule
    from being followed.
    """
    each = prepared(_entry(store, name))
    job = registry.find(each.entry.job)
    if args is not None and job is not None:
        job.parameters.unpack(args)
    now = time.time()
    payload, raw = each.payload(now, args)
    run = ScheduleRun("manual", int(now), payload.id or "", each.queue)
    push = Push(each.queue, raw, store.queues.pushing(each.queue, [raw]))
    store.schedules.run_by_hand(name, push, run.encode())
    return each.queue


def switch_schedule_off(store: Store, name: str) -> bool:
    """Let a recurring job rest; False if it rested already. Raises ScheduleNotFound."""
    _require(store, name)
    return store.schedules.switch_off(name)


def switch_schedule_on(store: Store, name: str) -> bool:
    """Let a recurring job go on from now; False if it was on. What was missed is not made up for.

    One that the settings disable stays off.
    """
    return store.schedules.switch_on(name)


def remove_schedule(store: Store, name: str) -> bool:
    """Remove a schedule that was set at run time; False if there is none of that name."""
    return store.schedules.remove(name)


def _require(store: Store, name: str) -> None:
    fixed = {entry.name for entry in get_settings().schedule}
    if name not in fixed and store.schedules.get(name) is None:
        raise ScheduleNotFound(f"There is no schedule {name!r} (any more)")


def _entry(store: Store, name: str) -> ScheduleEntry:
    for entry in get_settings().schedule:
        if entry.name == name:
            return entry
    raw = store.schedules.get(name)
    if raw is None:
        raise ScheduleNotFound(f"There is no schedule {name!r} (any more)")
    return ScheduleEntry.decode(name, raw)
