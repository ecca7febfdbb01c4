"""The master lock, what recurs and how far it has come lie in Redis as resque-scheduler has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque.store.schedules import KEPT_FOR, KEPT_RUNS, Push, ScheduleState

if TYPE_CHECKING:
    import redis

    from django_resque.embedded import EmbeddedServer
    from django_resque.store import Store

LOCK = "resque:resque:resque_scheduler_master_lock"
NIGHTLY = b'{"cron":"0 3 * * *","class":"Mailer","queue":"high","args":[1]}'


def test_one_holds_the_lock(store: Store, redis_client: redis.Redis) -> None:
    """The first to ask holds it for a while, and for longer whenever it asks again."""
    assert "me:1" == store.schedules.look("me:1", 10).holder
    redis_client.pexpire(LOCK, 500)

    other = store.schedules.look("you:2", 10)
    assert "me:1" == other.holder
    assert 0 < other.expires <= 0.5
    assert 9 < store.schedules.look("me:1", 10).expires <= 10
    assert b"me:1" == redis_client.get(LOCK)
    assert "me:1" == store.schedules.master()


def test_full(full_server: EmbeddedServer, full_store: Store) -> None:
    """With no memory left somebody can become the master, and read the schedules."""
    full_store.schedules.set("nightly", NIGHTLY)
    with full_server.client() as client:
        client.config_set("maxmemory", "1")

        assert "me:1" == full_store.schedules.look("me:1", 10).holder
        assert {"nightly": NIGHTLY} == full_store.schedules.take_all()


def test_who_is_not_willing_only_looks(store: Store, redis_client: redis.Redis) -> None:
    """Nobody becomes the master by looking."""
    assert "" == store.schedules.look("", 10).holder
    assert "" == store.schedules.master()
    assert [] == redis_client.keys()


def test_release(store: Store) -> None:
    """Only the holder gives the lock up."""
    store.schedules.look("me:1", 10)

    assert not store.schedules.release("you:2")
    assert store.schedules.release("me:1")
    assert "you:2" == store.schedules.look("you:2", 10).holder


def test_rubys_lock_is_respected(store: Store, redis_client: redis.Redis) -> None:
    """Whatever it is and however long it lasts."""
    redis_client.set(LOCK, "localhost:23737")
    look = store.schedules.look("me:1", 10)

    assert "localhost:23737" == look.holder
    assert look.expires < 0


def test_what_there_is_to_do(store: Store, redis_client: redis.Redis) -> None:
    """The earliest item, the changed schedules and those that are off come with the look."""
    look = store.schedules.look("me:1", 10)
    assert (None, 0, frozenset()) == (look.earliest, look.changed, look.off)

    store.delayed.push_many([(b"1", 1999999999), (b"2", 1234567890)])
    redis_client.sadd("resque:schedules_changed", "nightly")
    store.schedules.switch_off("weekly")
    look = store.schedules.look("me:1", 10)

    assert (1234567890.0, 1, frozenset({"weekly"})) == (look.earliest, look.changed, look.off)


def test_set_writes_what_ruby_writes(store: Store, redis_client: redis.Redis) -> None:
    """The document and the note of the change, as in the transcript."""
    store.schedules.set("nightly", NIGHTLY)

    assert {b"nightly": NIGHTLY} == redis_client.hgetall("resque:persistent_schedules")
    assert {b"nightly"} == redis_client.smembers("resque:schedules_changed")
    assert {"nightly": NIGHTLY} == store.schedules.all()
    assert {"nightly": NIGHTLY} == store.schedules.take_all()
    assert 0 == redis_client.exists("resque:schedules_changed")


def test_a_key_that_is_no_hash(store: Store, redis_client: redis.Redis) -> None:
    """Somebody's garbage in the place of the schedules is no schedule."""
    redis_client.set("resque:persistent_schedules", "x")
    redis_client.set("resque:delayed:last_enqueued_at", "x")

    assert {} == store.schedules.take_all()
    assert {} == store.schedules.last_enqueued()


def state(due: str = "", payload: bytes = b"", queue: str = "") -> ScheduleState:
    """Return a state by one rule."""
    return ScheduleState(due, "every 60" if due else "", payload, queue)


def push(store: Store, payload: bytes, queue: str = "high") -> Push:
    """Return a push of a payload."""
    return Push(queue, payload, store.queues.pushing(queue, [payload]))


@pytest.fixture
def master(store: Store) -> str:
    """Hold the lock."""
    return store.schedules.look("me:1", 10).holder


def test_advance(store: Store, redis_client: redis.Redis, master: str) -> None:
    """Pushing and noting it is one step; both expire long after."""
    assert 1 == store.schedules.advance(master, "nightly", state(), state("60"))
    done = store.schedules.advance(
        *(master, "nightly", state("60"), state("120")),
        run=b"run",
        push=push(store, b"payload"),
        enqueued_at="2026-11-27 18:00:00 +0000",
    )

    assert 1 == done
    assert [state("120", b"payload", "high")] == store.schedules.states(["nightly"])
    assert [b"payload"] == redis_client.lrange("resque:queue:high", 0, -1)
    assert {b"high"} == redis_client.smembers("resque:queues")
    assert [[b"run"], []] == store.schedules.runs(["nightly", "other"])
    assert {"nightly": "2026-11-27 18:00:00 +0000"} == store.schedules.last_enqueued()
    for key in ("resque:schedule:nightly:state", "resque:schedule:nightly:runs"):
        assert KEPT_FOR - 10 < redis_client.ttl(key) <= KEPT_FOR


