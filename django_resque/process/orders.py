"""What a worker is told, by signals and through Redis: heard and obeyed."""

from __future__ import annotations

import logging
import signal
import time
from typing import TYPE_CHECKING

from django_resque import signals
from django_resque.exceptions import DecodeError
from django_resque.wire.order import Order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django_resque.execution.reserve import Reserver
    from django_resque.process.heart import Heart
    from django_resque.process.performers import Performers
    from django_resque.process.worker import Worker
    from django_resque.store import Store
    from django_resque.wire.vitals import State
    from django_resque.wire.worker import Reservation

logger = logging.getLogger(__name__)

_ASK_EVERY = 0.5  # seconds between two questions of a worker whose steps do not tell of orders
_ASK_AGAIN = 5.0  # seconds after one that failed: whether Redis answers again, the heart finds out
_NEVER = float("inf")


class Orders:
    """Holds whether a worker is to pause or to leave, and stops its job when told to.

    Orders through Redis are told of by the worker's next step. Only while that is far off, in
    a job or in a pause, does it ask for them.
    """

    def __init__(
        self,
        worker: Worker,
        performers: Performers,
        heart: Heart,
        reserver: Reserver,
        store: Store,
    ) -> None:
        """Obey in the name of ``worker``, whose jobs ``performers`` perform."""
        self._worker = worker
        self._options = worker.options
        self._performers = performers
        self._heart = heart
        self._reserver = reserver
        self._store = store
        self._rid = ""  # of the job that may be killed
        self.paused = False
        """Whether it is to take no job until it is resumed."""
        self.stopping = False
        """Whether it is to leave after the job it has."""
        self.hurried = False
        """Whether it is to leave without waiting for that."""
        self.due = _NEVER
        """The monotonic time at which to :meth:`ask`."""

    @property
    def called_off(self) -> bool:
        """Whether the worker is to begin no job now."""
        return self.stopping or self.paused

    def state(self, *, working: bool) -> State:
        """Return how the worker sees itself; ``working`` tells whether it has a job."""
        if self.stopping:
            return "stopping"
        if self.paused:
            return "paused"
        return "working" if working else "idle"

    # Through Redis

    def attend(self, reservation: Reservation | None = None) -> None:
        """Ask from now on: the next step is far off, for a job or in a pause."""
        self._rid = reservation.rid if reservation is not None else ""
        self.due = time.monotonic() + _ASK_EVERY

    def rest(self) -> None:
        """Ask no more: the next step is at hand."""
        self._rid = ""
        self.due = _NEVER

    def ask(self) -> None:
        """Take the orders that have come, and obey them. Raises StoreError; then ask again."""
        self._put_off(_ASK_AGAIN)
        found = self._store.workers.take_orders(self._worker.id)
        self._put_off(_ASK_EVERY)
        for raw in found:
            self._obey(raw)

    def _put_off(self, seconds: float) -> None:
        if self.due != _NEVER:
            self.due = time.monotonic() + seconds

    def _obey(self, raw: bytes) -> None:
        extra = {"event": "worker.ordered", "worker": self._worker.id}
        try:
            order = Order.decode(raw)
        except DecodeError as error:
            logger.warning("Told through Redis what cannot be read: %s", error, extra=extra)
            return
        logger.info("Told through Redis: %s", order.kind, extra=extra)
        if order.kind == "pause":
            self._pause()
        elif order.kind == "resume":
            self._resume()
        elif order.kind == "stop":
            self._stop()
        elif order.kind == "first":
            self._reserver.look_first(order.queue)
        elif order.rid and order.rid == self._rid:
            # Once: what performs under this claim next is the hooks for its death.
            self._rid = ""
            self._kill(at_once=False)

    # By signals

    def hear(self, heard: Iterable[signal.Signals]) -> None:
        """Obey signals, in their order."""
        for number in heard:
            if number == signal.SIGCHLD:
                self._performers.reap()
            elif number == signal.SIGUSR2:
                self._pause()
            elif number == signal.SIGCONT:
                self._resume()
            elif number == signal.SIGUSR1:
                self._kill(at_once=False)
            elif number == signal.SIGQUIT or (
                number == signal.SIGTERM and self._options.graceful_term
            ):
                self._stop()
            else:  # TERM, INT and HUP; a second one does not wait any longer
                self._kill(at_once=self.hurried, leaving=True)
                self.hurried = True
                self._stop()

    def leave(self) -> None:
        """Leave by itself, after the job at work: nobody told it to."""
        self.stopping = True

    def _pause(self) -> None:
        if not self.paused:
            self.paused = True
            self._heart.hurry()

    def _resume(self) -> None:
        if self.paused:
            self.paused = False
            self._heart.hurry()

    def _stop(self) -> None:
        if self.stopping:
            return
        self.stopping = True
        signals.shutdown.send_robust(self._worker)
        if self._performers.at_work and not self.hurried:
            # Only one that stays on for a while has somebody to tell it to.
            self._heart.hurry()

    def _kill(self, *, at_once: bool, leaving: bool = False) -> None:
        if at_once or not self._options.term_child:
            self._performers.stop([(0.0, signal.SIGKILL)], leaving=leaving)
        else:
            term = self._options.pre_shutdown_timeout
            kill = term + self._options.term_timeout
            steps = [(term, signal.SIGTERM), (kill, signal.SIGKILL)]
            self._performers.stop(steps, leaving=leaving)
