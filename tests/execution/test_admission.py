"""Jobs begin when their limits allow it; most have none, and cost nothing."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import job
from django_resque.exceptions import StoreUnavailable
from django_resque.execution import settle
from django_resque.execution.admission import Admission
from django_resque.execution.outcome import Failed, Requeued, Retrying, Succeeded
from django_resque.store.commander import PooledCommander
from django_resque.store.workers import Look
from django_resque.wire.lock import lock_name
from django_resque.wire.payload import Payload
from tests.claims import WORKER, reservation

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from django_resque.wire.worker import Reservation
    from tests.trips import Trips

NAME = lock_name("once", b"[7]")
FAILED = Failed("ValueError", "boom")


def work(account: int) -> None:
    """Do nothing."""


@pytest.fixture
def expected() -> list[float]:
    """In how many seconds somebody is to look."""
    return []


@pytest.fixture
def admission(store: Store, expected: list[float]) -> Admission:
    """What stands before the jobs of a worker that gives unknown classes a minute."""
    return Admission(store, 60.0, expected.append)


def held(client: redis.Redis, name: str, *args: Any, **extras: Any) -> Reservation:
    """Return a claim that the worker holds."""
    raw = extras.pop("raw", None) or Payload(name, list(args), extras).encode()
    claim = reservation(payload=raw)
    client.set(f"resque:worker:{WORKER}", claim.encode())
    return claim


def first_parked(client: redis.Redis, limit: str) -> bytes:
    """Return the next job that waits for a limit."""
    found: Any = client.lindex(f"resque:parked:{limit}", 0)
    return bytes(found)


def end(store: Store, claim: Reservation, outcome: Any) -> None:
    """End a job."""
    ending = settle.ending(store, [], claim, outcome)
    assert [] == store.workers.step(WORKER, Look(()), ending=ending, rid="").errors


def test_parks(store: Store) -> None:
    """It parks none where no job has a limit and unknown classes fail at once."""
    job(name="free")(work)
    assert not Admission(store, 0.0, print).parks
    assert Admission(store, 60.0, print).parks

    job(name="alone", max_running=1)(work)

    assert Admission(store, 0.0, print).parks


def test_no_limit(admission: Admission, redis_client: redis.Redis, trips: Trips) -> None:
    """A job without options begins, and Redis is not asked; neither is one without a class."""
    job(name="free", unique="until_end")(work)

    trips.count()
    assert admission.admits(held(redis_client, "free", 7))
    assert admission.admits(held(redis_client, "", raw=b"nonsense"))
    assert 0 == trips.count()


def test_limit(
    admission: Admission, store: Store, redis_client: redis.Redis, expected: list[float]
) -> None:
    """The second is parked, to have its turn when the first has ended; whatever its end is."""
    job(name="alone", max_running=1)(work)
    job(name="other")(work)
    for outcome in (Succeeded(), FAILED, Retrying(FAILED, 0.0, 2, 3), Requeued(FAILED)):
        claim = held(redis_client, "alone", 1)
        assert admission.admits(claim)
        second = reservation("alone", 2, worker="host:2:q", rid="r2")
        redis_client.set("resque:worker:host:2:q", second.encode())
        assert not admission.admits(second)

        end(store, claim, outcome)

        assert second.payload == store.queues.peek("q")[0]
        redis_client.flushall()
    assert 4 == len(expected)


def test_giving_back(admission: Admission, store: Store, redis_client: redis.Redis) -> None:
    """A job that goes back unbegun takes no place and no turn with it."""
    job(name="rare", max_running=1, rate="1/h")(work)
    claim = held(redis_client, "rare", 1)
    assert admission.admits(claim)

    ending = settle.giving_back(store, claim)
    store.workers.step(WORKER, Look(()), ending=ending, rid="")

    assert not redis_client.exists("resque:running:rare", "resque:rate:rare")
    assert admission.admits(held(redis_client, "rare", 2))


def test_pruned(admission: Admission, store: Store, redis_client: redis.Redis) -> None:
    """The end of a lost worker's job frees its place and its lock."""
    job(name="once", unique="until_end", max_running=1)(work)
    claim = held(redis_client, "once", 7, id="f00", unique=NAME)
    redis_client.set(f"resque:unique:{NAME}", "f00")
    assert admission.admits(claim)

    assert settle.unregister(store, [], WORKER, FAILED, claim=claim.encode())[0]

    assert not redis_client.exists(f"resque:unique:{NAME}", "resque:running:once")


