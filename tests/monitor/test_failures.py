"""Failures of every client are shown, page by page, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque.monitor.failures import all_failures, failures, find_failures
from django_resque.wire.failure import digest
from tests.records import record

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (0, 2, [4, 3]),
        (1, 2, [3, 2]),
        (3, 5, [1, 0]),
        (5, 5, []),
        (-9, 1, [4]),
        (0, 0, []),
        (0, -1, []),
    ],
)
def test_pages(
    resque_store: Store,
    redis_client: redis.Redis,
    start: int,
    count: int,
    expected: list[int],
) -> None:
    """A page begins with the newest record and knows where each stands."""
    redis_client.rpush("resque:failed", *(record("a", number) for number in range(5)))

    rows = failures(resque_store, "failed", start, count)

    assert expected == [row.index for row in rows]
    assert expected == [row.payload.args[0] for row in rows if row.payload]


def test_all_and_find(resque_store: Store, redis_client: redis.Redis) -> None:
    """All lists are searched for a digest."""
    raw = record("a", queue="mail")
    redis_client.rpush("resque:failed", record("b"), record("c"))
    redis_client.sadd("resque:failed_queues", "mail_failed")
    redis_client.rpush("resque:mail_failed", raw)

    assert ["c", "b"] == [row.job for row in all_failures(resque_store, "failed")]
    assert [("mail_failed", "a")] == [
        (row.list, row.job) for row in find_failures(resque_store, digest(raw)[:6])
    ]
