"""php-resque's packets are replaced where they are, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.store.statuses import WAITING_TTL
from django_resque.wire.status import FINAL_TTL

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store

_KEY = "resque:job:f00:status"


def test_untracked(resque_store: Store, redis_client: redis.Redis) -> None:
    """A job without a packet gets none."""
    statuses = resque_store.statuses
    statuses.update("f00", b"running")
    resque_store.commander.pipe([*statuses.ending("f00", b"x"), *statuses.returning("f00", b"y")])

    assert statuses.get("f00") is None
    assert [] == redis_client.keys("*")


def test_updated(resque_store: Store, redis_client: redis.Redis) -> None:
    """A running job keeps its time to live, one that has ended has php-resque's."""
    statuses = resque_store.statuses
    statuses.begin([("f00", b"waiting")])
    assert WAITING_TTL - 10 < redis_client.ttl(_KEY) <= WAITING_TTL

    redis_client.persist(_KEY)
    statuses.update("f00", b"running")
    assert (b"running", -1) == (statuses.get("f00"), redis_client.ttl(_KEY))

    resque_store.commander.pipe(statuses.ending("f00", b"complete"))
    assert b"complete" == statuses.get("f00")
    assert FINAL_TTL - 10 < redis_client.ttl(_KEY) <= FINAL_TTL


def test_no_string(resque_store: Store, redis_client: redis.Redis) -> None:
    """A key of another type is no packet."""
    redis_client.rpush(_KEY, "x")

    assert resque_store.statuses.get("f00") is None
