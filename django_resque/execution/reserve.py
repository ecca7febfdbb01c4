"""One look at the queues: settles the last job and reserves the next in the same step."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django_resque.store.workers import Look
from django_resque.wire import timestamps
from django_resque.wire.worker import Reservation

if TYPE_CHECKING:
    from django_resque.execution.queue_names import QueuePatterns
    from django_resque.store import Store
    from django_resque.store.workers import Ending, StepReply

_NOWHERE = Look(())


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look found.

    ``status`` is job, forgotten, orders, paused, empty or done (nothing was asked).

    ``settled`` is None if there was nothing to settle, False if the claim was no longer ours.
    ``errors`` are Redis' refusals of parts of the ending.
    """

    status: str
    reservation: Reservation | None
    settled: bool | None
    errors: list[str]


class Reserver:
    """Takes one worker's jobs, one at a time."""

    def __init__(
        self, store: Store, worker: str, patterns: QueuePatterns, *, timed: bool = False
    ) -> None:
        """Look for jobs of ``worker`` in the queues of ``patterns``.

        ``timed`` has each claim note when it was made.
        """
        self._store = store
        self._worker = worker
        self._patterns = patterns
        self._timed = timed
        self._look = Look(patterns.expand(()), frozenset() if patterns.dynamic else None)
        self._ending: Ending | None = None
        self._settled: bool | None = None
        self._errors: list[str] = []
        self._rid = ""
        self._first = ""  # a queue to look into before the others, once
        self._in_doubt = False  # whether a claim may have been made whose reply got lost

    @property
    def queues(self) -> list[str]:
        """The queues looked into at present."""
        return list(self._look.queues)

    @property
    def unsettled(self) -> bool:
        """Whether an ending still waits to be written."""
        return self._ending is not None

    def settle(self, ending: Ending) -> None:
        """Write this ending with the next step."""
        self._ending, self._settled = ending, None

    def look_first(self, queue: str) -> None:
        """Look once into this queue before the others, if it is one of them."""
        self._first = queue

    def next(self, *, armed: bool = False) -> Answer:
        """Settle what is unsettled and reserve the next job.

        After StoreUnavailable call it again, however often: the same claim is asked for, so a
        lost reply neither loses the job nor settles twice. ``armed`` makes Redis announce the
        next push when there is no job now.
        """
        self._rid = self._rid or os.urandom(12).hex()
        run_at = timestamps.run_at(timestamps.now())
        self._in_doubt = True
        while True:
            reply = self._store.workers.step(
                self._worker,
                self._ordered(),
                ending=self._ending,
                rid=self._rid,
                run_at=run_at,
                armed=armed,
                timed=self._timed,
            )
            self._note(reply)
            if reply.status != "queues":
                break
            self._look = Look(self._patterns.expand(reply.queues), reply.queues)
        self._in_doubt = False
        if reply.status in ("job", "empty"):
            self._first = ""
        reservation = None
        if reply.claim:
            reservation = Reservation.decode(self._worker, reply.claim)
            self._rid = ""
        return self._answer("job" if reservation else reply.status, reservation)

    def flush(self) -> Answer:
        """Settle what is unsettled without reserving anything.

        Returns the reservation of an earlier step whose reply got lost, if it made one.
        """
        if not self.unsettled and not self._in_doubt:
            return self._answer("done", None)
        reply = self._store.workers.step(self._worker, _NOWHERE, ending=self._ending, rid="")
        self._in_doubt = False
        held = Reservation.decode(self._worker, reply.claim) if reply.claim else None
        if held is None or held.rid != self._rid:
            self._note(reply)
            return self._answer("done", None)
        self._rid = ""
        # The step that made this claim settled the one before.
        self._note(replace(reply, finished=True))
        return self._answer("job", held)

    def _ordered(self) -> Look:
        """Return the queues to look into now."""
        if not self._first or self._first not in self._look.queues:
            return self._look
        return Look([self._first, *self._look.queues], self._look.known)

    def _note(self, reply: StepReply) -> None:
        if self._ending is not None:
            self._settled, self._errors, self._ending = reply.finished, reply.errors, None

    def _answer(self, status: str, reservation: Reservation | None) -> Answer:
        answer = Answer(status, reservation, self._settled, self._errors)
        self._settled, self._errors = None, []
        return answer
