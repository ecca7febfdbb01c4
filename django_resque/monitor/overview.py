"""The state of the whole, in Resque's own figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.monitor.failures import failed_lists
from django_resque.monitor.queues import QueueRow, queues
from django_resque.monitor.workers import WorkerRow, workers

if TYPE_CHECKING:
    from django_resque.store import Store


@dataclass(frozen=True, slots=True)
class Overview:
    """What Ruby's ``Resque.info`` tells, and the rows it is counted from."""

    queues: list[QueueRow]
    workers: list[WorkerRow]
    failed_lists: dict[str, int]
    """The failed lists with the number of records in each."""
    processed: int
    """Jobs that ended, failed ones included."""
    failures_counted: int
    """Failures since counting began, whether or not their records are still kept."""
    paused: bool
    """Whether all workers are told to pause."""
    parked: dict[str, int]
    """How many jobs wait for each limit, outside their queues."""

    @property
    def pending(self) -> int:
        """Jobs waiting in all queues."""
        return sum(row.size for row in self.queues)

    @property
    def working(self) -> int:
        """Workers that have a job."""
        return sum(1 for row in self.workers if row.busy)

    @property
    def failed(self) -> int:
        """Failure records kept, in all lists."""
        return sum(self.failed_lists.values())


def overview(store: Store) -> Overview:
    """Return the state of the whole, in a fixed number of round trips."""
    processed, failed = store.stats.get("processed", "failed")
    return Overview(
        queues=queues(store),
        workers=workers(store),
        failed_lists=failed_lists(store),
        processed=processed,
        failures_counted=failed,
        paused=store.workers.all_paused(),
        parked=store.limits.parked(),
    )
