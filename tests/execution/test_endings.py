"""With its end, a job comes back, leaves a result and is told of to php-resque, where wanted."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import Retry, job
from django_resque.execution import settle
from django_resque.execution.outcome import (
    Expired,
    Failed,
    Outcome,
    Requeued,
    Retrying,
    Skipped,
    Succeeded,
)
from django_resque.failures.redis import RedisBackend
from django_resque.store.workers import Look
from django_resque.wire import timestamps
from django_resque.wire.payload import Payload
from django_resque.wire.result import ResultRecord
from django_resque.wire.retry import RetryNote
from django_resque.wire.status import StatusPacket
from tests.claims import WORKER, reservation

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store

_NOW = datetime(2026, 11, 21, 5, 0, 0, 250_000, tzinfo=timezone.utc)
_FAILED = Failed("ValueError", "boom", ["line"])
_EXTRAS = {"id": "f00", "queue_time": 7.5}
_RAW = Payload("send", [1, {"a": []}], _EXTRAS).encode()


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be one moment for good."""
    monkeypatch.setattr(timestamps, "now", lambda: _NOW)


def define(**options: Any) -> None:
    """Define the job ``send`` with options."""

    @job(name="send", **options)
    def send(*_args: Any) -> None: ...


def end(
    store: Store, client: redis.Redis, outcome: Outcome, raw: bytes = _RAW, **options: Any
) -> None:
    """Write the ending of a claim as the worker's next step does."""
    claim = reservation(queue="mail", payload=raw)
    client.set(f"resque:worker:{claim.worker}", claim.encode())
    ending = settle.ending(store, [RedisBackend()], claim, outcome, **options)
    assert store.workers.step(WORKER, Look(()), ending=ending, rid="").errors == []


def failures(client: redis.Redis) -> list[dict[str, Any]]:
    """Return all failure records."""
    return [json.loads(raw) for raw in client.lrange("resque:failed", 0, -1)]


def test_retry_later(store: Store, redis_client: redis.Redis) -> None:
    """A job that is retried after a delay lies where resque-scheduler looks for it."""
    end(store, redis_client, Retrying(_FAILED, 10, 2, 5))

    due = int((_NOW + timedelta(seconds=11)).timestamp())  # never sooner than it should
    item = (
        b'{"class":"send","args":[1,{"a":[]}],"queue":"mail","id":"f00",'
        b'"queue_time":1795237210.25,"attempt":2}'
    )
    assert [(str(due).encode(), due)] == redis_client.zrange(
        "resque:delayed_queue_schedule", 0, -1, withscores=True
    )
    assert [item] == redis_client.lrange(f"resque:delayed:{due}", 0, -1)
    assert [] == failures(redis_client)
    assert [1, 0] == store.stats.get("processed", "failed")
    assert 0 == store.queues.size("mail")


def test_retry_at_once(store: Store, redis_client: redis.Redis) -> None:
    """A job that is retried without a delay is the last of its queue; other keys stay."""
    store.queues.push("mail", b"other")
    raw = b'{"class":"send","args":[1.0,"\xc3\xa9"],"attempt":2,"extra":{"b":1,"a":2}}'

    end(store, redis_client, Retrying(_FAILED, 0, 3, 5), raw)

    expected = b'{"class":"send","args":[1.0,"\xc3\xa9"],"attempt":3,"extra":{"b":1,"a":2}}'
    assert [b"other", expected] == store.queues.peek("mail", count=9)


def test_retry_is_remembered(store: Store, redis_client: redis.Redis) -> None:
    """The latest retries can be seen."""
    end(store, redis_client, Retrying(_FAILED, 10, 2, 5))

    (raw,) = store.retries.latest()
    now = timestamps.epoch(_NOW)
    note = RetryNote(now, now + 10, "send", "mail", 2, 5, "f00", WORKER, "ValueError", "boom")
    assert note == RetryNote.decode(raw)


def test_retry_recorded(store: Store, redis_client: redis.Redis) -> None:
    """By choice each failure is recorded and counted, with its attempt and when the next is."""
    end(store, redis_client, Retrying(_FAILED, 10, 3, 5, is_recorded=True))

    (record,) = failures(redis_client)
    assert (2, "2026/11/21 05:00:10 UTC") == (record["attempt"], record["will_retry"])
    assert json.loads(_RAW) == record["payload"]
    assert [1, 1] == store.stats.get("processed", "failed")


@pytest.mark.parametrize(
    ("extras", "attempt"), [({"attempt": 5}, 5), ({}, None), ({"attempt": "x"}, None)]
)
def test_last_failure_tells_attempt(
    store: Store, redis_client: redis.Redis, extras: dict[str, Any], attempt: int | None
) -> None:
    """The failure after several attempts says how many there were."""
    end(store, redis_client, _FAILED, Payload("send", [], extras).encode())

    (record,) = failures(redis_client)
    assert attempt == record.get("attempt")


def test_forged_retry(store: Store, redis_client: redis.Redis) -> None:
    """An answer that no performer gives harms nobody: the payload goes back as it was."""
    for raw in (b"garbage", b'{"class":"x","args":["\\ud800"]}'):
        end(store, redis_client, Retrying(_FAILED, 10, 2, 5), raw)

        assert [raw] == store.queues.peek("mail", count=9)
        store.queues.clear("mail")


def test_requeued(store: Store, redis_client: redis.Redis) -> None:
    """A job whose worker leaves is the next of its queue again, to the byte, and not counted."""
    store.queues.push("mail", b"other")

    end(store, redis_client, Requeued(_FAILED))

    assert [_RAW, b"other"] == store.queues.peek("mail", count=9)
    assert [0, 0] == store.stats.get("processed", "failed")
    assert [] == failures(redis_client)
    assert 0 == store.recoveries.count("mail", _RAW)


