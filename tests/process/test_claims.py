"""Every claim has one ending, and that ending is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from django_resque import job, signals
from django_resque.exceptions import StoreUnavailable
from django_resque.execution.admission import Admission
from django_resque.execution.outcome import Failed, Skipped, Succeeded
from django_resque.execution.queue_names import QueuePatterns
from django_resque.execution.reserve import Reserver
from django_resque.failures.redis import RedisBackend
from django_resque.process.claims import Claims
from tests.claims import WORKER

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

    from django_resque.process.worker import Worker
    from django_resque.store import Store
    from django_resque.wire.worker import Reservation
    from tests.trips import Trips


def nothing() -> None:
    """Be what a job does."""


@pytest.fixture
def claims(store: Store) -> Claims:
    """The claims of a registered worker that works on the queue q."""
    store.workers.register(WORKER, "then")
    reserver = Reserver(store, WORKER, QueuePatterns.parse(["q"]))
    admission = Admission(store, 0.0, lambda _seconds: None)
    return Claims(reserver, admission, store, [RedisBackend()], cast("Worker", "the worker"))


@pytest.fixture
def finished() -> Iterator[list[tuple[Any, Reservation, Any]]]:
    """What job_finished has told."""
    told: list[tuple[Any, Reservation, Any]] = []

    def tell(sender: Any, reservation: Reservation, outcome: Any, **_: Any) -> None:
        told.append((sender, reservation, outcome))

    signals.job_finished.connect(tell)
    yield told
    signals.job_finished.disconnect(tell)


def taken(claims: Claims, store: Store, payload: bytes = b"{}") -> Reservation:
    """Push a payload and return its claim."""
    store.queues.push("q", payload)
    reservation = claims.next(armed=False).reservation
    assert reservation is not None
    return reservation


def test_settle(claims: Claims, store: Store, finished: list[tuple[Any, Reservation, Any]]) -> None:
    """An outcome is written with the next step, and then told, once."""
    first = taken(claims, store)
    claims.settle(first, Succeeded())
    assert claims.unsettled
    assert [] == finished

    second = taken(claims, store)
    claims.settle(second, Failed("E", "x"))
    claims.flush()
    claims.flush()

    assert not claims.unsettled
    assert ["the worker"] * 2 == [sender for sender, _, _ in finished]
    assert [(first, Succeeded()), (second, Failed("E", "x"))] == [told[1:] for told in finished]
    assert [2, 1] == store.stats.get("processed", "failed")


def test_told_later(
    claims: Claims, store: Store, finished: list[tuple[Any, Reservation, Any]]
) -> None:
    """What came of a job is told once, and does not keep the next one waiting."""
    first = taken(claims, store)
    claims.settle(first, Succeeded())

    taken(claims, store)
    assert [] == finished
    claims.tell()
    claims.tell()

    assert [("the worker", first, Succeeded())] == finished


@pytest.mark.parametrize("then", ["next", "flush", "settle"])
def test_told_at_the_latest(
    claims: Claims, store: Store, finished: list[tuple[Any, Reservation, Any]], then: str
) -> None:
    """A caller that forgets to have it told loses nothing by that."""
    first = taken(claims, store)
    claims.settle(first, Succeeded())
    second = taken(claims, store)

    if then == "next":
        claims.next(armed=False)
    elif then == "flush":
        claims.flush()
    else:
        claims.settle(second, Skipped())

    assert [("the worker", first, Succeeded())] == finished


def test_receiver_raises(claims: Claims, store: Store) -> None:
    """A receiver that raises does no harm."""

    def refuse(**_: Any) -> None:
        raise ValueError("boom")

    claims.settle(taken(claims, store), Succeeded())
    signals.job_finished.connect(refuse)
    try:
        claims.flush()
    finally:
        signals.job_finished.disconnect(refuse)

    assert not claims.unsettled


def test_give_back(
    claims: Claims, store: Store, finished: list[tuple[Any, Reservation, Any]]
) -> None:
    """A job that has not begun goes back without a word of an ending."""
    claims.give_back(taken(claims, store, b"one"))
    claims.flush()

    assert [b"one"] == store.queues.peek("q")
    assert [0] == store.stats.get("processed")
    assert [] == finished


def test_fenced(
    claims: Claims,
    store: Store,
    redis_client: redis.Redis,
    caplog: pytest.LogCaptureFixture,
    finished: list[tuple[Any, Reservation, Any]],
) -> None:
    """The ending of a claim that somebody else has ended is not told as one, but the log has it."""
    claims.settle(taken(claims, store), Succeeded())
    redis_client.delete(f"resque:worker:{WORKER}")

    claims.flush()

    assert not claims.unsettled
    assert [] == finished
    (record,) = caplog.records
    assert "ended as Succeeded, but its claim was gone" in record.getMessage()
    assert ("job.fenced", "q") == (vars(record)["event"], vars(record)["queue"])


def test_refused(
    claims: Claims, store: Store, redis_client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """What Redis refuses of an ending is nowhere but in the log, whole and on one line."""
    redis_client.set("resque:failed", "no list")
    claims.settle(taken(claims, store, b'{"class":"x",\n"args":["\x1b[2J\xff"]}'), Failed("E", "x"))

    claims.flush()

    (record,) = [each for each in caplog.records if vars(each)["event"] == "job.unwritten"]
    line = record.getMessage()
    assert "WRONGTYPE" in line
    assert "Failed(exception='E', error='x', backtrace=[])" in line
    assert '{"class":"x",\\n"args":["\\x1b[2J\\xff"]}' in line
    assert [1, 1] == store.stats.get("processed", "failed")


def test_lost_reply(claims: Claims, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that a lost reply left in the worker's hands goes back with the rest."""
    claims.settle(taken(claims, store), Succeeded())
    store.queues.push("q", b"two")
    step = store.workers.step

    def lose_reply(*args: Any, **kwargs: Any) -> Any:
        step(*args, **kwargs)
        raise StoreUnavailable("cut", uncertain=True)

    monkeypatch.setattr(store.workers, "step", lose_reply)
    with pytest.raises(StoreUnavailable):
        claims.next(armed=False)
    monkeypatch.setattr(store.workers, "step", step)
    assert 0 == store.queues.size("q")

    claims.flush()

    assert [b"two"] == store.queues.peek("q")
    assert [1] == store.stats.get("processed")
    assert not claims.unsettled


