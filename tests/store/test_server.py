"""Redis is asked for its state and its keys, in bounded pieces and with what it permits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque.exceptions import AccessDenied
from django_resque.store import Store
from django_resque.store.commander import PooledCommander
from django_resque.store.connection import from_unix_socket
from django_resque.store.server import KeyFacts

if TYPE_CHECKING:
    import redis

    from django_resque.embedded import EmbeddedServer
    from tests.trips import Trips


def test_info(store: Store, trips: Trips) -> None:
    """What INFO tells comes by its names, with the rules for snapshots, in one round trip."""
    info = store.server.info()

    assert 1 == trips.count()
    assert "standalone" == (info.get("redis_mode") or info["server_mode"])
    assert int(info["used_memory"]) > 0
    assert "" == info["save"]
    assert not [name for name in info if name.startswith("#")]


def test_info_without_the_configuration(
    redis_server: EmbeddedServer, redis_client: redis.Redis
) -> None:
    """A Redis that keeps its configuration to itself tells the rest."""
    store = restricted(redis_server, redis_client, "+info")

    assert "save" not in store.server.info()


def test_info_denied(redis_server: EmbeddedServer, redis_client: redis.Redis) -> None:
    """A Redis that tells nothing says so."""
    with pytest.raises(AccessDenied, match="info"):
        restricted(redis_server, redis_client, "+ping").server.info()


def test_scan(store: Store, redis_client: redis.Redis) -> None:
    """The keys of the namespace are found piece by piece, and no others."""
    expected = {f"resque:queue:{number}" for number in range(300)} | {"resque:\udcff"}
    for key in expected:
        redis_client.set(key.encode(errors="surrogateescape"), "x")
    redis_client.mset({"resque": "x", "resquette:a": "x", "other:resque:a": "x"})

    found, cursor = set(), "0"
    while True:
        cursor, keys = store.server.scan(cursor, 100)
        assert sorted(set(keys)) == keys
        found.update(keys)
        if cursor == "0":
            break

    assert expected == found
    assert [True, True, False] == [
        store.server.owns(key) for key in ("resque:a", "resque:", "resquette:a")
    ]


def test_scan_takes_signs_in_the_namespace_for_themselves(
    commander: PooledCommander, redis_client: redis.Redis
) -> None:
    """Brackets, stars and the braces of a cluster's hash tag are no patterns."""
    name = r"{a*}[b]?\c^-"
    redis_client.mset({f"{name}:queues": "x", "{axx}b?c^-:queues": "x"})

    assert ("0", [f"{name}:queues"]) == Store(commander, name).server.scan()


def test_facts(store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """Each key is told with its type, size and time to live, in two round trips."""
    redis_client.set("resque:text", "12345", ex=100)
    redis_client.rpush("resque:list", "a", "b")
    redis_client.sadd("resque:set", "a")
    redis_client.zadd("resque:zset", {"a": 1, "b": 2, "c": 3})
    redis_client.hset("resque:hash", "field", "value")
    redis_client.xadd("resque:stream", {"field": "value"})
    names = ["text", "list", "gone", "set", "zset", "hash", "stream"]

    facts = store.server.facts([f"resque:{name}" for name in names])

    assert 2 == trips.count()
    assert [
        ("string", 5), ("list", 2), ("none", None), ("set", 1), ("zset", 3), ("hash", 1),
        ("stream", 1),
    ] == [(fact.type, fact.size) for fact in facts]  # fmt: skip
    assert facts[0].ttl is not None
    assert 99 < facts[0].ttl <= 100
    assert [None] * 6 == [fact.ttl for fact in facts[1:]]
    assert [] == store.server.facts([])
    assert [KeyFacts("resque:gone", "none", None, None)] == store.server.facts(["resque:gone"])


def test_facts_that_are_denied(redis_server: EmbeddedServer, redis_client: redis.Redis) -> None:
    """What Redis does not tell of a key is left open."""
    redis_client.rpush("resque:list", "a")
    store = restricted(redis_server, redis_client, "+type")

    assert [KeyFacts("resque:list", "list", None, None)] == store.server.facts(["resque:list"])


def test_head(store: Store, redis_client: redis.Redis) -> None:
    """The first entries of a key of any type come with what names them."""
    redis_client.set("resque:text", "x" * 5000)
    redis_client.rpush("resque:list", "a", b"\xff", "c")
    redis_client.sadd("resque:set", "a")
    redis_client.zadd("resque:zset", {"a": 1.5, "b": 2})
    redis_client.hset("resque:hash", b"\xff", "value")
    redis_client.xadd("resque:stream", {"field": "value"}, id="1-1")
    expected = {
        "string": [("", b"x" * 100)],
        "list": [("0", b"a"), ("1", b"\xff")],
        "set": [("", b"a")],
        "zset": [("1.5", b"a"), ("2", b"b")],
        "hash": [("\udcff", b"value")],
        "stream": [("1-1", b"field value")],
    }

    for kind, entries in expected.items():
        key = f"resque:{'text' if kind == 'string' else kind}"
        assert entries == store.server.head(key, kind, 2, 100), kind
    assert [] == store.server.head("resque:list", "vectorset", 2, 100)


def test_head_is_bounded(store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """Neither a long string nor large items are read beyond the limit, one item excepted."""
    redis_client.set("resque:text", "x" * 1_000_000)
    redis_client.rpush("resque:list", *["y" * 1000] * 50)

    store.server.head("resque:text", "string", 20, 4000)
    assert 4000 == trips.received()
    store.server.head("resque:list", "list", 20, 4000)
    assert trips.received() < 6000


def test_head_of_another_type(store: Store, redis_client: redis.Redis) -> None:
    """A key that is deleted or replaced between two looks has no entries."""
    redis_client.set("resque:text", "x")

    assert [] == store.server.head("resque:text", "hash", 20, 100)
    assert [] == store.server.head("resque:text", "list", 20, 100)
    assert [] == store.server.head("resque:gone", "set", 20, 100)


def restricted(server: EmbeddedServer, client: redis.Redis, *rules: str) -> Store:
    """Return a store that Redis permits these commands only."""
    client.execute_command("ACL", "SETUSER", "guest", "reset", "on", ">pw", "~*", *rules)
    pool = from_unix_socket(server.socket, username="guest", password="pw")()
    return Store(PooledCommander(pool), "resque")
