"""Queues hold their payloads byte for byte, in order, under the names that all clients share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from django_resque.exceptions import EnqueueUncertain, StoreError, StoreUnavailable
from django_resque.store import Store
from django_resque.store.commander import Commander, PooledCommander
from django_resque.store.connection import from_unix_socket
from tests.store.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import redis

    from django_resque.store.commander import Command

JOB = b'{"class":"Mailer","args":[42,"a",{"k":null}]}'


class Recorder(Commander):
    """Remembers the commands of each round trip and answers nothing of use."""

    def __init__(self) -> None:
        """Begin with no trips."""
        self.trips: list[list[Command]] = []

    def exchange(self, commands: Sequence[Command]) -> list[Any]:
        """Take the commands of one round trip down."""
        self.trips.append(list(commands))
        return [1] * len(commands)

    def close(self) -> None:
        """Nothing is open."""


def items(client: redis.Redis, queue: str) -> list[bytes]:
    """Return what lies in a queue, as any client sees it."""
    return client.lrange(f"resque:queue:{queue}", 0, -1)  # type: ignore[return-value]


def test_push_sends_what_ruby_sends() -> None:
    """The set of names first, then the list, in one round trip."""
    recorder = Recorder()
    Store(recorder, "resque").queues.push("high", JOB)

    expected = [("SADD", "resque:queues", "high"), ("RPUSH", "resque:queue:high", JOB)]
    assert [expected] == recorder.trips


def test_push(store: Store, redis_client: redis.Redis) -> None:
    """Payloads lie in their queue in order, unchanged; the queue is known."""
    store.queues.push("high", JOB)
    store.queues.push("high", b"\xff any bytes")

    assert [JOB, b"\xff any bytes"] == items(redis_client, "high")
    assert redis_client.smembers("resque:queues") == {b"high"}


def test_push_at_front(store: Store, redis_client: redis.Redis) -> None:
    """A payload pushed at the front is the next to be taken."""
    store.queues.push("high", b"1")
    store.queues.push("high", b"2", at_front=True)

    assert [b"2", b"1"] == items(redis_client, "high")


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
@pytest.mark.parametrize("at_front", [False, True])
def test_push_many(store: Store, redis_client: redis.Redis, count: int, at_front: bool) -> None:
    """Many payloads keep their order, at either end, however many round trips they take."""
    payloads = [b"%d" % number for number in range(count)]
    store.queues.push("high", b"before")
    store.queues.push_many("high", iter(payloads), at_front=at_front)

    expected = [*payloads, b"before"] if at_front else [b"before", *payloads]
    assert expected == items(redis_client, "high")


def test_push_many_bounds_each_command() -> None:
    """A hundred thousand payloads do not become one command."""
    recorder = Recorder()
    Store(recorder, "resque").queues.push_many("high", (b"x" for _ in range(2500)))

    assert [1000, 1000, 500] == [len(push) - 2 for _, push in recorder.trips]
    assert {"SADD"} == {add[0] for add, _ in recorder.trips}


@pytest.mark.parametrize("answers", [[b""], [b":1\r\n", b""]])
def test_a_lost_reply_is_told(tmp_path: Path, answers: list[bytes]) -> None:
    """Whoever enqueues learns that the job may or may not be queued; it is sent once."""
    with ScriptedServer(tmp_path, answers) as server:
        store = Store(PooledCommander(from_unix_socket(server.path)()), "resque")
        with pytest.raises(EnqueueUncertain, match="the job may or may not be queued") as caught:
            store.queues.push("high", JOB)

    assert caught.value.uncertain
    assert len(answers) == len(server.commands)


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Where nothing could be sent, nothing is uncertain."""
    store = Store(PooledCommander(from_unix_socket(str(tmp_path / "none"))()), "resque")

    with pytest.raises(StoreUnavailable) as caught:
        store.queues.push("high", JOB)
    assert StoreUnavailable is type(caught.value)


def test_a_refused_push_is_told(store: Store, redis_client: redis.Redis) -> None:
    """A key of another type in the queue's place is an error of the store."""
    redis_client.set("resque:queue:high", "x")

    with pytest.raises(StoreError, match="WRONGTYPE"):
        store.queues.push("high", JOB)


