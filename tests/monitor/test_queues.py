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


def test_nothing(resque_store: Store) -> None:
    """An empty Redis has no queues."""
    assert [] == queues(resque_store)