def test_track(claims: Claims, store: Store, redis_client: redis.Redis) -> None:
    """php-resque is told that a job runs, where it keeps track of it, and later how it ended."""
    key = "resque:job:f00:status"
    raw = b'{"class":"X","args":[],"id":"f00","prefix":""}'
    claims.track(taken(claims, store, raw))
    assert not redis_client.exists(key)

    redis_client.set(key, '{"status":1,"updated":1,"started":7,"result":null}')
    redis_client.delete(f"resque:worker:{WORKER}")
    first = taken(claims, store, raw)
    claims.track(first)
    running = json.loads(store.commander.call("GET", key))
    assert (2, 7, None) == (running["status"], running["started"], running["result"])
    claims.settle(first, Succeeded('"php result"'))
    claims.flush()
    complete = json.loads(store.commander.call("GET", key))
    assert (4, 7, "php result") == (complete["status"], complete["started"], complete["result"])


def test_untracked_costs_nothing(claims: Claims, store: Store, trips: Trips) -> None:
    """Of other payloads nobody is asked."""
    reservation = taken(claims, store, b'{"class":"X","args":["prefix"],"id":"f00"}')
    garbled = taken(claims, store, b'"prefix" and "id"')
    trips.count()
    claims.track(reservation)
    claims.track(garbled)

    assert 0 == trips.count()


def test_parked(claims: Claims, store: Store, finished: list[tuple[Any, Any, Any]]) -> None:
    """A job beyond its limit is told of as parked, and the next look finds what is behind it."""
    job(name="alone", max_running=1)(nothing)
    first = taken(claims, store, b'{"class":"alone","args":[1]}')
    store.queues.push_many("q", [b'{"class":"alone","args":[2]}', b"{}"])
    store.commander.call("HSET", store.keys.running("alone"), "r9", "host:9:q")
    store.commander.call("SET", store.keys.worker("host:9:q"), '{"rid":"r9"')
    claims.settle(first, Succeeded())

    answer = claims.next(armed=False)

    assert ("parked", None) == (answer.status, answer.reservation)
    assert [(first, Succeeded())] == [told[1:] for told in finished]
    assert not claims.unsettled
    behind = claims.next(armed=False).reservation
    assert behind is not None
    assert b"{}" == behind.payload
    assert {"alone": 1} == store.limits.parked()


@pytest.mark.parametrize("leaves", [False, True])
def test_outage_before_a_job_may_begin(
    claims: Claims, store: Store, monkeypatch: pytest.MonkeyPatch, *, leaves: bool
) -> None:
    """When Redis goes away just then the job is asked for again, or goes back."""
    job(name="alone", max_running=1)(nothing)
    payload = b'{"class":"alone","args":[1]}'
    store.queues.push("q", payload)
    with monkeypatch.context() as patch:
        patch.setattr(type(store.limits), "admit", _away)
        with pytest.raises(StoreUnavailable):
            claims.next(armed=False)
    assert claims.unsettled

    if leaves:
        claims.flush()
        assert payload == store.queues.peek("q")[0]
        assert 0 == store.limits.running("alone")
    else:
        reservation = claims.next(armed=False).reservation
        assert reservation is not None
        assert payload == reservation.payload
        assert 1 == store.limits.running("alone")
    assert not claims.unsettled


def _away(*_: Any) -> Any:
    raise StoreUnavailable("away")


def test_give_up(claims: Claims, store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """An ending that could not be written is told by name, without arguments."""
    claims.give_up()
    assert [] == caplog.records
    payload = b'{"class":"shop.send\\n","args":["secret"]}'
    claims.settle(taken(claims, store, payload), Succeeded())

    claims.give_up()

    (line,) = caplog.messages
    assert "a job of queue q (shop.send\\n) ended as Succeeded, unrecorded" in line
    assert "secret" not in line
    assert claims.unsettled


def test_queues(claims: Claims) -> None:
    """It tells which queues it looks into."""
    assert ["q"] == claims.queues
