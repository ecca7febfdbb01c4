"""Locks are taken together with what they guard, and freed by their owners only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque.exceptions import EnqueueUncertain, StoreError
from django_resque.store import Store
from django_resque.store.commander import PooledCommander
from django_resque.store.connection import from_unix_socket
from django_resque.store.locks import Locking
from django_resque.wire.lock import Lock, lock_name
from django_resque.wire.payload import Payload
from tests.store.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from pathlib import Path

    import redis

NAME = lock_name("shop.send", b"[7]")
KEY = f"resque:unique:{NAME}"


def locking(store: Store, owner: str, name: str = NAME) -> Locking:
    """Return the taking of a lock that pushes its owner."""
    return Locking(Lock(name, owner), store.queues.pushing("q", [owner.encode()]))


def payload(owner: str, name: str = NAME) -> bytes:
    """Return a payload that has a lock."""
    return Payload("shop.send", [7], {"id": owner, "unique": name}).encode()


def test_take(store: Store, redis_client: redis.Redis) -> None:
    """The first gets the lock and is pushed; the second learns who has it, and is not."""
    assert ["a"] == store.locks.take([locking(store, "a")], 60.0)
    assert ["a", "c"] == store.locks.take([locking(store, "b"), locking(store, "c", "0" * 40)], 60)

    assert [b"a", b"c"] == store.queues.peek("q", 0, 9)
    assert b"a" == redis_client.get(KEY)
    assert 50_000 < redis_client.pttl(KEY) <= 60_000
    assert ["a", None] == [store.locks.owner(name) for name in (NAME, "1" * 40)]


def test_many(store: Store) -> None:
    """However many there are, each has its lock and is pushed once, in their order."""
    owners = [str(number) for number in range(1200)]
    lockings = [locking(store, owner, lock_name("x", owner.encode())) for owner in owners]

    assert owners == store.locks.take(lockings, 60.0)
    assert owners == store.locks.take([*lockings], 60.0)
    # Equal owners are no duplicates: a repeated call pushes again.
    assert 2400 == store.queues.size("q")


def test_refused(store: Store, redis_client: redis.Redis) -> None:
    """What cannot be pushed has no lock."""
    redis_client.set("resque:queue:q", "no list")

    with pytest.raises(StoreError, match="WRONGTYPE"):
        store.locks.take([locking(store, "a")], 60.0)

    assert not redis_client.exists(KEY)


def test_spoilt(store: Store, redis_client: redis.Redis) -> None:
    """A key of another type is no lock that anybody has."""
    redis_client.lpush(KEY, "x")

    assert ["a"] == store.locks.take([locking(store, "a")], 60.0)
    assert "a" == store.locks.owner(NAME)


def test_a_lost_reply_is_told(tmp_path: Path) -> None:
    """Whether the job is queued is not known when the connection breaks before the reply."""
    with ScriptedServer(tmp_path, [b""]) as server:
        store = Store(PooledCommander(from_unix_socket(server.path)()), "resque")

        with pytest.raises(EnqueueUncertain):
            store.locks.take([locking(store, "a")], 60.0)


@pytest.mark.parametrize("method", ["remove_items", "remove_each"])
def test_removal_frees(store: Store, redis_client: redis.Redis, method: str) -> None:
    """Whose payload is removed from its queue has its lock no more; others keep theirs."""
    redis_client.set(KEY, "a")
    redis_client.set(f"resque:unique:{'0' * 40}", "taken")
    kept = payload("taken", "0" * 40)
    store.queues.push_many("q", [b"plain", payload("a")])

    assert 2 == getattr(store.queues, method)("q", [b"plain", payload("a"), kept])
    assert [None, "taken"] == [store.locks.owner(name) for name in (NAME, "0" * 40)]
    assert 0 == getattr(store.queues, method)("q", [payload("a")])


def test_removal_of_what_is_delayed_frees(store: Store) -> None:
    """Likewise where it is delayed; on its way to the queue it keeps the lock."""
    for at, owner in enumerate(["a", "b", "c"], 100):
        store.locks.take([locking(store, owner, str(at)[-1] * 40)], 60.0)
        store.delayed.push(payload(owner, str(at)[-1] * 40), at)

    assert store.delayed.remove(100, payload("a", "0" * 40))
    assert 1 == store.delayed.remove_many(101, [payload("b", "1" * 40)])
    assert [None, None, "c"] == [store.locks.owner(str(digit) * 40) for digit in range(3)]
    assert 1 == store.delayed.remove_equal(payload("c", "2" * 40))
    assert store.locks.owner("2" * 40) is None


def test_some_of_many(tmp_path: Path) -> None:
    """Whoever enqueues many learns how many are queued, not those that had a duplicate."""
    owners = b"*500\r\n" + b"$1\r\na\r\n" * 499 + b"$1\r\nb\r\n"
    with ScriptedServer(tmp_path, [owners, b"-OOM command not allowed\r\n"]) as server:
        store = Store(PooledCommander(from_unix_socket(server.path)()), "resque")
        with pytest.raises(EnqueueUncertain, match="; 499 of the jobs are queued"):
            store.locks.take((locking(store, "a") for _ in range(600)), 60.0)
