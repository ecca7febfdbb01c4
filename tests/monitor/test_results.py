"""What is known of jobs can be read in few round trips, whatever lies there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.monitor.results import MOST_BYTES, ResultRow, RetryRow, result, results, retries
from django_resque.wire.result import Progress, ResultRecord
from django_resque.wire.retry import RetryNote

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from tests.trips import Trips

_RECORD = ResultRecord("f00", "succeeded", "send", value=[1])
_PROGRESS = Progress(1, 2, "half")


def test_results(resque_store: Store, trips: Trips) -> None:
    """Result and progress of many jobs come together; of one that is unknown, nothing."""
    resque_store.results.record("f00", _RECORD.encode(), 60)
    resque_store.results.tell_progress("f00", _PROGRESS.encode(), 60)
    resque_store.results.tell_progress("f01", _PROGRESS.encode(), 60)
    row = ResultRow("f00", _RECORD, _PROGRESS)

    trips.count()
    found = results(resque_store, ["f00", "f01", "f02"])
    assert 2 == trips.count()
    assert [row, ResultRow("f01", None, _PROGRESS), ResultRow("f02", None, None)] == found
    assert row == result(resque_store, "f00")
    assert result(resque_store, "f02") is None


def test_unreadable(resque_store: Store, redis_client: redis.Redis) -> None:
    """Garbage is told of, and hides nothing else."""
    redis_client.set("resque:result:f00", "garbage")
    redis_client.set("resque:result:f00:progress", b"\xff")
    redis_client.set("resque:result:f01", b'"' + b"x" * MOST_BYTES + b'"')
    redis_client.rpush("resque:result:f02", "x")
    resque_store.results.record("f03", _RECORD.encode(), 60)

    rows = results(resque_store, ["f00", "f01", "f02", "f03"])

    assert "result is not JSON" in rows[0].error
    assert "progress is not UTF-8" in rows[0].error
    assert "which is none of ours" in rows[1].error
    assert ["", ""] == [row.error for row in rows[2:]]
    assert _RECORD == rows[3].record


def test_retries(resque_store: Store, redis_client: redis.Redis) -> None:
    """The latest retries come first; what is none is shown as such."""
    note = RetryNote(1, 2, "send", "q", 2, 5)
    redis_client.lpush("resque:retried", "garbage", note.encode())

    first, second = retries(resque_store)

    assert RetryRow(note.encode(), note) == first
    assert (b"garbage", None) == (second.raw, second.note)
    assert "retry is not JSON" in second.error
    assert [first] == retries(resque_store, 0, 1)
