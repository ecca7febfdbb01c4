"""Queues can be looked into, and jobs taken out of them by their id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque import enqueue_to, queues
from django_resque.jobs.queues import QueuedJob

if TYPE_CHECKING:
    import redis

    from tests.conftest import Configure


@pytest.fixture(autouse=True)
def _redis(resque_settings: Configure) -> None:
    """Lead to the private server."""
    del resque_settings


def test_names_and_size() -> None:
    """Known queues are named in order, with what waits in them."""
    for name in ("mail", "file", "mail"):
        enqueue_to(name, "Archive", 1)

    assert ["file", "mail"] == queues.names()
    assert [2, 0] == [queues.size("mail"), queues.size("nosuch")]


def test_peek() -> None:
    """Waiting jobs are read in order from any position."""
    handles = [enqueue_to("mail", "Archive", number) for number in range(3)]

    assert [handles[0].payload] == [job.payload for job in queues.peek("mail")]
    assert [(1, handles[1].payload), (2, handles[2].payload)] == [
        (job.position, job.payload) for job in queues.peek("mail", 1, 10)
    ]
    assert [] == queues.peek("mail", 5)
    assert [] == queues.peek("mail", 0, 0)
    assert 0 == queues.peek("mail", -5)[0].position


def test_peek_at_garbage(redis_client: redis.Redis) -> None:
    """An item that is no job is shown with what is wrong with it."""
    redis_client.rpush("resque:queue:mail", b"{oops")

    (job,) = queues.peek("mail")

    assert (b"{oops", None) == (job.raw, job.payload)
    assert "payload is not JSON" in job.error


def test_find_and_remove(redis_client: redis.Redis) -> None:
    """A job is found and removed by its id, and only that job."""
    kept, gone = (enqueue_to("mail", "Archive", number) for number in range(2))
    # Its id as an argument does not make it that job.
    redis_client.rpush("resque:queue:mail", b'{"class":"A","args":["%s"]}' % str(gone.id).encode())

    found = queues.find("mail", gone.id)

    assert QueuedJob("mail", 1, gone.payload.encode(), gone.payload) == found
    assert queues.remove("mail", gone.id)
    assert not queues.remove("mail", gone.id)
    assert queues.find("mail", gone.id) is None
    assert queues.find("mail", "") is None
    assert queues.find("mail", None) is None
    assert not queues.remove("mail", None)
    assert [kept.payload, None] == [
        queues.find("mail", kept.id).payload,  # type: ignore[union-attr]
        queues.find("other", kept.id),
    ]
    assert 2 == queues.size("mail")


def test_remove_queue() -> None:
    """A queue is forgotten with all that is in it."""
    enqueue_to("mail", "Archive", 1)

    assert [1, 0] == [queues.remove_queue("mail"), queues.remove_queue("mail")]
    assert [] == queues.names()


def test_digest() -> None:
    """An item's address is the digest of its bytes, readable or not."""
    assert "da39a3ee5e6b4b0d3255bfef95601890afd80709" == QueuedJob.read("mail", 0, b"").digest
