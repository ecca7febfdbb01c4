"""What a worker has been told: hears its signals and obeys them."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from django_resque import signals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django_resque.process.heart import Heart
    from django_resque.process.performers import Performers
    from django_resque.process.worker import Worker
    from django_resque.wire.vitals import State


class Orders:
    """Holds whether a worker is to pause or to leave, and stops its job when told to."""

    def __init__(self, worker: Worker, performers: Performers, heart: Heart) -> None:
        """Obey in the name of ``worker``, whose jobs ``performers`` perform."""
        self._worker = worker
        self._options = worker.options
        self._performers = performers
        self._heart = heart
        self.paused = False
        """Whether it is to take no job until it is resumed."""
        self.stopping = False
        """Whether it is to leave after the job it has."""
        self.hurried = False
        """Whether it is to leave without waiting for that."""

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

    def hear(self, heard: Iterable[signal.Signals]) -> None:
        """Obey signals, in their order."""
        for number in heard:
            if number == signal.SIGCHLD:
                self._performers.reap()
            elif number == signal.SIGUSR2:
                self.pause()
            elif number == signal.SIGCONT:
                self.resume()
            elif number == signal.SIGUSR1:
                self._kill(at_once=False)
            elif number == signal.SIGQUIT or (
                number == signal.SIGTERM and self._options.graceful_term
            ):
                self.stop()
            else:  # TERM, INT and HUP; a second one does not wait any longer
                self._kill(at_once=self.hurried)
                self.hurried = True
                self.stop()

    def pause(self) -> None:
        """Take no job until resumed."""
        if not self.paused:
            self.paused = True
            self._heart.hurry()

    def resume(self) -> None:
        """Take jobs again."""
        if self.paused:
            self.paused = False
            self._heart.hurry()

    def stop(self) -> None:
        """Leave after the job at work."""
        if self.stopping:
            return
        self.stopping = True
        signals.shutdown.send_robust(self._worker)
        if self._performers.at_work and not self.hurried:
            # Only one that stays on for a while has somebody to tell it to.
            self._heart.hurry()

    def leave(self) -> None:
        """Leave by itself, after the job at work: nobody told it to."""
        self.stopping = True

    def _kill(self, *, at_once: bool) -> None:
        if at_once or not self._options.term_child:
            self._performers.stop([(0.0, signal.SIGKILL)])
        else:
            term = self._options.pre_shutdown_timeout
            kill = term + self._options.term_timeout
            self._performers.stop([(term, signal.SIGTERM), (kill, signal.SIGKILL)])
