"""What operators do to failures: retry, remove, clear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.exceptions import DecodeError, FailureNotFound, InvalidQueueName
from django_resque.wire import timestamps
from django_resque.wire.failure import INVALID_PAYLOAD, FailureRecord, stamped
from django_resque.wire.payload import Payload, requeued
from django_resque.wire.queue_name import check_queue_name

if TYPE_CHECKING:
    from django_resque.store import Store

_UNREADABLE = FailureRecord("", b"", "", "", [], "", "")


def retry_failure(
    store: Store, name: str, record: bytes, index: int, *, to: str = "", remove: bool = False
) -> str:
    """Enqueue what failed again, to its own queue or another; return the queue.

    ``record`` is the exact bytes in the failed list ``name``, ``index`` where they were seen. The
    record is marked as retried, or removed, in the same step: whoever comes second with the same
    bytes, be it by a double click, gets FailureNotFound. Raises DecodeError for what cannot be
    performed and InvalidQueueName for where it cannot go; the record stays then.
    """
    failure = FailureRecord.decode(record)
    raw = failure.payload
    Payload.decode(raw)
    if raw == INVALID_PAYLOAD:
        raise DecodeError("the payload of this failure is not readable", record)
    queue = to or failure.queue
    check_queue_name(queue)
    now = timestamps.now()
    # Else it would pass for one that has waited since it was enqueued first.
    again = requeued(raw, now)
    if remove:
        done = store.failures.remove(name, record, index, payload=again, queue=queue)
    else:
        mark = stamped(record, timestamps.failed_at(now))
        done = store.failures.replace(name, record, index, mark, payload=again, queue=queue)
    if not done:
        raise FailureNotFound("The failure is gone: it was retried or removed meanwhile")
    return queue


def retry_failures(store: Store, *, queue: str = "", to: str = "") -> tuple[int, int]:
    """Retry all failures, or those of one queue, that were not retried yet, the oldest first.

    Returns how many were, and how many cannot be retried; those stay as they are. What fails
    again meanwhile is not retried again.
    """
    retried = refused = 0
    for name in store.failures.lists():
        for index, record in store.failures.scan(name, oldest_first=True):
            failure = _decoded(record)
            if _was_retried(failure) or (queue and failure.queue != queue):
                continue
            try:
                retry_failure(store, name, record, index, to=to)
            except (DecodeError, InvalidQueueName):
                refused += 1
            except FailureNotFound:
                continue  # somebody else was quicker
            else:
                retried += 1
    return retried, refused


def remove_failure(store: Store, name: str, record: bytes, index: int) -> None:
    """Remove one failure, given by its exact bytes. Raises FailureNotFound if it is gone."""
    if not store.failures.remove(name, record, index):
        raise FailureNotFound("The failure is gone: it was retried or removed meanwhile")


def clear_failures(store: Store) -> int:
    """Remove all failures from all lists; return how many there were."""
    return sum(store.failures.clear(name) for name in store.failures.lists())


def clear_retried(store: Store) -> int:
    """Remove the failures that were retried; return how many there were."""
    return sum(
        store.failures.remove(name, record, index)
        for name in store.failures.lists()
        for index, record in store.failures.scan(name)
        if _was_retried(_decoded(record))
    )


def _decoded(record: bytes) -> FailureRecord:
    try:
        return FailureRecord.decode(record)
    except DecodeError:
        return _UNREADABLE


def _was_retried(failure: FailureRecord) -> bool:
    return bool(failure.extras.get("retried_at"))