def test_nobody_advances_twice(store: Store, redis_client: redis.Redis, master: str) -> None:
    """Whoever knows an older state, or another rule, does nothing."""
    store.schedules.advance(master, "nightly", state(), state("120"))

    for before in (state(), state("60"), ScheduleState("120", "every 61")):
        again = store.schedules.advance(
            *(master, "nightly", before, state("180")), push=push(store, b"payload")
        )
        assert 0 == again
    assert 0 == redis_client.exists("resque:queue:high")


def test_only_the_master_advances(store: Store, redis_client: redis.Redis, master: str) -> None:
    """Who has lost the lock does nothing; nor does anybody for what was switched off."""
    assert store.schedules.advance("you:2", "nightly", state(), state("60")) is None
    store.schedules.switch_off("nightly")
    pushing = push(store, b"payload")

    assert -1 == store.schedules.advance(master, "nightly", state(), state("60"), push=pushing)
    assert 0 == redis_client.exists("resque:queue:high", "resque:schedule:nightly:state")


def test_a_refused_push_is_not_noted(store: Store, redis_client: redis.Redis, master: str) -> None:
    """So that it is tried again."""
    redis_client.set("resque:queue:high", "x")

    answer = store.schedules.advance(
        *(master, "nightly", state(), state("60")), push=push(store, b"payload")
    )

    assert "WRONGTYPE" in str(answer)
    assert [state()] == store.schedules.states(["nightly"])


def test_history_is_trimmed(store: Store, master: str) -> None:
    """The last runs are kept, the newest first."""
    for number in range(KEPT_RUNS + 5):
        before = state(str(number)) if number else state()
        store.schedules.advance(
            *(master, "nightly", before, state(str(number + 1))), run=b"%d" % number
        )

    ((newest, *others),) = store.schedules.runs(["nightly"])
    assert b"%d" % (KEPT_RUNS + 4) == newest
    assert KEPT_RUNS - 1 == len(others)


def test_run_by_hand(store: Store, redis_client: redis.Redis, master: str) -> None:
    """It leaves the times as they are, and is in the history."""
    store.schedules.advance(master, "nightly", state(), state("60"))
    store.schedules.run_by_hand("nightly", push(store, b"payload"), b"by hand")

    assert [state("60", b"payload", "high")] == store.schedules.states(["nightly"])
    assert [[b"by hand"]] == store.schedules.runs(["nightly"])
    assert [b"payload"] == redis_client.lrange("resque:queue:high", 0, -1)


def test_off_and_on(store: Store, master: str) -> None:
    """Switching tells whether it changed anything; what is on again is as if it were new."""
    store.schedules.advance(master, "nightly", state(), state("60", b"payload", "high"))

    assert store.schedules.switch_off("nightly")
    assert not store.schedules.switch_off("nightly")
    assert {"nightly"} == store.schedules.off()
    assert store.schedules.switch_on("nightly")
    assert not store.schedules.switch_on("nightly")
    assert frozenset() == store.schedules.off()
    assert [state()] == store.schedules.states(["nightly"])


def test_remove_leaves_nothing(store: Store, redis_client: redis.Redis, master: str) -> None:
    """All that is known of a schedule goes with it, save the note of the change."""
    store.schedules.set("nightly", NIGHTLY)
    store.schedules.advance(
        *(master, "nightly", state(), state("60")),
        run=b"run",
        push=push(store, b"payload"),
        enqueued_at="now",
    )
    store.schedules.switch_off("nightly")

    assert store.schedules.remove("nightly")
    assert not store.schedules.remove("nightly")
    left = set(redis_client.keys())
    assert {
        LOCK.encode(),
        b"resque:schedules_changed",
        b"resque:queues",
        b"resque:queue:high",
    } == left


def test_states_of_garbage(store: Store, redis_client: redis.Redis) -> None:
    """A key of another type hides no other."""
    redis_client.set("resque:schedule:broken:state", "x")
    redis_client.set("resque:schedule:broken:runs", "x")

    assert [state(), state()] == store.schedules.states(["broken", "other"])
    assert [[], []] == store.schedules.runs(["broken", "other"])
    assert [] == store.schedules.states([])
    assert [] == store.schedules.runs([])


def test_names_and_documents(store: Store, redis_client: redis.Redis) -> None:
    """Names are read without the documents, and these for some names only."""
    redis_client.hset("resque:persistent_schedules", mapping={b"a": b"1", b"\xff": b"2"})

    assert {"a", "\udcff"} == set(store.schedules.names())
    assert {"\udcff": b"2"} == store.schedules.documents(["\udcff", "nosuch"])
    assert {} == store.schedules.documents([])
    redis_client.delete("resque:persistent_schedules")
    redis_client.set("resque:persistent_schedules", "x")
    assert [] == store.schedules.names()
    assert {} == store.schedules.documents(["a"])
