"""What is due reaches its queue, and nothing else happens to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from django_resque.schedule.delayed import transfer_due
from django_resque.wire.failure import FailureRecord

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store


def item(number: int, queue: str = "high") -> bytes:
    """Return an item as Ruby writes it."""
    return b'{"class":"Mailer","args":[%d],"queue":"%s"}' % (number, queue.encode())


def waiting(client: redis.Redis, queue: str = "high") -> list[int]:
    """Return the arguments of the jobs in a queue."""
    return [json.loads(raw)["args"][0] for raw in client.lrange(f"resque:queue:{queue}", 0, -1)]


def failures(client: redis.Redis) -> list[FailureRecord]:
    """Return the failures."""
    raws: list[bytes] = client.lrange("resque:failed", 0, -1)  # type: ignore[assignment]
    return [FailureRecord.decode(raw) for raw in raws]


def test_rubys_transcript(store: Store, redis_client: redis.Redis, master: str) -> None:
    """From the same keys the same keys come as from resque-scheduler's own run."""
    first = b'{"class":"Mailer","args":[1],"queue":"high"}'
    second = b'{"class":"shop.tasks.x","args":[{"a":1}],"queue":"py"}'
    redis_client.rpush("resque:delayed:1600000000", first)
    redis_client.sadd(b"resque:timestamps:" + first, "delayed:1600000000")
    redis_client.rpush("resque:delayed:1600000001", second)
    schedule = {"1600000000": 1600000000, "1600000001": 1600000001}
    redis_client.zadd("resque:delayed_queue_schedule", schedule)

    assert 2 == sum(transfer_due(store, master, 1795236877))

    store.schedules.release(master)
    assert [b'{"class":"Mailer","args":[1]}'] == redis_client.lrange("resque:queue:high", 0, -1)
    expected = [b'{"class":"shop.tasks.x","args":[{"a":1}]}']
    assert expected == redis_client.lrange("resque:queue:py", 0, -1)
    assert {b"high", b"py"} == redis_client.smembers("resque:queues")
    assert 3 == redis_client.dbsize()


def test_order_and_time(store: Store, redis_client: redis.Redis, master: str) -> None:
    """The earliest go first, in the order in which they were laid by; the others stay."""
    store.delayed.push_many([(item(3), 20), (item(1), 10), (item(2), 10), (item(4), 30)])

    assert 3 == sum(transfer_due(store, master, 29.9))
    assert [1, 2, 3] == waiting(redis_client)
    assert ["30"] == store.delayed.timestamps()


def test_many(store: Store, redis_client: redis.Redis, master: str) -> None:
    """More than one step takes, at one timestamp and at many."""
    store.delayed.push_many((item(number), 10 if number < 350 else number) for number in range(600))

    assert 600 == sum(transfer_due(store, master, 1000))
    assert list(range(600)) == waiting(redis_client)
    assert 0 == store.delayed.timestamp_count()
    assert [] == list(redis_client.scan_iter("resque:timestamps:*"))


def test_only_the_master_moves(store: Store, redis_client: redis.Redis, master: str) -> None:
    """Who loses the lock in the middle stops there, and another goes on."""
    store.delayed.push_many((item(number), 10) for number in range(250))
    moving = transfer_due(store, master, 20)
    next(moving)
    store.schedules.release(master)
    other = store.schedules.look("other:2", 60).holder

    assert [] == list(moving)
    assert [] == list(transfer_due(store, master, 20))
    assert 150 == sum(transfer_due(store, other, 20))
    assert list(range(250)) == waiting(redis_client)


def test_two_at_once(store: Store, redis_client: redis.Redis, master: str) -> None:
    """Another scheduler that moves between our steps, such as Ruby's, doubles nothing."""
    store.delayed.push_many((item(number), 10) for number in range(300))
    one, other = transfer_due(store, master, 20), transfer_due(store, master, 20)
    for _ in range(5):
        next(one, None)
        redis_client.ltrim("resque:delayed:10", 1, -1)
        next(other, None)

    list(one)
    list(other)
    moved = waiting(redis_client)
    assert len(moved) == len(set(moved))
    assert 0 == store.delayed.timestamp_count()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{oops", "delayed item is not JSON"),
        (b"\xff", "delayed item is not UTF-8"),
        (b'{"class":"X","args":[]}', "delayed item names no queue"),
        (b"", "delayed item is not JSON"),
    ],
)
def test_garbage_fails_visibly(
    store: Store, redis_client: redis.Redis, master: str, raw: bytes, reason: str
) -> None:
    """What leads to no queue becomes a failure with its bytes, and holds up nobody."""
    for each in (raw, item(1)):
        redis_client.rpush("resque:delayed:10", each)
    redis_client.zadd("resque:delayed_queue_schedule", {"10": 10})

    assert 2 == sum(transfer_due(store, master, 20))

    assert [1] == waiting(redis_client)
    (record,) = failures(redis_client)
    assert reason in record.error
    assert raw == record.payload or json.loads(raw) == json.loads(record.payload)
    assert 3 == len(record.worker.split(":"))
    assert 0 == store.delayed.timestamp_count()


def test_a_queue_that_is_none(
    store: Store, redis_client: redis.Redis, master: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot go to its queue becomes a failure of that queue, and the rest goes on."""
    redis_client.set("resque:queue:broken", "x")
    store.delayed.push_many([(item(1, "broken"), 10), (item(2), 10), (item(3), 11)])

    assert 3 == sum(transfer_due(store, master, 20))

    assert [2, 3] == waiting(redis_client)
    assert ["broken"] == [record.queue for record in failures(redis_client)]
    assert "cannot go to its queue" in caplog.text


def test_what_can_go_nowhere_stays(store: Store, redis_client: redis.Redis, master: str) -> None:
    """If not even a failure can be recorded, the item waits, and the others go."""
    redis_client.set("resque:failed", "x")
    redis_client.rpush("resque:delayed:10", b"{oops", item(1), b"{oh")
    redis_client.zadd("resque:delayed_queue_schedule", {"10": 10})
    store.delayed.push(item(2), 11)

    assert 2 == sum(transfer_due(store, master, 20))
    assert [1, 2] == waiting(redis_client)
    assert {b"{oops", b"{oh"} == set(redis_client.lrange("resque:delayed:10", 0, -1))

    redis_client.delete("resque:failed")
    assert 2 == sum(transfer_due(store, master, 20))
    assert 2 == redis_client.llen("resque:failed")


def test_garbage_in_the_schedule(store: Store, redis_client: redis.Redis, master: str) -> None:
    """A timestamp without items, or that is no list or no number, is cleared away."""
    redis_client.zadd("resque:delayed_queue_schedule", {"5": 5, "last": 6, "\N{SNOWMAN}": 7})
    redis_client.set("resque:delayed:last", "x")
    redis_client.rpush("resque:delayed:\N{SNOWMAN}", item(1))
    store.delayed.push(item(2), 11)

    assert 2 == sum(transfer_due(store, master, 20))
    assert [1, 2] == waiting(redis_client)
    assert 0 == store.delayed.timestamp_count()
