"""Samples are taken once a minute, kept for a while, and read whatever lies beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from django_resque.exceptions import AccessDenied, StoreError
from django_resque.store.history import MOST_QUEUES
from django_resque.wire.history import QueueSnapshot, Sample

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store

_START = 1_795_236_300  # begins a minute, and a quarter of an hour
_MINUTES, _QUARTERS, _QUEUES = (
    f"resque:history:{each}" for each in ("minutes", "quarters", "queues")
)


def counted(client: redis.Redis, processed: int, failed: int = 0) -> None:
    """Set the counters."""
    client.mset({"resque:stat:processed": processed, "resque:stat:failed": failed})


def taken(client: redis.Redis, key: str) -> list[bytes]:
    """Return what lies in one of the lists."""
    found: Any = client.lrange(key, 0, -1)
    return list(found)


def test_once_a_minute(store: Store, redis_client: redis.Redis) -> None:
    """Of all who come in a minute, the first takes the sample; all learn when to come again."""
    assert 0 == _START % 900
    waits = []
    for number, second in enumerate((0, 5, 59, 61, 119, 180)):
        counted(redis_client, number, 1)
        waits.append(store.history.sample(_START + second))

    assert [60, 55, 1, 59, 1, 60] == waits
    expected = [b"%d %d 1" % (_START + at, number) for at, number in ((0, 0), (61, 3), (180, 5))]
    assert expected == taken(redis_client, _MINUTES)
    assert expected[:1] == taken(redis_client, _QUARTERS)
    assert 3 == redis_client.llen(_QUEUES)


def test_once_for_all(store: Store) -> None:
    """Of two who come at the same moment, one takes the sample."""
    for _ in range(2):
        store.history._take(_START, ["mail"])

    minutes, quarters, _ = store.history.totals()
    assert [Sample(_START, 0, 0)] == minutes == quarters


def test_kept(store: Store, redis_client: redis.Redis) -> None:
    """For an hour and some by the minute, for three days and some by the quarter of an hour."""
    for minute in range(80):
        counted(redis_client, minute)
        store.history.sample(_START + 60 * minute)

    minutes, quarters, _ = store.history.totals()
    assert [Sample(_START + 60 * at, at, 0) for at in range(5, 80)] == minutes
    assert [Sample(_START + 900 * at, 15 * at, 0) for at in range(6)] == quarters
    snapshots = [QueueSnapshot.decode(raw) for raw in taken(redis_client, _QUEUES)]
    assert [_START + 60 * at for at in range(74, 80)] == [each.at for each in snapshots]

    redis_client.rpush(_QUARTERS, *(f"{at} 1 1" for at in range(400)))
    store.history.sample(_START + 100_000)
    assert 300 == redis_client.llen(_QUARTERS)


def test_by_the_clock_of_redis(store: Store, redis_client: redis.Redis) -> None:
    """Without a time given it is that of Redis; what is counted now comes with the samples."""
    counted(redis_client, 7, 2)

    assert 0 < store.history.sample() <= 60

    minutes, quarters, current = store.history.totals()
    assert minutes == quarters
    assert (7, 2) == (minutes[0].processed, minutes[0].failed)
    assert (7, 2) == (current.processed, current.failed)
    assert 0 <= current.at - minutes[0].at < 3
    assert 0 <= store.workers.now() - current.at < 3


def test_one_round_trip(store: Store, redis_client: redis.Redis) -> None:
    """Where another has taken it, the sample costs two commands and one round trip."""
    store.history.sample(_START)
    redis_client.config_resetstat()

    store.history.sample(_START + 10)

    calls = {name: each["calls"] for name, each in redis_client.info("commandstats").items()}
    assert {"cmdstat_time": 1, "cmdstat_lindex": 1} == {
        name: count
        for name, count in calls.items()
        if not name.startswith(("cmdstat_config", "cmdstat_info"))
    }


def test_nothing(store: Store) -> None:
    """Before the first sample there is nothing but the present."""
    minutes, quarters, current = store.history.totals()

    assert ([], [], 0, 0) == (minutes, quarters, current.processed, current.failed)
    assert store.history.rates_base()[0] is None
    assert {} == store.history.finished([])
    assert {"mail": 0} == store.history.finished(["mail"])


def test_snapshot(store: Store, redis_client: redis.Redis) -> None:
    """A snapshot has the size of each queue and what of it has ended; any name comes back."""
    names = ["mail", 'a "b" \\ c', "caf\u00e9", "x\udcff"]
    for number, name in enumerate(names):
        store.queues.push_many(name, [b"x"] * number)
        store.queues.push(name, b"x")
        store.commander.pipe(store.history.finishing(name) * (10 + number))
    redis_client.sadd("resque:queues", "empty")

    store.history.sample(_START)

    base, now = store.history.rates_base()
    told = {name: (1 + number, 10 + number) for number, name in enumerate(names)}
    assert QueueSnapshot(_START, {**told, "empty": (0, 0)}) == base
    assert 0 <= store.workers.now() - now < 3
    assert {"mail": 10, "x\udcff": 13, "gone": 0} == store.history.finished(
        ["mail", "x\udcff", "gone"]
    )


def test_oldest_snapshot(store: Store) -> None:
    """Rates are reckoned from the oldest, some five minutes ago; not from before a silence."""
    for minute in range(10):
        store.history.sample(_START + 60 * minute + 3)
    base, _ = store.history.rates_base()
    assert base is not None
    assert _START + 60 * 4 + 3 == base.at

    store.history.sample(_START + 60 * 24)
    base, _ = store.history.rates_base()
    assert base is not None
    assert _START + 60 * 4 + 3 < base.at

    store.history.sample(_START + 60 * 60)
    base, _ = store.history.rates_base()
    assert base is not None
    assert _START + 60 * 60 == base.at


def test_many_queues(store: Store, redis_client: redis.Redis) -> None:
    """A snapshot of very many queues tells of the first by name."""
    redis_client.sadd("resque:queues", *(f"queue {number:05}" for number in range(MOST_QUEUES + 5)))

    store.history.sample(_START)

    base, _ = store.history.rates_base()
    assert base is not None
    assert [f"queue {number:05}" for number in range(MOST_QUEUES)] == sorted(base.queues)


def test_removed_queue(store: Store) -> None:
    """With a queue, what was counted for it goes."""
    store.commander.pipe(store.history.finishing("mail"))

    store.queues.remove("mail")

    assert {"mail": 0} == store.history.finished(["mail"])


def test_garbage(store: Store, redis_client: redis.Redis) -> None:
    """What others leave in the lists and counters is passed over, and stops no sample."""
    redis_client.rpush(_MINUTES, "x", b"\xff", "9" * 400)
    redis_client.rpush(_QUARTERS, "1 2", "")
    redis_client.rpush(_QUEUES, "{oops")
    redis_client.set("resque:stat:processed", "many")
    redis_client.rpush("resque:stat:failed", "x")
    redis_client.hset("resque:stat:finished", mapping={"mail": "007", "low": "x", "a": "9" * 30})
    redis_client.sadd("resque:queues", "mail", "low", "a", "broken")
    redis_client.set("resque:queue:broken", "x")

    for minute in range(2):
        store.history.sample(_START + 60 * minute)

    minutes, quarters, current = store.history.totals()
    assert [Sample(_START, 0, 0), Sample(_START + 60, 0, 0)] == minutes
    assert [Sample(_START, 0, 0)] == quarters
    assert (0, 0) == (current.processed, current.failed)
    nothing = QueueSnapshot(_START, dict.fromkeys(("mail", "low", "a", "broken"), (0, 0)))
    assert nothing == store.history.rates_base()[0]
    assert {"low": 0, "a": 0} == store.history.finished(["low", "a"])


def test_wrong_types(store: Store, redis_client: redis.Redis) -> None:
    """A spoilt key is told where it is written, and hides nothing where it is read."""
    for key in (_MINUTES, _QUARTERS, _QUEUES, "resque:stat:finished"):
        redis_client.set(key, "x")

    with pytest.raises(StoreError, match="WRONGTYPE"):
        store.history.sample(_START)

    minutes, quarters, _ = store.history.totals()
    assert ([], []) == (minutes, quarters)
    assert store.history.rates_base()[0] is None
    assert {"mail": 0} == store.history.finished(["mail"])


def test_no_time(store: Store, redis_client: redis.Redis) -> None:
    """Where Redis does not tell its time, that is said."""
    redis_client.execute_command("ACL", "SETUSER", "default", "-time")
    try:
        for read in (store.history.totals, store.history.rates_base):
            with pytest.raises(AccessDenied):
                read()
    finally:
        redis_client.execute_command("ACL", "SETUSER", "default", "+time")
