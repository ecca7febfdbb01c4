"""Turns a signal to stop into TermException, and only while a job is being performed."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django_resque import signals
from django_resque.exceptions import TermException, WorkerStopped, cause_of
from django_resque.execution.outcome import Failed, Requeued
from django_resque.execution.perform import mourn, perform
from django_resque.process.forking import flush

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import FrameType

    from django_resque.exceptions import DirtyExit
    from django_resque.execution.outcome import Outcome
    from django_resque.failures.base import FailureBackend
    from django_resque.jobs.definition import Job
    from django_resque.wire.worker import Reservation


def stopped_with_worker(
    job: Job[Any, Any] | None, why: str = "its worker was told to leave"
) -> DirtyExit | None:
    """Return why a job is stopped that is to be queued again with its worker gone; else None."""
    if job is None or job.on_worker_loss != "requeue":
        return None
    return WorkerStopped(f"The job was stopped because {why}")


def _unbegun(error: BaseException) -> Failed | Requeued:
    failed = Failed.from_exception(error)
    return Requeued(failed) if isinstance(error, WorkerStopped) else failed


class Termination:
    """Lets the first signal raise TermException in the job at work; later ones do nothing."""

    def __init__(self, reason: Callable[[], DirtyExit | None] = lambda: None) -> None:
        """Begin with no job at work; ``reason`` is asked why it is to be stopped."""
        self._reason = reason
        self._armed = False
        self._told = ""
        self._pid = os.getpid()

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal: pass it to :func:`signal.signal`."""
        first, self._told = not self._told, signal.Signals(number).name
        if self._armed and first:
            raise TermException(self._told, self._reason())

    @contextmanager
    def hearing(self, numbers: Iterable[signal.Signals]) -> Iterator[None]:
        """Handle these signals while the block runs."""
        previous = {number: signal.signal(number, self.handle) for number in numbers}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def guard(
        self, reservation: Reservation, backends: Sequence[FailureBackend], *, fresh: bool
    ) -> Outcome:
        """Perform a job; a signal that came before it fails it unbegun.

        ``fresh`` tells that it is the first job of a forked process.
        """
        try:
            self._armed = True
            if self._told:
                error = cause_of(TermException(self._told, self._reason()))
                return mourn(reservation, _unbegun(error), backends)
            if fresh:
                signals.after_fork.send(None, reservation=reservation)
            outcome = perform(reservation, backends)
            self._armed = False
        except BaseException as error:  # noqa: BLE001 a receiver's, or TermException outside the job
            self._armed = False
            outcome = Failed.from_exception(error)
        if os.getpid() != self._pid:
            # The job forked and its child returned: nobody waits for what came of that.
            flush()
            os._exit(0)
        return outcome
