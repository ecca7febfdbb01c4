"""Delayed jobs are listed, found by their id, moved and removed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from django_resque import delayed, enqueue_at_to, enqueue_in_to
from django_resque.exceptions import ArgumentError
from django_resque.jobs.delayed import DelayedJob
from django_resque.wire.failure import digest

if TYPE_CHECKING:
    import redis

    from tests.conftest import Configure

LATER = datetime(2033, 5, 18, 3, 33, 20, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def _redis(resque_settings: Configure) -> None:
    """Lead to the private server."""
    del resque_settings


def test_peek(redis_client: redis.Redis) -> None:
    """What is due first comes first, with what is wrong with it where that is so."""
    last = enqueue_at_to("mail", LATER + timedelta(seconds=1), "Archive", 1)
    first = enqueue_at_to("file", LATER, "Archive", 2)
    redis_client.rpush("resque:delayed:2000000000", b"{oops", b'{"queue":"q"}')

    jobs = delayed.peek(10)

    assert ["2000000000"] * 3 + ["2000000001"] == [job.timestamp for job in jobs]
    assert [0, 1, 2, 0] == [job.position for job in jobs]
    assert [first.payload, None, None, last.payload] == [job.payload for job in jobs]
    assert ["file", "", "q", "mail"] == [job.queue for job in jobs]
    assert "not JSON" in jobs[1].error
    assert "class is missing" in jobs[2].error
    assert LATER == jobs[0].due
    assert digest(b"{oops") == jobs[1].digest
    assert 4 == delayed.count()
    assert jobs[:2] == delayed.peek(2)
    assert jobs[:1] == delayed.peek()


@pytest.mark.parametrize("at", ["last", "", "nan", "-5", "1e400"])
def test_what_is_no_timestamp(at: str) -> None:
    """Another client's garbage is due at no moment, and breaks nothing."""
    assert DelayedJob.read(at, 0, b"{}").due is None


def test_find_and_remove(redis_client: redis.Redis) -> None:
    """A job is found and removed by its id, and only that job."""
    kept, gone = (enqueue_at_to("mail", LATER, "Archive", number) for number in range(2))
    # Its id as an argument does not make it that job.
    enqueue_at_to("mail", LATER, "Archive", gone.id)
    assert gone.id
    assert kept.id

    found = delayed.find(gone.id)

    assert found
    assert gone.payload == found.payload
    assert delayed.remove(gone.id)
    assert not delayed.remove(gone.id)
    assert delayed.find(gone.id) is None
    assert delayed.find("") is None
    assert delayed.find(None) is None
    assert not delayed.remove(None)
    assert delayed.find(kept.id)
    assert 2 == redis_client.llen("resque:delayed:2000000000")


def test_move(redis_client: redis.Redis) -> None:
    """A job is moved to another moment, and waits for a worker from then on."""
    handle = enqueue_in_to("mail", 60, "Archive", 1)
    assert handle.id

    assert delayed.move(handle.id, LATER)

    (job,) = delayed.peek(5)
    assert job.payload
    assert (LATER, handle.id, [1]) == (job.due, job.payload.id, job.payload.args)
    assert LATER == job.payload.queued_at
    assert {b"delayed:2000000000"} == redis_client.smembers(b"resque:timestamps:" + job.raw)
    assert 1 == len(redis_client.keys("resque:timestamps:*"))
    assert not delayed.move("nosuch", LATER)
    with pytest.raises(ArgumentError, match="naive"):
        delayed.move(handle.id, LATER.replace(tzinfo=None))


def test_moving_to_the_same_moment() -> None:
    """Nothing is lost by moving a job to where it is."""
    handle = enqueue_at_to("mail", LATER, "Archive", 1)
    assert handle.id

    assert delayed.move(handle.id, LATER)
    assert [handle.payload] == [job.payload for job in delayed.peek(5)]
    assert delayed.remove(handle.id)
    assert 0 == delayed.count()
