"""Performs jobs in the worker's own process, for debuggers (``--no-fork``)."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from django_resque.execution.settle import job_name
from django_resque.process.termination import Termination, stopped_with_worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.execution.outcome import Outcome
    from django_resque.failures.base import FailureBackend
    from django_resque.jobs.definition import Job
    from django_resque.process.heart import Heart
    from django_resque.process.mailbox import Mailbox
    from django_resque.process.options import WorkerOptions
    from django_resque.process.orders import Orders
    from django_resque.process.procline import Procline
    from django_resque.wire.worker import Reservation


class Unforked:
    """Performs one job at a time while the worker's loop stands still."""

    def __init__(
        self,
        options: WorkerOptions,
        backends: Sequence[FailureBackend],
        *,
        mailbox: Mailbox,
        orders: Orders,
        heart: Heart,
        procline: Procline,
    ) -> None:
        """Perform as ``options`` say; ``heart`` beats and ``mailbox`` receives meanwhile."""
        self._backends = backends
        self._mailbox = mailbox
        self._orders = orders
        self._heart = heart
        self._procline = procline
        self._stopping: tuple[signal.Signals, ...] = ()
        if options.term_child:
            self._stopping = (signal.SIGINT, signal.SIGHUP)
            if not options.graceful_term:
                self._stopping += (signal.SIGTERM,)

    def perform(self, reservation: Reservation, job: Job[Any, Any] | None) -> Outcome | None:
        """Perform a job and return its outcome; None if the worker was told not to begin it."""
        self._procline.processing(reservation.queue, job_name(reservation.payload))
        termination = Termination(lambda: stopped_with_worker(job))
        # The mailbox receives the signals all the same, for when the job has ended.
        with self._heart.beating(), termination.hearing(self._stopping):
            # One that came just before is in the mailbox alone, where no job would notice it.
            self._orders.hear(self._mailbox.read())
            if self._orders.called_off:
                return None
            return termination.guard(reservation, self._backends, fresh=False)
