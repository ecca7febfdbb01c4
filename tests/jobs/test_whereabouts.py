"""A job is found wherever it is until it ends, and taken out of there."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import JobHandle, job, wiring
from django_resque.wire.delayed import encode as encode_delayed
from django_resque.wire.payload import Payload, retried
from tests.jobs.taking import claim, taken

if TYPE_CHECKING:
    import redis

    from django_resque import Job
    from django_resque.store import Store


def test_delayed(send: Job[..., Any]) -> None:
    """A delayed job waits as well, and can be cancelled."""
    handle = send.enqueue_in(600)

    assert "queued" == handle.status
    assert handle.cancel()
    assert "cancelled" == handle.status
    assert 0 == wiring.store().delayed.size()


def test_before_commit(send: Job[..., Any]) -> None:
    """A job that was enqueued nowhere is nowhere."""
    assert "unknown" == JobHandle("q", Payload("send", [], {"id": "f00"})).status
    assert "unknown" == JobHandle("q", Payload("send")).status


@pytest.mark.parametrize("raw", [b"garbage", b"[]", b'{"rid":"r","payload":[]}', b""])
def test_strange_claims(send: Job[..., Any], redis_client: redis.Redis, raw: bytes) -> None:
    """What other workers hold, however garbled, does not matter."""
    handle = send.enqueue()
    item = taken()
    claim(redis_client, item)
    redis_client.sadd("resque:workers", "a:1:q", "z:1:q")
    redis_client.set("resque:worker:a:1:q", raw + str(handle.id).encode())
    redis_client.set("resque:worker:z:1:q", raw)

    assert "running" == handle.status


def test_cancel_running(send: Job[..., Any], redis_client: redis.Redis) -> None:
    """A job that a worker has is not cancelled."""
    handle = send.enqueue()
    claim(redis_client, taken())

    assert not handle.cancel()
    assert "running" == handle.status


def test_cancel_retried(send: Job[..., Any], redis_client: redis.Redis) -> None:
    """A job that waits for its next attempt is found by its id."""
    handle = send.enqueue()
    redis_client.delete("resque:queue:q")
    again = retried(handle.payload, 2, datetime.now(timezone.utc) + timedelta(1))
    wiring.store().queues.push("q", again.encode())

    assert handle.cancel()
    assert not redis_client.exists("resque:queue:q")


def test_retried_without_results(resque_store: Store) -> None:
    """A job that keeps no results is found all the same while it waits for its next attempt."""

    @job(name="again", queue="q", retry=3)
    def again() -> None: ...

    queued, delayed = again.enqueue(), again.enqueue()
    resque_store.queues.clear("q")
    assert "unknown" == queued.status
    moment = datetime.now(timezone.utc) + timedelta(1)
    resque_store.queues.push("q", retried(queued.payload, 2, moment).encode())
    item = encode_delayed(retried(delayed.payload, 2, moment), "q")
    resque_store.delayed.push(item, 2_000_000_000)

    assert ["retrying", "retrying"] == [queued.status, delayed.status]
    assert [True, True] == [queued.cancel(), delayed.cancel()]
    assert ["cancelled", "cancelled"] == [queued.status, delayed.status]
    assert (0, 0) == (resque_store.queues.size("q"), resque_store.delayed.size())


def test_cancel_without_id(resque_store: Store) -> None:
    """Of equal jobs without ids, one is removed."""

    @job(name="plain", queue="q", ids=False)
    def plain() -> None: ...

    handle, _ = plain.enqueue(), plain.enqueue()

    assert handle.cancel()
    assert 1 == resque_store.queues.size("q")
