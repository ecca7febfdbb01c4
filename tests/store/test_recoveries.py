"""Recoveries are counted for each payload of each queue, for a limited time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.store.recoveries import TTL

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store


def test_counting(resque_store: Store, redis_client: redis.Redis) -> None:
    """Each payload has a count of its own, which goes by itself if nothing more happens."""
    recoveries = resque_store.recoveries
    for _ in range(2):
        resque_store.commander.pipe(recoveries.counting("q", b"one"))

    assert [2, 0, 0] == [
        recoveries.count(*each) for each in [("q", b"one"), ("p", b"one"), ("q", b"on")]
    ]
    (key,) = redis_client.keys("*")
    assert TTL - 10 < redis_client.ttl(key) <= TTL


def test_forgetting(resque_store: Store, redis_client: redis.Redis) -> None:
    """The count of a job that has ended goes at once."""
    resque_store.commander.pipe(resque_store.recoveries.counting("q\udc80", b"one"))
    resque_store.commander.pipe(resque_store.recoveries.forgetting("q\udc80", b"one"))

    assert [] == redis_client.keys("*")


def test_garbage(resque_store: Store, redis_client: redis.Redis) -> None:
    """What is no number counts as none."""
    resque_store.commander.pipe(resque_store.recoveries.counting("q", b"one"))
    (key,) = redis_client.keys("*")

    for command in (("SET", key, "many"), ("DEL", key), ("RPUSH", key, "1")):
        redis_client.execute_command(*command)
        assert 0 == resque_store.recoveries.count("q", b"one")
