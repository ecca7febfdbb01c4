"""Commands go out in one trip, replies come back in order, and every trouble has its name."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from typing import TYPE_CHECKING, Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st
from redis._parsers import Encoder
from redis.connection import PythonRespSerializer
from redis.exceptions import MovedError

from django_resque.embedded import EmbeddedServer
from django_resque.exceptions import AccessDenied, StoreError, StoreUnavailable
from django_resque.store import Store
from django_resque.store.commander import _CLUSTERED, PooledCommander, pack, translate
from django_resque.store.connection import from_sentinels, from_unix_socket
from django_resque.store.scripts import Script
from tests.polling import eventually
from tests.store.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from pathlib import Path


def scripted(server: ScriptedServer) -> PooledCommander:
    """Return a commander that speaks to a scripted server."""
    return PooledCommander(from_unix_socket(server.path)())


def test_call(commander: PooledCommander) -> None:
    """One command, one reply, in bytes; words may be text, bytes and numbers."""
    assert commander.call("SET", "kéy", b"\xff\x00") == b"OK"
    assert commander.call("GET", "kéy".encode()) == b"\xff\x00"
    assert commander.call("GET", "nothing") is None
    assert commander.call("INCRBY", "n", 5) == 5
    assert commander.call("INCRBYFLOAT", "n", 0.5) == b"5.5"
    assert commander.call("SMEMBERS", "none") == []


def test_pipe_is_one_round_trip(tmp_path: Path) -> None:
    """All commands are sent before the first reply is read, and replies keep their order."""
    with ScriptedServer(tmp_path, [b"", b":1\r\n", b":2\r\n"]) as server:
        commander = scripted(server)
        # The server hangs up at the first command: the second must be on its way already.
        with pytest.raises(StoreUnavailable):
            commander.pipe([("ONE",), ("TWO", "x")])
        assert [1, 2] == commander.pipe([("ONE",), ("TWO", "x")])

    assert [[b"ONE"], [b"ONE"], [b"TWO", b"x"]] == server.commands


def test_pipe_reads_all_replies_before_it_raises(commander: PooledCommander) -> None:
    """After a refusal in the middle, the next call still gets its own reply."""
    with pytest.raises(StoreError, match="WRONGTYPE"):
        commander.pipe([("SET", "a", "1"), ("LLEN", "a"), ("SET", "b", "2")])

    assert [b"1", b"2"] == commander.call("MGET", "a", "b")


def test_exchange_gives_errors_among_replies(commander: PooledCommander) -> None:
    """Who wants to judge each refusal gets them all."""
    first, second, third = commander.exchange([("SET", "a", "1"), ("LLEN", "a"), ("GET", "a")])

    assert (b"OK", b"1") == (first, third)
    assert isinstance(second, redis.ResponseError)


def test_nothing_to_send(commander: PooledCommander) -> None:
    """No commands give no replies."""
    assert [] == commander.pipe([])


def make_script(name: str, source: str) -> Script:
    """Return a script with this source."""
    script = Script("step")
    object.__setattr__(script, "name", name)
    object.__setattr__(script, "source", source)
    object.__setattr__(script, "sha", hashlib.sha1(source.encode()).hexdigest())
    return script


def test_script(commander: PooledCommander, redis_client: redis.Redis) -> None:
    """A script runs with its keys and arguments, also after Redis has forgotten it."""
    script = make_script("add", "return redis.call('INCRBY', KEYS[1], ARGV[1]) + #ARGV")

    assert commander.script(script, ["n"], [5, "x"]) == 7
    assert commander.script(script, ["n"], [5, "x"]) == 12
    redis_client.script_flush()
    assert commander.script(script, ["n"], [5, "x"]) == 17


def test_commands_before_a_script_go_along(commander: PooledCommander) -> None:
    """What is to go ahead of a script does so each time it is sent."""
    script = make_script("get", "return redis.call('GET', KEYS[1])")

    assert commander.script(script, ["n"], before=[("INCR", "n")]) == b"2"
    assert commander.script(script, ["n"], before=[("INCR", "n")]) == b"3"


def test_an_error_in_a_script_is_not_tried_again(commander: PooledCommander) -> None:
    """Only an unknown script is sent anew; one that fails has run."""
    script = make_script("fail", "redis.call('INCR', KEYS[1]); return redis.call('LLEN', KEYS[1])")

    for _ in range(2):
        with pytest.raises(StoreError, match="WRONGTYPE"):
            commander.script(script, ["n"])

    assert commander.call("GET", "n") == b"2"


def test_unreachable(tmp_path: Path) -> None:
    """Where there is no server, nothing was sent, and that is certain."""
    commander = PooledCommander(from_unix_socket(str(tmp_path / "none"))())

    with pytest.raises(StoreUnavailable, match=r"^Redis is unavailable: ") as caught:
        commander.call("PING")
    assert not caught.value.uncertain


def test_a_broken_connection_is_uncertain_and_not_tried_again(tmp_path: Path) -> None:
    """A command whose reply is lost may have been carried out: it is sent once and told."""
    with ScriptedServer(tmp_path, [b"", b"$4\r\nPONG\r\n"]) as server:
        commander = scripted(server)
        with pytest.raises(StoreUnavailable) as caught:
            commander.call("PING", "1")
        assert caught.value.uncertain
        assert [[b"PING", b"1"]] == server.commands

        assert commander.call("PING", "2") == b"PONG"


def test_a_reply_that_breaks_off_is_uncertain(tmp_path: Path) -> None:
    """Half a reply is none, and the next call does not read its other half."""
    with ScriptedServer(tmp_path, [b"$10\r\nhalf", b"", b"+OK\r\n"]) as server:
        commander = PooledCommander(from_unix_socket(server.path, socket_timeout=0.1)())
        with pytest.raises(StoreUnavailable) as caught:
            commander.call("GET", "a")
        assert caught.value.uncertain
        with pytest.raises(StoreUnavailable):
            commander.call("GET", "b")

        assert commander.call("GET", "c") == b"OK"


def test_a_connection_that_was_closed_while_idle_is_replaced(
    commander: PooledCommander, redis_client: redis.Redis
) -> None:
    """A server that hangs up on idle clients costs nobody a job."""
    for _ in range(3):
        assert commander.call("PING") == b"PONG"
        redis_client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def test_after_a_restart_of_the_server(
    commander: PooledCommander, redis_server: EmbeddedServer
) -> None:
    """As soon as Redis is back, commands are carried out again."""
    commander.call("PING")
    redis_server.kill()
    with pytest.raises(StoreUnavailable) as caught:
        commander.call("PING")
    assert not caught.value.uncertain

    redis_server.start()
    assert commander.call("PING") == b"PONG"


def test_interrupted_in_the_middle_of_a_reply(
    commander: PooledCommander, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a Ctrl-C, the next call gets its own reply and not the one that was not read."""
    commander.call("SET", "a", "old")
    connection = commander._take()
    commander.pool.release(connection)

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(connection, "read_response", interrupt)
        with pytest.raises(KeyboardInterrupt):
            commander.call("GET", "a")

    assert commander.call("ECHO", "mine") == b"mine"


