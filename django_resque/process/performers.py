"""A worker's performers: the one at work, the one forked ahead, those on their way out."""

from __future__ import annotations

import logging
import signal
import time
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

from django_resque import signals
from django_resque.execution.outcome import Failed
from django_resque.execution.verdict import judge_death
from django_resque.process.channel import Channel
from django_resque.process.forking import fork_all
from django_resque.process.mailbox import Backoff
from django_resque.process.performer import Performer
from django_resque.process.termination import stopped_with_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django_resque.execution.outcome import Outcome
    from django_resque.jobs.definition import Job
    from django_resque.process.limits import Limits
    from django_resque.process.performing import PerformerTask
    from django_resque.wire.worker import Reservation

logger = logging.getLogger(__name__)

MOST_AHEAD = 8
"""Performers that wait for their jobs, at most; each holds some two megabytes of its own."""
SOON = 0.2
"""Seconds to look ahead: many performers wait for jobs that are short, and one for long ones."""
LEAVE_GRACE = 10.0
"""Seconds a performer may take to leave after its last answer: flushing, closing, exit hooks."""
MOURNING = 10.0
"""Seconds for the hooks and backends that hear of a job whose own process died."""
_UNSENT = 0.005  # seconds between two attempts to hand over the rest of a large payload


class Attend(Protocol):
    """The worker's way to wait: until a time, a signal or a readable descriptor."""

    def __call__(self, until: float, descriptors: Sequence[int] = ()) -> bool:
        """Wait, hearing signals and giving signs of life meanwhile; tell whether any came."""