@pytest.mark.parametrize(
    ("outcome", "is_free"),
    [
        (Succeeded(), True),
        (FAILED, True),
        (Retrying(FAILED, 1000.0, 2, 3), False),
        (Requeued(FAILED), False),
    ],
)
def test_until_end(store: Store, redis_client: redis.Redis, outcome: Any, *, is_free: bool) -> None:
    """The lock is free when the job has ended for good; until the next attempt it is kept."""
    job(name="once", unique="until_end", unique_for=100)(work)
    claim = held(redis_client, "once", 7, id="f00", unique=NAME)
    redis_client.set(f"resque:unique:{NAME}", "f00", ex=10)

    end(store, claim, outcome)

    ttl = redis_client.ttl(f"resque:unique:{NAME}")
    assert is_free == (ttl == -2)
    if not is_free:
        assert (1050 if isinstance(outcome, Retrying) else 50) < ttl


def test_until_start(admission: Admission, redis_client: redis.Redis, trips: Trips) -> None:
    """The lock is free when the job begins, with one call; that of another owner is not."""
    job(name="once", unique="until_start")(work)
    redis_client.set(f"resque:unique:{NAME}", "f00")

    assert admission.admits(held(redis_client, "once", 7, id="bar", unique=NAME))
    assert redis_client.exists(f"resque:unique:{NAME}")
    trips.count()
    assert admission.admits(held(redis_client, "once", 7, id="f00", unique=NAME))
    assert 1 == trips.count()
    assert not redis_client.exists(f"resque:unique:{NAME}")


def test_spoilt(
    admission: Admission, redis_client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """A limit whose keys are spoilt does not hold, and is told of."""
    job(name="alone", max_running=1)(work)
    redis_client.set("resque:running:alone", "x")

    assert admission.admits(held(redis_client, "alone", 1))
    assert "whose keys are spoilt" in caplog.text


def test_outage(
    admission: Admission, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While Redis is away nothing is decided."""
    job(name="alone", max_running=1)(work)
    claim = held(redis_client, "alone", 1)

    def away(*_: Any) -> Any:
        raise StoreUnavailable("away")

    monkeypatch.setattr(PooledCommander, "exchange", away)
    with pytest.raises(StoreUnavailable):
        admission.admits(claim)


def test_gone(admission: Admission) -> None:
    """One that is claimed no more does not begin."""
    job(name="alone", max_running=1)(work)

    assert not admission.admits(reservation("alone", 1))


def test_unknown_class(
    admission: Admission, redis_client: redis.Redis, expected: list[float]
) -> None:
    """An unknown class is parked for some seconds; it tells since when, else is as it was."""
    raw = b'{ "class":"Later", "args":[1.0e+15] } '

    assert not admission.admits(held(redis_client, "", raw=raw))

    item = first_parked(redis_client, "unknown:Later")
    head = b'0 0 0 1:q{ "class":"Later", "args":[1.0e+15] ,"unknown_since":'
    assert item.startswith(head)
    assert abs(float(item[len(head) : -1]) - time.time()) < 5
    assert [5.0] == expected


@pytest.mark.parametrize(
    ("ago", "is_over"), [(10, False), (58, False), (61, True), (-3600, True), (None, True)]
)
def test_unknown_for_long(
    admission: Admission,
    redis_client: redis.Redis,
    expected: list[float],
    ago: float | None,
    *,
    is_over: bool,
) -> None:
    """After the set time it may fail; so may one that tells nonsense."""
    since = "nonsense" if ago is None else time.time() - ago
    claim = held(redis_client, "Later", unknown_since=since)

    assert is_over == admission.admits(claim)
    if not is_over:
        assert 0 < expected[0] <= 5
        item = first_parked(redis_client, "unknown:Later")
        assert json.loads(claim.payload) == json.loads(item.partition(b":q")[2])


def test_unknown_class_by_default(store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """Without the setting it fails at once."""
    admission = Admission(store, 0.0, lambda _: None)

    trips.count()
    assert admission.admits(held(redis_client, "Later"))
    assert 0 == trips.count()


def test_long_name(admission: Admission, redis_client: redis.Redis) -> None:
    """Whatever a class is called, its key is short and readable."""
    assert not admission.admits(held(redis_client, "x" * 300))

    (key,) = redis_client.keys("resque:parked:*")
    assert len(key) < 100
