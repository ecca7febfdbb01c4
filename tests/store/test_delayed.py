"""Delayed items lie where resque-scheduler looks for them, and leave in one step or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque.exceptions import EnqueueUncertain, StoreError
from django_resque.store import Store
from django_resque.store.commander import PooledCommander
from django_resque.store.connection import from_unix_socket
from django_resque.store.delayed import Swept, Taking
from django_resque.wire.failure import digest
from tests.store.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from pathlib import Path

    import redis

ITEM = b'{"class":"Mailer","args":[1,{"a":2}],"queue":"high"}'
OTHER = b'{"class":"Mailer","args":[2],"queue":"high"}'


def items(client: redis.Redis, at: int) -> list[bytes]:
    """Return what lies under a timestamp, as any client sees it."""
    return client.lrange(f"resque:delayed:{at}", 0, -1)  # type: ignore[return-value]


def index(client: redis.Redis, item: bytes) -> set[bytes]:
    """Return the timestamps at which an item lies, as any client sees it."""
    return client.smembers(b"resque:timestamps:" + item)  # type: ignore[return-value]


def test_push_writes_what_ruby_writes(store: Store, redis_client: redis.Redis) -> None:
    """List, index and schedule are those of resque-scheduler's own transcript."""
    store.delayed.push(ITEM, 1999999999)
    store.delayed.push_many([(OTHER, 1999999999), (OTHER, 2000000000)])

    assert [ITEM, OTHER] == items(redis_client, 1999999999)
    assert [OTHER] == items(redis_client, 2000000000)
    schedule = redis_client.zrange("resque:delayed_queue_schedule", 0, -1, withscores=True)
    assert [(b"1999999999", 1999999999.0), (b"2000000000", 2000000000.0)] == schedule
    assert {b"delayed:1999999999"} == index(redis_client, ITEM)
    assert {b"delayed:1999999999", b"delayed:2000000000"} == index(redis_client, OTHER)
    assert 5 == redis_client.dbsize()


def test_commands_do_the_same(store: Store, redis_client: redis.Redis) -> None:
    """What an ending writes is what a push writes; the list comes last."""
    store.delayed.push(ITEM, 7)
    expected = {key: redis_client.dump(key) for key in redis_client.scan_iter()}
    redis_client.flushall()

    commands = store.delayed.delaying(ITEM, 7)
    store.commander.pipe(commands)

    assert expected == {key: redis_client.dump(key) for key in redis_client.scan_iter()}
    assert "RPUSH" == commands[-1][0]


@pytest.mark.parametrize("broken", ["resque:delayed:7", "resque:delayed_queue_schedule"])
def test_nothing_is_written_by_halves(store: Store, redis_client: redis.Redis, broken: str) -> None:
    """A key of another type refuses all, so that no item lies where nobody looks."""
    redis_client.set(broken, "x")

    with pytest.raises(StoreError, match="WRONGTYPE"):
        store.delayed.push_many([(ITEM, 6), (ITEM, 7)])
    assert [broken.encode()] == redis_client.keys()


def test_a_spoilt_index_keeps_no_item_away(store: Store, redis_client: redis.Redis) -> None:
    """The index is only for finding: an item without it is due all the same."""
    redis_client.set(b"resque:timestamps:" + ITEM, "x")
    store.delayed.push(ITEM, 7)

    assert [ITEM] == items(redis_client, 7)
    assert [1] == store.delayed.take("7", [Taking(ITEM)])


def test_a_lost_reply_is_told(tmp_path: Path) -> None:
    """Whoever delays a job learns that it may or may not be there."""
    with ScriptedServer(tmp_path, [b""]) as server:
        store = Store(PooledCommander(from_unix_socket(server.path)()), "resque")
        with pytest.raises(EnqueueUncertain, match="may or may not be queued"):
            store.delayed.push(ITEM, 7)


def test_due(store: Store, redis_client: redis.Redis) -> None:
    """The earliest comes first, what is not yet due not at all; garbage is passed over."""
    store.delayed.push_many([(ITEM, 30), (ITEM, 10), (ITEM, 20)])
    redis_client.zadd("resque:delayed_queue_schedule", {"\N{SNOWMAN}": 5})

    assert ["\N{SNOWMAN}"] == store.delayed.due(25)
    assert ["10", "20"] == store.delayed.due(25, 1, 5)
    assert [] == store.delayed.due(25, 3)
    assert [] == store.delayed.due(4.9, count=5)


