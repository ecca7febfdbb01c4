"""Failed lists are read in bounded pieces and changed by identity, whoever else is at it."""

from __future__ import annotations

import threading
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from django_resque.exceptions import StoreError, StoreUnavailable
from django_resque.store import failures as module
from django_resque.store.commander import PooledCommander
from django_resque.store.connection import from_unix_socket
from django_resque.store.failures import Change, Failures
from django_resque.store.keys import Keys
from django_resque.wire.failure import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from django_resque.embedded import EmbeddedServer
    from django_resque.store import Store
    from tests.trips import Trips


@pytest.fixture
def failures(store: Store) -> Failures:
    """Give the failed lists of the namespace ``resque``."""
    return store.failures


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whole lists be read three records at a time."""
    monkeypatch.setattr(module, "_CHUNK", 3)


def fill(client: redis.Redis, *records: str, name: str = "failed") -> None:
    """Append records to a failed list."""
    client.rpush(f"resque:{name}", *records)


def lie(client: redis.Redis, key: str = "resque:failed") -> list[str]:
    """Return what lies in a list."""
    found: Any = client.lrange(key, 0, -1)
    return [raw.decode() for raw in found]


def test_recording(failures: Failures) -> None:
    """The main list takes one command; a list of its own is made known first, in Ruby's order."""
    assert [("RPUSH", "resque:failed", b"{}")] == failures.recording(b"{}", "failed")
    assert [
        ("SADD", "resque:failed_queues", "mail_failed"),
        ("RPUSH", "resque:mail_failed", b"{}"),
    ] == failures.recording(b"{}", "mail_failed")


def test_lists(failures: Failures, redis_client: redis.Redis) -> None:
    """The main list comes first, the others follow sorted, and every name leads to its key."""
    redis_client.sadd("resque:failed_queues", "slow_failed", "mail_failed", b"\xff_failed")
    redis_client.rpush(b"resque:\xff_failed", "x")

    names = failures.lists()

    assert ["failed", "mail_failed", "slow_failed", "\udcff_failed"] == names
    assert [0, 0, 0, 1] == failures.counts(names)


def test_counts(failures: Failures, redis_client: redis.Redis) -> None:
    """A key that is no list has no records, and hides no other; no list, no count."""
    redis_client.set("resque:mail_failed", "no list")
    fill(redis_client, "a", "b")

    assert [2, 0] == failures.counts(["failed", "mail_failed"])
    assert [] == failures.counts([])


def test_page(failures: Failures, redis_client: redis.Redis) -> None:
    """A page is a slice, the oldest first; beyond the end, and of no length, it is empty."""
    fill(redis_client, "a", "b", "c", "d")

    assert [b"b", b"c"] == failures.page("failed", 1, 2)
    assert [b"d"] == failures.page("failed", 3, 20)
    assert [] == failures.page("failed", 4, 20)
    assert [] == failures.page("failed", 0, 0)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("number", [0, 1, 3, 4, 9, 10])
def test_scan(failures: Failures, redis_client: redis.Redis, number: int) -> None:
    """Both ways, a scan gives each record once with its index, chunk by chunk."""
    expected = [(index, str(index).encode()) for index in range(number)]
    if number:
        fill(redis_client, *map(str, range(number)))

    assert expected == list(failures.scan("failed", oldest_first=True))
    assert expected[::-1] == list(failures.scan("failed"))


@pytest.mark.usefixtures("small_chunks")
def test_scan_while_it_changes(failures: Failures, redis_client: redis.Redis) -> None:
    """What is added, and the removal of what was seen, moves nothing out of a scan's way."""
    fill(redis_client, *map(str, range(9)))
    seen = []
    for index, record in failures.scan("failed"):
        seen.append(int(record))
        redis_client.lrem("resque:failed", 1, record.decode())
        fill(redis_client, f"new {index}")

    assert list(range(8, -1, -1)) == seen


@pytest.mark.usefixtures("small_chunks")
def test_scan_with_the_oldest_first_has_an_end(
    failures: Failures, redis_client: redis.Redis
) -> None:
    """What fails while it goes on is not part of it, or a retry of all might never end."""
    fill(redis_client, *map(str, range(4)))
    seen = []
    for _index, record in failures.scan("failed", oldest_first=True):
        seen.append(int(record))
        fill(redis_client, "99")

    assert [0, 1, 2, 3] == seen