def test_refusals_that_pass(tmp_path: Path) -> None:
    """While Redis loads its data, commands are unavailable, and surely not carried out."""
    loading = b"-LOADING Redis is loading the dataset in memory\r\n"
    with ScriptedServer(tmp_path, [loading, b"+OK\r\n"]) as server:
        commander = scripted(server)
        with pytest.raises(StoreUnavailable, match="loading") as caught:
            commander.call("SET", "a", 1)
        assert not caught.value.uncertain

        assert commander.call("SET", "a", 1) == b"OK"


def test_a_read_only_replica_is_unavailable(
    commander: PooledCommander, redis_client: redis.Redis
) -> None:
    """After a failover, writes are refused for a while."""
    redis_client.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(StoreUnavailable, match="read only"):
            commander.call("SET", "a", "1")
    finally:
        redis_client.replicaof("NO", "ONE")


def test_a_full_server_is_unavailable(
    commander: PooledCommander, redis_client: redis.Redis
) -> None:
    """At maxmemory, writes are refused until there is room."""
    redis_client.config_set("maxmemory", 1)
    try:
        with pytest.raises(StoreUnavailable, match="maxmemory"):
            commander.call("SET", "a", "1")
    finally:
        redis_client.config_set("maxmemory", 0)


@pytest.mark.parametrize(
    ("user", "password"), [("", ""), ("", "CANARY"), ("ann", "CANARY"), ("ann", "")]
)
def test_denied(user: str, password: str) -> None:
    """Wrong or missing credentials are told apart from trouble that passes, without the secret."""
    with EmbeddedServer("--requirepass", "right") as server:
        options = {"username": user or None, "password": password or None}
        commander = PooledCommander(from_unix_socket(server.socket, **options)())

        with pytest.raises(AccessDenied, match=r"^Redis denies access: ") as caught:
            commander.call("PING")
        assert "CANARY" not in str(caught.value)


def test_cluster() -> None:
    """Whoever leads us to a Redis Cluster learns what it takes; with that it works."""
    with EmbeddedServer("--cluster-enabled", "yes") as server, server.client() as client:
        client.execute_command("CLUSTER", "ADDSLOTS", *range(16384))
        eventually(lambda: "cluster_state:ok" in client.execute_command("CLUSTER", "INFO").decode())
        commander = PooledCommander(from_unix_socket(server.socket)())

        with pytest.raises(StoreError, match=re.escape(_CLUSTERED)):
            Store(commander, "resque").workers.register("host:1:q", "then")
        store = Store(commander, "{resque}")
        store.workers.register("host:1:q", "then")
        assert ["host:1:q"] == store.workers.ids()
        commander.close()


