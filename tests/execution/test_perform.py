"""Performing never raises, says what came of it, and tells foreign backends of failures."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import Plugin, Retry, get_current_job, job, signals
from django_resque.exceptions import (
    DirtyExit,
    DontPerform,
    JobTimeout,
    TermException,
    WorkerStopped,
)
from django_resque.execution.outcome import (
    Expired,
    Failed,
    Requeued,
    Retrying,
    Skipped,
    Succeeded,
)
from django_resque.execution.perform import mourn, perform
from django_resque.failures.base import FailureBackend
from django_resque.jobs.registry import registry
from django_resque.wire import timestamps
from django_resque.wire.payload import Payload
from tests.claims import reservation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_resque.wire.failure import FailureRecord
    from tests.conftest import Configure


class Telling(FailureBackend):
    """A backend that remembers what it was told."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.told: list[FailureRecord] = []

    def save(self, record: FailureRecord) -> None:
        """Remember."""
        self.told.append(record)


class Raising(FailureBackend):
    """A backend whose service is down."""

    def save(self, record: FailureRecord) -> None:
        """Fail."""
        raise OSError("no route to host")


class Noting(Plugin):
    """Hooks that note what they were called with."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.events: list[Any] = []

    def on_failure(self, exception: BaseException, payload: Payload, queue: str) -> None:
        """Note the failure."""
        self.events.append((type(exception), str(exception), payload.args, queue))

    def on_retry(self, exception: BaseException, payload: Payload, queue: str) -> None:
        """Note the retry."""
        del payload, queue
        self.events.append(("retry", type(exception), str(exception)))


class OwnBaseException(BaseException):
    """What an author should not, but may, raise."""


@pytest.fixture(autouse=True)
def _settings(resque_settings: Configure) -> None:
    """Hooks ask the settings for plugins."""


@pytest.fixture
def moments() -> Iterator[list[str]]:
    """What the signals around a performance told, in order."""
    moments: list[str] = []

    def performing(**_: Any) -> None:
        moments.append("performing")

    def performed(**_: Any) -> None:
        moments.append("performed")

    signals.performing.connect(performing)
    signals.performed.connect(performed)
    yield moments
    signals.performing.disconnect(performing)
    signals.performed.disconnect(performed)


def test_succeeded(moments: list[str]) -> None:
    """A job that returns has succeeded, with its arguments from the payload."""

    @job(name="shop.send")
    def send(*args: Any) -> None:
        moments.append(f"send{args}")

    backend = Telling()

    assert Succeeded() == perform(reservation("shop.send", 1, "two"), [backend])
    assert ["performing", "send(1, 'two')", "performed"] == moments
    assert [] == backend.told


def test_current_job() -> None:
    """A job knows itself, in threads of its own too, and after it nobody does."""
    seen: list[object] = []

    def look() -> None:
        current = get_current_job()
        seen.append(current and current.name)

    @job(name="shop.look")
    def look_around() -> None:
        look()
        thread = Thread(target=look)
        thread.start()
        thread.join()

    perform(reservation("shop.look"), [])

    assert ["shop.look", "shop.look"] == seen
    assert get_current_job() is None


def test_skipped() -> None:
    """A job that a hook leaves unperformed is skipped, which is no failure."""

    class Refusing(Plugin):
        def before_perform(self, payload: Payload, queue: str) -> None:
            raise DontPerform

    @job(name="shop.send", plugins=[Refusing()])
    def send() -> None:
        raise AssertionError

    backend = Telling()

    assert Skipped() == perform(reservation(), [backend])
    assert [] == backend.told


@pytest.mark.parametrize(
    "error",
    [
        ValueError("boom"),
        SystemExit(0),
        SystemExit("bye"),
        KeyboardInterrupt(),
        GeneratorExit(),
        OwnBaseException("own"),
        TermException("SIGTERM"),
        RecursionError("deep"),
        MemoryError(),
    ],
)
def test_failed(moments: list[str], error: BaseException) -> None:
    """Whatever a job raises is a failure, told once to the hooks and each backend."""
    hooks, one, other = Noting(), Telling(), Telling()

    @job(name="shop.send", plugins=[hooks])
    def send(number: int) -> None:
        raise error

    claim = reservation("shop.send", 1)

    outcome = perform(claim, [one, other])

    assert isinstance(outcome, Failed)
    assert outcome.exception.endswith(type(error).__qualname__)
    assert "in send" in "".join(outcome.backtrace)
    assert [(type(error), str(error), [1], "q")] == hooks.events
    assert ["performing", "performed"] == moments
    for backend in (one, other):
        assert [(outcome.error, claim.payload)] == [(r.error, r.payload) for r in backend.told]


def test_unknown_job() -> None:
    """A job that is not registered fails, and its name is never imported."""
    outcome = perform(reservation("os.system", "true"), [])

    assert isinstance(outcome, Failed)
    assert "django_resque.exceptions.UnknownJob" == outcome.exception
    assert [] == outcome.backtrace


@pytest.mark.parametrize("payload", [b"{oops", b"\xff", b"[1]", b"null", b'{"class":5}'])
def test_poison(payload: bytes) -> None:
    """A payload that nobody can read fails like any other, and backends are told."""
    backend = Telling()

    outcome = perform(reservation(payload=payload), [backend])

    assert isinstance(outcome, Failed)
    assert "django_resque.exceptions.DecodeError" == outcome.exception
    assert [payload] == [record.payload for record in backend.told]


def test_receiver_raises() -> None:
    """What a receiver of the signal before a job raises fails the job."""

    def refuse(**_: Any) -> None:
        raise ValueError("not today")

    @job(name="shop.send")
    def send() -> None:
        raise AssertionError

    signals.performing.connect(refuse)
    try:
        outcome = perform(reservation(), [])
    finally:
        signals.performing.disconnect(refuse)

    assert isinstance(outcome, Failed)
    assert "not today" == outcome.error


def test_backend_raises(caplog: pytest.LogCaptureFixture) -> None:
    """A backend that raises keeps no other from being told, and the log has why."""

    @job(name="shop.send")
    def send() -> None:
        raise ValueError("boom")

    backend = Telling()

    outcome = perform(reservation(), [Raising(), backend])

    assert isinstance(outcome, Failed)
    assert ["boom"] == [record.error for record in backend.told]
    assert "Failure backend Raising could not save a failure" in caplog.text
    assert "no route to host" in caplog.text


def test_mourn() -> None:
    """For a job whose process died, the hooks hear how, and the backends are told."""
    hooks, backend = Noting(), Telling()

    @job(name="shop.send", plugins=[hooks])
    def send(number: int) -> None:
        raise AssertionError

    failed = Failed.from_exception(JobTimeout("stopped"))

    mourn(reservation("shop.send", 1), failed, [Raising(), backend])

    assert [(JobTimeout, "stopped", [1], "q")] == hooks.events
    assert ["stopped"] == [record.error for record in backend.told]


@pytest.mark.parametrize("payload", [b"{oops", b'{"class":"shop.gone","args":[]}'])
def test_mourn_unknown(payload: bytes) -> None:
    """Where no hooks are known, the backends are told all the same."""
    backend = Telling()

    mourn(reservation(payload=payload), Failed.from_exception(DirtyExit("gone")), [backend])

    assert [("gone", payload)] == [(record.error, record.payload) for record in backend.told]


@pytest.mark.parametrize("record", ["last", "each"])
def test_retried(record: Any) -> None:
    """A failure that the policy covers is retried: on_retry runs, and backends hear by choice."""
    hooks, backend = Noting(), Telling()

    @job(name="shop.send", plugins=[hooks], retry=Retry(backoff=7, jitter=0, record=record))
    def send() -> None:
        raise ValueError("boom")

    outcome = perform(reservation(), [backend])

    assert isinstance(outcome, Retrying)
    assert (7, 2, 5, "boom") == (
        outcome.delay,
        outcome.attempt,
        outcome.most,
        outcome.failed.error,
    )
    assert any("boom" in line for line in outcome.failed.backtrace)
    assert [("retry", ValueError, "boom")] == hooks.events
    assert ([1] if record == "each" else []) == [r.extras["attempt"] for r in backend.told]


def test_retries_spent() -> None:
    """After the last attempt the job has failed: on_failure runs, and backends hear of it."""
    hooks, backend = Noting(), Telling()

    @job(name="shop.send", plugins=[hooks], retry=2)
    def send() -> None:
        raise ValueError("boom")

    outcome = perform(
        reservation(payload=b'{"class":"shop.send","args":[],"attempt":2}'), [backend]
    )

    assert isinstance(outcome, Failed)
    assert [(ValueError, "boom", [], "q")] == hooks.events
    assert [2] == [record.extras["attempt"] for record in backend.told]


def test_worker_leaves() -> None:
    """A job that is stopped with its worker, and may be queued again, is no failure."""
    hooks, backend = Noting(), Telling()

    @job(name="shop.send", plugins=[hooks], on_worker_loss="requeue")
    def send() -> None:
        raise TermException("SIGTERM", WorkerStopped("leaves"))

    outcome = perform(reservation(), [backend])

    assert isinstance(outcome, Requeued)
    assert [("retry", WorkerStopped, "leaves")] == hooks.events
    assert [] == backend.told


def test_mourn_retried() -> None:
    """The hooks for a death that is retried are those of a retry; no backend hears of it."""
    hooks, backend = Noting(), Telling()

    @job(name="shop.send", plugins=[hooks])
    def send() -> None: ...

    outcome = Retrying(Failed.from_exception(JobTimeout("stopped")), 7, 2, 5)

    assert outcome == mourn(reservation(), outcome, [backend])
    assert [("retry", JobTimeout, "stopped")] == hooks.events
    assert [] == backend.told


def test_mourn_asks() -> None:
    """A policy that is code is asked where it may run, if that is wanted."""
    hooks = Noting()
    policy = Retry(backoff=lambda attempt, error: attempt + len(str(error)), jitter=0)

    @job(name="shop.send", plugins=[hooks], retry=policy)
    def send() -> None: ...

    failed = Failed.from_exception(JobTimeout("stopped"))

    assert Retrying(failed, 8, 2, 5) == mourn(reservation(), failed, [], ask=True)
    assert failed == mourn(reservation(), failed, [])
    assert ["retry", JobTimeout] == [event[0] for event in hooks.events]


@pytest.mark.parametrize(("ttl", "expires"), [(59.0, True), (61.0, False), (None, False)])
def test_expired(ttl: float | None, expires: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that waited longer than its ttl is dropped unperformed."""
    performed: list[int] = []

    @job(name="shop.send", ttl=ttl)
    def send() -> None:
        performed.append(1)

    moment = datetime(2026, 11, 21, tzinfo=timezone.utc)
    monkeypatch.setattr(timestamps, "now", lambda: moment)
    raw = Payload("shop.send", [], {"queue_time": moment.timestamp() - 60}).encode()

    outcome = perform(reservation(payload=raw), [])

    assert (Expired(60.0) if expires else Succeeded()) == outcome
    assert ([] if expires else [1]) == performed


