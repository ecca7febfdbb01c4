"""The worker: reserves a job, has it performed by a child, settles it, and begins again."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from django_resque import signals
from django_resque.exceptions import AccessDenied, StoreError
from django_resque.execution.admission import Admission
from django_resque.execution.identity import new_worker_id
from django_resque.execution.reserve import Reserver
from django_resque.execution.settle import registered_job
from django_resque.process.claims import Claims
from django_resque.process.farewell import Farewell
from django_resque.process.heart import Heart
from django_resque.process.limits import Limits
from django_resque.process.mailbox import Mailbox
from django_resque.process.memory import resident, settle_memory
from django_resque.process.orders import Orders
from django_resque.process.outage import Outage
from django_resque.process.performers import Performers
from django_resque.process.performing import PerformerTask
from django_resque.process.procline import Procline
from django_resque.process.prune import prune
from django_resque.process.unforked import Unforked
from django_resque.process.watch import Watch
from django_resque.version import get_version
from django_resque.wire import timestamps
from django_resque.wire.vitals import Vitals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django_resque.conf import Settings
    from django_resque.execution.reserve import Answer
    from django_resque.failures.base import FailureBackend
    from django_resque.process.options import WorkerOptions
    from django_resque.process.performer import Performer
    from django_resque.process.prune import Pruned
    from django_resque.store import Store
    from django_resque.store.link import Link
    from django_resque.wire.worker import Reservation

logger = logging.getLogger(__name__)

EXIT_OK = 0
EXIT_UNSETTLED = 75
"""The worker had to leave before Redis took the last outcome; the log has it (EX_TEMPFAIL)."""
EXIT_DENIED = 78
"""Redis refused the credentials at the start (EX_CONFIG)."""

_NEVER = float("inf")


class Worker:
    """One worker process: a loop that reserves, hands over, waits and settles.

    It runs no job and no foreign code but the receivers of its signals, and it has one thread.
    """

    def __init__(
        self,
        options: WorkerOptions,
        settings: Settings,
        backends: Sequence[FailureBackend],
        *,
        store: Store,
        link: Link,
        thread_store: Store,
    ) -> None:
        """Work as ``options`` say, over ``link``, through which ``store`` speaks.

        ``thread_store`` is for the heartbeat of a worker that does not fork, and has
        connections of its own.
        """
        self.options = options
        self.id = str(new_worker_id(options.queues.label))
        self._ttl = settings.heartbeat_ttl
        self._store = store
        self._link = link
        self._backends = backends
        self._mailbox = Mailbox()
        self._procline = Procline()
        started = timestamps.started(timestamps.now())
        beats = {"interval": settings.heartbeat_interval, "ttl": settings.heartbeat_ttl}
        self._heart = Heart(store, thread_store, self.id, started, vitals=self._vitals, **beats)
        admission = Admission(store, settings.park_unknown, self._heart.expect)
        reserver = Reserver(store, self.id, options.queues, timed=admission.parks)
        self._claims = Claims(reserver, admission, store, backends, self)
        self._performers = Performers(
            PerformerTask(self.id, backends, options.run_at_exit_hooks, self._procline),
            Limits(options.term_timeout),
            jobs_per_fork=options.jobs_per_fork,
            attend=self._attend,
            is_called_off=lambda: self._orders.called_off,
            private=self._private_descriptors,
        )
        self._orders = Orders(self, self._performers, self._heart, reserver, store)
        self._farewell = Farewell(self.id, self._claims, self._orders, store, self._wait_out)
        self._unforked = Unforked(
            options,
            backends,
            mailbox=self._mailbox,
            orders=self._orders,
            heart=self._heart,
            procline=self._procline,
        )
        self._outage = Outage(self.id)
        self._to_mourn: list[Pruned] = []
        self._jobs_left = options.max_jobs
        self._watch = Watch(link, options.interval, self._attend)
        self._at_work = False  # whether a job is being performed
        self._resting = ""  # what the last look found, while there is nothing to do
        self._streak = 0  # jobs begun since the queues were last empty
        self._idle_since = time.monotonic()

    # The loop

    def run(self) -> int:
        """Work until told to stop or there is nothing left to do; return the exit status."""
        self._mailbox.open()
        try:
            status = self._boot()
            while status is None:
                status = self._turn()
            return self._leave(status)
        finally:
            self._link.close()
            self._mailbox.close()

    def _turn(self) -> int | None:
        if self._outage.away:
            # The attempt that failed may have taken long: what was told meanwhile comes first.
            self._orders.hear(self._mailbox.read())
        if self._orders.stopping:
            return EXIT_OK
        if self._orders.paused:
            self._stay_paused()
            return None
        answer = self._ask()
        self._orders.hear(self._mailbox.read())
        if answer is None:
            return None
        if self._orders.called_off:
            # Told during the look: a job that it found has not begun, so it can go back.
            if answer.reservation is not None:
                self._claims.give_back(answer.reservation)
        elif answer.reservation is not None:
            self._work(answer.reservation)
        elif answer.status in ("forgotten", "orders", "parked"):
            self._watch.reset()  # what woke it was no push, or one to no avail
        elif self.options.burst and answer.status == "empty":
            self._tell_idle()
            return EXIT_OK
        else:
            self._rest(answer.status)
        return None

    def _boot(self) -> int | None:
        self._procline.show("Starting")
        if self.options.fork and (others := threading.enumerate()[1:]):
            logger.warning(
                "%s more threads run in the worker (%s); a fork beside a thread may deadlock "
                "the child. Start threads in the job, or use --no-fork",
                len(others),
                ", ".join(thread.name for thread in others),
                extra={"event": "worker.threads", "worker": self.id},
            )
        signals.before_first_fork.send_robust(self)
        while not self._orders.stopping:
            try:
                self._beat()
            except AccessDenied as error:
                logger.error("%s", error, extra={"event": "worker.denied", "worker": self.id})  # noqa: TRY400 one clear line
                return EXIT_DENIED
            except StoreError as error:
                self._wait_out(error)
            else:
                settle_memory()
                return None
        return EXIT_OK

    def _ask(self) -> Answer | None:
        """Take the next step with Redis; None if that must wait, as it now has."""
        try:
            if time.monotonic() >= self._heart.due:
                self._beat()
            answer = self._claims.next(armed=self._watch.armed)
            if answer.status == "orders":
                self._orders.ask()
            elif answer.status == "forgotten":
                self._heart.hurry()
        except StoreError as error:
            self._wait_out(error)
            return None
        self._outage.over()
        return answer

    def _rest(self, status: str) -> None:
        """Nothing to do: show it, see to what had to wait, and watch for the next job."""
        if status != self._resting:
            self._show_rest(status)
        if self._to_mourn:
            # A push announced meanwhile may have been heard by a heartbeat: so look again.
            self._mourn_pruned()
            return
        most = self.options.max_idle
        idle_until = self._idle_since + (_NEVER if most is None else most)
        if time.monotonic() >= idle_until:
            self._orders.leave()
        else:
            self._watch.wait(min(idle_until, self._heart.due))

    def _show_rest(self, status: str) -> None:
        if status == "empty":
            self._tell_idle()
        self._resting = status
        if status == "paused":
            self._procline.paused()
        else:
            self._procline.waiting(self._claims.queues)
        ahead = int(self.options.fork_ahead and self._may_fork_ahead())
        self._performers.dismiss_unused(keep=ahead)
        self._performers.fork_ahead(ahead)

    def _tell_idle(self) -> None:
        """Tell that the queues are empty: once after jobs, and not of a worker that had none."""
        if self._streak:
            self._streak = 0
            signals.queue_empty.send_robust(self)

    # Performing

    def _work(self, reservation: Reservation) -> None:
        self._watch.reset()
        self._resting = ""
        self._streak += 1
        if not self.options.fork or signals.before_fork.has_listeners():
            # Who hears of both hears of an end before the next beginning.
            self._claims.tell()
        self._at_work = True
        self._orders.attend(reservation)
        self._try(lambda: self._claims.track(reservation))
        job = registered_job(reservation.payload)
        if self.options.fork:
            outcome = self._performers.perform(reservation, job, self._show_forked)
        else:
            outcome = self._unforked.perform(reservation, job)
        self._at_work = False
        self._orders.rest()
        if outcome is None:
            self._claims.give_back(reservation)
            return
        self._claims.settle(reservation, outcome)
        self._idle_since = time.monotonic()
        if self._jobs_left is not None:
            self._jobs_left -= 1
            if self._jobs_left <= 0:
                self._orders.leave()

    def _show_forked(self, performer: Performer) -> None:
        self._claims.tell()
        self._procline.forked(performer.pid)
        if performer.last and self._may_fork_ahead():
            # The longer the queues have not been empty, the more are likely to be needed. Several
            # forked at once cost less: what we write to after a fork, the kernel copies first.
            count = self._streak if self.options.fork_ahead else self._streak - 1
            most = count if self._jobs_left is None else self._jobs_left - 1
            self._performers.fork_ahead(min(count, most))

    def _may_fork_ahead(self) -> bool:
        # A listener of before_fork wants what it does to be seen by the child.
        return (
            self.options.fork
            and not self._orders.stopping
            and self._jobs_left != 1
            and not signals.before_fork.has_listeners()
        )

    def _mourn_pruned(self) -> None:
        while self._to_mourn:
            pruned = self._to_mourn.pop()
            if pruned.reservation is not None and self.options.fork:
                self._performers.mourn(pruned.reservation, pruned.outcome)

    # Leaving

    def _leave(self, status: int) -> int:
        """Settle the last job, see the performers out and unregister."""
        if status == EXIT_DENIED:
            return status
        self._mourn_pruned()
        self._performers.dismiss_all()
        if self._farewell.settle():
            self._farewell.unregister()
        else:
            status = EXIT_UNSETTLED
        signals.worker_exit.send_robust(self)
        return status

    # Signals and time

    def _attend(self, until: float, descriptors: Sequence[int] = ()) -> bool:
        """Wait until then, a signal or a readable descriptor; tell of signals.

        Meanwhile beat, and ask for orders, when it is time for it.
        """
        due = min(until, self._heart.due, self._orders.due) - time.monotonic()
        heard = self._mailbox.wait(max(0.0, due), descriptors)
        if heard:
            self._orders.hear(heard)
        # Before the next sign of life: another worker may have been given the job already.
        if self._at_work and self._heart.lapsed and self._performers.abandon():
            logger.warning(
                "Redis has not heard of this worker for too long: its job was stopped, and is "
                "queued again",
                extra={"event": "worker.lapsed", "worker": self.id},
            )
        now = time.monotonic()
        if now >= self._heart.due:
            self._try(self._beat)
        if now >= self._orders.due:
            self._try(self._orders.ask)
        return bool(heard)

    def _stay_paused(self) -> None:
        signals.before_pause.send_robust(self)
        self._procline.paused()
        self._orders.attend()
        while self._orders.paused and not self._orders.stopping:
            try:
                self._claims.flush()
            except StoreError as error:
                self._wait_out(error)
                continue
            self._attend(_NEVER)
        self._orders.rest()
        self._watch.reset()
        self._resting = ""
        signals.after_pause.send_robust(self)

    def _beat(self) -> None:
        if self._heart.beat_if_due():
            own, listening = self.id, self._heart.unbroken
            pruned = prune(self._store, self._backends, self._ttl, own=own, listening=listening)
            self._to_mourn += pruned

    def _vitals(self) -> Vitals:
        return Vitals(
            self._orders.state(working=self._at_work or self._claims.unsettled),
            memory=resident(),
            peak=self._performers.peak,
            job_memory=self._performers.job_memory(),
            version=get_version(),
        )

    def _try(self, exchange: Callable[[], None]) -> None:
        """Speak with Redis while something else goes on; an outage is not waited for here."""
        try:
            exchange()
            self._outage.over()
        except StoreError as error:
            self._outage.tell(error)

    def _wait_out(self, error: StoreError, until: float = _NEVER) -> None:
        """Wait until it is time for another attempt, or for leaving."""
        self._watch.reset()
        until = min(until, time.monotonic() + self._outage.tell(error))
        told = self._orders.stopping, self._orders.hurried
        while time.monotonic() < until and (self._orders.stopping, self._orders.hurried) == told:
            # Not by attending: one attempt more, such as a beat, can take as long as the wait.
            self._orders.hear(self._mailbox.wait(until - time.monotonic()))

    def _private_descriptors(self) -> list[int]:
        link = self._link.fileno()
        return [*self._mailbox.descriptors, *(() if link is None else (link,))]
