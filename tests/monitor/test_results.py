"""What is known of jobs can be read in few round trips, whatever lies there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.monitor import results as module
from django_resque.monitor.results import (
    MOST_BYTES,
    ResultRow,
    RetryRow,
    progress_of,
    result,
    results,
    retries,
    trace,
)
from django_resque.wire.result import Progress, ResultRecord
from django_resque.wire.retry import RetryNote

if TYPE_CHECKING:
    import pytest
    import redis

    from django_resque.store import Store
    from django_resque.wire.worker import Reservation
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


def test_trace_of_one_that_ended(resque_store: Store, trips: Trips) -> None:
    """Nobody looks for a job that has ended."""
    resque_store.results.record("f00", _RECORD.encode(), 60)
    trips.count()

    found = trace(resque_store, "f00", "mail")

    assert 2 == trips.count()
    assert ("succeeded", "mail", None) == (found.status, found.queue, found.payload)


def test_trace_of_one_that_waits(resque_store: Store, trips: Trips) -> None:
    """A job is found in the queue that is named, and in no other."""
    resque_store.queues.push("mail", _job("f00"))
    trips.count()

    found = trace(resque_store, "f00", "mail")

    assert 3 == trips.count()
    assert "queued" == found.status
    assert found.queued
    assert found.payload == found.queued.payload
    assert "unknown" == trace(resque_store, "f00").status
    assert trips.count() <= 8


def test_trace_of_one_that_runs(resque_store: Store, redis_client: redis.Redis) -> None:
    """It is found with its worker, and garbage with others is no trouble."""
    redis_client.sadd("resque:workers", "a:1:*", "b:1:*", "c:1:*")
    redis_client.set("resque:worker:a:1:*", b"f00 {oops")
    redis_client.set("resque:worker:b:1:*", b'{"queue":"q","payload":{"class":"f00"}}')
    claim = b'{"queue":"low","run_at":"2026-11-21T04:48:58Z","payload":' + _job("f00") + b"}"
    redis_client.set("resque:worker:c:1:*", claim)

    found = trace(resque_store, "f00", "mail")

    assert ("running", "low") == (found.status, found.queue)
    assert found.reservation
    assert "c:1:*" == found.reservation.worker
    assert found.payload
    assert "send" == found.payload.name


def test_trace_of_one_that_ends_meanwhile(
    resque_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that ends while it is looked for is not taken for one that is nowhere."""
    look = module._claim

    def end_and_look(store: Store, id_: str) -> Reservation | None:
        store.results.record("f00", _RECORD.encode(), 60)
        return look(store, id_)

    monkeypatch.setattr(module, "_claim", end_and_look)

    found = trace(resque_store, "f00")

    assert ("succeeded", _RECORD) == (found.status, found.known.record)


def test_trace_of_one_that_is_retried(resque_store: Store) -> None:
    """It is found among the delayed, then in its queue."""
    record = ResultRecord("f00", "retrying", "send", "mail", retry=1999999999.5)
    resque_store.results.record("f00", record.encode(), 60)
    assert "retrying" == trace(resque_store, "f00").status
    item = b'{"class":"send","args":[],"queue":"mail","id":"f00"}'
    resque_store.delayed.push_many([(b"{f00", 2000000000), (item, 2000000000)])

    found = trace(resque_store, "f00")
    assert ("retrying", "mail", 1) == (
        found.status, found.queue, found.delayed and found.delayed.position
    )  # fmt: skip

    resque_store.delayed.remove(2000000000, item)
    resque_store.queues.push("mail", _job("f00"))
    found = trace(resque_store, "f00")
    assert ("retrying", None) == (found.status, found.delayed)
    assert found.queued


def test_progress_of(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """Those that tell are told of, all in one round trip."""
    resque_store.results.tell_progress("f00", _PROGRESS.encode(), 60)
    redis_client.set("resque:result:f01:progress", "garbage")

    trips.count()
    assert {"f00": _PROGRESS} == progress_of(resque_store, ["f00", "f01", "f02"])
    assert 1 == trips.count()
    assert {} == progress_of(resque_store, [])


def _job(id_: str) -> bytes:
    return b'{"class":"send","args":[],"id":"%s"}' % id_.encode()
