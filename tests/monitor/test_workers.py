"""Workers of every client are shown, as far as their records can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque.monitor.workers import workers
from django_resque.wire import timestamps
from tests.records import claim

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store

WORKER = "host~0123456789ab:7:mail,*"


def test_a_working_worker(resque_store: Store, redis_client: redis.Redis) -> None:
    """All that a worker tells of itself is there."""
    now = resque_store.workers.now()
    redis_client.sadd("resque:workers", WORKER)
    redis_client.set(f"resque:worker:{WORKER}", claim())
    redis_client.set(f"resque:worker:{WORKER}:started", "2026-11-21 04:48:58 +0000")
    redis_client.set(f"resque:stat:processed:{WORKER}", 5)
    redis_client.set(f"resque:stat:failed:{WORKER}", 2)
    redis_client.hset("resque:workers:heartbeat", WORKER, timestamps.heartbeat(now - 30))

    (row,) = workers(resque_store)

    assert ("working", 5, 2, "") == (row.state, row.processed, row.failed, row.error)
    assert "2026-11-21 04:48:58 +0000" == row.started
    assert row.silent_for in (30, 31)
    assert row.identity is not None
    assert ("host", 7, "mail,*") == (row.identity.host, row.identity.pid, row.identity.queues)
    assert row.reservation is not None
    assert ("mail", "2026-11-21T04:48:58Z") == (row.reservation.queue, row.reservation.run_at)
    assert row.job is not None
    assert row.job.payload is not None
    assert "shop.send" == row.job.payload.name


@pytest.mark.parametrize(("pause", "state"), [(None, "idle"), (" TRUE ", "paused")])
def test_an_idle_worker(
    resque_store: Store, redis_client: redis.Redis, pause: str | None, state: str
) -> None:
    """Without a claim it is idle, or paused with all others; clients without heartbeats too."""
    redis_client.sadd("resque:workers", "php:1:mail")
    if pause:
        redis_client.set("resque:pause-all-workers", pause)

    (row,) = workers(resque_store)

    assert (state, None, None, "") == (row.state, row.heartbeat, row.silent_for, row.started)


def test_a_heartbeat_from_the_future(resque_store: Store, redis_client: redis.Redis) -> None:
    """A client whose clock is ahead is not silent for less than no time."""
    redis_client.sadd("resque:workers", "ruby:1:mail")
    beat = timestamps.heartbeat(resque_store.workers.now() + 3600)
    redis_client.hset("resque:workers:heartbeat", "ruby:1:mail", beat)

    (row,) = workers(resque_store)

    assert (0, "") == (row.silent_for, row.error)


def test_unreadable(resque_store: Store, redis_client: redis.Redis) -> None:
    """What cannot be read is said, and hides no other worker."""
    redis_client.sadd("resque:workers", "nonsense", b"\xff:1:mail", "ruby:2:mail")
    redis_client.set("resque:worker:nonsense", "{oops")
    redis_client.hset("resque:workers:heartbeat", "nonsense", "yesterday")
    redis_client.set("resque:stat:failed:nonsense", "many")
    redis_client.rpush("resque:worker:ruby:2:mail", "a list")

    rows = {row.id: row for row in workers(resque_store)}

    assert ["", "", "worker id"] == sorted(row.error[:9] for row in rows.values())
    assert "claim is not JSON" in rows["nonsense"].error
    assert "heartbeat is not a date" in rows["nonsense"].error
    assert (0, "working") == (rows["nonsense"].failed, rows["nonsense"].state)
    assert "idle" == rows["ruby:2:mail"].state


def test_nobody(resque_store: Store) -> None:
    """An empty Redis has no workers."""
    assert [] == workers(resque_store)
