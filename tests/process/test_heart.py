"""Signs of life are given when due, and by a thread where a job keeps the loop busy."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import pytest

from django_resque.exceptions import StoreError, StoreUnavailable
from django_resque.process.heart import Heart
from django_resque.store.history import History
from django_resque.store.workers import Beat
from django_resque.wire.vitals import Vitals
from tests.claims import WORKER, reservation
from tests.polling import eventually

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from django_resque.wire.worker import Reservation

_ID = "host~0123456789ab:42:q"


class NoStore:
    """A store that is away."""

    def __init__(self) -> None:
        """Count the attempts."""
        self.attempts = 0

    @property
    def workers(self) -> NoStore:
        """The noun asked for."""
        return self

    def register(self, worker: str, started: str, vitals: bytes) -> Beat:
        """Fail."""
        self.attempts += 1
        raise StoreUnavailable("away")


@pytest.fixture
def no_store() -> NoStore:
    """A store that is away."""
    return NoStore()


def heart(
    store: object, interval: float = 10.0, thread_store: object = None, *, ttl: float = 60.0
) -> Heart:
    """Return a heart that beats over this store."""
    one, other = cast("Store", store), cast("Store", thread_store or store)
    return Heart(one, other, _ID, "then", interval=interval, ttl=ttl, vitals=lambda: Vitals("idle"))


def held(client: redis.Redis) -> Reservation:
    """Return a claim that a worker holds."""
    claim = reservation()
    client.set(f"resque:worker:{WORKER}", claim.encode())
    return claim


def beats_in_a_thread() -> bool:
    """Tell whether a heart's thread runs."""
    return "resque-heart" in [thread.name for thread in threading.enumerate()]


def test_beat(store: Store) -> None:
    """The first beat is due at once, registers the worker, and puts off the next."""
    beating = heart(store)
    began = time.monotonic()
    assert began >= beating.due

    assert beating.beat_if_due()
    assert not beating.beat_if_due()

    assert [_ID] == store.workers.ids()
    assert ["then"] == store.workers.started([_ID])
    assert {_ID: Vitals("idle").encode()} == store.workers.vitals_of([_ID])
    assert 10.0 <= beating.due - began < 12.0


def test_comes_back(store: Store, redis_client: redis.Redis) -> None:
    """A worker that Redis has forgotten is back with its next beat."""
    beating = heart(store, interval=0.0)
    beating.beat()
    redis_client.flushall()

    assert beating.beat_if_due()

    assert [_ID] == store.workers.ids()


def test_failed_beat(no_store: NoStore) -> None:
    """A beat that failed is due again soon, but not at once."""
    beating = heart(no_store)
    began = time.monotonic()

    with pytest.raises(StoreUnavailable):
        beating.beat()

    assert 0.5 < beating.due - began < 3.0
    assert not beating.beat_if_due()
    assert 1 == no_store.attempts


class Clock:
    """A store whose Redis tells the time it is given, or is away if that is None."""

    def __init__(self) -> None:
        """Begin."""
        self.at: int | None = 1000

    @property
    def workers(self) -> Clock:
        """The noun asked for."""
        return self

    @property
    def history(self) -> Clock:
        """The other noun asked for."""
        return self

    def register(self, worker: str, started: str, vitals: bytes) -> Beat:
        """Tell the time."""
        if self.at is None:
            raise StoreUnavailable("away")
        return Beat(self.at, None)

    def sample(self) -> float:
        """Take none."""
        return 60.0


@pytest.mark.parametrize(
    ("beats", "unbroken"),
    [
        ([], float("inf")),
        ([0], float("inf")),
        ([0, 10, 20, 31, 61], float("inf")),
        ([0, 10, 41], 0),
        ([0, 10, None, 41, 52], 11),
        ([0, 10, None, None, 11], float("inf")),
        ([0, 10, 9], 0),
        ([0, 100_000, 100_010, 100_020], 20),
        ([None, 5], 0),
        ([None, 5, 15], 10),
    ],
)
def test_unbroken(beats: list[int | None], unbroken: float) -> None:
    """A gap between two beats, by the clock of Redis, makes the heart count anew.

    So does a clock that goes back, and a first beat that had to wait for Redis.
    """
    clock = Clock()
    beating = heart(clock)

    for at in beats:
        clock.at = None if at is None else 1_000_000 + at
        with suppress(StoreUnavailable):
            beating.beat()

    assert unbroken == beating.unbroken


