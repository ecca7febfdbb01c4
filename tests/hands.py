"""A worker without processes: it reserves, performs here and settles, as real ones do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.execution.perform import perform
from django_resque.execution.queue_names import QueuePatterns
from django_resque.execution.reserve import Reserver
from django_resque.execution.settle import ending
from django_resque.failures.redis import RedisBackend
from django_resque.wire.payload import Payload
from tests.claims import WORKER

if TYPE_CHECKING:
    from django_resque.execution.outcome import Outcome
    from django_resque.store import Store
    from django_resque.wire.worker import Reservation


class Hands:
    """Takes jobs one by one out of all queues."""

    def __init__(self, store: Store) -> None:
        """Work on a store."""
        self._store = store
        self._reserver = Reserver(store, WORKER, QueuePatterns.parse(["*"]))

    def take(self) -> Reservation | None:
        """Reserve the next job; None if there is none."""
        self._store.workers.register(WORKER, "then")
        return self._reserver.next().reservation

    def end(self, reservation: Reservation, outcome: Outcome) -> None:
        """Write the end of a job."""
        self._reserver.settle(ending(self._store, [RedisBackend()], reservation, outcome))
        assert self._reserver.flush().errors == []

    def one(self) -> str:
        """Perform the next job; return its name, or nothing if there is none."""
        reservation = self.take()
        if reservation is None:
            return ""
        self.end(reservation, perform(reservation, []))
        return Payload.decode(reservation.payload).name

    def all(self) -> list[str]:
        """Perform jobs until none is left; return their names."""
        return list(iter(self.one, ""))