@pytest.mark.usefixtures("small_chunks")
def test_scan_of_a_list_that_shrinks(failures: Failures, redis_client: redis.Redis) -> None:
    """A list that somebody clears in the middle of a scan just ends it."""
    fill(redis_client, *map(str, range(9)))
    scan = failures.scan("failed")
    first = list(islice(scan, 3))
    redis_client.delete("resque:failed")

    assert [(8, b"8"), (7, b"7"), (6, b"6")] == first
    assert [] == list(scan)


@pytest.mark.usefixtures("small_chunks")
def test_find(failures: Failures, redis_client: redis.Redis) -> None:
    """Records are found by the beginning of their digest, wherever they are."""
    fill(redis_client, *map(str, range(9)))
    address = digest(b"4")

    assert [(4, b"4")] == list(failures.find("failed", address))
    assert [(4, b"4")] == list(failures.find("failed", address[:12]))
    assert [] == list(failures.find("failed", "g"))
    assert 9 == len(list(failures.find("failed", "")))


@pytest.mark.parametrize("hint", [1, 0, 2, 99, -1, 10**15])
@pytest.mark.usefixtures("small_chunks")
def test_remove(failures: Failures, redis_client: redis.Redis, hint: int) -> None:
    """The record goes that was meant, wherever it is by now; its neighbours stay."""
    fill(redis_client, "a", "b", "c", "d")

    assert failures.remove("failed", b"b", hint)
    assert ["a", "c", "d"] == lie(redis_client)


def test_remove_only_one(failures: Failures, redis_client: redis.Redis) -> None:
    """Of two records with the same bytes, one goes: that at the index, if it is there."""
    fill(redis_client, "a", "b", "a", "c")

    assert failures.remove("failed", b"a", 2)
    assert ["a", "b", "c"] == lie(redis_client)
    assert failures.remove("failed", b"a", 2)
    assert ["b", "c"] == lie(redis_client)


def test_remove_what_is_gone(failures: Failures, redis_client: redis.Redis) -> None:
    """A record that is not there changes nothing, and nothing is pushed for it."""
    fill(redis_client, "a", "b")

    assert not failures.remove("failed", b"x", 0, payload=b"{}", queue="mail")
    assert not failures.replace("failed", b"x", 1, b"y", payload=b"{}", queue="mail")
    assert not failures.remove("other_failed", b"a", 0)
    assert ["a", "b"] == lie(redis_client)
    assert [b"resque:failed"] == redis_client.keys()


@pytest.mark.parametrize("hint", [1, 0, 3])
def test_replace(failures: Failures, redis_client: redis.Redis, hint: int) -> None:
    """Another record takes the place of the one meant, and its payload goes to its queue's end."""
    fill(redis_client, "a", "b", "c", name="mail_failed")
    redis_client.rpush("resque:queue:mail", "waiting")

    assert failures.replace("mail_failed", b"b", hint, b"b!", payload=b"\xff{}", queue="mail")
    assert ["a", "b!", "c"] == lie(redis_client, "resque:mail_failed")
    assert [b"waiting", b"\xff{}"] == redis_client.lrange("resque:queue:mail", 0, -1)
    assert {b"mail"} == redis_client.smembers("resque:queues")


def test_replace_twice(failures: Failures, redis_client: redis.Redis) -> None:
    """Who comes second with the same record finds it changed: one retry, one push."""
    fill(redis_client, "a")

    first = failures.replace("failed", b"a", 0, b"a!", payload=b"{}", queue="mail")
    second = failures.replace("failed", b"a", 0, b"a!", payload=b"{}", queue="mail")

    assert [True, False] == [first, second]
    assert 1 == redis_client.llen("resque:queue:mail")


def test_remove_and_push(failures: Failures, redis_client: redis.Redis) -> None:
    """A record can leave for its queue in one step."""
    fill(redis_client, "a", "b")

    assert failures.remove("failed", b"a", 0, payload=b"{}", queue="mail")
    assert ["b"] == lie(redis_client)
    assert ["{}"] == lie(redis_client, "resque:queue:mail")