def test_take(store: Store, redis_client: redis.Redis) -> None:
    """Items go, their commands are carried out, and an empty timestamp is forgotten."""
    store.delayed.push_many([(ITEM, 7), (OTHER, 7)])
    moving = [Taking(ITEM, store.queues.pushing("high", [b"payload"])), Taking(b"gone")]

    assert [1, 0] == store.delayed.take(7, moving)
    assert [b"payload"] == redis_client.lrange("resque:queue:high", 0, -1)
    assert [OTHER] == items(redis_client, 7)
    assert set() == index(redis_client, ITEM)
    assert [1] == store.delayed.take("7", [Taking(OTHER)])
    assert {b"resque:queue:high", b"resque:queues"} == set(redis_client.keys())


def test_take_what_is_refused(store: Store, redis_client: redis.Redis) -> None:
    """An item that cannot go where it should stays, and holds none of the others up."""
    redis_client.set("resque:queue:broken", "x")
    store.delayed.push_many([(ITEM, 7), (OTHER, 7)])
    moving = [
        Taking(ITEM, store.queues.pushing("broken", [b"1"])),
        Taking(OTHER, store.queues.pushing("high", [b"2"])),
    ]

    results = store.delayed.take(7, moving)

    assert results
    assert "WRONGTYPE" in str(results[0])
    assert 1 == results[1]
    assert [ITEM] == items(redis_client, 7)
    assert {b"delayed:7"} == index(redis_client, ITEM)
    assert ["7"] == store.delayed.due(7)


def test_take_for_the_master_only(store: Store, redis_client: redis.Redis) -> None:
    """Who has lost the master lock takes nothing, however sure it was a moment ago."""
    store.delayed.push(ITEM, 7)
    redis_client.set("resque:resque:resque_scheduler_master_lock", "other:1")

    assert store.delayed.take(7, [Taking(ITEM)], master="me:1") is None
    assert [ITEM] == items(redis_client, 7)
    assert [1] == store.delayed.take(7, [Taking(ITEM)], master="other:1")


def test_take_from_what_is_no_list(store: Store, redis_client: redis.Redis) -> None:
    """A timestamp whose key is no list is forgotten, for it would be due for ever."""
    redis_client.zadd("resque:delayed_queue_schedule", {"7": 7})
    redis_client.set("resque:delayed:7", "x")

    assert [0] == store.delayed.take(7, [Taking(ITEM)])
    assert [] == store.delayed.due(7)


def test_take_each(store: Store, redis_client: redis.Redis) -> None:
    """One of each of several timestamps, each with its commands, for the master only."""
    redis_client.set("resque:queue:broken", "x")
    store.delayed.push_many([(ITEM, 7), (OTHER, 8), (ITEM, 9)])
    takings: list[tuple[int | str, Taking]] = [
        (7, Taking(ITEM, store.queues.pushing("high", [b"1"]))),
        ("8", Taking(OTHER, store.queues.pushing("broken", [b"2"]))),
        ("9", Taking(OTHER)),
    ]
    redis_client.set("resque:resque:resque_scheduler_master_lock", "other:1")
    assert store.delayed.take_each(takings, master="me:1") is None

    results = store.delayed.take_each(takings, master="other:1")

    assert results
    assert [1, 0] == results[::2]
    assert "WRONGTYPE" in str(results[1])
    assert ["8", "9"] == store.delayed.timestamps()
    assert [b"1"] == redis_client.lrange("resque:queue:high", 0, -1)
    assert [] == store.delayed.take_each([])


def test_remove_one_of_equals(store: Store, redis_client: redis.Redis) -> None:
    """One of two with the same bytes goes; the other can still be found."""
    store.delayed.push_many([(ITEM, 7), (ITEM, 7), (ITEM, 8)])

    assert store.delayed.remove(7, ITEM)
    assert {b"delayed:7", b"delayed:8"} == index(redis_client, ITEM)
    assert store.delayed.remove("7", ITEM)
    assert not store.delayed.remove(7, ITEM)
    assert {b"delayed:8"} == index(redis_client, ITEM)


def test_remove_equal(store: Store, redis_client: redis.Redis) -> None:
    """All with the same bytes go, at every timestamp, and no trace stays of them."""
    store.delayed.push_many([(ITEM, 7), (ITEM, 7), (ITEM, 8), (OTHER, 8)])
    redis_client.sadd(b"resque:timestamps:" + ITEM, "delayed:9")

    assert 3 == store.delayed.remove_equal(ITEM)
    assert [] == items(redis_client, 7)
    assert [OTHER] == items(redis_client, 8)
    assert set() == index(redis_client, ITEM)
    assert ["8"] == store.delayed.timestamps()


def test_remove_many(store: Store) -> None:
    """More than one step takes go all the same."""
    pairs = [(b"%d" % number, 7) for number in range(1200)]
    store.delayed.push_many(pairs)

    assert 1200 == store.delayed.remove_many(7, [item for item, _ in pairs] + [b"none"])
    assert 0 == store.delayed.timestamp_count()


