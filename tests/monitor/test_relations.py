"""What waits is shown with what it waits for, whatever lies in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.monitor import relations
from django_resque.store.relations import Waiting
from django_resque.wire.payload import Payload

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from tests.trips import Trips


def test_row(resque_store: Store) -> None:
    """A row tells the job, its queue, its policy and those it waits for."""
    head = b'{"class":"send","args":[1],"id":"f00","queue_time":'
    resque_store.relations.wait(Waiting("f00", "mail", head, b"}", "cancel"), members=["b", "a"])

    (row,) = relations.waiting(resque_store)

    assert ("f00", "mail", "cancel", 2) == (row.id, row.queue, row.on_failure, row.open_count)
    assert ["a", "b"] == row.open
    assert row.payload is not None
    assert ("send", [1]) == (row.payload.name, row.payload.args)
    assert row.changed_at is not None
    assert row.payload.queued_at == row.changed_at
    assert "" == row.error
    assert 1 == relations.count(resque_store)


def test_unreadable(resque_store: Store, redis_client: redis.Redis) -> None:
    """Garbage of any kind is a row that says so."""
    redis_client.zadd("resque:waiting", {b"\xff": 1})
    redis_client.zadd("resque:waiting", {"string": 2, "empty": 3, "large": 4, "nan": -1e300})
    redis_client.set("resque:waiting:string", "x")
    redis_client.hset("resque:waiting:empty", b"\xff", b"\xff")
    redis_client.hset("resque:waiting:large", "head", "x" * (relations.MOST_BYTES + 1))

    rows = relations.waiting(resque_store)

    assert [None] * 5 == [row.payload for row in rows]
    assert all(row.error for row in rows)
    assert ["large", "empty", "string"] == [row.id for row in rows[:3]]


def test_without_time(resque_store: Store) -> None:
    """A payload without a time is read as it is."""
    raw = Payload("send").encode()
    resque_store.relations.wait(Waiting("f00", "mail", raw, None), members=["a"])

    (row,) = relations.waiting(resque_store)
    assert Payload("send") == row.payload


def test_cost(resque_store: Store, trips: Trips) -> None:
    """A page takes two round trips, however many rows it has."""
    for number in range(30):
        resque_store.relations.wait(Waiting(str(number), "q", b"x", None), members=["a"])

    trips.count()
    assert 30 == len(relations.waiting(resque_store))
    assert 2 == trips.count()
