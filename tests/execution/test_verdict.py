"""A failure is judged by the job's policy, where that may run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from django_resque import Retry, job
from django_resque.exceptions import (
    DirtyExit,
    JobTimeout,
    PruneDeadWorkerDirtyExit,
    WorkerStopped,
)
from django_resque.execution.outcome import Failed, Requeued, Retrying, Skipped
from django_resque.execution.verdict import (
    ask_about,
    in_words,
    judge,
    judge_death,
    judge_loss,
    verdict_in,
)
from django_resque.wire.payload import Payload
from tests.claims import reservation

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque import Job
    from django_resque.store import Store

_BOOM = Failed("ValueError", "boom")
_GONE = Failed.from_exception(DirtyExit("gone"))
_LOST = Failed.from_exception(PruneDeadWorkerDirtyExit("w", "send"))


@pytest.fixture
def make() -> Callable[..., Job[..., Any]]:
    """Define the job ``send`` with options."""

    def make(**options: Any) -> Job[..., Any]:
        @job(name="send", **options)
        def send(*_args: Any) -> None: ...

        return send

    return make


def steady(**options: Any) -> Retry:
    """Return a policy without chance: ten seconds each time."""
    return Retry(**{"backoff": 10, "jitter": 0, "max_attempts": 3, **options})


def test_no_policy(make: Callable[..., Job[..., Any]]) -> None:
    """A job without a policy has failed."""
    assert _BOOM == judge(make(), Payload("send"), _BOOM, ValueError())


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (1, Retrying(_BOOM, 10, 2, 3)),
        (2, Retrying(_BOOM, 10, 3, 3)),
        (3, _BOOM),
        (99, _BOOM),
        ("x", Retrying(_BOOM, 10, 2, 3)),
        (-5, Retrying(_BOOM, 10, 2, 3)),
    ],
)
def test_attempts(make: Callable[..., Job[..., Any]], attempt: Any, verdict: Any) -> None:
    """The payload tells which attempt it was; what is no count counts as the first."""
    payload = Payload("send", [], {"attempt": attempt})

    assert verdict == judge(make(retry=steady()), payload, _BOOM, ValueError())


def test_recorded_each_time(make: Callable[..., Job[..., Any]]) -> None:
    """A policy may have every failure recorded."""
    verdict = judge(make(retry=steady(record="each")), Payload("send"), _BOOM, ValueError())

    assert Retrying(_BOOM, 10, 2, 3, is_recorded=True) == verdict


@pytest.mark.parametrize("answer", [ZeroDivisionError(), "soon", -1])
def test_broken_policy(
    make: Callable[..., Job[..., Any]], answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A policy that raises or answers nonsense is told of; the job fails of what it failed of."""

    def backoff(_attempt: int, _error: BaseException) -> float:
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    defined = make(retry=steady(backoff=backoff))

    assert _BOOM == judge(defined, Payload("send"), _BOOM, ValueError())
    assert "The retry policy of send raised" in caplog.text


def test_unwritable_payload(make: Callable[..., Job[..., Any]]) -> None:
    """A payload that could not be written again is not tried again."""
    assert _BOOM == judge(make(retry=steady()), Payload("send", ["\ud800"]), _BOOM, ValueError())


def test_endless_policy_ends(make: Callable[..., Job[..., Any]]) -> None:
    """A policy of somebody's own that never gives up is stopped after many attempts."""

    class Endless(Retry):
        def delay(self, attempt: int, exception: BaseException) -> float | None:
            del attempt, exception
            return 0

    endless = Payload("send", [], {"attempt": 1000})

    assert _BOOM == judge(make(retry=Endless()), endless, _BOOM, ValueError())


def test_stopped_with_worker(make: Callable[..., Job[..., Any]]) -> None:
    """What was stopped with its worker is queued again, whatever its policy."""
    stopped = Failed.from_exception(WorkerStopped("leaves"))

    assert Requeued(stopped) == judge(make(), Payload("send"), stopped, WorkerStopped("leaves"))
    make()
    assert Requeued(stopped) == judge_death(reservation("send"), stopped)


@pytest.mark.parametrize("kind", [DirtyExit, JobTimeout])
def test_death(make: Callable[..., Job[..., Any]], kind: type[DirtyExit]) -> None:
    """A death is judged as the exception that stands for it."""
    failed = Failed.from_exception(kind("gone"))
    make(retry=steady(on=JobTimeout))

    verdict = judge_death(reservation("send"), failed)

    assert (Retrying(failed, 10, 2, 3) if kind is JobTimeout else failed) == verdict


def test_death_of_unknown() -> None:
    """A job that is not known here, or cannot be read, has failed."""
    assert _GONE == judge_death(reservation("nobody's"), _GONE)
    assert _GONE == judge_death(reservation(payload=b"garbage"), _GONE)
    assert _GONE == ask_about(reservation("nobody's"), _GONE)


def test_function_is_not_asked_here(make: Callable[..., Job[..., Any]]) -> None:
    """A function is foreign code: only those who mourn may ask it."""
    asked: list[int] = []

    def backoff(attempt: int, _error: BaseException) -> float:
        asked.append(attempt)
        return 5

    make(retry=steady(backoff=backoff))

    assert judge_death(reservation("send"), _GONE) is None
    assert [] == asked
    assert Retrying(_GONE, 5, 2, 3) == ask_about(reservation("send"), _GONE)
    assert [1] == asked


def test_loss(make: Callable[..., Job[..., Any]], store: Store) -> None:
    """A lost job fails by default, is judged by data, and fails where a function would judge."""
    claim = reservation("send")

    make()
    assert _LOST == judge_loss(store, claim, _LOST)
    make(retry=steady())
    assert Retrying(_LOST, 10, 2, 3) == judge_loss(store, claim, _LOST)
    make(retry=steady(backoff=lambda _attempt, _error: 5))
    assert _LOST == judge_loss(store, claim, _LOST)
    assert _LOST == judge_loss(store, reservation(payload=b"garbage"), _LOST)


def test_recovery(make: Callable[..., Job[..., Any]], store: Store) -> None:
    """A lost job is queued again as often as it may be, then it fails as poison."""
    make(on_worker_loss="requeue", max_recoveries=2)
    claim = reservation("send")
    for _ in range(2):
        assert Requeued(_LOST, is_counted=True) == judge_loss(store, claim, _LOST)
        store.commander.pipe(store.recoveries.counting(claim.queue, claim.payload))

    poison = judge_loss(store, claim, _LOST)

    assert isinstance(poison, Failed)
    assert "django_resque.exceptions.PoisonJob" == poison.exception
    assert "Its worker was lost 3 times" in poison.error
    assert "Worker w did not gracefully exit while processing send" in poison.error


def test_verdict_in() -> None:
    """Other outcomes are no verdicts."""
    assert _BOOM == verdict_in(_BOOM)
    assert verdict_in(Skipped()) is None


def test_in_words() -> None:
    """What became of a job can be said in a line."""
    verdicts = [None, _BOOM, Requeued(_BOOM)]

    assert ["", "its job failed", "its job is performed again"] == list(map(in_words, verdicts))


@pytest.mark.parametrize("queue", ["", " ", "q\ud800"])
def test_no_way_back(make: Callable[..., Job[..., Any]], store: Store, queue: str) -> None:
    """A claim of another client that tells no queue leaves a failure, whatever the job wants."""
    choices: list[dict[str, Any]] = [{"on_worker_loss": "requeue"}, {"retry": steady()}]
    for options in choices:
        make(**options)
        assert _LOST == judge_loss(store, reservation("send", queue=queue), _LOST)
