"""What a worker is told is obeyed in the order in which it comes, and told on where it matters."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, field
from signal import SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2
from typing import TYPE_CHECKING, Any, cast

import pytest

from django_resque import signals
from django_resque.exceptions import StoreUnavailable
from django_resque.execution.queue_names import QueuePatterns
from django_resque.process.options import WorkerOptions
from django_resque.process.orders import Orders
from django_resque.wire.order import Order
from tests.claims import WORKER, reservation

if TYPE_CHECKING:
    from collections.abc import Iterator

_AT_ONCE = [(0.0, SIGKILL)]
_IN_TIME = [(3.0, SIGTERM), (5.0, SIGKILL)]


@dataclass(eq=False)
class Noting:
    """A worker and all that its orders reach in one, which notes what is asked of it."""

    options: WorkerOptions
    at_work: bool = True
    notes: list[Any] = field(default_factory=list)
    id: str = WORKER
    sent: list[bytes] = field(default_factory=list)
    away: bool = False
    leaving: list[bool] = field(default_factory=list)

    @property
    def workers(self) -> Noting:
        """The noun of a store."""
        return self

    def take_orders(self, worker: str) -> list[bytes]:
        """Give what was sent to the worker."""
        assert worker == WORKER
        if self.away:
            raise StoreUnavailable("away")
        sent, self.sent = self.sent, []
        return sent

    def look_first(self, queue: str) -> None:
        """Note into which queue to look first."""
        self.notes.append(queue)

    def hurry(self) -> None:
        """Note that the next beat is to come at once."""
        self.notes.append("hurry")

    def reap(self) -> None:
        """Note that the dead are to be buried."""
        self.notes.append("reap")

    def stop(self, steps: list[tuple[float, signal.Signals]], *, leaving: bool = False) -> None:
        """Note how the job is to be stopped, and whether that is for its worker's sake."""
        self.notes.append(steps)
        self.leaving.append(leaving)


def told(*numbers: signal.Signals, at_work: bool = True, **options: Any) -> tuple[Orders, Noting]:
    """Return orders that have heard these signals, and what they led to."""
    noting = Noting(WorkerOptions(QueuePatterns.parse(["q"]), **options), at_work)
    worker = cast("Any", noting)
    orders = Orders(worker, worker, worker, worker, worker)
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
    assert ([True, True] if hurried else []) == noting.leaving
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


# Through Redis


def sent(*orders: Order | bytes, rid: str = "", **options: Any) -> tuple[Orders, Noting]:
    """Return orders that have taken these, with this job at work, and what they led to."""
    obeying, noting = told(**options)
    if rid:
        obeying.attend(reservation(rid=rid))
    noting.sent = [each.encode() if isinstance(each, Order) else each for each in orders]
    obeying.ask()
    return obeying, noting


def test_sent_pause(shutdowns: list[Any]) -> None:
    """Pause, resume and stop are as if by signal."""
    paused, _ = sent(Order("pause"))
    resumed, _ = sent(Order("pause"), Order("resume"))
    stopped, noting = sent(Order("pause"), Order("stop"), Order("stop"))

    assert [(True, False), (False, False), (True, True)] == [
        (orders.paused, orders.stopping) for orders in (paused, resumed, stopped)
    ]
    assert not stopped.hurried
    assert [noting] == shutdowns


def test_sent_first() -> None:
    """The queue to look into first is passed on."""
    _, noting = sent(Order("first", queue="mail"))

    assert ["mail"] == noting.notes


@pytest.mark.parametrize(("options", "steps"), [({}, _AT_ONCE), ({"term_child": True}, None)])
def test_sent_kill(options: dict[str, Any], steps: Any) -> None:
    """The job that is meant is stopped as if by USR1: once, for its hooks come next."""
    orders, noting = sent(Order("kill", rid="r1"), Order("kill", rid="r1"), rid="r1", **options)

    assert [steps or [(0.0, SIGTERM), (4.0, SIGKILL)]] == noting.notes
    assert not orders.called_off


@pytest.mark.parametrize(
    ("rid", "at_work"), [("r2", "r1"), ("r", "r1"), ("r1", ""), ("", "r1"), ("", "")]
)
def test_sent_kill_for_another(rid: str, at_work: str) -> None:
    """Where that job is not at work any more, nothing happens."""
    _, noting = sent(Order("kill", rid=rid), rid=at_work)

    assert [] == noting.notes


def test_sent_kill_after_the_job() -> None:
    """A job that has ended cannot be killed."""
    orders, noting = sent(rid="r1")
    orders.rest()
    noting.sent = [Order("kill", rid="r1").encode()]

    orders.ask()

    assert [] == noting.notes


def test_sent_garbage(caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be read is told, and keeps nothing behind it from being obeyed."""
    orders, _ = sent(b"{oops", b'{"kind":"explode"}', Order("pause"))

    assert orders.paused
    assert 2 == caplog.text.count("Told through Redis what cannot be read")


def test_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for orders twice a second in a job or a pause, and else not at all."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    orders, noting = told()
    orders.ask()
    assert float("inf") == orders.due

    orders.attend()
    assert 100.5 == orders.due
    now[0] = 101.0
    orders.ask()
    assert 101.5 == orders.due
    noting.away = True
    with pytest.raises(StoreUnavailable):
        orders.ask()
    assert 106.0 == orders.due
    noting.away = False
    orders.ask()
    assert 101.5 == orders.due

    orders.rest()
    assert float("inf") == orders.due
