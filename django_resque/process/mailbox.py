"""Signals in, ordered names out: the only place that waits."""

from __future__ import annotations

import os
import select
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

HEARD = (
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGCONT,
    signal.SIGCHLD,
)
"""The signals that land in a mailbox."""


class Mailbox:
    """Receives this process' signals, none lost, and waits for them and for descriptors.

    The handlers do nothing: Python's wakeup descriptor puts each signal's number into a pipe,
    in order, where ``wait`` finds it, so nothing ever happens between two lines of the loop.
    """

    def __init__(self) -> None:
        """Make the pipe; signals land in it from :meth:`open` on."""
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._previous: dict[signal.Signals, object] = {}
        self._poll = select.poll()
        self._poll.register(self._read, select.POLLIN)

    def open(self) -> None:
        """Begin to receive signals."""
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in HEARD:
            self._previous[number] = signal.signal(number, _land)
            # A slow system call in foreign code need not fail because a child ended meanwhile.
            signal.siginterrupt(number, False)  # noqa: FBT003 its only form
        # Whoever forked this process may have held them back until they could be heard.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)

    def close(self) -> None:
        """Give the signals back to whom they belonged and close the pipe."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # as signal.signal gave it
        self._previous.clear()
        signal.set_wakeup_fd(-1)
        os.close(self._read)
        os.close(self._write)

    @property
    def descriptors(self) -> tuple[int, int]:
        """The ends of the pipe, for a child to close."""
        return self._read, self._write

    def wait(self, timeout: float | None, descriptors: Iterable[int] = ()) -> list[signal.Signals]:
        """Wait until a signal came, a descriptor can be read or ``timeout`` seconds are over.

        Returns the signals that came, in order; returns at once if some came before.
        """
        extra = list(descriptors)
        for descriptor in extra:
            self._poll.register(descriptor, select.POLLIN)
        try:
            # Rounded up: waking a fraction of a millisecond early would spin until it is over.
            ready = self._poll.poll(None if timeout is None else max(0, int(timeout * 1000) + 1))
        finally:
            for descriptor in extra:
                self._poll.unregister(descriptor)
        return self.read() if any(each == self._read for each, _ in ready) else []

    def read(self) -> list[signal.Signals]:
        """Return the signals that came, without waiting."""
        try:
            numbers = os.read(self._read, 4096)
        except BlockingIOError:
            return []
        # Signals that foreign code handles, such as SIGALRM, land here as well.
        return [signal.Signals(number) for number in numbers if number in HEARD]


class Backoff:
    """Delays that double from ``first`` to ``most`` seconds while something keeps failing."""

    def __init__(self, first: float, most: float) -> None:
        """Begin with ``first`` seconds."""
        self._first, self._most = first, most
        self._next = first

    def reset(self) -> None:
        """Begin again, after something went well."""
        self._next = self._first

    def step(self) -> float:
        """Return the delay before the next attempt, in seconds."""
        delay, self._next = self._next, min(self._most, 2 * self._next)
        return delay


def _land(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the wakeup descriptor has the signal already."""