def test_a_command_that_the_user_may_not_use_is_denied(redis_client: redis.Redis) -> None:
    """The error names the command that is missing from the user's rights."""
    redis_client.acl_setuser("ann", enabled=True, passwords=["+pw"], commands=["+ping"], keys=["*"])
    path = str(redis_client.connection_pool.connection_kwargs["path"])
    commander = PooledCommander(from_unix_socket(path, username="ann", password="pw")())
    try:
        assert commander.call("PING") == b"PONG"
        with pytest.raises(AccessDenied, match="'eval'"):
            commander.call("EVAL", "return 1", 0)
    finally:
        commander.close()
        redis_client.acl_deluser("ann")


def test_sentinels_that_do_not_help_are_told_in_brief() -> None:
    """Each is named by its address, not by redis-py's long picture of its connection."""
    commander = PooledCommander(from_sentinels([("127.0.0.1", 1), ("127.0.0.1", 2)], "main")())

    with pytest.raises(StoreUnavailable) as caught:
        commander.call("PING")

    first, second = str(caught.value).split("Sentinel ")[1:]
    assert first.startswith("127.0.0.1:1 - ")
    assert second.startswith("127.0.0.1:2 - ")
    assert "<redis" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (redis.ConnectionError("gone"), "Redis is unavailable: gone"),
        (redis.TimeoutError(), "Redis is unavailable: TimeoutError"),
        (OSError("no route"), "Redis is unavailable: no route"),
        *(
            (redis.ResponseError(text), f"Redis is unavailable: {text}")
            for text in (
                *("MASTERDOWN x", "CLUSTERDOWN x", "TRYAGAIN x", "MISCONF x", "NOREPLICAS x"),
                *("BUSY x", "max number of clients reached", "ERR in script: -OOM x"),
                "ERR in script: -READONLY x",
            )
        ),
        (MovedError("7 h:1"), f"Redis refuses the command: 7 h:1; {_CLUSTERED}"),
        (redis.AuthenticationError("x"), "Redis denies access: x"),
        (redis.ResponseError("NOAUTH x"), "Redis denies access: NOAUTH x"),
        (redis.ResponseError("NOPERM x"), "Redis denies access: NOPERM x"),
        (redis.ResponseError("unknown command"), "Redis refuses the command: unknown command"),
    ],
)
def test_translate(error: Exception, expected: str) -> None:
    """What passes, what is denied and what is refused are told apart; the cause is kept."""
    kinds = {"unavailable": StoreUnavailable, "access": AccessDenied, "the": StoreError}
    translated = translate(error)

    assert expected == str(translated)
    assert kinds[expected.split()[2].rstrip(":")] is type(translated)
    assert error is translated.__cause__


@given(st.lists(st.lists(st.text() | st.binary() | st.integers(), min_size=1), max_size=5))
def test_pack_is_what_redis_py_sends(commands: list[list[Any]]) -> None:
    """The bytes are those of redis-py's own packing, whatever the words."""
    # redis-py splits the first word at its spaces, so it gets one without.
    full = [("X", *command) for command in commands]
    serializer = PythonRespSerializer(6000, Encoder("utf-8", "strict", False).encode)
    expected = b"".join(piece for command in full for piece in serializer.pack(*command))

    assert expected == pack(full)


def test_pack_tells_equal_words_apart() -> None:
    """A word is sent as it is, even when one that equals it was sent before."""
    packed = [pack([("SET", word)]).split(b"\r\n")[-2] for word in (1, 1.0, True)]

    assert [b"1", b"1.0", b"True"] == packed


def test_a_name_that_is_no_utf8_leads_to_its_own_key(
    commander: PooledCommander, redis_client: redis.Redis
) -> None:
    """What others wrote in any bytes can be read, named and removed."""
    redis_client.set(b"resque:worker:\xff\xfe", b"x")
    name = b"\xff\xfe".decode(errors="surrogateescape")

    assert commander.call("GET", f"resque:worker:{name}") == b"x"


def test_threads_share_a_commander(commander: PooledCommander) -> None:
    """Each thread gets the replies to its own commands."""
    wrong: list[tuple[str, bytes]] = []

    def converse(name: str) -> None:
        for number in range(200):
            reply = commander.call("ECHO", f"{name}-{number}")
            if reply != f"{name}-{number}".encode():
                wrong.append((name, reply))

    threads = [threading.Thread(target=converse, args=[name]) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == wrong


def test_a_forked_child_does_not_share_the_connection(commander: PooledCommander) -> None:
    """Parent and child get the replies to their own commands at the same time."""
    commander.call("PING")
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            mine = all(commander.call("ECHO", f"c{n}") == b"c%d" % n for n in range(200))
            status = 0 if mine else 2
        finally:
            os._exit(status)

    assert all(commander.call("ECHO", f"p{n}") == b"p%d" % n for n in range(200))
    assert (pid, 0) == os.waitpid(pid, 0)
    assert commander.call("PING") == b"PONG"


def test_close_leaves_alone_what_is_in_use(commander: PooledCommander) -> None:
    """Idle connections are closed; the next command opens another."""
    commander.call("PING")
    connection: Any = commander._take()
    commander.close()
    assert connection._sock is not None
    commander.pool.release(connection)

    commander.close()
    assert connection._sock is None
    assert commander.call("PING") == b"PONG"
