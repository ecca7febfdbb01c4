"""One scheduler process: moves delayed jobs and enqueues recurring ones while it is the master."""

from __future__ import annotations

import logging
import signal
import time
from typing import TYPE_CHECKING

from django_resque.exceptions import AccessDenied, StoreError
from django_resque.process.mailbox import Mailbox
from django_resque.process.memory import settle_memory
from django_resque.process.outage import Outage
from django_resque.process.procline import Procline
from django_resque.process.watch import Watch
from django_resque.process.worker import EXIT_DENIED, EXIT_OK
from django_resque.schedule.delayed import transfer_due
from django_resque.schedule.leader import RENEW, Leader
from django_resque.schedule.recurring import Recurrence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from django_resque.store import Store
    from django_resque.store.link import Link
    from django_resque.store.schedules import SchedulerLook
    from django_resque.wire.schedule import ScheduleEntry

logger = logging.getLogger(__name__)

_NEVER = float("inf")
_AGAIN = 5.0  # seconds until what could not be moved is tried again


class Scheduler:
    """Waits for the next due time, or stands by for a master that does.

    It is told of earlier items, changed schedules and a free master lock by Redis, and has one
    thread; it runs no job and no foreign code but the receivers of ``job_enqueued``.
    """

    def __init__(
        self,
        fixed: Iterable[ScheduleEntry],
        *,
        store: Store,
        link: Link,
        interval: float = 5.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Schedule the ``fixed`` entries and those in Redis, over ``link``.

        ``interval`` is the seconds between two looks when nothing was announced, ``clock`` tells
        the seconds since 1970.
        """
        self._clock = clock
        self._link = link
        self._store = store
        self._leader = Leader(store)
        self._recurrence = Recurrence(store, self._leader.name, fixed)
        self._mailbox = Mailbox()
        self._procline = Procline("resque-scheduler")
        self._outage = Outage(self._leader.name)
        self._watch = Watch(link, min(interval, RENEW), self._attend)
        self._stopping = False
        self._paused = False
        self._renewed = 0.0
        self._shown = ""

    @property
    def name(self) -> str:
        """The name by which it holds the master lock."""
        return self._leader.name

    def run(self) -> int:
        """Schedule until told to stop; return the exit status."""
        self._mailbox.open()
        status = EXIT_OK
        try:
            self._show("Starting")
            settle_memory()
            while not self._stopping:
                try:
                    self._turn()
                    self._outage.over()
                except AccessDenied as error:
                    logger.error("%s", error, extra={"event": "scheduler.denied"})  # noqa: TRY400 one clear line
                    status = EXIT_DENIED
                    break
                except StoreError as error:
                    self._wait_out(error)
            return status
        finally:
            self._leave()
            self._link.close()
            self._mailbox.close()

    # The loop

    def _turn(self) -> None:
        look = self._look()
        if not self._leader.is_master:
            self._stand_by(look)
            return
        self._load(look)
        now = self._clock()
        due = self._recurrence.enqueue_due(now, look.off)
        if look.earliest is not None and look.earliest <= now:
            if self._transfer(now):
                self._watch.reset()
                return
            due = now + _AGAIN if due is None else min(due, now + _AGAIN)
        elif look.earliest is not None:
            due = look.earliest if due is None else min(due, look.earliest)
        self._show(f"Master scheduler of {len(self._recurrence)} schedules")
        self._wait(_NEVER if due is None else due - self._clock())

    def _look(self) -> SchedulerLook:
        was_master = self._leader.is_master
        self._renewed = time.monotonic()
        look = self._leader.look(willing=not self._paused, armed=self._watch.armed)
        if self._leader.is_master != was_master:
            self._watch.reset()
            self._recurrence.forget()
            logger.info(
                "%s is %s",
                self.name,
                "the master scheduler" if self._leader.is_master else "no longer the master",
                extra={"event": "scheduler.master" if self._leader.is_master else "scheduler.lost"},
            )
        return look

    def _load(self, look: SchedulerLook) -> None:
        if look.changed or not self._recurrence.loaded:
            self._recurrence.load()

    def _transfer(self, now: float) -> bool:
        """Move what is due; tell whether anything went, or somebody wants something meanwhile."""
        moved = 0
        for count in transfer_due(self._store, self.name, now):
            moved += count
            self._hear(self._mailbox.read())
            if self._stopping or self._paused or time.monotonic() >= self._renewed + RENEW:
                return True
        return moved > 0

    def _stand_by(self, look: SchedulerLook) -> None:
        if self._paused:
            self._show("Paused")
            self._wait(_NEVER)
            return
        self._show(f"Standby scheduler, the master is {look.holder}")
        # It may die without a word, so that only its lock tells.
        self._wait(look.expires if look.expires >= 0 else _NEVER)

    def _wait(self, seconds: float) -> None:
        renew = self._renewed + RENEW if self._leader.is_master else _NEVER
        self._watch.wait(min(time.monotonic() + max(0.0, seconds), renew))

    def _attend(self, until: float, descriptors: Sequence[int] = ()) -> bool:
        """Wait until then, a signal or a readable descriptor; tell of signals."""
        heard = self._mailbox.wait(max(0.0, until - time.monotonic()), descriptors)
        self._hear(heard)
        return bool(heard)

    def _wait_out(self, error: StoreError) -> None:
        self._watch.reset()
        self._recurrence.forget()
        until = time.monotonic() + self._outage.tell(error)
        while time.monotonic() < until and not self._stopping:
            self._attend(until)

    def _leave(self) -> None:
        if not self._leader.is_master:
            return
        # The first attempt may find no more than that the connection broke a while ago.
        for logs in (logger.debug, logger.warning):
            try:
                self._leader.resign()
            except StoreError as error:
                logs("Could not give the lock up: %s", error, extra={"event": "scheduler.release"})
            else:
                return

    def _hear(self, heard: Iterable[signal.Signals]) -> None:
        for number in heard:
            if number in (signal.SIGQUIT, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                self._stopping = True
            elif number == signal.SIGUSR2 and not self._paused:
                self._paused = True
                self._watch.reset()
                if self._leader.is_master:
                    self._leave()
            elif number == signal.SIGCONT and self._paused:
                self._paused = False
                self._watch.reset()

    def _show(self, text: str) -> None:
        if text != self._shown:
            self._shown = text
            self._procline.show(text)
