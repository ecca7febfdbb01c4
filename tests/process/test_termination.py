"""A signal to stop raises TermException in the job at work: once, and nowhere else."""

from __future__ import annotations

import os
import signal
import threading
from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import Plugin, job, signals
from django_resque.exceptions import JobTimeout, TermException
from django_resque.execution.outcome import Failed, Requeued, Succeeded
from django_resque.failures.base import FailureBackend
from django_resque.process.forking import fork
from django_resque.process.termination import Termination, stopped_with_worker
from tests.claims import reservation
from tests.e2e.project.effects import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django_resque.wire.failure import FailureRecord
    from django_resque.wire.payload import Payload
    from tests.conftest import Configure


class Telling(FailureBackend):
    """A backend that remembers what it was told."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.told: list[str] = []

    def save(self, record: FailureRecord) -> None:
        """Remember."""
        self.told.append(record.exception)


class Noting(Plugin):
    """A hook that remembers failures."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.told: list[str] = []

    def on_failure(self, exception: BaseException, payload: Payload, queue: str) -> None:
        """Remember."""
        self.told.append(str(exception))


@pytest.fixture(autouse=True)
def _settings(resque_settings: Configure) -> None:
    """Hooks ask the settings for plugins."""


@pytest.fixture
def termination() -> Iterator[Termination]:
    """A termination that hears TERM, INT and HUP."""
    termination = Termination()
    with termination.hearing([SIGTERM, SIGINT, SIGHUP]):
        yield termination


def send(*numbers: int) -> None:
    """Send this thread signals: another thread of the test run might take its time."""
    for number in numbers:
        signal.pthread_kill(threading.get_ident(), number)


@pytest.mark.parametrize("number", [SIGTERM, SIGINT, SIGHUP])
def test_in_the_job(termination: Termination, number: signal.Signals) -> None:
    """The job is told by an exception, which its own ``except Exception`` lets pass."""
    hooks, backend = Noting(), Telling()

    @job(name="shop.send", plugins=[hooks])
    def send_mail() -> None:
        try:
            send(number)
        except Exception:  # noqa: BLE001 such jobs exist
            raise AssertionError from None

    outcome = termination.guard(reservation(), [backend], fresh=True)

    assert isinstance(outcome, Failed)
    assert "django_resque.exceptions.TermException" == outcome.exception
    assert number.name == outcome.error
    assert "in send_mail" in "".join(outcome.backtrace)
    assert [number.name] == hooks.told
    assert ["django_resque.exceptions.TermException"] == backend.told


def test_once(termination: Termination) -> None:
    """Further signals let the job clean up undisturbed."""
    cleaned = []

    @job(name="shop.send")
    def send_mail() -> None:
        try:
            send(SIGTERM)
        finally:
            send(SIGTERM, SIGINT, SIGTERM)
            cleaned.append("up")

    outcome = termination.guard(reservation(), [], fresh=True)

    assert isinstance(outcome, Failed)
    assert ["up"] == cleaned


def test_swallowed(termination: Termination) -> None:
    """A job that takes the exception for its cue to end well has ended well."""

    @job(name="shop.send")
    def send_mail() -> None:
        try:
            send(SIGTERM)
        except TermException:
            return

    assert Succeeded() == termination.guard(reservation(), [], fresh=True)


def test_before_the_job(termination: Termination) -> None:
    """A signal that comes before the job begins is not forgotten: the job fails unbegun."""
    hooks, backend = Noting(), Telling()

    @job(name="shop.send", plugins=[hooks])
    def send_mail() -> None:
        raise AssertionError

    send(SIGTERM)

    outcome = termination.guard(reservation(), [backend], fresh=True)

    assert isinstance(outcome, Failed)
    assert ("django_resque.exceptions.TermException", "SIGTERM") == (
        outcome.exception,
        outcome.error,
    )
    assert ["SIGTERM"] == hooks.told
    assert ["django_resque.exceptions.TermException"] == backend.told


