"""What there is to see of queues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.jobs.queues import QueuedJob

if TYPE_CHECKING:
    from django_resque.store import Store


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One queue."""

    name: str
    size: int
    paused: bool
    next: QueuedJob | None
    """The job that will be taken next."""


def queues(store: Store) -> list[QueueRow]:
    """Return all known queues, sorted by name, in three round trips."""
    names, paused = store.queues.names(), set(store.queues.paused())
    return [
        QueueRow(name, size, name in paused, QueuedJob.read(name, 0, raw) if raw else None)
        for name, (size, raw) in zip(names, store.queues.tops(names), strict=True)
    ]
