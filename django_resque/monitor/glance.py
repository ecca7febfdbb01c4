"""What an operator wants to see first: the state of the whole, cut to what one page holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.jobs.queues import QueuedJob
from django_resque.monitor.failures import failed_lists, failure_page
from django_resque.monitor.queues import QueueRow
from django_resque.monitor.workers import WorkersPage, workers_page, working

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from django_resque.reading.failures import FailureRow
    from django_resque.store import Store


@dataclass(frozen=True, slots=True)
class Glance:
    """Figures of the whole, and the few rows of each kind that matter most."""

    pending: int
    """Jobs waiting in all queues."""
    queue_count: int
    queues: list[QueueRow]
    """The fullest queues."""
    parked: int
    """Jobs held back by limits of their own."""
    waiting: int
    """Jobs that wait for others to end."""
    states: Counter[str]
    """All workers by their state."""
    working: WorkersPage
    """Those workers that have had their job for longest."""
    paused: bool
    """Whether all workers are told to pause."""
    failed_lists: dict[str, int]
    """The failed lists with the number of records in each."""
    latest: Sequence[FailureRow]
    """The newest failures of the main list."""
    processed: int
    """Jobs that ended, failed ones included."""
    failures_counted: int
    """Failures since counting began, whether or not their records are still kept."""

    @property
    def failed(self) -> int:
        """Failure records kept, in all lists."""
        return sum(self.failed_lists.values())


def glance(
    store: Store, ttl: float, *, queues: int = 20, working_jobs: int = 10, failures: int = 5
) -> Glance:
    """Return the state of the whole with so many rows of each kind, in a fixed number of trips.

    How much is read of Redis grows with the number of queues and workers by a few bytes each,
    and not with what they hold.
    """
    names = store.queues.names()
    sizes = dict(zip(names, store.queues.sizes(names), strict=True))
    fullest = sorted(names, key=lambda name: (-sizes[name], name))[:queues]
    paused = set(store.queues.paused())
    crowd = workers_page(store, ttl, count=0)
    processed, failures_counted = store.stats.get("processed", "failed")
    return Glance(
        pending=sum(sizes.values()),
        queue_count=len(names),
        queues=[
            QueueRow(name, size, name in paused, QueuedJob.read(name, 0, raw) if raw else None)
            for name, (size, raw) in zip(fullest, store.queues.tops(fullest), strict=True)
        ],
        parked=sum(store.limits.parked().values()),
        waiting=store.relations.count(),
        states=crowd.states,
        working=working(store, 0, working_jobs),
        paused=crowd.paused,
        failed_lists=failed_lists(store),
        latest=failure_page(store, count=failures).rows,
        processed=processed,
        failures_counted=failures_counted,
    )
