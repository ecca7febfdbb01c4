"""Figures of Resque and of Redis, and its keys, as far as they are told."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import wiring
from django_resque.exceptions import StoreUnavailable
from django_resque.monitor.stats import ServerState, key, keys, stats, totals

if TYPE_CHECKING:
    import redis

    from django_resque.embedded import EmbeddedServer
    from django_resque.store import Store
    from tests.conftest import Configure
    from tests.trips import Trips

FULL = {
    "redis_version": "7.2.4", "redis_mode": "standalone", "uptime_in_seconds": "90",
    "used_memory": "75", "used_memory_peak": "80", "maxmemory": "100",
    "maxmemory_policy": "allkeys-lru", "evicted_keys": "3", "rdb_last_save_time": "1764265000",
    "rdb_last_bgsave_status": "ok", "rdb_changes_since_last_save": "5", "aof_enabled": "1",
    "aof_last_write_status": "err", "connected_clients": "9", "maxclients": "10000",
    "blocked_clients": "1", "instantaneous_ops_per_sec": "120", "role": "slave",
    "connected_slaves": "0", "master_host": "10.0.0.1", "master_port": "6379",
    "master_link_status": "down", "save": "3600 1",
}  # fmt: skip


def test_totals(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """Resque's figures are counted in a fixed number of round trips, reading no job."""
    for number in range(30):
        redis_client.sadd("resque:queues", f"q{number}")
        redis_client.rpush(f"resque:queue:q{number}", "x" * 1000, "y")
        redis_client.sadd("resque:workers", f"host:{number}:*")
    redis_client.set("resque:queue:broken", "no list")
    redis_client.sadd("resque:queues", "broken")
    redis_client.set("resque:worker:host:1:*", "z" * 100_000)
    redis_client.rpush("resque:worker:host:2:*", "no claim")
    redis_client.mset({"resque:stat:processed": 11, "resque:stat:failed": 4})
    redis_client.rpush("resque:failed", "{}")
    redis_client.sadd("resque:failed_queues", "mail_failed")
    redis_client.rpush("resque:mail_failed", "{}", "{}")

    figures = totals(resque_store)

    assert 7 == trips.count()
    assert (60, 31, 30, 1) == (
        figures.pending, len(figures.queues), figures.workers, figures.working,
    )  # fmt: skip
    assert (11, 3, 4) == (figures.processed, figures.failed, figures.failures_counted)
    assert {"failed": 1, "mail_failed": 2} == figures.failed_lists


def test_stats(resque_store: Store, trips: Trips) -> None:
    """The server is told beside them; an empty Redis has nothing to count."""
    state = stats(resque_store)

    assert trips.count() <= 8
    assert (0, 0, 0) == (state.totals.pending, state.totals.workers, state.totals.failed)
    assert state.server is not None
    assert "" == state.denied
    assert state.server.product in ("Redis", "Valkey")
    assert state.server.version
    assert state.server.memory
    assert state.server.clients
    assert state.server.forgets
    assert not state.server.cannot_save
    assert "master" == state.server.role


def test_stats_of_a_server_that_tells_nothing(
    redis_server: EmbeddedServer, redis_client: redis.Redis, resque_settings: Configure
) -> None:
    """What is denied is said; Resque's own figures are there all the same."""
    rules = ("reset", "on", ">pw", "~*", "+@all", "-info", "-scan")
    redis_client.execute_command("ACL", "SETUSER", "guest", *rules)
    redis_client.rpush("resque:failed", "{}")
    resque_settings(USERNAME="guest", PASSWORD="pw")

    state, page = stats(wiring.store()), keys(wiring.store())

    assert (1, None) == (state.totals.failed, state.server)
    assert "info" in state.denied
    assert ([], "") == (page.keys, page.next)
    assert "scan" in page.denied


def test_a_server_that_is_away(redis_server: EmbeddedServer, resque_store: Store) -> None:
    """That Redis cannot be reached is no refusal to tell."""
    redis_server.stop()

    with pytest.raises(StoreUnavailable):
        stats(resque_store)
    with pytest.raises(StoreUnavailable):
        keys(resque_store)


