"""A worker's handle on one forked performer: hand over, listen, stop, learn how it ended."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.exceptions import DecodeError, DirtyExit, WorkerStopped
from django_resque.execution.outcome import Failed, Requeued, decode, encode
from django_resque.process import performing
from django_resque.process.memory import resident

if TYPE_CHECKING:
    from resource import struct_rusage

    from django_resque.execution.outcome import Outcome
    from django_resque.process.channel import Channel
    from django_resque.wire.worker import Reservation

START_GRACE = 10.0
"""Seconds within which a forked child must have begun: a fork can deadlock it."""

_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Death:
    """How a process ended: its wait status and what it had used."""

    status: int
    usage: str
    peak: int
    """The most memory it occupied, in bytes."""


class Performer:
    """One forked child, from its fork to its end."""

    def __init__(self, pid: int, channel: Channel) -> None:
        """Hold the child ``pid`` by the worker's end of its channel."""
        self.pid = pid
        self.channel = channel
        self.served = 0
        self.limit = 1
        self.leaving_since = 0.0
        self.died = False
        """Whether it ended without an answer."""
        self.stopped = False
        """Whether it was sent signals: they could meet another job than the one they are for."""
        self._ready = False
        self._forked = time.monotonic()
        self._stops: list[tuple[float, signal.Signals]] = []
        self._reason: DirtyExit | None = None
        self._death: Death | None = None

    # Handing over

    def hand(self, reservation: Reservation, limit: int) -> None:
        """Hand a claim over; the performer serves at most ``limit`` jobs in all.

        Raises OSError if it is gone already: then it has not begun the job.
        """
        self.limit = min(limit, self.limit) if self.served else limit
        self.served += 1
        kind = performing.PERFORM_LAST if self.last else performing.PERFORM
        self.channel.post(kind, performing.performance(reservation))

    def mourn(self, reservation: Reservation, outcome: Outcome, *, ask: bool = False) -> None:
        """Let it run the hooks for a job whose own process died; ``ask`` for the outcome too."""
        self.served = self.limit = 1
        kind = performing.ASK if ask else performing.MOURN
        self.channel.post(kind, performing.mourning(reservation, outcome))

    @property
    def stopped_on_request(self) -> bool:
        """Whether it was stopped for no fault of its job."""
        return self.stopped and self._reason is None

    @property
    def last(self) -> bool:
        """Whether it leaves after the job it has now."""
        return self.served >= self.limit

    # Listening

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What to wait on for its answer."""
        return () if self.channel.closed else (self.channel.fileno(),)

    def outcome(self) -> Outcome | None:
        """Return its answer, if there is one; after a stop, the reason for the stop."""
        while message := self.channel.poll():
            kind, body = message
            self._ready = True
            if kind == performing.OUTCOME:
                return self._explain(_decoded(body))
        return None

    def ended(self) -> Outcome | None:
        """Return the outcome of a performer that is gone, from its answer or from its end."""
        death = self.reap()
        if death is None:
            return None
        # It may have answered just before it went.
        outcome = self.outcome()
        if outcome is not None:
            return outcome
        # What it left running in its own group is not to outlive it.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        error = DirtyExit.from_wait_status(
            self.pid, death.status, death.usage, stopped=self.stopped
        )
        self.died = True
        if self._reason is not None:
            error = type(self._reason)(f"{self._reason}; {death.usage}")
        return Failed.from_exception(error)

    def next_event(self) -> float:
        """Return the monotonic time at which :meth:`tick` has something to do."""
        start = _NEVER if self._ready else self._forked + START_GRACE
        return min(start, *(when for when, _ in self._stops), _NEVER)

    def tick(self) -> None:
        """Send the signals that are due, and stop a child that never began."""
        if self._death is not None:
            return  # its pid may be another process' by now
        now = time.monotonic()
        if not self._ready and now >= self._forked + START_GRACE:
            self.outcome()
            if not self._ready:
                self._ready = True
                self.stop([(0.0, signal.SIGKILL)], DirtyExit("Child process did not start"))
        due = [number for when, number in self._stops if when <= now]
        self._stops = [stop for stop in self._stops if stop[0] > now]
        for number in due:
            if number == signal.SIGKILL:
                _signal_group(self.pid, number)
            else:
                _signal_one(self.pid, number)

    # Ending

    def stop(
        self, steps: list[tuple[float, signal.Signals]], reason: DirtyExit | None = None
    ) -> None:
        """Send signals, each after its delay in seconds; ``reason`` is told as the failure."""
        self.stopped = True
        now = time.monotonic()
        self._stops += [(now + delay, number) for delay, number in steps]
        if reason is not None and self._reason is None:
            self._reason = reason
            # Said before the signal comes, so that its hooks and backends hear of it too.
            with suppress(OSError):
                self.channel.post(performing.STOPPING, encode(Failed.from_exception(reason)))

    def dismiss(self) -> None:
        """Let it leave: it serves nothing more."""
        self.channel.close()
        self.leaving_since = time.monotonic()

    def reap(self) -> Death | None:
        """Return how it ended, None while it lives."""
        if self._death is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self._death = _death(status, usage)
        return self._death

    def kill(self) -> None:
        """Kill it and wait for its end."""
        if self._death is None:
            _signal_group(self.pid, signal.SIGKILL)
            _signal_one(self.pid, signal.SIGKILL)
            _pid, status, usage = os.wait4(self.pid, 0)
            self._death = _death(status, usage)

    def memory(self) -> int | None:
        """Return its resident memory in bytes, what it shares with the worker included.

        None where the system does not tell (no /proc).
        """
        return resident(self.pid)

    def _explain(self, outcome: Outcome) -> Outcome:
        if self._reason is None or not isinstance(outcome, Failed):
            return outcome
        # It answered to the stop: its traceback shows where it was, the reason why it ended.
        told = Failed.from_exception(self._reason)
        failed = Failed(told.exception, told.error, outcome.backtrace)
        return Requeued(failed) if isinstance(self._reason, WorkerStopped) else failed


def _decoded(body: bytes) -> Outcome:
    try:
        return decode(body)
    except DecodeError as error:
        return Failed.from_exception(error)


def _death(status: int, usage: struct_rusage) -> Death:
    megabytes = usage.ru_maxrss / 1024
    seconds = usage.ru_utime + usage.ru_stime
    told = f"peak memory {megabytes:.0f} MB, CPU {seconds:.2f} s"
    return Death(status, told, usage.ru_maxrss * 1024)


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        _signal_one(pid, number)  # it has not made its group yet, or it is gone


def _signal_one(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