class Performers:
    """Forks performers, hands them jobs, and sees every one of them to its end."""

    def __init__(
        self,
        task: PerformerTask,
        limits: Limits,
        *,
        jobs_per_fork: int,
        attend: Attend,
        is_called_off: Callable[[], bool],
        private: Callable[[], list[int]],
    ) -> None:
        """Fork performers for ``task``.

        ``attend`` passes the time in the worker's way; ``is_called_off`` tells whether the
        worker is to begin no job now; ``private`` tells the descriptors that are the worker's own.
        """
        self._task = task
        self._limits = limits
        self._jobs_per_fork = jobs_per_fork
        self._attend = attend
        self._is_called_off = is_called_off
        self._private = private
        self._current: Performer | None = None
        self._spares: list[Performer] = []
        self._leaving: list[Performer] = []
        self._ahead = 0  # how many were forked ahead the last time
        self._forked_ahead = 0.0  # and when
        self._job: Job[Any, Any] | None = None  # the one at work, where it is known
        self.peak: int | None = None
        """The most bytes of memory that any of them occupied that performed."""

    @property
    def at_work(self) -> bool:
        """Whether one of them has a job."""
        return self._current is not None

    def job_memory(self) -> int | None:
        """Return the bytes of memory that the one at work occupies; None if none is."""
        return self._current.memory() if self._current is not None else None

    def perform(
        self,
        reservation: Reservation,
        job: Job[Any, Any] | None,
        begun: Callable[[Performer], None],
    ) -> Outcome | None:
        """Have a job performed and return its outcome; ``begun`` is called once it is under way.

        None if the worker was called off while the system refused to fork: it has not begun.
        """
        limit = (job.jobs_per_fork if job else None) or self._jobs_per_fork
        performer = self._hand(reservation, limit)
        if performer is None:
            return None
        self._job = job
        begun(performer)
        self._limits.begin(job)
        outcome = performer.outcome()
        while outcome is None:
            performer.tick()
            self._limits.watch(performer)
            until = min(performer.next_event(), self._limits.next_event())
            if performer.channel.push():
                until = min(until, time.monotonic() + _UNSENT)
            self._attend(until, performer.descriptors)
            outcome = performer.outcome() or performer.ended()
        self._give_back(performer)
        if performer.died and isinstance(outcome, Failed):
            judged: Outcome | None = outcome
            if not performer.stopped_on_request:
                judged = judge_death(reservation, outcome)
            outcome = self.mourn(reservation, judged or outcome, ask=judged is None)
        self.reap()
        return outcome

    def mourn(self, reservation: Reservation, outcome: Outcome, *, ask: bool = False) -> Outcome:
        """Run the hooks for a dead job in a child of their own, for a limited time.

        Return the outcome; ``ask`` has the child ask the job's retry policy for it.
        """
        try:
            (performer,) = self._fork(1)
            self._current = performer
        except OSError as error:
            logger.warning("The hooks for a dead job could not be run: %s", error)
            return outcome
        with suppress(ConnectionError):  # it is gone already, as the loop will find
            performer.mourn(reservation, outcome, ask=ask)
        performer.stop([(MOURNING, signal.SIGKILL)])
        while (answer := performer.outcome() or performer.ended()) is None:
            performer.tick()
            self._attend(performer.next_event(), performer.descriptors)
        self._give_back(performer)
        return answer if ask and not performer.died else outcome

    def stop(self, steps: list[tuple[float, signal.Signals]], *, leaving: bool = False) -> None:
        """Send signals to the performer at work, each after its delay in seconds.

        ``leaving`` tells that it is for the sake of its worker, which is to leave.
        """
        if self._current is not None:
            self._current.stop(steps, stopped_with_worker(self._job) if leaving else None)
            self._current.tick()

    def abandon(self) -> bool:
        """Kill the performer at work if its job may soon be given to another worker.

        Only one that is queued again when its worker is lost may be. Tell whether it was killed.
        """
        reason = stopped_with_worker(self._job, "its worker could not reach Redis for too long")
        if reason is None or self._current is None or self._current.stopped:
            return False
        self._current.stop([(0.0, signal.SIGKILL)], reason)
        self._current.tick()
        return True

    def fork_ahead(self, count: int = 1) -> None:
        """Have performers ready before their jobs are: up to ``count`` of them when none is left.

        At most MOST_AHEAD, and after the first no more than are used up within SOON at the pace
        of the last ones. A system that cannot fork now is no error.
        """
        self._spares = [spare for spare in self._spares if self._lives(spare)]
        if self._spares or count < 1:
            return
        now = time.monotonic()
        if self._ahead:
            needed = int(SOON * self._ahead / max(now - self._forked_ahead, 0.001))
            count = min(count, max(needed, 1))
        with suppress(OSError):  # the fork for the job itself will wait and tell
            self._spares = self._fork(min(count, MOST_AHEAD))
            self._forked_ahead, self._ahead = now, len(self._spares)

    def dismiss_unused(self, keep: int = 0) -> None:
        """Let those leave that were forked ahead and have not served, but for so many."""
        unused = [spare for spare in self._spares if not spare.served][keep:]
        for spare in unused:
            self._dismiss(spare)
        self._spares = [spare for spare in self._spares if spare not in unused]

    def reap(self) -> None:
        """Bury those that have left; kill those that take too long."""
        staying = []
        for performer in self._leaving:
            if self._bury(performer):
                continue
            if time.monotonic() > performer.leaving_since + LEAVE_GRACE:
                performer.kill()
            staying.append(performer)
        self._leaving = staying

    def dismiss_all(self) -> None:
        """See all of them out."""
        while self._spares:
            self._dismiss(self._spares.pop())
        self.reap()
        while self._leaving:
            self._attend(min(p.leaving_since for p in self._leaving) + LEAVE_GRACE)
            self.reap()

    def _hand(self, reservation: Reservation, limit: int) -> Performer | None:
        """Give the job to a performer, however long the system refuses to fork one."""
        delays = Backoff(1.0, 30.0)
        if signals.before_fork.has_listeners():
            signals.before_fork.send_robust(None, reservation=reservation)
        while True:
            try:
                performer = self._current = self._take(limit)
                performer.hand(reservation, limit)
            except ConnectionError:
                # It died before it could begin; the next one is fresh.
                self._current = None
                self._dismiss(performer)
            except OSError as error:
                delay = delays.step()
                logger.error(  # noqa: TRY400 the traceback tells nothing
                    "Cannot fork: %s; trying again in %g seconds",
                    error,
                    delay,
                    extra={"event": "worker.no_fork", "queue": reservation.queue},
                )
                until = time.monotonic() + delay
                while time.monotonic() < until:
                    self._attend(until)
                    if self._is_called_off():
                        return None
            else:
                return performer

    def _take(self, limit: int) -> Performer:
        while self._spares:
            spare = self._spares.pop(0)
            if spare.served and spare.served >= min(limit, spare.limit):
                self._dismiss(spare)
            elif self._lives(spare):
                return spare
        return self._fork(1)[0]

    def _give_back(self, performer: Performer) -> None:
        self._current = None
        if performer.last or performer.stopped or performer.channel.closed:
            self._dismiss(performer)
        else:
            self._spares.insert(0, performer)

    def _dismiss(self, performer: Performer) -> None:
        performer.dismiss()
        self._leaving.append(performer)

    def _fork(self, count: int) -> list[Performer]:
        pairs = [Channel.pair() for _ in range(count)]
        # Held open in another child, an end would keep its owner from noticing our death.
        known = [performer.channel for performer in (self._current, *self._spares) if performer]
        held = {*self._private(), *(end.fileno() for end in chain(known, *pairs))}
        pids: list[int] = []
        try:
            children = [
                partial(self._task.serve, theirs, held - {theirs.fileno()}) for _, theirs in pairs
            ]
            pids = fork_all(children, on_parent_death=signal.SIGKILL)
        finally:
            for _, theirs in pairs:
                theirs.close()
            for ours, _ in pairs[len(pids) :]:
                ours.close()
        return [Performer(pid, ours) for pid, (ours, _) in zip(pids, pairs, strict=False)]

    def _lives(self, performer: Performer) -> bool:
        if not self._bury(performer):
            return True
        performer.channel.close()
        return False

    def _bury(self, performer: Performer) -> bool:
        """Take leave of a performer that has ended; tell whether it has."""
        death = performer.reap()
        if death is None:
            return False
        if performer.served:
            self.peak = max(self.peak or 0, death.peak)
        return True