def test_garbage_is_removed_like_any_record(failures: Failures, redis_client: redis.Redis) -> None:
    """Bytes of any kind are addressed by their digest, the empty string too."""
    raws = [b"", b"\xff\x00", b"null", "\u2028".encode()]
    redis_client.rpush("resque:failed", *raws)

    assert [True] * 4 == [failures.remove("failed", raw, 0) for raw in raws]
    assert not redis_client.exists("resque:failed")


def test_clear(failures: Failures, redis_client: redis.Redis) -> None:
    """Clearing tells how many records there were, and leaves other lists alone."""
    fill(redis_client, "a", "b")
    fill(redis_client, "c", name="mail_failed")

    assert 2 == failures.clear("failed")
    assert 0 == failures.clear("failed")
    assert ["c"] == lie(redis_client, "resque:mail_failed")


def test_record_that_moves_while_it_is_looked_up(
    failures: Failures, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that moves between the look and the change is looked up again, near and far."""
    fill(redis_client, *"abcdef")
    looks = 0
    scan = Failures.scan

    def moving(self: Failures, name: str) -> list[tuple[int, bytes]]:
        nonlocal looks
        looks += 1
        found = list(scan(self, name))
        if looks < 3:
            redis_client.lpop("resque:failed")
        return found

    monkeypatch.setattr(Failures, "find_digest", lambda *_: None)
    monkeypatch.setattr(Failures, "scan", moving)

    assert failures.remove("failed", b"f", 0)
    assert ["c", "d", "e"] == lie(redis_client)
    assert 3 == looks


def test_record_that_is_never_where_it_was_found(
    failures: Failures, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that reads from where it does not write is not asked for ever."""
    fill(redis_client, "a")
    monkeypatch.setattr(Failures, "scan", lambda _self, _name: iter([(0, b"b")]))

    assert not failures.remove("failed", b"b", 0)
    assert ["a"] == lie(redis_client)


def _at_once(number: int, act: Callable[[Failures], int], server: EmbeddedServer) -> list[int]:
    """Let several operators act at the same moment; return what each got done."""
    barrier = threading.Barrier(number)
    done: list[int] = []

    def operate() -> None:
        commander = PooledCommander(from_unix_socket(server.socket)())
        barrier.wait(10)
        done.append(act(Failures(commander, Keys("resque"))))
        commander.close()

    threads = [threading.Thread(target=operate) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return done


def test_operators_at_once(redis_server: EmbeddedServer, redis_client: redis.Redis) -> None:
    """However many retry everything at once while others remove, each record is pushed once."""
    records = [f"record {number}" for number in range(200)]
    fill(redis_client, *records)

    def retry_all(failures: Failures) -> int:
        return sum(
            failures.remove("failed", record, index, payload=record, queue="mail")
            for index, record in failures.scan("failed")
        )

    done = _at_once(4, retry_all, redis_server)

    assert 200 == sum(done)
    assert not redis_client.exists("resque:failed")
    assert sorted(records) == sorted(lie(redis_client, "resque:queue:mail"))


def test_windows(failures: Failures, redis_client: redis.Redis) -> None:
    """A part of a failed list is read either way, and one record found by its digest."""
    fill(redis_client, *"abcd")

    newest = failures.window("failed", count=2)
    older = failures.window("failed", newest.start - 1, 2)
    oldest = failures.window_from("failed", 0, 2)

    assert ([(3, b"d"), (2, b"c")], 1) == (list(newest.indexed()), newest.next)
    assert ([(1, b"b"), (0, b"a")], None) == (list(older.indexed()), older.next)
    assert [[], []] == [failures.window("failed", before, 2).items for before in (0, -1)]
    assert ([(0, b"a"), (1, b"b")], 2) == (list(oldest.indexed()), oldest.next)
    assert 1 == len(failures.window("failed", count=2, most_bytes=1).items)
    assert (1, b"b") == failures.find_digest("failed", digest(b"b"), 3)
    assert failures.find_digest("failed", digest(b"b"), 3, within=1) is None
    assert [(1, b"b"), None] == failures.find_digests("failed", [(digest(b"b"), 3), ("x", 0)])


def test_record_that_moved_a_little(
    failures: Failures, redis_client: redis.Redis, trips: Trips
) -> None:
    """In a long list, a record that has moved is found without reading the list."""
    pipeline = redis_client.pipeline(transaction=False)
    for start in range(0, 100_000, 10_000):
        pipeline.rpush("resque:failed", *range(start, start + 10_000))
    pipeline.execute()
    redis_client.lpop("resque:failed", 300)

    assert failures.remove("failed", b"50000", 50_000)
    assert 3 == trips.count()
    assert failures.remove("failed", b"50001", 49_700)
    assert trips.received() < 100
    assert 99_698 == redis_client.llen("resque:failed")


def test_changes(failures: Failures, redis_client: redis.Redis) -> None:
    """Several records are changed in one step, each as it should; others are not touched."""
    fill(redis_client, *"abcdefg")
    changes = [
        Change(b"g", 6),
        Change(b"b", 1, b"b!", b"{1}", "mail"),
        Change(b"x", 2),
        Change(b"d", 3, payload=b"{2}", queue="low"),
        Change(b"e", 5),
        Change(b"a", 0),
        Change(b"f", -2),
    ]

    done = failures.change("failed", changes)

    assert [True, True, False, True, False, True, True] == done
    assert ["b!", "c", "e"] == lie(redis_client)
    assert ["{1}"] == lie(redis_client, "resque:queue:mail")
    assert ["{2}"] == lie(redis_client, "resque:queue:low")
    assert {b"mail", b"low"} == redis_client.smembers("resque:queues")
    assert [] == failures.change("failed", [])


@pytest.mark.parametrize("order", [1, -1])
def test_many_changes(failures: Failures, redis_client: redis.Redis, order: int) -> None:
    """Many records leave from any part of a list, in any order, and all others stay in theirs."""
    fill(redis_client, *map(str, range(1000)))
    for leaving in (range(0, 300, 2), range(400, 650, 3), range(0, 200, 5)):
        present = lie(redis_client)
        changes = [Change(present[at].encode(), at) for at in leaving][::order]

        assert [True] * len(changes) == failures.change("failed", changes)
        assert [each for at, each in enumerate(present) if at not in leaving] == lie(redis_client)


def test_push_refused(failures: Failures, redis_client: redis.Redis) -> None:
    """A record whose payload cannot be pushed stays, is told of, and keeps no other from going."""
    fill(redis_client, *"abc")
    redis_client.set("resque:queue:broken", "no list")
    changes = [Change(raw.encode(), at, b"", b"{}", raw) for at, raw in enumerate("abc")]
    changes[1] = Change(b"b", 1, b"b!", b"{}", "broken")

    first, second, third = failures.change("failed", changes)

    assert [True, True] == [first, third]
    assert isinstance(second, StoreError)
    assert ["b"] == lie(redis_client)
    assert {b"a", b"c"} == redis_client.smembers("resque:queues")
    with pytest.raises(StoreError):
        failures.replace("failed", b"b", 0, b"b!", payload=b"{}", queue="broken")
    with pytest.raises(StoreError):
        failures.remove("failed", b"b", 0, payload=b"{}", queue="broken")
    assert ["b"] == lie(redis_client)


def test_full_server(failures: Failures, redis_client: redis.Redis) -> None:
    """A server without memory for the payload changes no record, and may have some later."""
    fill(redis_client, "a")
    redis_client.config_set("maxmemory", "1")
    try:
        (result,) = failures.change("failed", [Change(b"a", 0, b"", b"{}", "mail")])
    finally:
        redis_client.config_set("maxmemory", "0")

    assert isinstance(result, StoreUnavailable)
    assert ["a"] == lie(redis_client)
    assert not redis_client.exists("resque:queues")


def test_clear_full(full_server: EmbeddedServer, full_store: Store) -> None:
    """With no memory left a list can be cleared: that makes room."""
    with full_server.client() as client:
        fill(client, "a", "b")
        client.config_set("maxmemory", "1")

        assert 2 == full_store.failures.clear("failed")


def test_clear_what_is_no_list(failures: Failures, redis_client: redis.Redis) -> None:
    """A key of another type in the list's place goes as well."""
    redis_client.set("resque:failed", "x")

    assert 0 == failures.clear("failed")
    assert not redis_client.exists("resque:failed")
