"""A worker's connection hears of every client's push, and never silently stops to."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Any

import pytest

from django_resque.exceptions import AccessDenied, StoreUnavailable
from django_resque.store import Store
from django_resque.store.connection import from_unix_socket
from django_resque.store.link import Link
from django_resque.store.workers import Look, StepReply
from tests.store.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import redis

    from django_resque.embedded import EmbeddedServer

_WORKER = "host~0123456789ab:42:q"


@pytest.fixture
def link(redis_server: EmbeddedServer) -> Iterator[Link]:
    """A link to the private server, for a registered worker."""
    with redis_server.client() as client:
        client.set(f"resque:worker:{_WORKER}:started", "then")
    link = Link(from_unix_socket(redis_server.socket))
    yield link
    link.close()


def look(link: Link, *queues: str, known: frozenset[str] | None = None) -> StepReply:
    """Take an armed look at these queues."""
    workers = Store(link, "resque").workers
    return workers.step(_WORKER, Look(queues, known), ending=None, rid="r1", armed=True)


def wakes(link: Link, seconds: float = 5.0) -> bool:
    """Tell whether a wait on the link ends by an announcement within this time."""
    descriptor = link.fileno()
    assert descriptor is not None
    return link.heard() or bool(select.select([descriptor], [], [], seconds)[0])


def push(client: redis.Redis, queue: str) -> None:
    """Enqueue as any client does."""
    client.sadd("resque:queues", queue)
    client.rpush(f"resque:queue:{queue}", "{}")


def kill(client: redis.Redis) -> None:
    """Have the server close all other connections."""
    client.execute_command("CLIENT", "KILL", "TYPE", "NORMAL", "SKIPME", "YES")


def test_connects_when_used(link: Link) -> None:
    """Made, it is not connected; used, it tracks."""
    assert link.fileno() is None
    assert not link.tracking
    assert link.heard()  # so that nobody waits on nothing

    assert b"PONG" == link.call("PING")

    assert link.fileno() is not None
    assert link.tracking
    assert not link.heard()


def test_push_is_announced(link: Link, redis_client: redis.Redis) -> None:
    """A push to any queue of the last look ends the wait, however often."""
    for number in range(3):
        assert "empty" == look(link, "high", "low").status
        assert not wakes(link, 0.01)

        push(redis_client, ("low", "high")[number % 2])

        assert wakes(link)
        redis_client.delete("resque:queue:high", "resque:queue:low")


def test_push_elsewhere(link: Link, redis_client: redis.Redis) -> None:
    """A push to a queue that was not looked into does not."""
    redis_client.sadd("resque:queues", "other")
    look(link, "q")

    push(redis_client, "other")

    assert not wakes(link, 0.05)


def test_unarmed(link: Link, redis_client: redis.Redis) -> None:
    """A look that did not ask for it is not told: while there is work, nothing is announced."""
    Store(link, "resque").workers.step(_WORKER, Look(("q",)), ending=None, rid="r1")

    push(redis_client, "q")

    assert not wakes(link, 0.05)


@pytest.mark.parametrize("known", [frozenset[str](), frozenset({"a"})])
def test_new_queue(link: Link, redis_client: redis.Redis, known: frozenset[str]) -> None:
    """With patterns, a queue that appears is announced as well."""
    for name in known:
        redis_client.sadd("resque:queues", name)
    assert "empty" == look(link, *known, known=known).status

    push(redis_client, "new")

    assert wakes(link)
    assert "queues" == look(link, *known, known=known).status


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SET resque:pause-all-workers true", "DEL resque:pause-all-workers"),
        ("SADD resque:queues:paused q", "SREM resque:queues:paused q"),
    ],
)
def test_pauses(link: Link, redis_client: redis.Redis, before: str, after: str) -> None:
    """The beginning and the end of a pause are announced."""
    look(link, "q")
    redis_client.execute_command(*before.split())
    assert wakes(link)

    look(link, "q")
    redis_client.execute_command(*after.split())
    assert wakes(link)


def test_connection_killed(link: Link, redis_client: redis.Redis) -> None:
    """A connection that the server closes ends the wait; the next but one command has another."""
    look(link, "q")
    kill(redis_client)
    assert wakes(link)

    with pytest.raises(StoreUnavailable) as raised:
        look(link, "q")
    assert raised.value.uncertain
    assert link.fileno() is None
    assert link.heard()
    assert link.fileno() is None  # asking has not connected it behind our back

    assert "empty" == look(link, "q").status
    push(redis_client, "q")
    assert wakes(link)


def test_announced_with_the_reply(tmp_path: Path) -> None:
    """An announcement that arrives together with a reply is heard: no descriptor shows it."""
    push = b">2\r\n$10\r\ninvalidate\r\n*1\r\n$14\r\nresque:queue:q\r\n"
    with ScriptedServer(tmp_path, [b"+PONG\r\n" + push]) as server:
        link = Link(from_unix_socket(server.path))

        assert b"PONG" == link.call("PING")

        assert link.heard()
        link.close()


def test_announced_before_the_reply(tmp_path: Path) -> None:
    """An announcement that arrives ahead of a reply is not taken for it."""
    push = b">2\r\n$10\r\ninvalidate\r\n*1\r\n$14\r\nresque:queue:q\r\n"
    with ScriptedServer(tmp_path, [push + b"+PONG\r\n"]) as server:
        link = Link(from_unix_socket(server.path))

        assert b"PONG" == link.call("PING")

        link.close()


def test_tracking_refused(
    redis_server: EmbeddedServer, redis_client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """Where Redis does not announce, that is said once and commands work."""
    redis_client.execute_command(
        "ACL", "SETUSER", "plain", "on", ">secret", "~*", "+@all", "-client", "+client|setname"
    )
    link = Link(from_unix_socket(redis_server.socket, username="plain", password="secret"))

    assert b"PONG" == link.call("PING")
    assert b"PONG" == link.call("PING")

    assert not link.tracking
    assert 1 == caplog.text.count("looking for jobs once a second instead")
    assert "secret" not in caplog.text
    link.close()


def test_access_denied(redis_server: EmbeddedServer, redis_client: redis.Redis) -> None:
    """Wrong credentials are told as such, without the password."""
    redis_client.execute_command("ACL", "SETUSER", "plain", "on", ">secret", "~*", "+@all")
    link = Link(from_unix_socket(redis_server.socket, username="plain", password="wrong-one"))

    with pytest.raises(AccessDenied) as raised:
        link.call("PING")

    assert "wrong-one" not in str(raised.value)
    link.close()


def test_nobody_there(tmp_path: Path) -> None:
    """Without a server it is unavailable, with certainty that nothing was carried out."""
    link = Link(from_unix_socket(str(tmp_path / "nobody.sock")))

    with pytest.raises(StoreUnavailable) as raised:
        link.call("PING")

    assert not raised.value.uncertain
    assert link.heard()


class LoadingServer(ScriptedServer):
    """A server that is up but still loads its data."""

    def _converse(self, connection: Any, stream: Any) -> None:
        while stream.readline():
            connection.sendall(b"-LOADING Redis is loading the dataset in memory\r\n")


def test_loading(tmp_path: Path) -> None:
    """A server that loads its data is unavailable, not one that never announces."""
    with LoadingServer(tmp_path, []) as server:
        link = Link(from_unix_socket(server.path))

        with pytest.raises(StoreUnavailable):
            link.call("PING")

        assert link.fileno() is None
        link.close()


def test_close(link: Link) -> None:
    """Closed, it is as before its first use, also twice."""
    link.close()
    link.call("PING")
    link.close()
    link.close()

    assert link.fileno() is None
    assert b"PONG" == link.call("PING")
