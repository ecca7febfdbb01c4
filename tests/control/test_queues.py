"""What operators do to queues changes just what they meant, once, and says when it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque.control.queues import pause_queue, remove_job, remove_queue, resume_queue
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
