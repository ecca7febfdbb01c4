"""What a worker is told is obeyed in the order in which it comes, and told on where it matters."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from signal import SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2
from typing import TYPE_CHECKING, Any, cast

import pytest

from django_resque import signals
from django_resque.execution.queue_names import QueuePatterns
from django_resque.process.options import WorkerOptions
from django_resque.process.orders import Orders

if TYPE_CHECKING:
    from collections.abc import Iterator

_AT_ONCE = [(0.0, SIGKILL)]
_IN_TIME = [(3.0, SIGTERM), (5.0, SIGKILL)]


@dataclass(eq=False)
class Noting:
    """A worker, its heart and its performers in one, which note what is asked of them."""

    options: WorkerOptions
    at_work: bool = True
    notes: list[Any] = field(default_factory=list)

    def hurry(self) -> None:
        """Note that the next beat is to come at once."""
        self.notes.append("hurry")

    def reap(self) -> None:
        """Note that the dead are to be buried."""
        self.notes.append("reap")

    def stop(self, steps: list[tuple[float, signal.Signals]]) -> None:
        """Note how the job is to be stopped."""
        self.notes.append(steps)


def told(*numbers: signal.Signals, at_work: bool = True, **options: Any) -> tuple[Orders, Noting]:
    """Return orders that have heard these signals, and what they led to."""
    noting = Noting(WorkerOptions(QueuePatterns.parse(["q"]), **options), at_work)
    worker = cast("Any", noting)
    orders = Orders(worker, worker, worker)
    orders.hear(numbers)
    return orders, noting


@pytest.fixture
def shutdowns() -> Iterator[list[Any]]:
    """The workers that have told that they leave."""
    told: list[Any] = []

    def tell(sender: Any, **_: Any) -> None:
        told.append(sender)

    signals.shutdown.connect(tell)
    yield told
    signals.shutdown.disconnect(tell)


@pytest.mark.parametrize(
    ("numbers", "paused", "notes"),
    [
        ([], False, []),
        ([SIGUSR2], True, ["hurry"]),
        ([SIGUSR2, SIGUSR2], True, ["hurry"]),
        ([SIGCONT], False, []),
        ([SIGUSR2, SIGCONT], False, ["hurry", "hurry"]),
        ([SIGCONT, SIGUSR2], True, ["hurry"]),
    ],
)
def test_pause(numbers: list[signal.Signals], paused: bool, notes: list[str]) -> None:
    """The last of pause and resume counts, and each that changes something is told at once."""
    orders, noting = told(*numbers)

    assert (paused, paused, False) == (orders.paused, orders.called_off, orders.stopping)
    assert notes == noting.notes


def test_children() -> None:
    """At the end of a child the dead are buried."""
    _, noting = told(SIGCHLD)

    assert ["reap"] == noting.notes


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({}, _AT_ONCE),
        ({"graceful_term": True}, _AT_ONCE),
        ({"term_child": True, "term_timeout": 2.0, "pre_shutdown_timeout": 3.0}, _IN_TIME),
    ],
)
def test_kill(options: dict[str, Any], steps: list[Any]) -> None:
    """USR1 stops the job, in the way the worker was told, and changes nothing else."""
    orders, noting = told(SIGUSR1, **options)

    assert [steps] == noting.notes
    assert (False, False) == (orders.called_off, orders.hurried)


@pytest.mark.parametrize(
    ("number", "graceful", "hurried"),
    [
        (SIGQUIT, False, False),
        (SIGTERM, True, False),
        (SIGTERM, False, True),
        (SIGINT, True, True),
        (SIGHUP, False, True),
    ],
)
def test_stop(shutdowns: list[Any], number: signal.Signals, graceful: bool, hurried: bool) -> None:
    """It leaves after its job, or kills it first; only where it waits is there time to tell."""
    orders, noting = told(number, number, graceful_term=graceful)

    assert (True, True, hurried) == (orders.stopping, orders.called_off, orders.hurried)
    assert ([_AT_ONCE, _AT_ONCE] if hurried else ["hurry"]) == noting.notes
    assert [noting] == shutdowns


def test_stop_idle(shutdowns: list[Any]) -> None:
    """An idle worker leaves at once and has nobody to tell it to."""
    orders, noting = told(SIGQUIT, at_work=False)

    assert orders.stopping
    assert [] == noting.notes
    assert [noting] == shutdowns


def test_second_term() -> None:
    """A second TERM does not wait for the time that the first has given the job."""
    _, noting = told(SIGTERM, SIGTERM, term_child=True, term_timeout=2.0, pre_shutdown_timeout=3.0)

    assert [_IN_TIME, _AT_ONCE] == noting.notes


def test_leave(shutdowns: list[Any]) -> None:
    """A worker that leaves by itself was not told to."""
    orders, noting = told()

    orders.leave()

    assert orders.stopping
    assert ([], []) == (shutdowns, noting.notes)


@pytest.mark.parametrize("working", [False, True])
def test_state(working: bool) -> None:
    """What the worker is told to do counts for more than what it does just now."""
    states = [
        told(*numbers)[0].state(working=working) for numbers in ([], [SIGUSR2], [SIGUSR2, SIGQUIT])
    ]

    assert ["working" if working else "idle", "paused", "stopping"] == states