def test_reading(store: Store, redis_client: redis.Redis) -> None:
    """Timestamps are paged, their sizes and first items told, their items read in windows."""
    store.delayed.push_many([(ITEM, 7), (OTHER, 7), (OTHER, 9)])
    redis_client.zadd("resque:delayed_queue_schedule", {"8": 8})
    redis_client.set("resque:delayed:8", "x")

    assert 3 == store.delayed.timestamp_count()
    assert ["7", "8"] == store.delayed.timestamps(0, 2)
    assert ["9"] == store.delayed.timestamps(2, 2)
    assert [] == store.delayed.timestamps(0, 0)
    assert [2, 0, 1] == store.delayed.sizes(["7", "8", 9])
    assert [(2, ITEM), (0, None), (1, OTHER)] == store.delayed.tops(["7", "8", "9"])
    assert [] == store.delayed.sizes([])
    assert [] == store.delayed.tops([])
    assert 3 == store.delayed.size()
    assert 2 == store.delayed.size(2)
    assert [(1, OTHER)] == list(store.delayed.window(7, 1, 5).indexed())
    assert (1, OTHER) == store.delayed.find_digest(7, digest(OTHER))


def test_scan(store: Store, redis_client: redis.Redis) -> None:
    """Everything is read once, in the order in which it is due, and not in one piece."""
    pairs = [(b"%d" % number, number // 3 if number < 3000 else 5000) for number in range(4200)]
    store.delayed.push_many(pairs)
    names = {f"same{number}": 6000 for number in range(1300)}
    redis_client.zadd("resque:delayed_queue_schedule", names)
    for name in names:
        redis_client.rpush(f"resque:delayed:{name}", name)

    found = list(store.delayed.scan())

    assert [(str(at), item) for item, at in pairs] == found[:4200]
    assert sorted(names) == sorted(at for at, _ in found[4200:])


def test_has(store: Store, redis_client: redis.Redis) -> None:
    """An item is found by its very bytes as long as it lies somewhere."""
    store.delayed.push(b"one", 7)
    redis_client.set("resque:timestamps:bad", "x")

    assert store.delayed.has(b"one")
    assert not store.delayed.has(b"on")
    assert not store.delayed.has(b"bad")
    assert store.delayed.remove(7, b"one")
    assert not store.delayed.has(b"one")


def test_sweep(store: Store, redis_client: redis.Redis) -> None:
    """Items are read one timestamp after the other, and on from where it ended, in any steps."""
    expected = []
    for rank, size in enumerate((1, 40, 0, 3)):
        redis_client.zadd("resque:delayed_queue_schedule", {str(rank): rank})
        for index in range(size):
            redis_client.rpush(f"resque:delayed:{rank}", f"{rank}-{index}")
            expected.append(Swept(rank, str(rank), index, f"{rank}-{index}".encode()))
    redis_client.set("resque:delayed:2", "no list")

    assert (expected, None) == store.delayed.sweep()
    for count in (1, 7, 41):
        found: list[Swept] = []
        start: tuple[int, int] | None = (0, 0)
        while start is not None:
            swept, start = store.delayed.sweep(*start, count)
            assert len(swept) <= count
            found += swept
        assert expected == found
    assert ([], None) == store.delayed.sweep(10**15, 10**15)
    assert (0, 0) == store.delayed.sweep(0, 0, 0)[1]


def test_sweep_of_large_items(store: Store, redis_client: redis.Redis) -> None:
    """It ends before the item that would be too much, but has one at least."""
    store.delayed.push_many([(bytes([65 + at]) * 1000, 7 + at // 2) for at in range(4)])

    for start, following in (((0, 0), (0, 1)), ((0, 1), (1, 0)), ((1, 1), None)):
        swept, onward = store.delayed.sweep(*start, most_bytes=10)
        assert [start] == [(each.rank, each.index) for each in swept]
        assert following == onward
    assert 3 == len(store.delayed.sweep(most_bytes=3500)[0])


def test_find_digests(store: Store) -> None:
    """Several items of a timestamp are found together; what is gone is None."""
    store.delayed.push_many([(ITEM, 7), (OTHER, 7)])

    found = store.delayed.find_digests(7, [(digest(OTHER), 0), ("0" * 40, 1), (digest(ITEM), 9)])

    assert [(1, OTHER), None, (0, ITEM)] == found


def test_some_of_many(tmp_path: Path) -> None:
    """Whoever delays many learns how many are delayed when the rest is not."""
    with ScriptedServer(tmp_path, [b"+OK\r\n", b"-OOM command not allowed\r\n"]) as server:
        store = Store(PooledCommander(from_unix_socket(server.path)()), "resque")
        with pytest.raises(EnqueueUncertain, match="; 500 of the jobs are queued"):
            store.delayed.push_many((ITEM, at) for at in range(2_000_000_000, 2_000_000_600))