def test_no_queue_time() -> None:
    """A job whose payload does not tell since when it waits is never dropped."""

    @job(name="shop.send", ttl=1)
    def send() -> None: ...

    assert Succeeded() == perform(reservation(), [])


class Odd:
    """What JSON cannot carry."""


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ({"a": [1, "é"]}, Succeeded('{"a":[1,"é"]}')),
        (None, Succeeded("null")),
        (
            {"a": Odd()},
            Succeeded(
                fault='the returned value["a"] is an Odd, which JSON cannot carry; pass text, '
                "numbers, lists and dicts of them"
            ),
        ),
        (
            {1: 2},
            Succeeded(
                fault="the returned value has the key 1, which JSON would turn into text; use a str"
            ),
        ),
        (
            "x" * 1_000_000,
            Succeeded(fault="the returned value has 1000002 bytes as JSON; 1000000 can be kept"),
        ),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_value(value: Any, outcome: Succeeded) -> None:
    """What a job returns comes back where it is kept, or else why it cannot be kept."""

    @job(name="shop.send", result_ttl=60)
    def send() -> Any:
        return value

    raw = Payload("shop.send", [], {"id": "f00"}).encode()
    assert outcome == perform(reservation(payload=raw), [])

    registry._jobs["shop.send"] = replace(send, result_ttl=None)
    assert Succeeded() == perform(reservation(payload=raw), [])
    tracked = Payload("shop.send", [], {"id": "f00", "prefix": ""}).encode()
    assert outcome == perform(reservation(payload=tracked), [])
