"""A glance tells what matters most, at the same price however much there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.execution.identity import new_worker_id
from django_resque.monitor.glance import glance
from django_resque.store.commander import PooledCommander

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import pytest
    import redis

    from django_resque.store import Store
    from django_resque.store.commander import Command


def fill(redis_client: redis.Redis, queues: int, failures: int) -> None:
    """Put so much into Redis."""
    pipeline = redis_client.pipeline(transaction=False)
    for number in range(queues):
        pipeline.sadd("resque:queues", f"q{number:04}")
        pipeline.rpush(f"resque:queue:q{number:04}", *["{}"] * (1 + number % 7))
    pipeline.rpush("resque:failed", *[f'{{"error":"{number}"}}' for number in range(failures)])
    pipeline.execute()


def test_figures(resque_store: Store, redis_client: redis.Redis) -> None:
    """All are counted, and the fullest queues and newest failures are told of."""
    pipeline = redis_client.pipeline()
    pipeline.sadd("resque:queues", "a", "b", "c", "no-list")
    pipeline.rpush("resque:queue:b", '{"class":"B"}', "{}")
    pipeline.rpush("resque:queue:c", "{}")
    pipeline.set("resque:queue:no-list", "x")
    pipeline.sadd("resque:queues:paused", "c")
    pipeline.set("resque:stat:processed", "7")
    pipeline.set("resque:stat:failed", "2")
    pipeline.rpush("resque:failed", '{"error":"old"}', "garbage")
    busy, idle = str(new_worker_id("a")), str(new_worker_id("b"))
    pipeline.sadd("resque:workers", busy, idle)
    claim = '{"queue":"a","run_at":"2026-11-27T12:00:00Z","payload":{"class":"A","args":[]}}'
    pipeline.set(f"resque:worker:{busy}", claim)
    pipeline.execute()

    seen = glance(resque_store, 60.0, queues=2)

    assert (3, 4, 7, 2, 2) == (
        seen.pending,
        seen.queue_count,
        seen.processed,
        seen.failures_counted,
        seen.failed,
    )
    assert [("b", 2, False, "B"), ("c", 1, True, None)] == [
        (row.name, row.size, row.paused, row.next.payload.name if row.next.payload else None)
        for row in seen.queues
        if row.next
    ]
    assert {"working": 1, "idle": 1} == dict(seen.states)
    assert [busy] == [row.id for row in seen.working.rows]
    assert [b"garbage", b'{"error":"old"}'] == [row.raw for row in seen.latest]
    assert not seen.paused


def test_nothing(resque_store: Store) -> None:
    """An empty Redis is no trouble."""
    seen = glance(resque_store, 60.0)

    assert (0, 0, 0, 0) == (seen.pending, seen.queue_count, seen.failed, seen.states.total())
    assert [] == seen.queues


def test_bounded(
    resque_store: Store, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand queues and a hundred thousand failures cost the same few round trips."""
    trips: list[list[Any]] = []
    exchange = PooledCommander.exchange

    def counted(self: PooledCommander, commands: Sequence[Command]) -> list[Any]:
        replies = exchange(self, commands)
        trips.append(replies)
        return replies

    monkeypatch.setattr(PooledCommander, "exchange", counted)
    fill(redis_client, 3, 3)
    glance(resque_store, 60.0)
    few = len(trips)
    trips.clear()
    fill(redis_client, 1000, 100_000)

    seen = glance(resque_store, 60.0)

    assert few == len(trips)
    assert few <= 23
    assert (20, 5) == (len(seen.queues), len(seen.latest))
    assert 1000 == seen.queue_count
    records = [reply for replies in trips for reply in replies if b'"error"' in str(reply).encode()]
    assert 1 == len(records)
    assert len(str(records[0])) < 1000
