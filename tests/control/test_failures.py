"""What operators do to failures changes just what they meant, once, and says when it cannot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from django_resque.control.failures import (
    clear_failures,
    clear_retried,
    remove_failure,
    retry_failure,
    retry_failures,
)
from django_resque.exceptions import (
    DecodeError,
    FailureNotFound,
    InvalidQueueName,
    StoreError,
)
from django_resque.wire import timestamps
from django_resque.wire.payload import Payload
from tests.records import record

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store


@pytest.fixture
def store(resque_store: Store) -> Store:
    """The store that commands work on."""
    return resque_store


def pushed(redis_client: redis.Redis, queue: str = "mail") -> list[bytes]:
    """Return what lies in a queue."""
    found: Any = redis_client.lrange(f"resque:queue:{queue}", 0, -1)
    return list(found)


def kept(redis_client: redis.Redis) -> list[bytes]:
    """Return what lies in the failed list."""
    found: Any = redis_client.lrange("resque:failed", 0, -1)
    return list(found)


def test_retry_marks_the_record(store: Store, redis_client: redis.Redis) -> None:
    """The job is queued with all its keys, and the record says that it was retried."""
    payload = {"class": "A", "args": [1.0, [], {}, 12345678901234567890], "id": "7", "x": None}
    failed = record(payload=payload, extra="kept")
    redis_client.rpush("resque:failed", failed)

    queue = retry_failure(store, "failed", failed, 0)

    assert "mail" == queue
    assert [json.dumps(payload, separators=(",", ":")).encode()] == pushed(redis_client)
    (marked,) = kept(redis_client)
    document = json.loads(marked)
    assert document.pop("retried_at").endswith(" UTC")
    assert json.loads(failed) == document


def test_retry_waits_anew(store: Store, redis_client: redis.Redis) -> None:
    """A payload that tells when it was enqueued tells of the retry, not of days ago."""
    payload = {"class": "A", "args": [], "queue_time": 1.5, "id": "7"}
    redis_client.rpush("resque:failed", record(payload=payload), record(payload=payload))
    before = timestamps.now()

    for index, remove in ((1, True), (0, False)):
        retry_failure(store, "failed", record(payload=payload), index, remove=remove)

    for raw in pushed(redis_client):
        again = Payload.decode(raw)
        assert again.queued_at is not None
        assert before <= again.queued_at <= timestamps.now()
        assert list(payload) == list(json.loads(raw))
    assert b'"queue_time":1.5,"id":"7"' in kept(redis_client)[0]


def test_retry_twice(store: Store, redis_client: redis.Redis) -> None:
    """A double click enqueues once."""
    failed = record()
    redis_client.rpush("resque:failed", failed, record("other"))
    retry_failure(store, "failed", failed, 0)

    with pytest.raises(FailureNotFound):
        retry_failure(store, "failed", failed, 0)

    assert 1 == len(pushed(redis_client))


def test_retry_elsewhere_and_remove(store: Store, redis_client: redis.Redis) -> None:
    """The queue can be another, and the record can go at once."""
    failed = record()
    redis_client.rpush("resque:failed", record("other"), failed)

    assert "slow" == retry_failure(store, "failed", failed, 1, to="slow", remove=True)

    assert [record("other")] == kept(redis_client)
    assert (1, 0) == (len(pushed(redis_client, "slow")), len(pushed(redis_client)))
    assert {b"slow"} == redis_client.smembers("resque:queues")


@pytest.mark.parametrize(
    ("failed", "error"),
    [
        (b"{oops", DecodeError),
        (record(payload=None), DecodeError),
        (record(payload={"args": []}), DecodeError),
        (record(payload={"class": "(invalid payload)", "args": []}), DecodeError),
        (record(payload={"class": "A", "args": ["\ud800"]}), DecodeError),
        (record(queue=""), InvalidQueueName),
        (record(queue="a b"), InvalidQueueName),
    ],
)
def test_retry_refused(
    store: Store, redis_client: redis.Redis, failed: bytes, error: type[Exception]
) -> None:
    """What could not be performed stays where it is, and nothing is queued."""
    redis_client.rpush("resque:failed", failed)

    with pytest.raises(error):
        retry_failure(store, "failed", failed, 0)

    assert [failed] == kept(redis_client)
    assert not redis_client.keys("resque:queue:*")


def test_retry_all(store: Store, redis_client: redis.Redis) -> None:
    """All that was not retried yet is, from every list; what cannot be is counted."""
    redis_client.rpush(
        "resque:failed",
        record("a"),
        record("b", retried_at="2026/11/21 05:00:00"),
        record("c", queue="file"),
        b"{oops",
    )
    redis_client.sadd("resque:failed_queues", "mail_failed")
    redis_client.rpush("resque:mail_failed", record("d"))

    assert (1, 0) == retry_failures(store, queue="file", to="slow")
    assert (2, 1) == retry_failures(store)
    assert (0, 1) == retry_failures(store)

    assert [b'{"class":"c","args":[]}'] == pushed(redis_client, "slow")
    assert {b'{"class":"a","args":[]}', b'{"class":"d","args":[]}'} == set(pushed(redis_client))


def test_retry_all_keeps_the_order(store: Store, redis_client: redis.Redis) -> None:
    """What failed first is queued first."""
    redis_client.rpush("resque:failed", *(record("a", number) for number in range(9)))

    retry_failures(store)

    expected = [b'{"class":"a","args":[%d]}' % number for number in range(9)]
    assert expected == pushed(redis_client)


def test_remove_failure(store: Store, redis_client: redis.Redis) -> None:
    """One record goes; a second attempt is told so."""
    failed = record()
    redis_client.rpush("resque:failed", failed, record("other"))
    remove_failure(store, "failed", failed, 1)

    with pytest.raises(FailureNotFound):
        remove_failure(store, "failed", failed, 0)

    assert [record("other")] == kept(redis_client)


def test_clear(store: Store, redis_client: redis.Redis) -> None:
    """First the retried ones, then all, from every list."""
    redis_client.rpush("resque:failed", record("a"), record("b", retried_at="x"), b"{oops")
    redis_client.sadd("resque:failed_queues", "mail_failed")
    redis_client.rpush("resque:mail_failed", record("c", retried_at="x"))

    assert 2 == clear_retried(store)
    assert [record("a"), b"{oops"] == kept(redis_client)
    assert 2 == clear_failures(store)
    assert [] == kept(redis_client)


def test_clear_one_list(store: Store, redis_client: redis.Redis) -> None:
    """A list that is named is cleared alone."""
    redis_client.sadd("resque:failed_queues", "mail_failed")
    for name in ("failed", "mail_failed"):
        redis_client.rpush(f"resque:{name}", record("a", retried_at="x"), record("b"))

    assert 1 == clear_retried(store, "mail_failed")
    assert [1, 2] == [redis_client.llen(f"resque:{name}") for name in ("mail_failed", "failed")]
    assert 1 == clear_failures(store, "mail_failed")
    assert 2 == redis_client.llen("resque:failed")


def test_retry_with_other_arguments(store: Store, redis_client: redis.Redis) -> None:
    """The job is queued with the arguments given, and all else that it had."""
    payload = {"class": "A", "args": [1], "id": "7", "x": None}
    failed = record(payload=payload)
    redis_client.rpush("resque:failed", failed)

    retry_failure(store, "failed", failed, 0, args=["two", {"é": []}])

    expected = '{"class":"A","args":["two",{"é":[]}],"id":"7","x":null}'
    assert [expected.encode()] == pushed(redis_client)
    (marked,) = kept(redis_client)
    assert payload == json.loads(marked)["payload"]


def test_retry_to_what_is_no_queue(store: Store, redis_client: redis.Redis) -> None:
    """If the job cannot be pushed, its failure stays."""
    failed = record()
    redis_client.rpush("resque:failed", failed)
    redis_client.set("resque:queue:mail", "no list")

    with pytest.raises(StoreError):
        retry_failure(store, "failed", failed, 0, remove=True)
    assert [failed] == kept(redis_client)
