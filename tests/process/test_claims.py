"""Each claim of a worker comes to one ending, which is told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import signals
from django_resque.exceptions import StoreUnavailable
from django_resque.execution.outcome import Failed, Succeeded
from django_resque.execution.queue_names import QueuePatterns
from django_resque.execution.reserve import Reserver
from django_resque.failures.redis import RedisBackend
from django_resque.process.claims import Claims

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

    from django_resque.embedded import EmbeddedServer
    from django_resque.execution.outcome import Outcome
    from django_resque.store import Store

WORKER = "host~000000000000:1:mail"
JOB = b'{"class":"shop.send","args":["s3cr3t"]}'


@pytest.fixture
def claims(store: Store) -> Claims:
    """The claims of a worker on the queue mail."""
    reserver = Reserver(store, WORKER, QueuePatterns.parse(["mail"]))
    sender: Any = "the worker"
    return Claims(reserver, store, (RedisBackend(),), sender)


@pytest.fixture
def told() -> Iterator[list[tuple[Any, Outcome]]]:
    """What ``job_finished`` tells."""
    heard: list[tuple[Any, Outcome]] = []

    def hear(sender: Any, *, outcome: Outcome, **_: Any) -> None:
        heard.append((sender, outcome))

    signals.job_finished.connect(hear)
    yield heard
    signals.job_finished.disconnect(hear)


def test_settled_with_the_next(
    claims: Claims, redis_client: redis.Redis, told: list[tuple[Any, Outcome]]
) -> None:
    """An ending is written, and told, by the step that looks for the next job."""
    redis_client.rpush("resque:queue:mail", JOB)
    reservation = claims.next(armed=False).reservation
    assert reservation is not None

    claims.settle(reservation, Succeeded())

    assert (True, []) == (claims.unsettled, told)
    assert "empty" == claims.next(armed=False).status
    assert (False, [("the worker", Succeeded())]) == (claims.unsettled, told)
    assert b"1" == redis_client.get("resque:stat:processed")
    assert ["mail"] == claims.queues


def test_flush(claims: Claims, redis_client: redis.Redis, told: list[Any]) -> None:
    """An ending can be written without taking another job."""
    redis_client.rpush("resque:queue:mail", JOB, JOB)
    reservation = claims.next(armed=False).reservation
    assert reservation is not None

    claims.settle(reservation, Failed("ValueError", "boom"))
    claims.flush()

    assert (False, 1) == (claims.unsettled, len(told))
    assert (1, 1) == (redis_client.llen("resque:failed"), redis_client.llen("resque:queue:mail"))
    assert not redis_client.exists(f"resque:worker:{WORKER}")


def test_give_back(claims: Claims, redis_client: redis.Redis, told: list[Any]) -> None:
    """A job that has not begun is the next of its queue again, and nothing is counted."""
    redis_client.rpush("resque:queue:mail", JOB, b"{}")
    reservation = claims.next(armed=False).reservation
    assert reservation is not None

    claims.give_back(reservation)
    claims.flush()

    assert [JOB, b"{}"] == redis_client.lrange("resque:queue:mail", 0, -1)
    assert ([], None) == (told, redis_client.get("resque:stat:processed"))


def test_fenced(
    claims: Claims,
    redis_client: redis.Redis,
    told: list[Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An ending that came too late is not written; that is logged, not told as an ending."""
    redis_client.rpush("resque:queue:mail", JOB)
    reservation = claims.next(armed=False).reservation
    assert reservation is not None
    redis_client.delete(f"resque:worker:{WORKER}")

    claims.settle(reservation, Failed("ValueError", "boom"))
    claims.flush()

    assert ([], False) == (told, claims.unsettled)
    assert not redis_client.exists("resque:failed", "resque:stat:processed")
    assert ["job.fenced"] == [record.event for record in caplog.records]  # type: ignore[attr-defined]


def test_refused_in_part(
    claims: Claims, redis_client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure that Redis refuses to keep is kept by the log, whole."""
    redis_client.rpush("resque:queue:mail", JOB)
    redis_client.set("resque:failed", "no list")
    reservation = claims.next(armed=False).reservation
    assert reservation is not None

    claims.settle(reservation, Failed("ValueError", "boom"))
    claims.flush()

    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR][:1]
    assert "WRONGTYPE" in record.getMessage()
    assert JOB.decode() in record.getMessage()
    assert b"1" == redis_client.get("resque:stat:failed")


def test_give_up(
    claims: Claims,
    redis_server: EmbeddedServer,
    redis_client: redis.Redis,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An ending that cannot be written is told without the arguments, which Redis still has."""
    redis_client.rpush("resque:queue:mail", JOB)
    reservation = claims.next(armed=False).reservation
    assert reservation is not None
    claims.give_up()
    claims.settle(reservation, Succeeded())
    redis_server.kill()
    with pytest.raises(StoreUnavailable):
        claims.flush()

    claims.give_up()

    (record,) = caplog.records
    assert "shop.send" in record.getMessage()
    assert "s3cr3t" not in record.getMessage()
    assert claims.unsettled
