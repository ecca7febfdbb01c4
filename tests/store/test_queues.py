"""Queues hold their payloads byte for byte, in order, under the names that all clients share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from django_resque.exceptions import EnqueueUncertain, StoreError, StoreUnavailable
from django_resque.store import Store
from django_resque.store.commander import Commander, PooledCommander
from django_resque.store.connection import from_unix_socket
from django_resque.wire.failure import digest
from tests.store.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import redis

    from django_resque.embedded import EmbeddedServer
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


def test_queued_all_the_same(store: Store, redis_client: redis.Redis) -> None:
    """Where only the name of the queue is refused, nobody is told that the job is not queued."""
    redis_client.set("resque:queues", "x")

    with pytest.raises(EnqueueUncertain, match=r"WRONGTYPE.*queued all the same"):
        store.queues.push("high", JOB)
    assert [JOB] == items(redis_client, "high")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"-OOM command not allowed\r\n" * 2, "not allowed; 1000 of the jobs are queued$"),
        (b"", "; 1000 of the jobs are queued; the next may or may not be$"),
    ],
)
def test_some_of_many(tmp_path: Path, answer: bytes, told: str) -> None:
    """Whoever enqueues many learns how many are queued when the rest is not."""
    with ScriptedServer(tmp_path, [b":1\r\n", b":1000\r\n", answer]) as server:
        store = Store(PooledCommander(from_unix_socket(server.path)()), "resque")
        with pytest.raises(EnqueueUncertain, match=told) as caught:
            store.queues.push_many("high", [JOB] * 1500)

    assert caught.value.uncertain


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


def test_the_size_of_no_list(store: Store, redis_client: redis.Redis) -> None:
    """A key that is no list has no jobs and hides no other queue."""
    redis_client.set("resque:queue:broken", "no list")
    store.queues.push("high", b"1")

    assert [0, 1] == store.queues.sizes(["broken", "high"])


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


def test_windows(store: Store) -> None:
    """A part of a queue is read with its length, and one payload found by its digest."""
    store.queues.push_many("high", [b"%d" % number for number in range(20)])

    window = store.queues.window("high", 3, 2)

    assert ([(3, b"3"), (4, b"4")], 20) == (list(window.indexed()), window.total)
    assert 1 == len(store.queues.window("high", 3, 2, most_bytes=1).items)
    assert (7, b"7") == store.queues.find_digest("high", digest(b"7"), 9)
    assert [(7, b"7"), None] == store.queues.find_digests(
        "high", [(digest(b"7"), 9), (digest(b"x"), 0)]
    )


def test_remove_each(store: Store, redis_client: redis.Redis) -> None:
    """One of each goes, that which would be taken first."""
    store.queues.push_many("high", [b"1", b"2", b"1", b"3", b"1"])

    assert 3 == store.queues.remove_each("high", [b"1", b"1", b"3", b"none"])
    assert [b"2", b"1"] == items(redis_client, "high")
    assert 0 == store.queues.remove_each("high", [])


@pytest.mark.parametrize(("at_front", "expected"), [(True, [1, 0, 9]), (False, [9, 1, 0])])
def test_move(store: Store, redis_client: redis.Redis, at_front: bool, expected: list[int]) -> None:
    """Payloads change their queue in the order given; what is gone by now is left out."""
    store.queues.push_many("high", [b"0", b"1", b"2", b"1"])
    store.queues.push("low", b"9")

    assert 2 == store.queues.move("high", [b"1", b"none", b"0"], "low", at_front=at_front)
    assert [b"2", b"1"] == items(redis_client, "high")
    assert [b"%d" % number for number in expected] == items(redis_client, "low")


def test_move_makes_the_queue_known(store: Store) -> None:
    """A new queue is known once something lies in it, and not before."""
    store.queues.push("high", b"1")

    store.queues.move("high", [b"none"], "low")
    assert ["high"] == store.queues.names()
    store.queues.move("high", [b"1"], "low")
    assert ["high", "low"] == store.queues.names()


@pytest.mark.parametrize("at_front", [True, False])
def test_move_within_a_queue(store: Store, redis_client: redis.Redis, at_front: bool) -> None:
    """Many payloads of one queue keep the order given when they go to its front or its end."""
    payloads = [b"%d" % number for number in range(250)]
    store.queues.push_many("high", [b"a", *payloads, b"b"])

    assert 250 == store.queues.move("high", payloads[::-1], "high", at_front=at_front)
    expected = [*payloads[::-1], b"a", b"b"] if at_front else [b"a", b"b", *payloads[::-1]]
    assert expected == items(redis_client, "high")


@pytest.mark.parametrize("broken", ["resque:queue:low", "resque:queues"])
def test_move_refused(store: Store, redis_client: redis.Redis, broken: str) -> None:
    """A key of another type in the way loses no payload."""
    store.queues.push("high", b"1")
    redis_client.delete("resque:queues")
    redis_client.set(broken, "x")

    with pytest.raises(StoreError):
        store.queues.move("high", [b"1"], "low")
    assert [b"1"] == items(redis_client, "high")


def test_clear(store: Store, redis_client: redis.Redis) -> None:
    """A cleared queue stays known, and paused; what is no list goes as well."""
    store.queues.push_many("high", [b"1", b"2"])
    store.queues.pause("high")

    assert [2, 0] == [store.queues.clear("high"), store.queues.clear("high")]
    assert (["high"], True, False) == (
        store.queues.names(),
        store.queues.is_paused("high"),
        store.queues.is_paused("low"),
    )
    redis_client.set("resque:queue:high", "x")
    assert 0 == store.queues.clear("high")
    assert not redis_client.exists("resque:queue:high")


def test_full(full_server: EmbeddedServer, full_store: Store) -> None:
    """With no memory left queues can be cleared and removed: that makes room."""
    full_store.queues.push_many("high", [b"1", b"2"])
    full_store.queues.push_many("low", [b"3"])
    with full_server.client() as client:
        client.config_set("maxmemory", "1")

        assert [2, 1] == [full_store.queues.clear("high"), full_store.queues.remove("low")]
        assert ["high"] == full_store.queues.names()


def test_has(store: Store, redis_client: redis.Redis) -> None:
    """A payload is found by its very bytes; a key that is no list has none."""
    store.queues.push("q", b"one")
    redis_client.set("resque:queue:bad", "one")

    assert store.queues.has("q", b"one")
    assert not store.queues.has("q", b"on")
    assert not store.queues.has("bad", b"one")
    assert not store.queues.has("none", b"one")
