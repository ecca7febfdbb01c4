"""A worker's claims, one at a time: made, given back, settled, and told of."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django_resque import signals
from django_resque.execution import settle
from django_resque.execution.endings import may_be_tracked, tracked_name
from django_resque.wire import timestamps
from django_resque.wire.printable import printable
from django_resque.wire.status import RUNNING, StatusPacket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.execution.admission import Admission
    from django_resque.execution.outcome import Outcome
    from django_resque.execution.reserve import Answer, Reserver
    from django_resque.failures.base import FailureBackend
    from django_resque.process.worker import Worker
    from django_resque.store import Store
    from django_resque.wire.worker import Reservation

logger = logging.getLogger(__name__)

_WHOLE = 10**9  # characters: no payload in Redis is longer


class Claims:
    """Takes a worker's jobs, sees each claim to its one ending, and tells of that ending.

    Its methods raise StoreError when Redis is away; call them again then, for nothing is lost.
    """

    def __init__(
        self,
        reserver: Reserver,
        admission: Admission,
        store: Store,
        backends: Sequence[FailureBackend],
        worker: Worker,
    ) -> None:
        """Take what ``admission`` lets begin; signals are sent in the name of ``worker``."""
        self._reserver = reserver
        self._admission = admission
        self._store = store
        self._backends = backends
        self._worker = worker
        self._ended: tuple[Reservation, Outcome] | None = None
        self._untold: Answer | None = None
        self._unadmitted: Answer | None = None  # its job is claimed, and may be parked
        self._started: Any = None  # what php-resque's status packet of the job at work tells

    @property
    def queues(self) -> list[str]:
        """The queues looked into at present."""
        return self._reserver.queues

    @property
    def unsettled(self) -> bool:
        """Whether an ending still waits to be written."""
        held = (self._ended, self._unadmitted)
        return self._reserver.unsettled or any(each is not None for each in held)

    def next(self, *, armed: bool) -> Answer:
        """Settle what is unsettled and reserve the next job.

        If there is one, what came of the last is not told yet, so as not to keep the next
        waiting: call :meth:`tell` when it is under way. The status is ``parked`` if there was
        one that may not begin yet: call again, for there may be others.
        """
        self.tell()
        if self._unadmitted is None:
            self._untold = self._unadmitted = self._reserver.next(armed=armed)
        answer = self._unadmitted
        if answer.reservation is not None and not self._admission.admits(answer.reservation):
            answer = replace(answer, status="parked", reservation=None)
        self._unadmitted = None
        if answer.reservation is None:
            self.tell()
        return answer

    def settle(self, reservation: Reservation, outcome: Outcome) -> None:
        """Write with the next step what came of a job."""
        self.tell()
        ending = settle.ending(
            self._store, self._backends, reservation, outcome, started=self._started
        )
        self._reserver.settle(ending)
        self._started = None
        self._ended = (reservation, outcome)

    def track(self, reservation: Reservation) -> None:
        """Tell php-resque, where it keeps track of a job, that the job is under way."""
        self._started = None
        if not may_be_tracked(reservation.payload):
            return
        tracked = tracked_name(reservation.payload)
        packet = self._store.statuses.get(tracked) if tracked is not None else None
        if tracked is None or packet is None:
            return
        self._started = StatusPacket.started_of(packet)
        updated = int(timestamps.now().timestamp())
        running = StatusPacket(RUNNING, updated, self._started)
        self._store.statuses.update(tracked, running.encode())

    def give_back(self, reservation: Reservation) -> None:
        """Put a job that has not begun back with the next step, as the next of its queue."""
        self._reserver.settle(settle.giving_back(self._store, reservation))

    def flush(self) -> None:
        """Settle without reserving; a job that a lost reply left in our hands goes back."""
        self.tell()
        if self._unadmitted is not None:
            held, self._unadmitted = self._unadmitted.reservation, None
            if held is not None:
                self.give_back(held)
        self._untold = answer = self._reserver.flush()
        self.tell()
        if answer.reservation is not None:
            self.give_back(answer.reservation)
            self._reserver.flush()

    def give_up(self) -> None:
        """Tell of an ending that could not be written in time."""
        if self._ended is None:
            return
        reservation, outcome = self._ended
        # The claim stays in Redis, so whoever prunes this worker records the job as lost.
        logger.critical(
            "Leaving while Redis is away: a job of queue %s (%s) ended as %s, unrecorded",
            printable(reservation.queue),
            printable(settle.job_name(reservation.payload) or "(invalid payload)"),
            type(outcome).__name__,
            extra=self._extra("job.unwritten", reservation),
        )

    def tell(self) -> None:
        """Tell what came of the last job, if that is written and has not been told."""
        answer, self._untold = self._untold, None
        if answer is None or answer.settled is None or self._ended is None:
            return
        (reservation, outcome), self._ended = self._ended, None
        for error in answer.errors:
            # Nowhere else is it kept, so the log has all of it.
            logger.error(
                "Redis refused part of a job's ending (%s): %s of %s",
                error,
                outcome,
                printable(reservation.payload.decode(errors="backslashreplace"), _WHOLE),
                extra=self._extra("job.unwritten", reservation),
            )
        if answer.settled:
            signals.job_finished.send_robust(self._worker, reservation=reservation, outcome=outcome)
        else:
            logger.warning(
                "%s from queue %s ended as %s, but its claim was gone: this worker was taken for "
                "dead, or Redis has lost what was written last",
                printable(settle.job_name(reservation.payload) or "(invalid payload)"),
                printable(reservation.queue),
                type(outcome).__name__,
                extra=self._extra("job.fenced", reservation),
            )

    @staticmethod
    def _extra(event: str, reservation: Reservation) -> dict[str, str]:
        queue = printable(reservation.queue)
        return {"event": event, "queue": queue, "worker": reservation.worker}
