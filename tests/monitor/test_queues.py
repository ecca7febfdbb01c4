"""Queues are shown with their size, their pause and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.monitor.queues import queues

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store


def test_rows(resque_store: Store, redis_client: redis.Redis) -> None:
    """Each known queue is a row, readable or not, empty or not."""
    redis_client.sadd("resque:queues", "mail", "file", "empty")
    redis_client.rpush("resque:queue:mail", b'{"class":"A","args":[]}', b"{oops")
    redis_client.rpush("resque:queue:file", b"{oops")
    redis_client.sadd("resque:queues:paused", "mail")

    rows = queues(resque_store)

    assert [("empty", 0, False), ("file", 1, False), ("mail", 2, True)] == [
        (row.name, row.size, row.paused) for row in rows
    ]
    empty, file, mail = (row.next for row in rows)
    assert empty is None
    assert file is not None
    assert file.error
    assert mail is not None
    assert mail.payload is not None
    assert "A" == mail.payload.name


def test_queues_of_other_clients(resque_store: Store, redis_client: redis.Redis) -> None:
    """A name that is no UTF-8 leads to its list; a key that is no list hides no other queue."""
    redis_client.sadd("resque:queues", b"\xff", "broken")
    redis_client.rpush(b"resque:queue:\xff", "{}")
    redis_client.set("resque:queue:broken", "no list")
    redis_client.sadd("resque:queues:paused", b"\xff")

    assert [("broken", 0, False), ("\udcff", 1, True)] == [
        (row.name, row.size, row.paused) for row in queues(resque_store)
    ]


def test_nothing(resque_store: Store) -> None:
    """An empty Redis has no queues."""
    assert [] == queues(resque_store)