@pytest.mark.parametrize(
    ("interval", "ttl", "lease"), [(10.0, 60.0, 49.0), (10.0, 20.0, 15.0), (2.0, 100.0, 97.0)]
)
def test_lapsed(monkeypatch: pytest.MonkeyPatch, interval: float, ttl: float, lease: float) -> None:
    """Some time before others may take it for dead, a worker knows by its own clock."""
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    clock = Clock()
    beating = heart(clock, interval, ttl=ttl)

    for last_heard in (1000.0, 5000.0):
        now = last_heard
        if last_heard > 1000.0:
            beating.beat()
        clock.at = None
        now = last_heard + lease - 0.1
        with suppress(StoreUnavailable):
            beating.beat()
        assert not beating.lapsed
        now = last_heard + lease + 0.1
        assert beating.lapsed
        clock.at = 2000


def test_short_ttl(store: Store) -> None:
    """However short the time after which workers are dead, one beat on the other is no gap."""
    clock = Clock()
    beating = heart(clock, interval=10.0, ttl=20.0)
    for at in (0, 11, 23):
        clock.at = 1_000_000 + at
        beating.beat()

    assert float("inf") == beating.unbroken


def test_refused_look(
    store: Store, redis_client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """That jobs which wait cannot be looked at keeps no beat away, and is told now and then."""
    beating = heart(store)
    redis_client.set("resque:parked", "x")
    beating.expect(0.0)

    assert beating.beat_if_due()

    assert [_ID] == store.workers.ids()
    assert 5 < beating.due - time.monotonic()
    assert "Jobs that wait for a limit cannot be looked at" in caplog.text


def test_hurry(store: Store) -> None:
    """With something to tell, the next beat is due at once, and that after it as ever."""
    beating = heart(store)
    beating.beat()

    beating.hurry()

    assert [True, False] == [beating.beat_if_due(), beating.beat_if_due()]


def test_parked_jobs(store: Store, redis_client: redis.Redis) -> None:
    """Jobs that wait for a limit come back when it is time, long before the next beat."""
    beating = heart(store)
    beating.beat()
    store.limits.park(held(redis_client), "unknown:x", b"{}", 0.05)
    beating.expect(0.05)
    assert beating.due - time.monotonic() < 1.0

    eventually(lambda: beating.beat_if_due() or store.queues.size("q"), 5, "it never came back")

    assert 5 < beating.due - time.monotonic()
    assert {} == store.limits.parked()


def test_parked_jobs_of_others(store: Store, redis_client: redis.Redis) -> None:
    """With a beat, a worker hears of jobs that others have parked; if it is time, they go."""
    store.limits.park(held(redis_client), "unknown:x", b"{}", 3.0)
    beating = heart(store)
    beating.beat()
    assert beating.due - time.monotonic() < 4.0

    redis_client.zadd("resque:parked", {"unknown:x": 0})
    beating.beat()

    assert 1 == store.queues.size("q")
    assert 5 < beating.due - time.monotonic()


def test_sample(store: Store, redis_client: redis.Redis) -> None:
    """With a beat comes the sample of this minute, and no other before the next."""
    beating = heart(store, interval=0.0)
    beating.beat()
    (first,) = store.history.totals()[0]
    redis_client.delete("resque:history:minutes")

    beating.beat()

    assert 0 <= store.workers.now() - first.at < 3
    assert 0 == redis_client.llen("resque:history:minutes")
    assert 0 < beating._sample_due - time.monotonic() <= 60


@pytest.mark.parametrize("error", [StoreUnavailable("away"), StoreError("refused")])
def test_no_sample(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: StoreError,
) -> None:
    """A sample that cannot be taken costs no sign of life; that of a spoilt key is told."""

    def fail(self: History) -> int:
        raise error

    monkeypatch.setattr(History, "sample", fail)
    beating = heart(store)

    assert beating.beat_if_due()

    assert [_ID] == store.workers.ids()
    assert 50 < beating._sample_due - time.monotonic() <= 60
    told = caplog.text.count("No sample could be taken for the charts")
    assert (0 if isinstance(error, StoreUnavailable) else 1) == told


def test_thread(store: Store, no_store: NoStore, redis_client: redis.Redis) -> None:
    """While a block is busy a thread beats, over connections of its own; then it is gone."""
    with heart(no_store, 0.01, store).beating():
        for _ in range(2):
            eventually(lambda: [_ID] == store.workers.ids())
            redis_client.flushall()
        assert beats_in_a_thread()

    assert not beats_in_a_thread()
    assert 0 == no_store.attempts


def test_thread_outlives_outage(store: Store, no_store: NoStore) -> None:
    """The thread goes on when Redis is away."""
    with heart(store, 0.01, no_store).beating():
        eventually(lambda: no_store.attempts > 2)

    assert not beats_in_a_thread()


def test_thread_ends_with_error(store: Store) -> None:
    """What is raised in the block ends the thread as well."""
    with pytest.raises(ValueError, match="boom"), heart(store).beating():
        raise ValueError("boom")

    assert not beats_in_a_thread()
