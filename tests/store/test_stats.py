"""Counters are read in one trip and raised by commands that can be part of an ending."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store


def test_get(store: Store, redis_client: redis.Redis) -> None:
    """Counters come in the order asked for; one that was never raised is zero."""
    redis_client.mset({"resque:stat:processed": 5, "resque:stat:failed:w": 2})

    assert [5, 0] == store.stats.get("processed", "failed")
    assert [0, 2] == store.stats.get("processed", "failed", worker="w")
    assert [] == store.stats.get()


@pytest.mark.parametrize("value", [b"", b"x", b"1.5", b"--5", b"\xff", b"9" * 5000])
def test_what_is_no_number_counts_nothing(
    store: Store, redis_client: redis.Redis, value: bytes
) -> None:
    """Whatever another client left there, a page is shown and not a traceback."""
    redis_client.set("resque:stat:processed", value)

    assert [0] == store.stats.get("processed")


def test_negative(store: Store, redis_client: redis.Redis) -> None:
    """A counter that somebody lowered is told as it is."""
    redis_client.decr("resque:stat:processed")

    assert [-1] == store.stats.get("processed")


def test_of_workers(store: Store, redis_client: redis.Redis) -> None:
    """The counters of many workers come worker by worker."""
    redis_client.mset({"resque:stat:processed:a": 5, "resque:stat:failed:b": 2})

    expected = [(5, 0), (0, 2), (0, 0)]
    assert expected == store.stats.of_workers(["processed", "failed"], ["a", "b", "c"])
    assert [] == store.stats.of_workers(["processed"], [])


def test_raising(store: Store, redis_client: redis.Redis) -> None:
    """The total and the worker's own counter are raised, by the command that Ruby sends."""
    commands = store.stats.raising("failed", "vm:1:high")
    expected = [
        ("INCRBY", "resque:stat:failed", 1),
        ("INCRBY", "resque:stat:failed:vm:1:high", 1),
    ]
    assert expected == commands

    store.commander.pipe(commands * 2)
    assert [2] == store.stats.get("failed")
    assert [2] == store.stats.get("failed", worker="vm:1:high")
    assert redis_client.get("resque:stat:failed:vm:1:high") == b"2"
