"""The latest retries are remembered, and no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.store.retries import MOST

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store


def test_latest(resque_store: Store, redis_client: redis.Redis) -> None:
    """The newest come first, a page at a time, and the oldest are forgotten."""
    retries = resque_store.retries
    for number in range(MOST + 5):
        resque_store.commander.pipe(retries.noting(b"%d" % number))

    assert MOST == redis_client.llen("resque:retried")
    assert [b"%d" % (MOST + 4), b"%d" % (MOST + 3)] == retries.latest(0, 2)
    assert [b"5"] == retries.latest(MOST - 1, 9)
    assert [] == retries.latest(0, 0)


def test_no_list(resque_store: Store, redis_client: redis.Redis) -> None:
    """A key of another type holds none."""
    redis_client.set("resque:retried", "x")

    assert [] == resque_store.retries.latest()
