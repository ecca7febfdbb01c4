"""Operators run, cancel and move delayed jobs; each is in one place at every moment."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from django_resque.control.delayed import (
    cancel_class,
    cancel_delayed,
    cancel_equal,
    cancel_timestamp,
    move_delayed,
    move_timestamp,
    run_delayed,
    run_timestamp,
)
from django_resque.exceptions import ArgumentError, DecodeError

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store

DUE = "2000000000"
MOMENT = datetime(2033, 5, 18, 3, 33, 21, tzinfo=timezone.utc)


def item(number: int, name: str = "Mailer", more: bytes = b"") -> bytes:
    """Return an item as Ruby writes it."""
    return b'{"class":"%s","args":[%d],"queue":"high"%b}' % (name.encode(), number, more)


def waiting(client: redis.Redis, key: str = "resque:queue:high") -> list[dict[str, Any]]:
    """Return what lies in a list."""
    return [json.loads(raw) for raw in client.lrange(key, 0, -1)]


@pytest.fixture
def store(resque_store: Store) -> Store:
    """Give a store with three jobs at one timestamp and one at the next."""
    resque_store.delayed.push_many([(item(number), int(DUE)) for number in range(3)])
    resque_store.delayed.push(item(0), int(DUE) + 1)
    return resque_store


def test_run(store: Store, redis_client: redis.Redis) -> None:
    """They go to their queue now, each once; who comes second finds none."""
    assert 2 == run_delayed(store, DUE, [item(1), item(0), item(7)])
    assert 0 == run_delayed(store, DUE, [item(1)])

    assert [[1], [0]] == [payload["args"] for payload in waiting(redis_client)]
    assert [{"class": "Mailer", "args": [2], "queue": "high"}] == waiting(
        redis_client, f"resque:delayed:{DUE}"
    )


def test_run_waits_from_now(store: Store, redis_client: redis.Redis) -> None:
    """A job that was to wait from later on waits from now."""
    raw = item(5, more=b',"id":"f00","queue_time":2000000000.0')
    store.delayed.push(raw, int(DUE))

    assert 1 == run_delayed(store, DUE, [raw])
    (payload,) = waiting(redis_client)
    assert "f00" == payload["id"]
    assert payload["queue_time"] < 1_999_999_999


def test_run_what_is_unreadable(store: Store, redis_client: redis.Redis) -> None:
    """It is refused, with all that was to go beside it."""
    redis_client.rpush(f"resque:delayed:{DUE}", b"{oops")

    with pytest.raises(DecodeError):
        run_delayed(store, DUE, [item(1), b"{oops"])
    assert [] == waiting(redis_client)


def test_cancel(store: Store, redis_client: redis.Redis) -> None:
    """They are gone, and their like at other times are not."""
    assert 2 == cancel_delayed(store, DUE, [item(0), item(1), item(1)])
    assert 1 == redis_client.llen(f"resque:delayed:{DUE}")
    assert 1 == cancel_equal(store, item(0))
    assert [DUE] == store.delayed.timestamps()


def test_cancel_a_timestamp(store: Store, redis_client: redis.Redis) -> None:
    """All that is due then goes, unreadable things too."""
    redis_client.rpush(f"resque:delayed:{DUE}", b"{oops")
    store.delayed.push_many((item(number), int(DUE)) for number in range(10, 260))

    assert 254 == cancel_timestamp(store, DUE)
    assert ["2000000001"] == store.delayed.timestamps()
    assert 0 == cancel_timestamp(store, DUE)


def test_cancel_a_class(store: Store, redis_client: redis.Redis) -> None:
    """All of one class go, at every time; an empty name is what cannot be read."""
    store.delayed.push(item(1, "Archive"), int(DUE))
    redis_client.rpush(f"resque:delayed:{DUE}", b"{oops")

    assert 4 == cancel_class(store, "Mailer")
    assert 1 == cancel_class(store, "")
    assert 0 == cancel_class(store, "Nobody")
    assert [item(1, "Archive")] == redis_client.lrange(f"resque:delayed:{DUE}", 0, -1)


def test_move(store: Store, redis_client: redis.Redis) -> None:
    """They are due at another time, and found there."""
    assert 1 == move_delayed(store, DUE, [item(2), item(7)], MOMENT)

    assert [item(0), item(2)] == redis_client.lrange("resque:delayed:2000000001", 0, -1)
    members = redis_client.smembers(b"resque:timestamps:" + item(2))
    assert {b"delayed:2000000001"} == members
    with pytest.raises(ArgumentError, match="naive"):
        move_delayed(store, DUE, [item(1)], MOMENT.replace(tzinfo=None))


def test_run_a_timestamp(store: Store, redis_client: redis.Redis) -> None:
    """All that leads to a queue goes, in its order; the rest stays."""
    redis_client.lpush(f"resque:delayed:{DUE}", b"{oops")
    store.delayed.push_many((item(number), int(DUE)) for number in range(3, 250))

    assert (250, 1) == run_timestamp(store, DUE)
    assert [[number] for number in range(250)] == [each["args"] for each in waiting(redis_client)]
    assert [b"{oops"] == redis_client.lrange(f"resque:delayed:{DUE}", 0, -1)


def test_run_a_timestamp_to_no_queue(store: Store, redis_client: redis.Redis) -> None:
    """What its queue refuses stays where it is."""
    redis_client.set("resque:queue:high", "x")

    assert (0, 0) == run_timestamp(store, DUE)
    assert 3 == redis_client.llen(f"resque:delayed:{DUE}")


def test_some_of_a_timestamp(store: Store, redis_client: redis.Redis) -> None:
    """No more is changed than asked for; the first ones go first."""
    assert 1 == cancel_timestamp(store, DUE, 1)
    assert (1, 0) == run_timestamp(store, DUE, 1)
    assert 1 == move_timestamp(store, DUE, MOMENT, 1)

    assert [[1]] == [payload["args"] for payload in waiting(redis_client)]
    assert [[0], [2]] == [
        payload["args"] for payload in waiting(redis_client, f"resque:delayed:{int(DUE) + 1}")
    ]


def test_move_timestamp(store: Store, redis_client: redis.Redis) -> None:
    """All of it is due otherwise; to its own moment it does not move."""
    same = datetime.fromtimestamp(int(DUE), timezone.utc)
    assert 0 == move_timestamp(store, DUE, same)
    store.delayed.push_many([(item(number), int(DUE)) for number in range(200)])

    assert 203 == move_timestamp(store, DUE, MOMENT)
    assert 0 == move_timestamp(store, DUE, MOMENT)
    assert 204 == redis_client.llen(f"resque:delayed:{int(DUE) + 1}")
    with pytest.raises(ArgumentError):
        move_timestamp(store, DUE, datetime(2033, 1, 1))  # noqa: DTZ001
