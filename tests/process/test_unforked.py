"""Without a fork a job runs here: what it hears, and what goes on meanwhile."""

from __future__ import annotations

import os
import signal
from signal import SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR2
from typing import TYPE_CHECKING, Any, cast

import pytest

from django_resque import job
from django_resque.exceptions import TermException
from django_resque.execution.outcome import Failed, Succeeded
from django_resque.execution.queue_names import QueuePatterns
from django_resque.process.heart import Heart
from django_resque.process.mailbox import Mailbox
from django_resque.process.options import WorkerOptions
from django_resque.process.orders import Orders
from django_resque.process.procline import Procline
from django_resque.process.unforked import Unforked
from django_resque.wire.vitals import Vitals
from tests.claims import WORKER, reservation
from tests.e2e.project.effects import note
from tests.e2e.running import title
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django_resque.execution.outcome import Outcome
    from django_resque.store import Store

    Effects = Callable[[], list[str]]


class Here:
    """A worker that does not fork, as far as its orders and its performing go."""

    def __init__(self, store: Store, **options: Any) -> None:
        """Work as the options say."""
        self.id = WORKER
        self.options = WorkerOptions(QueuePatterns.parse(["q"]), fork=False, **options)
        self.at_work = False
        self.mailbox = Mailbox()
        vitals = Vitals("working", version="1")
        heart = Heart(store, store, WORKER, "then", interval=0.01, ttl=60, vitals=lambda: vitals)
        worker = cast("Any", self)
        self.orders = Orders(worker, worker, heart, worker, store)
        self.unforked = Unforked(
            self.options,
            (),
            mailbox=self.mailbox,
            orders=self.orders,
            heart=heart,
            procline=Procline(),
        )

    def stop(self, *_: Any, **__: Any) -> None:
        """Stop no child, for there is none."""

    def perform(self) -> Outcome | None:
        """Perform a job."""
        return self.unforked.perform(reservation("shop.send"), None)


@pytest.fixture
def here(store: Store) -> Iterator[Callable[..., Here]]:
    """Make workers, whose mailboxes are closed with the test."""
    made: list[Here] = []

    def make(**options: Any) -> Here:
        made.append(Here(store, **options))
        made[-1].mailbox.open()
        return made[-1]

    yield make
    for each in made:
        each.mailbox.close()


def told(number: signal.Signals) -> None:
    """Register a job that is sent a signal."""

    @job(name="shop.send")
    def send() -> None:
        try:
            signal.raise_signal(number)
        except TermException as error:
            note(error)
            raise
        note("ended")


def test_here(here: Callable[..., Here], effects: Effects) -> None:
    """The job runs in this very process, whose title tells of it."""

    @job(name="shop.send")
    def send() -> None:
        note(os.getpid(), title(os.getpid()).rpartition(" ")[2])

    assert isinstance(here().perform(), Succeeded)
    assert [f"{os.getpid()} [shop.send]"] == effects()


@pytest.mark.parametrize("number", [SIGQUIT, SIGTERM, SIGUSR2])
@pytest.mark.parametrize("term_child", [False, True])
def test_told_before(
    here: Callable[..., Here], effects: Effects, number: signal.Signals, term_child: bool
) -> None:
    """Told to stop or to pause just before, it begins no job."""
    told(number)
    worker = here(term_child=term_child)
    signal.raise_signal(number)

    assert worker.perform() is None
    assert [] == effects()


@pytest.mark.parametrize(
    ("options", "number", "effect"),
    [
        ({}, SIGTERM, "ended"),
        ({}, SIGINT, "ended"),
        ({"term_child": True}, SIGTERM, "SIGTERM"),
        ({"term_child": True}, SIGINT, "SIGINT"),
        ({"term_child": True}, SIGHUP, "SIGHUP"),
        ({"term_child": True}, SIGQUIT, "ended"),
        ({"term_child": True, "graceful_term": True}, SIGTERM, "ended"),
        ({"term_child": True, "graceful_term": True}, SIGINT, "SIGINT"),
    ],
)
def test_told_meanwhile(
    here: Callable[..., Here],
    effects: Effects,
    options: dict[str, bool],
    number: signal.Signals,
    effect: str,
) -> None:
    """A signal to stop is raised in the job under --term-child alone, and is heard in any case."""
    told(number)
    worker = here(**options)
    before = signal.getsignal(number)

    outcome = worker.perform()

    assert [effect] == effects()
    assert isinstance(outcome, Succeeded if effect == "ended" else Failed)
    assert [number] == worker.mailbox.read()
    assert before == signal.getsignal(number)


def test_beats(here: Callable[..., Here], store: Store, effects: Effects) -> None:
    """Signs of life go on while the job keeps the loop from giving any."""

    @job(name="shop.send")
    def send() -> None:
        eventually(lambda: WORKER in store.workers.heartbeats())
        note("seen")

    here().perform()

    assert ["seen"] == effects()
