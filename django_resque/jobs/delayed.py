"""Looking at delayed jobs and changing when they are due: ``from django_resque import delayed``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque import wiring
from django_resque.exceptions import DecodeError
from django_resque.jobs.moments import due_at, timestamp
from django_resque.store.delayed import Taking
from django_resque.wire import timestamps
from django_resque.wire.delayed import DelayedItem
from django_resque.wire.failure import digest
from django_resque.wire.payload import Payload, requeued

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django_resque.store import Store


@dataclass(frozen=True, slots=True)
class DelayedJob:
    """One delayed item as it lies there, from whichever client."""

    timestamp: str
    """What it lies under: seconds since 1970, as its client wrote them."""
    position: int
    """How many items of that timestamp were before it when it was read."""
    raw: bytes
    """Its bytes."""
    queue: str
    """The queue it goes to; empty if it is not readable."""
    payload: Payload | None
    """What it asks for; None if it is not readable."""
    error: str = ""
    """Why it is not readable."""

    @property
    def due(self) -> datetime | None:
        """When it is due; None if its client wrote no number there."""
        return moment_of(self.timestamp)

    @property
    def digest(self) -> str:
        """The address of the item beside its timestamp: the SHA-1 of its bytes."""
        return digest(self.raw)

    @classmethod
    def read(cls, at: str, position: int, raw: bytes) -> DelayedJob:
        """Read an item, however malformed."""
        queue = ""
        try:
            item = DelayedItem.decode(raw)
            queue = item.queue
            return cls(at, position, raw, queue, Payload.decode(item.payload))
        except DecodeError as error:
            return cls(at, position, raw, queue, None, str(error))


def count() -> int:
    """Return how many jobs are delayed; looks at every timestamp."""
    return wiring.store().delayed.size()


def peek(count: int = 1) -> list[DelayedJob]:
    """Return up to ``count`` delayed jobs, the one that is due first before the others."""
    jobs = read_all(wiring.store())
    return [job for _, job in zip(range(count), jobs, strict=False)]


def find(id: str | None) -> DelayedJob | None:  # noqa: A002 the payload's own word
    """Return the delayed job with this id; None if none is delayed (any more).

    None, the id of a job without ids, finds nothing.
    """
    return find_in(wiring.store(), id)


def remove(id: str | None) -> bool:  # noqa: A002
    """Remove the delayed job with this id; False if none is delayed (any more)."""
    store = wiring.store()
    job = find_in(store, id)
    return job is not None and store.delayed.remove(job.timestamp, job.raw)


def move(id: str | None, moment: datetime) -> bool:  # noqa: A002
    """Let the delayed job with this id be due at another moment; False if none is delayed.

    The moment is an aware datetime; at one in the past, a scheduler takes it at once.
    """
    due = due_at(moment)
    store = wiring.store()
    job = find_in(store, id)
    return job is not None and move_to(store, job.timestamp, job.raw, due)


def find_in(store: Store, id_: str | None) -> DelayedJob | None:
    """Return the job with this id that is delayed in ``store``."""
    if not id_:
        return None
    mark = id_.encode(errors="surrogateescape")
    for at, raw in store.delayed.scan():
        # Looking for the bytes first spares decoding all the others.
        if mark in raw:
            job = DelayedJob.read(at, 0, raw)
            if job.payload is not None and job.payload.id == id_:
                return job
    return None


def move_to(store: Store, at: str, raw: bytes, due: datetime) -> bool:
    """Let an item be due at another moment, in one atomic step; False if it is gone."""
    item = requeued(raw, due)  # it waits for a worker from then on
    commands = store.delayed.delaying(item, timestamp(due))
    return store.delayed.take(at, [Taking(raw, commands)], exact=True) == [1]


def moment_of(at: str) -> datetime | None:
    """Return the moment that a timestamp stands for; None if it is no number of seconds."""
    try:
        return timestamps.from_epoch(float(at))
    except ValueError:
        return None


def read_all(store: Store) -> Iterator[DelayedJob]:
    """Iterate over all delayed jobs of ``store``, the one that is due first before the others."""
    last, position = "", 0
    for at, raw in store.delayed.scan():
        position = position + 1 if at == last else 0
        last = at
        yield DelayedJob.read(at, position, raw)
