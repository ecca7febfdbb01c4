"""Who schedules: one master by a lock in Redis, the others stand by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.execution.identity import new_scheduler_id

if TYPE_CHECKING:
    from django_resque.store import Store
    from django_resque.store.schedules import SchedulerLook

TTL = 10.0
"""Seconds after which a master that died is replaced. Ruby's lock is respected, however long."""
RENEW = 3.0
"""Seconds after which a master renews its lock."""


class Leader:
    """Holds or awaits the master lock.

    Whoever holds it may lose it at any moment, so what a master writes compares the lock in the
    same step: the name of this leader is the fence.
    """

    def __init__(self, store: Store) -> None:
        """Stand by, under a new name."""
        self._store = store
        self.name = new_scheduler_id()
        self.is_master = False

    def look(self, *, willing: bool = True, armed: bool = False) -> SchedulerLook:
        """Renew or take the lock, unless not ``willing``, and see what there is to do."""
        look = self._store.schedules.look(self.name if willing else "", TTL, armed=armed)
        self.is_master = willing and look.holder == self.name
        return look

    def resign(self) -> None:
        """Give the lock up, so that another may take over at once."""
        self.is_master = False
        self._store.schedules.release(self.name)
