"""The backends in Redis write where Ruby's of the same name write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.failures.redis import RedisBackend, RedisMultiQueueBackend
from django_resque.wire.failure import FailureRecord
from tests.records import record

if TYPE_CHECKING:
    from django_resque.store import Store


def test_redis(resque_store: Store) -> None:
    """All records go to one list."""
    failure = FailureRecord.decode(record())

    assert [("RPUSH", "resque:failed", failure.encode())] == RedisBackend().recording(
        failure, resque_store
    )


def test_redis_multi_queue(resque_store: Store) -> None:
    """Each queue has a list of its own."""
    failure = FailureRecord.decode(record(queue="mail"))
    expected = [
        ("SADD", "resque:failed_queues", "mail_failed"),
        ("RPUSH", "resque:mail_failed", failure.encode()),
    ]

    assert expected == RedisMultiQueueBackend().recording(failure, resque_store)
