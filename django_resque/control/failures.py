"""What operators do to failures: retry, remove, clear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque.control.retrying import retrying
from django_resque.control.sweeping import sweep
from django_resque.exceptions import FailureNotFound
from django_resque.reading.failure_filter import FailureFilter

if TYPE_CHECKING:
    from django_resque.control.sweeping import Progress, Verb
    from django_resque.store import Store


def retry_failure(
    store: Store,
    name: str,
    record: bytes,
    index: int,
    *,
    to: str = "",
    remove: bool = False,
    args: list[Any] | None = None,
) -> str:
    """Enqueue what failed again, to its own queue or another; return the queue.

    ``record`` is the exact bytes in the failed list ``name``, ``index`` where they were seen. The
    record is marked as retried, or removed, in the same step: whoever comes second with the same
    bytes, be it by a double click, gets FailureNotFound. ``args`` take the place of the payload's
    own, and all its other keys stay.

    Raises DecodeError for what cannot be performed, InvalidQueueName for where it cannot go, and
    ArgumentError for ``args`` that do not fit the job, if it is registered here, or are no JSON;
    the record stays then.
    """
    change = retrying(record, index, to=to, args=args, remove=remove)
    if not store.failures.carry_out(name, change):
        raise FailureNotFound("The failure is gone: it was retried or removed meanwhile")
    return change.queue


def retry_failures(store: Store, *, queue: str = "", to: str = "") -> tuple[int, int]:
    """Retry all failures, or those of one queue, that were not retried yet, the oldest first.

    Returns how many were, and how many cannot be retried; those stay as they are. What fails
    again meanwhile is not retried again.
    """
    waiting = FailureFilter(queue=queue, state="waiting")
    swept = [_whole(store, "retry", name, waiting, to) for name in store.failures.lists()]
    return sum(each.done for each in swept), sum(each.refused for each in swept)


def remove_failure(store: Store, name: str, record: bytes, index: int) -> None:
    """Remove one failure, given by its exact bytes. Raises FailureNotFound if it is gone."""
    if not store.failures.remove(name, record, index):
        raise FailureNotFound("The failure is gone: it was retried or removed meanwhile")


def clear_failures(store: Store, name: str = "") -> int:
    """Remove all failures from one list, or from all lists; return how many there were."""
    return sum(store.failures.clear(each) for each in _names(store, name))


def clear_retried(store: Store, name: str = "") -> int:
    """Remove the failures that were retried, from one list or all; return how many there were."""
    retried = FailureFilter(state="retried")
    return sum(_whole(store, "remove", each, retried).done for each in _names(store, name))


def _names(store: Store, name: str) -> list[str]:
    return [name] if name else store.failures.lists()


def _whole(store: Store, verb: Verb, name: str, matching: FailureFilter, to: str = "") -> Progress:
    return sweep(store, verb, name, matching, to=to, seconds=float("inf"))
