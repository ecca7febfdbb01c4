"""The overview agrees with Ruby's ``Resque.info``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.monitor.overview import overview
from tests.records import claim, record

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store


def test_figures(resque_store: Store, redis_client: redis.Redis) -> None:
    """Pending, processed, working and failed are counted as Ruby counts them."""
    redis_client.sadd("resque:queues", "mail", "file")
    redis_client.rpush("resque:queue:mail", "{}", "{}")
    redis_client.rpush("resque:queue:file", "{}")
    redis_client.sadd("resque:workers", "a:1:*", "b:2:*", "c:3:*")
    redis_client.set("resque:worker:a:1:*", claim())
    redis_client.set("resque:stat:processed", 9)
    redis_client.set("resque:stat:failed", 4)
    redis_client.sadd("resque:failed_queues", "mail_failed")
    redis_client.rpush("resque:failed", record())
    redis_client.rpush("resque:mail_failed", record(), record("b"))
    redis_client.set("resque:pause-all-workers", "true")
    redis_client.zadd("resque:parked", {"few": 1, "spoilt": 2})
    redis_client.rpush("resque:parked:few", "x", "y")
    redis_client.set("resque:parked:spoilt", "x")

    state = overview(resque_store)

    assert (3, 9, 1, 3) == (state.pending, state.processed, state.working, state.failed)
    assert (4, True) == (state.failures_counted, state.paused)
    assert {"failed": 1, "mail_failed": 2} == state.failed_lists
    assert {"few": 2, "spoilt": 0} == state.parked
    redis_client.set("resque:parked", "x")
    assert {} == overview(resque_store).parked
    assert (2, 3) == (len(state.queues), len(state.workers))
