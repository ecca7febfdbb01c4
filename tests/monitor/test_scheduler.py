"""Whether anybody schedules is seen at once, and whether there is anything to do for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.monitor.scheduler import scheduler
from django_resque.wire import timestamps

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from tests.conftest import Configure
    from tests.trips import Trips

DUE = 2000000000
LOCK = "resque:resque:resque_scheduler_master_lock"


def test_nothing(resque_settings: Configure, resque_store: Store) -> None:
    """Where nothing is delayed and nothing recurs, nobody is missed."""
    seen = scheduler(resque_store)

    assert ("", None, 0, None, 0) == (
        seen.master, seen.lapses, seen.delayed, seen.next_due, seen.recurring
    )  # fmt: skip
    assert seen.complete
    assert not seen.is_missing


def test_missing(resque_settings: Configure, resque_store: Store) -> None:
    """Delayed jobs without a master are a trouble; with one they are none."""
    resque_store.delayed.push_many([(b"a", DUE), (b"b", DUE), (b"c", DUE + 1)])

    seen = scheduler(resque_store)
    assert (3, timestamps.from_epoch(DUE)) == (seen.delayed, seen.next_due)
    assert seen.is_missing

    assert resque_store.schedules.look("web~1:7", 10).holder
    seen = scheduler(resque_store)
    assert "web~1:7" == seen.master
    assert seen.lapses is not None
    assert 0 < seen.lapses <= 10
    assert not seen.is_missing

    resque_store.commander.call("PERSIST", resque_store.keys.scheduler_lock)
    seen = scheduler(resque_store)
    assert ("web~1:7", None) == (seen.master, seen.lapses)


def test_recurring(
    resque_settings: Configure, resque_store: Store, redis_client: redis.Redis
) -> None:
    """What recurs is counted unless it is off, by the settings or by an operator."""
    every = {"every": "1h", "class": "A", "queue": "q"}
    resque_settings(SCHEDULE={"one": every, "two": every, "never": {**every, "enabled": False}})
    resque_store.schedules.set("three", b"{}")
    resque_store.schedules.set("never", b"{}")
    resque_store.schedules.switch_off("two")

    seen = scheduler(resque_store)
    assert 2 == seen.recurring
    assert seen.is_missing

    redis_client.delete("resque:persistent_schedules")
    redis_client.set("resque:persistent_schedules", "x")
    assert 1 == scheduler(resque_store).recurring
    resque_store.schedules.switch_off("one")
    assert not scheduler(resque_store).is_missing


def test_bounded(resque_settings: Configure, resque_store: Store, trips: Trips) -> None:
    """However many are delayed, it takes the same few steps and says what it left out."""
    resque_store.delayed.push_many([(b"x", DUE + number) for number in range(50)])
    scheduler(resque_store)

    trips.count()
    seen = scheduler(resque_store, most=20)

    assert 5 == trips.count()
    assert 20 == seen.delayed
    assert not seen.complete


def test_garbage(
    resque_settings: Configure, resque_store: Store, redis_client: redis.Redis
) -> None:
    """A time that is none, and a key that is no list, are no trouble."""
    redis_client.zadd("resque:delayed_queue_schedule", {b"\xff": "-inf"})
    redis_client.set(b"resque:delayed:\xff", "x")

    seen = scheduler(resque_store)

    assert (0, None, False) == (seen.delayed, seen.next_due, seen.is_missing)
