"""What operators do to queues: pause, resume, clear and remove them, move and remove jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.jobs.queues import remove_from
from django_resque.jobs.uniqueness import free_locks
from django_resque.wire.queue_name import check_queue_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.store import Store


def pause_queue(store: Store, queue: str) -> bool:
    """Let no worker of ours take from a queue; False if it was paused already."""
    if queue not in store.queues.names():  # one that another client made may have any name
        check_queue_name(queue)
    return store.queues.pause(queue)


def resume_queue(store: Store, queue: str) -> bool:
    """End the pause of a queue; False if it was not paused."""
    return store.queues.resume(queue)


def remove_queue(store: Store, queue: str) -> int:
    """Forget a queue with all jobs in it; return how many there were."""
    return free_locks(store, queue) + store.queues.remove(queue)


def remove_job(store: Store, queue: str, id_: str) -> bool:
    """Remove the job with this id from a queue; False if it does not wait there (any more)."""
    return remove_from(store, queue, id_)


def remove_jobs(store: Store, queue: str, raws: Sequence[bytes]) -> int:
    """Remove one job for each of these exact bytes; return how many still waited."""
    return store.queues.remove_each(queue, raws)


def move_jobs(
    store: Store, queue: str, raws: Sequence[bytes], to: str, *, at_front: bool = False
) -> int:
    """Move the jobs with these exact bytes to another queue's end, or in order to its front.

    To the front of the same queue, they are the next to be taken. Returns how many still waited.
    Raises InvalidQueueName for a new name that clients could not share.
    """
    if to != queue:
        check_queue_name(to)
    return store.queues.move(queue, raws, to, at_front=at_front)


def clear_queue(store: Store, queue: str) -> int:
    """Remove all jobs from a queue that stays known; return how many there were."""
    return free_locks(store, queue) + store.queues.clear(queue)