def test_after_the_job(termination: Termination) -> None:
    """A signal that comes when the job has ended changes nothing."""

    @job(name="shop.send")
    def send_mail() -> None:
        pass

    assert Succeeded() == termination.guard(reservation(), [], fresh=True)
    send(SIGTERM, SIGTERM)


def test_beside_the_job(termination: Termination) -> None:
    """A signal while a backend is told of the failure still gives an outcome."""

    class Slow(FailureBackend):
        def save(self, record: FailureRecord) -> None:
            send(SIGTERM)

    @job(name="shop.send")
    def send_mail() -> None:
        raise ValueError("boom")

    outcome = termination.guard(reservation(), [Slow()], fresh=True)

    assert isinstance(outcome, Failed)
    assert "django_resque.exceptions.TermException" == outcome.exception


@pytest.mark.parametrize("fresh", [True, False])
def test_after_fork(termination: Termination, fresh: bool) -> None:
    """The signal after_fork is sent before the first job of a process, and no other."""
    sent = []

    def after_fork(reservation: Any, **_: Any) -> None:
        sent.append(reservation)

    @job(name="shop.send")
    def send_mail() -> None:
        sent.append("job")

    claim = reservation()
    signals.after_fork.connect(after_fork)
    try:
        termination.guard(claim, [], fresh=fresh)
    finally:
        signals.after_fork.disconnect(after_fork)

    assert ([claim, "job"] if fresh else ["job"]) == sent


def test_receiver_raises(termination: Termination) -> None:
    """What a receiver of after_fork raises fails the job."""

    def refuse(**_: Any) -> None:
        raise ValueError("not here")

    signals.after_fork.connect(refuse)
    try:
        outcome = termination.guard(reservation(), [], fresh=True)
    finally:
        signals.after_fork.disconnect(refuse)

    assert isinstance(outcome, Failed)
    assert "not here" == outcome.error


def test_gives_signals_back() -> None:
    """When the block is left, the signals are handled as before it."""
    before = signal.getsignal(SIGTERM)

    with Termination().hearing([SIGTERM]):
        assert before != signal.getsignal(SIGTERM)

    assert before == signal.getsignal(SIGTERM)


def test_job_forks_and_returns(effects: Callable[[], list[str]]) -> None:
    """Where a job forks and its child returns, one process goes on, not two."""

    @job(name="shop.send")
    def send_mail() -> None:
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)

    def child() -> int:
        termination = Termination()
        outcome = termination.guard(reservation(), [], fresh=True)
        note(type(outcome).__name__)
        return 0

    pid = fork(child, on_parent_death=SIGKILL)
    os.waitpid(pid, 0)

    assert ["Succeeded"] == effects()


def test_reason(effects: Callable[[], list[str]]) -> None:
    """Where the worker says why it stops a job, its hooks and backends are told just that."""
    del effects
    hook, backend = Noting(), Telling()
    termination = Termination(lambda: JobTimeout("too slow"))

    @job(name="slow", plugins=[hook])
    def slow() -> None:
        termination.handle(SIGTERM, None)

    outcome = termination.guard(reservation("slow"), [backend], fresh=False)

    assert isinstance(outcome, Failed)
    assert ("django_resque.exceptions.JobTimeout", "too slow") == (outcome.exception, outcome.error)
    assert any("in slow" in line for line in outcome.backtrace)
    assert ["too slow"] == hook.told
    assert ["django_resque.exceptions.JobTimeout"] == backend.told


@pytest.mark.parametrize(
    ("option", "kind"), [("requeue", Requeued), ("fail", Failed), (None, Failed)]
)
def test_stopped_with_worker(effects: Callable[[], list[str]], option: Any, kind: type) -> None:
    """A signal for the worker's sake queues a job again that wants it, begun or not."""
    del effects

    @job(name="slow", on_worker_loss=option)
    def slow() -> None:
        stopping.handle(SIGTERM, None)

    for told in ("", "SIGTERM"):
        stopping = Termination(lambda: stopped_with_worker(slow))
        stopping._told = told
        assert kind is type(stopping.guard(reservation("slow"), [], fresh=False))
    assert stopped_with_worker(None) is None
