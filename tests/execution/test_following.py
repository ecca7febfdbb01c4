"""What follows from an end is written with it, and only where something does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from django_resque import job
from django_resque.exceptions import PruneDeadWorkerDirtyExit
from django_resque.execution.following import following
from django_resque.execution.outcome import (
    Expired,
    Failed,
    Requeued,
    Retrying,
    Skipped,
    Succeeded,
)
from django_resque.execution.settle import unregister
from django_resque.store.relations import Waiting
from django_resque.wire.payload import Payload
from django_resque.wire.relations import Link, Membership, related
from tests.claims import WORKER, reservation

if TYPE_CHECKING:
    import redis

    from django_resque.execution.outcome import Outcome
    from django_resque.store import Store

_FAILED = Failed("ValueError", "boom")
_NEXT = Link("low", Payload("b", [2], {"id": "f01"}), takes_result=True)
_MARK = Membership("g", "m")


def follow(store: Store, payload: Payload, outcome: Outcome) -> list[tuple[Any, ...]]:
    """Return the commands for a payload, without what depends on the time."""
    claim = reservation(payload=payload.encode())
    found = following(store, claim, outcome, payload.name)
    return [
        tuple(word for word in command if not isinstance(word, (float, bytes))) for command in found
    ]


def ended(outcome: str, *words: str) -> tuple[str, ...]:
    """Return the operation that tells of an end."""
    return ("resque.ended", "resque:", outcome, *words)


def test_nothing(store: Store) -> None:
    """A job that nobody follows or waits for costs nothing."""
    assert [] == follow(store, Payload("a", [], {"id": "f00"}), Succeeded())
    unreadable = reservation(payload=b'{"then":')
    assert [] == following(store, unreadable, Succeeded(), None)


@pytest.mark.parametrize("outcome", [Retrying(_FAILED, 1, 2, 5), Requeued(_FAILED)])
def test_no_end(store: Store, outcome: Outcome) -> None:
    """What is performed again has not ended."""
    assert [] == follow(store, related(Payload("a"), [_NEXT], _MARK), outcome)


def test_success(store: Store) -> None:
    """The next of a chain is pushed; the last one tells the group."""
    pushed = [("SADD", "resque:queues", "low"), ("RPUSH", "resque:queue:low")]

    assert pushed == follow(store, related(Payload("a"), [_NEXT], _MARK), Succeeded("1"))
    last = related(Payload("a"), (), _MARK)
    assert [ended("done", "g", "m")] == follow(store, last, Succeeded())


@pytest.mark.parametrize("outcome", [_FAILED, Skipped(), Expired(1.0)])
def test_no_success(store: Store, outcome: Outcome) -> None:
    """Whatever else a job comes to, nothing follows, and all that would have are told of."""

    @job(name="a", result_ttl=60)
    def a() -> None: ...

    payload = related(Payload("a", [], {"id": "f00"}), [_NEXT], _MARK)

    assert [ended("failed", "g", "m", "f00", "f01")] == follow(store, payload, outcome)


def test_result(store: Store) -> None:
    """The end of a job that keeps results is told to those that wait for it."""

    @job(name="a", result_ttl=60)
    def a() -> None: ...

    payload = Payload("a", [], {"id": "f00"})
    assert [ended("done", "", "", "f00")] == follow(store, payload, Succeeded())
    assert [] == follow(store, Payload("a"), Succeeded())


@pytest.mark.parametrize("value", ["", "{", '"\ud800"'])
def test_garbled_value(store: Store, value: str) -> None:
    """A value that a job garbled itself is none."""
    payload = related(Payload("a"), [_NEXT])
    claim = reservation(payload=payload.encode())
    *_, (_rpush, _key, raw) = following(store, claim, Succeeded(value), "a")

    assert isinstance(raw, bytes)
    assert [None, 2] == Payload.decode(raw).args


def test_surrogate(store: Store) -> None:
    """What no client of ours can have written is not pushed."""
    raw = b'{"class":"a","then":[{"class":"b","queue":"q","args":["\\ud800"]}]}'

    assert [] == following(store, reservation(payload=raw), Succeeded(), "a")


def test_lost_worker(store: Store, redis_client: redis.Redis) -> None:
    """The end of a lost worker's job is told too."""
    claim = reservation(payload=related(Payload("a"), (), Membership("g", "m", "cancel")).encode())
    redis_client.sadd("resque:workers", WORKER)
    redis_client.set(f"resque:worker:{WORKER}", claim.encode())
    store.relations.wait(Waiting("g", "q", b"done", None, "continue"), members=["m"])

    failed = Failed.from_exception(PruneDeadWorkerDirtyExit(WORKER, "a"))
    assert unregister(store, [], WORKER, failed, claim=claim.encode())[0]

    assert [b"done"] == store.queues.peek("q")
