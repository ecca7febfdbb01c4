"""What operators do to queues: pause, resume, remove them or jobs in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.jobs.queues import remove_from
from django_resque.wire.queue_name import check_queue_name

if TYPE_CHECKING:
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
    return store.queues.remove(queue)


def remove_job(store: Store, queue: str, id_: str) -> bool:
    """Remove the job with this id from a queue; False if it does not wait there (any more)."""
    return remove_from(store, queue, id_)
