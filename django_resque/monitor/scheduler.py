"""Whether anybody schedules, and whether there is anything to do for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.conf import get_settings
from django_resque.wire import timestamps

if TYPE_CHECKING:
    from datetime import datetime

    from django_resque.store import Store


@dataclass(frozen=True, slots=True)
class SchedulerGlance:
    """The scheduler that is the master, and what waits for it."""

    master: str
    """The name of the master; empty if there is none."""
    lapses: float | None
    """Seconds until another may take over by itself; None if nothing tells."""
    delayed: int
    """How many jobs are delayed, at the timestamps that were counted."""
    complete: bool
    """Whether all timestamps were counted."""
    next_due: datetime | None
    """When the first of them is due; None if there is none, or its client wrote no time."""
    recurring: int
    """How many schedules are not switched off."""

    @property
    def is_missing(self) -> bool:
        """Whether there is something to do and nobody to do it."""
        return not self.master and bool(self.delayed or self.recurring)


def scheduler(store: Store, most: int = 1000) -> SchedulerGlance:
    """Return what there is to know of the scheduler, in five round trips.

    No more than the ``most`` earliest timestamps are counted.
    """
    look = store.schedules.look("", 0)
    fixed = {entry.name for entry in get_settings().schedule if entry.enabled}
    disabled = {entry.name for entry in get_settings().schedule}.difference(fixed)
    recurring = fixed.union(store.schedules.names()) - disabled - look.off
    sizes = store.delayed.sizes(store.delayed.timestamps(0, most))
    return SchedulerGlance(
        master=look.holder,
        lapses=look.expires if look.holder and look.expires >= 0 else None,
        delayed=sum(sizes),
        complete=store.delayed.timestamp_count() <= most,
        next_due=timestamps.from_epoch(look.earliest),
        recurring=len(recurring),
    )