def test_recovery_count(store: Store, redis_client: redis.Redis) -> None:
    """Losses are counted until the job ends; jobs without the option cost nothing."""
    define(on_worker_loss="requeue")
    end(store, redis_client, Requeued(_FAILED, is_counted=True))
    assert 1 == store.recoveries.count("mail", _RAW)

    end(store, redis_client, Succeeded())
    assert 0 == store.recoveries.count("mail", _RAW)


def test_unused_costs_nothing(store: Store) -> None:
    """The ending of a job that uses none of this has the commands that it always had."""
    define()
    claim = reservation(queue="mail", payload=_RAW)
    names = [command[0] for command in settle.ending(store, [], claim, Succeeded()).commands]
    define(retry=Retry(), ttl=60)
    with_policy = settle.ending(store, [], claim, Succeeded()).commands

    assert ["INCRBY", "INCRBY", "HINCRBY"] == names == [command[0] for command in with_policy]


def test_result_is_one_write(store: Store) -> None:
    """A result costs one write more, waking those who wait for it, and a look for dependents."""
    define(result_ttl=60)
    claim = reservation(queue="mail", payload=_RAW)
    names = [command[0] for command in settle.ending(store, [], claim, Succeeded("1")).commands]

    assert ["SET", "PUBLISH", "resque.ended"] == names[3:]


_TIMES: dict[str, Any] = {
    "job": "send", "queue": "mail", "worker": WORKER,
    "queued": 7.5, "started": 1795236538.0, "ended": 1795237200.25,
}  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "record"),
    [
        (Succeeded('{"a":[1,null]}'), ResultRecord("f00", "succeeded", value={"a": [1, None]})),
        (Succeeded(), ResultRecord("f00", "succeeded")),
        (Succeeded("", "too large"), ResultRecord("f00", "succeeded", error="too large")),
        (Skipped(), ResultRecord("f00", "skipped")),
        (_FAILED, ResultRecord("f00", "failed", exception="ValueError", error="boom")),
        (Expired(61.2), ResultRecord("f00", "expired", error="It waited 61 s in its queue")),
        (
            Retrying(_FAILED, 10, 2, 5),
            ResultRecord(
                "f00", "retrying", exception="ValueError", error="boom", retry=1795237210.25
            ),
        ),
        (
            Requeued(_FAILED),
            ResultRecord(
                "f00", "retrying", exception="ValueError", error="boom", retry=1795237200.25
            ),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_result(
    store: Store, redis_client: redis.Redis, outcome: Outcome, record: ResultRecord
) -> None:
    """Whatever comes of a job is kept, with its times, for as long as it is to be."""
    define(result_ttl=timedelta(minutes=1))

    end(store, redis_client, outcome)

    known = {name: getattr(record, name) for name in record.__slots__} | _TIMES
    raw = store.results.get("f00")
    assert raw is not None
    assert ResultRecord(**known) == ResultRecord.decode(raw)
    wait = 10 if isinstance(outcome, Retrying) else 0  # a retry must not outlive its record
    assert 50 + wait < redis_client.ttl("resque:result:f00") <= 60 + wait


def test_no_result_without_id(store: Store, redis_client: redis.Redis) -> None:
    """A payload of another client without an id leaves no result; nor does one that is no job."""
    define(result_ttl=60)

    end(store, redis_client, Succeeded("1"), b'{"class":"send","args":[]}')
    end(store, redis_client, _FAILED, b'"prefix""id"')

    assert [] == redis_client.keys("resque:result:*")


@pytest.mark.parametrize(
    ("outcome", "packet", "ttl"),
    [
        (Succeeded('"php result"'), StatusPacket(4, 1795237200, 3).encode(b'"php result"'), 86400),
        (Succeeded(), StatusPacket(4, 1795237200, 3).encode(), 86400),
        (Skipped(), StatusPacket(4, 1795237200, 3).encode(), 86400),
        (_FAILED, StatusPacket(3, 1795237200, 3).encode(), 86400),
        (Expired(9), StatusPacket(3, 1795237200, 3).encode(), 86400),
        (Retrying(_FAILED, 1, 2, 5), StatusPacket(1, 1795237200, 3).encode(), -1),
        (Requeued(_FAILED), StatusPacket(1, 1795237200, 3).encode(), -1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_php_status(
    store: Store, redis_client: redis.Redis, outcome: Outcome, packet: bytes, ttl: int
) -> None:
    """The packet of a job of php-resque tells its end, if there is one."""
    key = "resque:job:shop_f00:status"
    raw = Payload("My_Job", [], {"id": "f00", "prefix": "shop", "queue_time": 7.5}).encode()

    end(store, redis_client, outcome, raw, started=3)
    assert not redis_client.exists(key)

    redis_client.set(key, "waiting")
    end(store, redis_client, outcome, raw, started=3)
    assert packet == redis_client.get(key)
    assert ttl - 5 < redis_client.ttl(key) <= ttl if ttl > 0 else redis_client.ttl(key) == -1


def test_php_status_of_lost_worker(store: Store, redis_client: redis.Redis) -> None:
    """Where nobody read the packet at the start, its job counts from when it was queued."""
    redis_client.set("resque:job:f00:status", "running")
    raw = Payload("My_Job", [], {"id": "f00", "prefix": "", "queue_time": 7.5}).encode()

    end(store, redis_client, _FAILED, raw)

    assert StatusPacket(3, 1795237200, 7).encode() == redis_client.get("resque:job:f00:status")
