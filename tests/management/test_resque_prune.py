"""``resque_prune`` strikes off the dead and fails their jobs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django_resque.wire import timestamps
from tests.management.commands import run
from tests.records import claim

if TYPE_CHECKING:
    import pytest
    import redis

    from django_resque.store import Store
    from tests.conftest import Configure


def test_backends_are_told(
    resque_settings: Configure, redis_client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """With no worker left to do it, the command tells failure backends that are foreign code."""
    resque_settings(FAILURE_BACKEND=["redis", "log"])
    beat = timestamps.heartbeat(0)
    redis_client.hset("resque:workers:heartbeat", "a~00:1:mail", beat)
    redis_client.set("resque:worker:a~00:1:mail", claim())

    run("resque_prune")

    told = [entry for entry in caplog.records if entry.name == "django_resque.failures"]
    assert ["shop.send from queue mail failed on a~00:1:mail"] == [
        entry.getMessage().partition(": ")[0] for entry in told
    ]


def test_prune(resque_store: Store, redis_client: redis.Redis) -> None:
    """The silent are struck off, those that live and those that never speak are not."""
    now = resque_store.workers.now()
    for worker, silent in (("a~00:1:mail", 61), ("b~00:1:mail", 10), ("ruby:1:mail", 61)):
        redis_client.sadd("resque:workers", worker)
        redis_client.hset("resque:workers:heartbeat", worker, timestamps.heartbeat(now - silent))
    idle, silent_for = "c~00:1:mail", timestamps.heartbeat(now - 99)
    redis_client.hset("resque:workers:heartbeat", idle, silent_for)
    redis_client.sadd("resque:workers", "php:1:mail")
    redis_client.set("resque:worker:a~00:1:mail", claim())

    printed = run("resque_prune")

    assert [
        "a~00:1:mail held a job, which failed",
        "c~00:1:mail held no job",
        "2 dead workers",
    ] == printed.splitlines()
    assert ["b~00:1:mail", "php:1:mail", "ruby:1:mail"] == resque_store.workers.ids()
    (failed,) = map(json.loads, redis_client.lrange("resque:failed", 0, -1))
    assert failed["exception"].endswith("PruneDeadWorkerDirtyExit")
    assert "shop.send" in failed["error"]
    assert "0 dead workers\n" == run("resque_prune")
