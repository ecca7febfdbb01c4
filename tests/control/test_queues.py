"""What operators do to queues changes just what they meant, once, and says when it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from django_resque.control.queues import (
    clear_queue,
    move_jobs,
    pause_queue,
    remove_job,
    remove_jobs,
    remove_queue,
    resume_queue,
)
from django_resque.exceptions import (
    InvalidQueueName,
)

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store


@pytest.fixture
def store(resque_store: Store) -> Store:
    """The store that commands work on."""
    return resque_store


def test_pause_a_queue_of_another_client(store: Store) -> None:
    """A queue that exists can be paused, whatever its name."""
    store.queues.push("a b", b"{}")

    assert pause_queue(store, "a b")
    assert ["a b"] == store.queues.paused()


def test_pause_a_queue(store: Store) -> None:
    """A queue is paused and resumed once; what was so already is told."""
    changes = [
        pause_queue(store, "mail"),
        pause_queue(store, "mail"),
        resume_queue(store, "mail"),
        resume_queue(store, "mail"),
    ]

    assert [True, False, True, False] == changes
    with pytest.raises(InvalidQueueName):
        pause_queue(store, "mail*")


def test_remove_queue_and_job(store: Store, redis_client: redis.Redis) -> None:
    """A job goes by its id, a queue with all in it."""
    redis_client.sadd("resque:queues", "mail")
    redis_client.rpush("resque:queue:mail", '{"class":"A","args":[],"id":"7"}', "{}", "{}")

    assert remove_job(store, "mail", "7")
    assert not remove_job(store, "mail", "7")
    assert 2 == remove_queue(store, "mail")
    assert [] == store.queues.names()


def waiting(client: redis.Redis, queue: str = "mail") -> list[bytes]:
    """Return what lies in a queue."""
    found: Any = client.lrange(f"resque:queue:{queue}", 0, -1)
    return list(found)


def test_remove_jobs(store: Store, redis_client: redis.Redis) -> None:
    """Of jobs that are the same in every byte, as many go as were chosen."""
    redis_client.rpush("resque:queue:mail", "a", "b", "a", "{oops")

    assert 2 == remove_jobs(store, "mail", [b"a", b"{oops", b"gone"])
    assert [b"b", b"a"] == waiting(redis_client)


def test_move_jobs(store: Store, redis_client: redis.Redis) -> None:
    """Chosen jobs go to another queue's end, or in their order to the front."""
    redis_client.rpush("resque:queue:mail", *"abcde")
    redis_client.rpush("resque:queue:low", "x")

    assert 2 == move_jobs(store, "mail", [b"d", b"gone", b"b"], "low")
    assert [b"x", b"d", b"b"] == waiting(redis_client, "low")
    assert 2 == move_jobs(store, "mail", [b"c", b"e"], "mail", at_front=True)
    assert [b"c", b"e", b"a"] == waiting(redis_client)


def test_move_within_a_queue_of_another_client(store: Store, redis_client: redis.Redis) -> None:
    """A name that is there already may be any; a new one is one that all clients can share."""
    redis_client.rpush("resque:queue:a b", "1", "2")

    assert 1 == move_jobs(store, "a b", [b"2"], "a b", at_front=True)
    assert [b"2", b"1"] == waiting(redis_client, "a b")
    with pytest.raises(InvalidQueueName):
        move_jobs(store, "mail", [b"1"], "a b")


def test_clear_queue(store: Store, redis_client: redis.Redis) -> None:
    """An emptied queue is still known."""
    store.queues.push_many("mail", [b"1", b"2"])

    assert 2 == clear_queue(store, "mail")
    assert (["mail"], []) == (store.queues.names(), waiting(redis_client))
