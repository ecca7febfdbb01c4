"""Looking into queues and taking jobs out of them: ``from django_resque import queues``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque import wiring
from django_resque.exceptions import DecodeError
from django_resque.jobs.uniqueness import free_locks
from django_resque.wire.failure import digest
from django_resque.wire.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_resque.store import Store


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """One item of a queue as it lies there, from whichever client."""

    queue: str
    """The queue that it was read from."""
    position: int
    """How many items were before it when it was read."""
    raw: bytes
    """Its bytes."""
    payload: Payload | None
    """What it asks for; None if it is not readable."""
    error: str = ""
    """Why it is not readable."""

    @property
    def digest(self) -> str:
        """The address of the item: the SHA-1 of its bytes."""
        return digest(self.raw)

    @classmethod
    def read(cls, queue: str, position: int, raw: bytes) -> QueuedJob:
        """Read an item, however malformed."""
        try:
            return cls(queue, position, raw, Payload.decode(raw))
        except DecodeError as error:
            return cls(queue, position, raw, None, str(error))


def names() -> list[str]:
    """Return the names of all known queues, sorted."""
    return wiring.store().queues.names()


def size(queue: str) -> int:
    """Return the number of jobs that wait in a queue."""
    return wiring.store().queues.size(queue)


def peek(queue: str, start: int = 0, count: int = 1) -> list[QueuedJob]:
    """Return up to ``count`` waiting jobs from position ``start``, the next one first."""
    return read_page(wiring.store(), queue, start, count)


def find(queue: str, id: str | None) -> QueuedJob | None:  # noqa: A002 the payload's own word
    """Return the waiting job with this id; None if no such job waits there (any more).

    None, the id of a job without ids, finds nothing.
    """
    return find_in(wiring.store(), queue, id)


def remove(queue: str, id: str | None) -> bool:  # noqa: A002
    """Remove the waiting job with this id; False if no such job waits there (any more)."""
    return remove_from(wiring.store(), queue, id)


def remove_queue(queue: str) -> int:
    """Forget a queue with all the jobs in it; return how many there were."""
    store = wiring.store()
    return free_locks(store, queue) + store.queues.remove(queue)


def read_page(store: Store, queue: str, start: int, count: int) -> list[QueuedJob]:
    """Return a page of a queue of ``store``; negative values count as zero."""
    start = max(0, start)
    items = store.queues.peek(queue, start, count)
    return [QueuedJob.read(queue, start + offset, raw) for offset, raw in enumerate(items)]


def find_in(store: Store, queue: str, id_: str | None) -> QueuedJob | None:
    """Return the job with this id that waits in a queue of ``store``."""
    return next(_with_id(store, queue, id_), None)


def remove_from(store: Store, queue: str, id_: str | None) -> bool:
    """Remove the job with this id from a queue of ``store``; tell whether it was there."""
    found = [job.raw for job in _with_id(store, queue, id_)]
    return store.queues.remove_items(queue, found) > 0


def _with_id(store: Store, queue: str, id_: str | None) -> Iterator[QueuedJob]:
    if not id_:
        return
    mark = id_.encode(errors="surrogateescape")
    for position, raw in enumerate(store.queues.scan(queue)):
        # Looking for the bytes first spares decoding all the others.
        if mark in raw:
            job = QueuedJob.read(queue, position, raw)
            if job.payload is not None and job.payload.id == id_:
                yield job