def test_server_state() -> None:
    """All that INFO tells is read."""
    state = ServerState.read(FULL)

    assert ("Redis", "7.2.4", 0.75, "any") == (
        state.product, state.version, state.memory_share, state.evicts,
    )  # fmt: skip
    assert (True, True, False, True) == (
        state.snapshots, state.append_only, state.forgets, state.cannot_save,
    )  # fmt: skip
    assert ("slave", "10.0.0.1:6379", "down") == (state.role, state.primary, state.primary_link)
    assert datetime(2025, 11, 27, 17, 36, 40, tzinfo=timezone.utc) == state.snapshot_at
    assert (5, 3, 9, 10000, 1, 120, 0, 90, 80) == (
        state.unsaved, state.evicted, state.clients, state.clients_limit,
        state.blocked, state.operations, state.replicas, state.uptime, state.memory_peak,
    )  # fmt: skip


def test_server_state_with_parts_missing() -> None:
    """Each field may be missing or nonsense; nothing is concluded from what is not told."""
    for name in FULL:
        ServerState.read({key: value for key, value in FULL.items() if key != name})
        ServerState.read({**FULL, name: "-nonsense\x00"})
    nothing = ServerState.read({})

    assert ("Redis", "", None, "", False, False) == (
        nothing.product, nothing.version, nothing.memory_share, nothing.evicts, nothing.forgets,
        nothing.cannot_save,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "attribute", "expected"),
    [
        ({"valkey_version": "8.0.1", "server_name": "valkey"}, "product", "Valkey"),
        ({"valkey_version": "8.0.1", "server_name": "valkey"}, "version", "8.0.1"),
        ({"maxmemory_policy": "noeviction"}, "evicts", ""),
        ({"maxmemory_policy": "volatile-ttl"}, "evicts", "expiring"),
        ({"maxmemory": "0"}, "memory_share", None),
        ({"save": "", "aof_enabled": "0"}, "forgets", True),
        ({"save": ""}, "forgets", False),
        ({"aof_enabled": "0"}, "forgets", False),
        ({"aof_last_write_status": "ok"}, "cannot_save", False),
        ({"aof_last_write_status": "ok", "rdb_last_bgsave_status": "err"}, "cannot_save", True),
    ],
)
def test_what_follows(changes: dict[str, str], attribute: str, expected: Any) -> None:
    """What an operator must know follows from what INFO tells."""
    assert expected == getattr(ServerState.read({**FULL, **changes}), attribute)


def test_keys(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """Keys come page by page, each in three round trips."""
    pipe = redis_client.pipeline()
    for number in range(2500):
        pipe.set(f"resque:stat:{number:04}", "x" * number)
    pipe.set("other:key", "x")
    pipe.execute()

    found, cursor, pages = {}, "", 0
    while True:
        page = keys(resque_store, cursor)
        assert 3 == trips.count()
        found.update({facts.key: facts.size for facts in page.keys})
        pages += 1
        cursor = page.next
        if not cursor:
            break

    assert {f"resque:stat:{number:04}": number for number in range(2500)} == found
    assert pages >= 2


@pytest.mark.parametrize("cursor", ["-1", "x", "1" * 100, str(2**64), "¹", "1 COUNT 5"])
def test_a_cursor_that_is_none(resque_store: Store, redis_client: redis.Redis, cursor: str) -> None:
    """What cannot be a cursor begins from the start."""
    redis_client.set("resque:a", "x")

    assert ["resque:a"] == [facts.key for facts in keys(resque_store, cursor).keys]


def test_key(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """One key comes with its first entries, in three round trips and few bytes."""
    redis_client.rpush("resque:queue:mail", *["x" * 500] * 30)

    content = key(resque_store, "resque:queue:mail")

    assert 3 == trips.count()
    assert content is not None
    assert ("list", 30, 20) == (content.facts.type, content.facts.size, len(content.entries))
    assert ("19", b"x" * 500) == content.entries[-1]


@pytest.mark.parametrize("name", ["other:key", "resque", "resque:gone", "", "\udcff"])
def test_no_key(resque_store: Store, redis_client: redis.Redis, name: str) -> None:
    """What is not there, or not in the namespace, is not shown."""
    redis_client.mset({"other:key": "x", "resque": "x"})

    assert key(resque_store, name) is None
