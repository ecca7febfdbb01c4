"""Signals land in the mailbox in order, none lost, and end a wait at once."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from signal import SIGALRM, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2
from typing import TYPE_CHECKING

import pytest

from django_resque.process.mailbox import HEARD, Backoff, Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """An open mailbox."""
    mailbox = Mailbox()
    mailbox.open()
    yield mailbox
    mailbox.close()


def send(*numbers: signal.Signals) -> None:
    """Send this thread signals: another thread of the test run might take its time."""
    for number in numbers:
        signal.pthread_kill(threading.get_ident(), number)


def test_hears_in_order(mailbox: Mailbox) -> None:
    """Every signal is returned, repeated ones too, in the order they came."""
    sent = [SIGUSR2, SIGTERM, SIGHUP, SIGUSR1, SIGUSR1, SIGINT, SIGQUIT, SIGCONT, SIGCHLD, SIGTERM]

    send(*sent)

    assert sent == mailbox.wait(0.0)
    assert [] == mailbox.read()


def test_returns_at_once(mailbox: Mailbox) -> None:
    """A signal that came before the wait ends it."""
    send(SIGTERM)
    began = time.monotonic()

    assert [SIGTERM] == mailbox.wait(60.0)
    assert time.monotonic() - began < 1.0


def test_many(mailbox: Mailbox) -> None:
    """Thousands of signals while nobody reads hide none."""
    send(*[SIGCHLD] * 5000, SIGTERM)

    heard = []
    while batch := mailbox.read():
        heard += batch

    assert [*[SIGCHLD] * 5000, SIGTERM] == heard


def test_wakes(mailbox: Mailbox) -> None:
    """A signal from another process ends a wait without end."""
    with subprocess.Popen(["sh", "-c", f"kill -USR1 {os.getpid()}"]):
        heard = mailbox.wait(None)
        while SIGUSR1 not in heard:
            heard += mailbox.wait(None)

    assert {SIGUSR1, SIGCHLD} >= set(heard)


def test_timeout(mailbox: Mailbox) -> None:
    """Without a signal the wait takes its time, not less and not much more."""
    began = time.monotonic()

    assert [] == mailbox.wait(0.05)
    assert 0.05 <= time.monotonic() - began < 1.0


def test_descriptor(mailbox: Mailbox) -> None:
    """A readable descriptor ends the wait that it was given to, and no other."""
    read, write = os.pipe()
    try:
        os.write(write, b"x")
        began = time.monotonic()

        assert [] == mailbox.wait(60.0, [read])
        assert time.monotonic() - began < 1.0
        assert [] == mailbox.wait(0.02)
        assert time.monotonic() - began >= 0.02
    finally:
        os.close(read)
        os.close(write)


def test_blocked(mailbox: Mailbox) -> None:
    """A signal held back while the worker forks is heard afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    send(SIGTERM)
    assert [] == mailbox.read()

    signal.pthread_sigmask(signal.SIG_SETMASK, before)

    assert [SIGTERM] == mailbox.read()


def test_strangers(mailbox: Mailbox) -> None:
    """A signal that foreign code handles is none of the worker's business."""
    handled: list[int] = []
    previous = signal.signal(SIGALRM, lambda number, _frame: handled.append(number))
    try:
        send(SIGALRM, SIGTERM)

        assert [SIGTERM] == mailbox.wait(0.0)
        assert [SIGALRM] == handled
    finally:
        signal.signal(SIGALRM, previous)


def test_close() -> None:
    """Closed, it has given every signal back and left no descriptor."""
    before = {number: signal.getsignal(number) for number in HEARD}
    mailbox = Mailbox()
    mailbox.open()
    descriptors = mailbox.descriptors

    mailbox.close()

    assert before == {number: signal.getsignal(number) for number in HEARD}
    assert -1 == signal.set_wakeup_fd(-1)
    for descriptor in descriptors:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


def test_backoff() -> None:
    """Delays double up to the longest, and begin again after a reset."""
    delays = Backoff(1.0, 5.0)

    assert [1.0, 2.0, 4.0, 5.0, 5.0] == [delays.step() for _ in range(5)]
    delays.reset()
    assert 1.0 == delays.step()