def test_names(store: Store, redis_client: redis.Redis) -> None:
    """All known queues are told, drained ones too, sorted; each leads to its own."""
    redis_client.sadd("resque:queues", "low", "high", "é", b"\xff")

    redis_client.rpush(b"resque:queue:\xff", "x")

    assert ["high", "low", "é", "\udcff"] == store.queues.names()
    assert [0, 0, 0, 1] == store.queues.sizes(store.queues.names())


def test_sizes(store: Store) -> None:
    """A queue that does not exist is empty."""
    store.queues.push_many("high", [b"1", b"2"])

    assert store.queues.size("high") == 2
    assert store.queues.size("low") == 0
    assert [0, 2] == store.queues.sizes(["low", "high"])
    assert [] == store.queues.sizes([])


def test_tops(store: Store) -> None:
    """Size and next payload of many queues come together."""
    store.queues.push_many("high", [b"1", b"2"])

    assert [(0, None), (2, b"1")] == store.queues.tops(["low", "high"])
    assert [] == store.queues.tops([])


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [(0, 1, [b"0"]), (1, 2, [b"1", b"2"]), (3, 5, [b"3"]), (9, 1, []), (0, 0, []), (0, -1, [])],
)
def test_peek(store: Store, start: int, count: int, expected: list[bytes]) -> None:
    """A page of payloads is read without taking any."""
    store.queues.push_many("high", [b"0", b"1", b"2", b"3"])

    assert expected == store.queues.peek("high", start, count)
    assert store.queues.size("high") == 4


def test_scan(store: Store) -> None:
    """A long queue is read whole, and not in one piece."""
    payloads = [b"%d" % number for number in range(2500)]
    store.queues.push_many("high", payloads)

    assert payloads == list(store.queues.scan("high"))
    assert [] == list(store.queues.scan("low"))


def test_remove_items(store: Store, redis_client: redis.Redis) -> None:
    """Every payload of just these bytes goes, all others stay in order."""
    store.queues.push_many("high", [b"1", b"2", b"1", b"3", b"1 "])

    assert store.queues.remove_items("high", [b"1", b"3", b"none"]) == 3
    assert [b"2", b"1 "] == items(redis_client, "high")
    assert store.queues.remove_items("high", []) == 0


def test_remove(store: Store, redis_client: redis.Redis) -> None:
    """A removed queue is forgotten, with its payloads and its pause; the others are not."""
    store.queues.push_many("high", [b"1", b"2"])
    store.queues.push("low", b"3")
    store.queues.pause("high")

    assert store.queues.remove("high") == 2
    assert ["low"] == store.queues.names()
    assert [] == store.queues.paused()
    assert [] == items(redis_client, "high")
    assert [b"3"] == items(redis_client, "low")
    assert store.queues.remove("high") == 0


def test_remove_what_is_no_list(store: Store, redis_client: redis.Redis) -> None:
    """A key of another type in the queue's place goes as well."""
    redis_client.sadd("resque:queues", "high")
    redis_client.set("resque:queue:high", "x")

    assert store.queues.remove("high") == 0
    assert [] == store.queues.names()
    assert not redis_client.exists("resque:queue:high")


def test_pause_and_resume(store: Store) -> None:
    """Pausing and resuming tell whether they changed anything; a pause needs no queue."""
    assert store.queues.pause("high")
    assert not store.queues.pause("high")
    assert store.queues.pause("low")
    assert ["high", "low"] == store.queues.paused()

    assert store.queues.resume("high")
    assert not store.queues.resume("high")
    assert ["low"] == store.queues.paused()


def test_namespaces_are_apart(commander: PooledCommander) -> None:
    """Two applications on one Redis do not see each other's queues."""
    one, other = Store(commander, "shop:prod"), Store(commander, "shop:staging")
    one.queues.push("high", JOB)

    assert ["high"] == one.queues.names()
    assert [] == other.queues.names()
    assert other.queues.size("high") == 0
