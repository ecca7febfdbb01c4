"""Where a job is that has not ended: found for its handle, and taken out of there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from django_resque import wiring
from django_resque.exceptions import DecodeError
from django_resque.jobs.delayed import find_in as find_delayed
from django_resque.jobs.limits import terms_of
from django_resque.jobs.queues import find_in, remove_from
from django_resque.jobs.records import record_of
from django_resque.jobs.registry import registry
from django_resque.wire import delayed
from django_resque.wire.payload import Payload
from django_resque.wire.worker import reservation_for

if TYPE_CHECKING:
    from django_resque.jobs.handles import JobHandle
    from django_resque.store import Store
    from django_resque.store.limits import Terms
    from django_resque.wire.result import ResultRecord
    from django_resque.wire.worker import Reservation

_MOST_DELAYED = 10_000  # items of one timestamp that are searched


def status(handle: JobHandle, record: ResultRecord | None) -> str:
    """Return how a job is whose ``record`` tells of no end, in the words of a handle."""
    # In the order of a job's way, so that one that goes on meanwhile is met all the same.
    if record is None:
        before = handle.before.status if handle.before is not None else "unknown"
        if waits_for_others(handle):
            return "waiting"
        if _waits(handle):
            return "queued"
    if reservation_of(handle.id) is not None:
        return "running"
    if (found := handle.record) is not None:
        return found.status
    if _waits_again(handle):
        return "retrying"
    comes_after = record is None and before not in ("succeeded", "unknown")
    return "waiting" if comes_after else "unknown"


def reservation_of(id_: str | None) -> Reservation | None:
    """Return the claim of the worker that performs the job of that id; None if none does."""
    if id_ is None:
        return None
    workers = wiring.store().workers
    ids = workers.ids()
    return reservation_for(id_, zip(ids, workers.claims(ids), strict=True))


def waits_for_others(handle: JobHandle) -> bool:
    """Tell whether a job waits outside of the queues for the end of others."""
    if handle.id is None or not (handle.follows or handle.from_id):
        return False
    return wiring.store().relations.has(handle.id)


def payload_of(handle: JobHandle) -> Payload:
    """Return the payload with all that it says of others."""
    found = None
    if handle.from_id and handle.id and handle.queue:
        found = find_in(wiring.store(), handle.queue, handle.id)
    return found.payload if found and found.payload else handle.payload


def remove(handle: JobHandle) -> bool:
    """Take a job out of its queue, or of where it is delayed or parked; False if it is gone."""
    store = wiring.store()
    removals = (_remove_queued, _remove_delayed, _remove_parked)
    return any(take_out(store, handle) for take_out in removals)


def _waits(handle: JobHandle) -> bool:
    store = wiring.store()
    if handle.from_id or handle.follows:
        return bool(handle.queue and handle.id and find_in(store, handle.queue, handle.id))
    raw = handle.payload.encode()
    if store.queues.has(handle.queue, raw):
        return True
    if handle.due is not None and store.delayed.has(_item(handle)):
        return True
    terms = _terms(handle)
    return terms is not None and store.limits.holds(terms, handle.queue, raw)


def _waits_again(handle: JobHandle) -> bool:
    """Tell whether a job that keeps no results waits for its next attempt."""
    if not _may_be_retried(handle) or handle.id is None:
        return False
    store = wiring.store()
    return bool(find_in(store, handle.queue, handle.id) or find_delayed(store, handle.id))


def _may_be_retried(handle: JobHandle) -> bool:
    job = registry.find(handle.payload.name)
    return job is not None and job.retry is not None


def _terms(handle: JobHandle) -> Terms | None:
    """Return the limit that a job may wait for; None for none, or if that is not known."""
    job = registry.find(handle.payload.name)
    return None if job is None or handle.from_id else terms_of(job, handle.payload)


def _item(handle: JobHandle) -> bytes:
    return delayed.encode(handle.payload, handle.queue)


def _remove_queued(store: Store, handle: JobHandle) -> bool:
    raw = handle.payload.encode()
    if not handle.from_id and store.queues.remove_each(handle.queue, [raw]):
        return True
    # One that is retried is not what it was, to the byte.
    return bool(handle.queue and handle.id and remove_from(store, handle.queue, handle.id))


def _remove_delayed(store: Store, handle: JobHandle) -> bool:
    if handle.due is not None and store.delayed.remove_equal(_item(handle)):
        return True
    if handle.id is None:
        return False
    record = record_of(handle.id)
    if record is None or record.retry is None:
        found = find_delayed(store, handle.id) if _may_be_retried(handle) else None
        return found is not None and store.delayed.remove(found.timestamp, found.raw)
    at = math.ceil(record.retry)
    mark = handle.id.encode(errors="surrogateescape")
    for each in (at, at - 1, at + 1):
        for item in store.delayed.window(each, 0, _MOST_DELAYED).items:
            if mark in item and _id_of(item) == handle.id:
                return store.delayed.remove(each, item)
    return False


def _remove_parked(store: Store, handle: JobHandle) -> bool:
    terms = _terms(handle)
    raw = handle.payload.encode()
    return terms is not None and store.limits.remove(terms, handle.queue, raw)


def _id_of(item: bytes) -> str | None:
    try:
        return Payload.decode(item).id
    except DecodeError:
        return None
