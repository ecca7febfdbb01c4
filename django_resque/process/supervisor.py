"""Keeps a number of workers alive, all forked from one process that has loaded Django once."""

from __future__ import annotations

import logging
import os
import signal
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from django_resque.process.forking import fork
from django_resque.process.mailbox import Backoff, Mailbox
from django_resque.process.memory import settle_memory
from django_resque.process.procline import Procline

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

_SETTLED = 10.0  # a worker that lived this many seconds is not in a crash loop
_NEVER = float("inf")
_FORWARDED = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGCONT)


@dataclass(slots=True)
class _Place:
    """One of the processes to be kept alive."""

    title: str
    work: Callable[[], int]
    pid: int = 0
    since: float = 0.0
    due: float = 0.0
    delays: Backoff = field(default_factory=lambda: Backoff(1.0, 30.0))


class Supervisor:
    """Forks workers, replaces those that end, passes signals on."""

    def __init__(
        self,
        count: int,
        work: Callable[[], int],
        *,
        replace: bool,
        shutdown_timeout: float,
        graceful_term: bool = False,
        scheduler: Callable[[], int] | None = None,
    ) -> None:
        """Keep ``count`` processes running ``work``, which returns an exit status.

        Without ``replace``, a worker that ends well has done its part. ``shutdown_timeout`` is
        the seconds that workers told to leave at once may take; with ``graceful_term``, TERM
        tells them to finish, as QUIT does, for which they have all the time they need. A
        ``scheduler`` is kept alive beside them.
        """
        self._count = count
        self._places = [_Place(f"Worker {number}", work) for number in range(1, count + 1)]
        if scheduler is not None:
            self._places.append(_Place("The scheduler", scheduler))
        self._replace = replace
        self._shutdown_timeout = shutdown_timeout
        self._patient = (signal.SIGQUIT, signal.SIGTERM) if graceful_term else (signal.SIGQUIT,)
        self._mailbox = Mailbox()
        self._procline = Procline()
        self._stopping = False
        self._kill_at = _NEVER
        self._status = 0

    def run(self) -> int:
        """Supervise until told to stop, or until no worker is left; return the exit status."""
        self._mailbox.open()
        settle_memory()
        try:
            while True:
                self._fill()
                if not any(place.pid or place.due < _NEVER for place in self._places):
                    return self._status
                self._show()
                self._hear(self._mailbox.wait(self._until() - time.monotonic()))
                self._reap()
                if time.monotonic() >= self._kill_at:
                    self._kill_at = _NEVER
                    self._signal_all(signal.SIGKILL)
        finally:
            self._mailbox.close()

    def _fill(self) -> None:
        now = time.monotonic()
        for place in self._places:
            if not place.pid and place.due <= now and not self._stopping:
                place.since = now
                try:
                    place.pid = fork(
                        partial(self._be_child, place.work),
                        on_parent_death=signal.SIGQUIT,
                        opens_mailbox=True,
                    )
                except OSError as error:
                    place.due = now + place.delays.step()
                    logger.error("Cannot fork a worker: %s", error)  # noqa: TRY400 one clear line

    def _be_child(self, work: Callable[[], int]) -> int:
        # Ctrl-C reaches the whole process group: each child hears of it from here, once.
        os.setpgid(0, 0)
        for descriptor in self._mailbox.descriptors:
            os.close(descriptor)
        return work()

    def _reap(self) -> None:
        for place in self._places:
            if place.pid:
                pid, status = os.waitpid(place.pid, os.WNOHANG)
                if pid:
                    place.pid = 0
                    self._decide(place, pid, os.waitstatus_to_exitcode(status))

    def _decide(self, place: _Place, pid: int, code: int) -> None:
        """Replace a worker that ended: at once if all was well, else ever more slowly."""
        now = time.monotonic()
        if code:
            self._status = self._status or (code if code > 0 else 128 - code)
        if self._stopping or (code == 0 and not self._replace):
            place.due = _NEVER
            return
        if code == 0:
            place.due = now
            return
        if now - place.since > _SETTLED:
            place.delays.reset()
        place.due = now + place.delays.step()
        logger.error(
            "%s (pid %s) ended with %s; starting another in %.0f s",
            place.title,
            pid,
            f"status {code}" if code > 0 else f"signal {-code}",
            place.due - now,
            extra={"event": "worker.replaced"},
        )

    def _hear(self, heard: list[signal.Signals]) -> None:
        for number in heard:
            if number == signal.SIGCHLD:
                continue
            if number in _FORWARDED:
                self._signal_all(number)
                continue
            self._status = 0 if not self._stopping else self._status
            self._stopping = True
            for place in self._places:
                place.due = _NEVER
            # As it came: to a worker with GRACEFUL_TERM, INT and TERM are not the same.
            self._signal_all(number)
            if number not in self._patient:
                # Told again, they get no more time: whoever insists is in a hurry.
                self._kill_at = min(self._kill_at, time.monotonic() + self._shutdown_timeout)

    def _signal_all(self, number: signal.Signals) -> None:
        for place in self._places:
            if place.pid:
                os.kill(place.pid, number)

    def _until(self) -> float:
        waiting = [place.due for place in self._places if not place.pid]
        return min([self._kill_at, *waiting, time.monotonic() + 60.0])

    def _show(self) -> None:
        alive = sum(1 for place in self._places[: self._count] if place.pid)
        self._procline.show(f"Supervising {alive} of {self._count} workers")
