"""Jobs wait outside of the queues until those they wait for have ended as they should."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from django_resque.exceptions import StoreError
from django_resque.store.relations import TTL, Waiting
from django_resque.wire.result import ResultRecord

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store

_DONE = Waiting("d", "q", b'{"class":"done","queue_time":', b"}", jobs=["d"])


def result(store: Store, job: str, status: Any) -> None:
    """Keep what came of a job."""
    store.results.record(job, ResultRecord(job, status).encode(), 60)


def test_group(store: Store, redis_client: redis.Redis) -> None:
    """A callback goes to its queue when the last member of its group has ended, each once."""
    pushes = store.queues.pushing("q", [b"1", b"2"])
    assert ("waiting", []) == store.relations.wait(_DONE, members=["a", "b"], pushes=pushes)
    assert [b"1", b"2"] == store.queues.peek("q", count=9)
    assert store.relations.has("d")

    store.relations.tell(is_done=True, jobs=[], group="d", member="a")
    store.relations.tell(is_done=True, jobs=[], group="d", member="a")
    assert 2 == store.queues.size("q")
    store.relations.tell(is_done=True, jobs=[], group="d", member="b")

    *_, pushed = store.queues.peek("q", count=9)
    assert pushed.startswith(b'{"class":"done","queue_time":17')
    assert pushed.endswith(b"}")
    assert {b"resque:queue:q", b"resque:queues"} == set(redis_client.keys())
    store.relations.tell(is_done=True, jobs=[], group="d", member="b")
    assert 3 == store.queues.size("q")


@pytest.mark.parametrize(("on_failure", "size"), [("wait", 0), ("continue", 1), ("cancel", 0)])
def test_failure(store: Store, on_failure: str, size: int) -> None:
    """A member that fails keeps its group open, counts as done, or drops the callback."""
    waiting = replace(_DONE, on_failure=on_failure, record=b"dropped", ttl=9.0)
    store.relations.wait(waiting, members=["a", "b"])

    store.relations.tell(is_done=False, jobs=[], group="d", member="a")
    store.relations.tell(is_done=True, jobs=[], group="d", member="b")

    assert size == store.queues.size("q")
    assert (on_failure == "wait") == store.relations.has("d")
    assert (on_failure == "cancel") == store.relations.is_called_off("d", "b")
    assert not store.relations.is_called_off("d", "a")
    assert (b"dropped" if on_failure == "cancel" else None) == store.results.get("d")
    if on_failure == "wait":
        store.relations.tell(is_done=True, jobs=[], group="d", member="a")
        assert 1 == store.queues.size("q")


def test_failure_after_cancelling(store: Store) -> None:
    """A member that failed too may be performed again, whatever became of its group."""
    store.relations.wait(replace(_DONE, on_failure="cancel"), members=["a", "b"])
    for member in "ab":
        store.relations.tell(is_done=False, jobs=[], group="d", member=member)

    assert [False, False] == [store.relations.is_called_off("d", each) for each in "ab"]


def test_dependents(store: Store, redis_client: redis.Redis) -> None:
    """A job waits for others by their ids, and it does not matter which of them ended before."""
    result(store, "a", "succeeded")
    result(store, "c", "retrying")

    assert ("waiting", ["b"]) == store.relations.wait(_DONE, after=["a", "b", "c"])
    store.relations.tell(is_done=True, jobs=["b"])
    assert {b"c"} == redis_client.smembers("resque:waiting:d:open")
    store.relations.tell(is_done=True, jobs=["c"])

    assert 1 == store.queues.size("q")
    assert not redis_client.keys("resque:waiting*") + redis_client.keys("resque:dependents*")


@pytest.mark.parametrize(
    ("on_failure", "state"), [("wait", "waiting"), ("continue", "queued"), ("cancel", "cancelled")]
)
def test_failed_before(store: Store, on_failure: str, state: str) -> None:
    """The policy decides likewise about those that failed before."""
    result(store, "a", "failed")

    assert (state, []) == store.relations.wait(replace(_DONE, on_failure=on_failure), after=["a"])
    store.relations.tell(is_done=True, jobs=["a"])  # retried

    assert (state != "cancelled") == (store.queues.size("q") == 1)


def test_satisfied(store: Store) -> None:
    """A job that has nothing to wait for goes to its queue at once, to the front if so wanted."""
    result(store, "a", "succeeded")
    store.queues.push("q", b"1")
    waiting = Waiting("d", "q", b"bytes", None, at_front=True)

    assert ("queued", []) == store.relations.wait(waiting, after=["a"])
    assert ("queued", []) == store.relations.wait(waiting)

    assert [b"bytes", b"bytes", b"1"] == store.queues.peek("q", count=9)


def test_cascade(store: Store) -> None:
    """What is dropped takes those with it that cannot do without it, and frees the others."""
    store.relations.wait(replace(_DONE, id="g", on_failure="cancel"), members=["m"])
    first = Waiting("a", "q", b"a", None, "cancel", ["a", "then"], group="g", member="m")
    store.relations.wait(first, members=["x"])
    store.relations.wait(Waiting("b", "q", b"b", None, "cancel", ["b"]), after=["then"])
    store.relations.wait(Waiting("c", "q", b"c", None, "continue", ["c"]), after=["b"])

    assert store.relations.drop("a")

    assert [b"c"] == store.queues.peek("q", count=9)
    assert [] == [each for each in "gabc" if store.relations.has(each)]
    assert not store.relations.drop("a")
    assert 0 == store.relations.count()


def test_spoilt(store: Store, redis_client: redis.Redis) -> None:
    """A job that cannot be pushed waits on; what somebody spoilt keeps no other from going."""
    redis_client.set("resque:queue:bad", "x")
    with pytest.raises(StoreError):
        store.relations.wait(Waiting("e", "bad", b"e", None))
    assert not store.relations.has("e")
    redis_client.delete("resque:queue:bad")
    store.relations.wait(Waiting("e", "bad", b"e", None), after=["a"])
    store.relations.wait(_DONE, after=["a"])
    redis_client.set("resque:queue:bad", "x")

    store.relations.tell(is_done=True, jobs=["a"])

    assert store.relations.has("e")
    assert 1 == store.queues.size("q")


def test_refused_push(store: Store, redis_client: redis.Redis) -> None:
    """Nobody waits for members that cannot be pushed."""
    redis_client.set("resque:queue:bad", "x")

    with pytest.raises(StoreError):
        store.relations.wait(_DONE, members=["a"], pushes=store.queues.pushing("bad", [b"1"]))

    assert not store.relations.has("d")


def test_expiry(store: Store, redis_client: redis.Redis) -> None:
    """Nothing of it stays for ever."""
    store.relations.wait(replace(_DONE, on_failure="cancel"), members=["a"], after=["b"])
    keys = redis_client.keys("resque:*")
    assert 4 == len(keys)
    assert all(TTL - 9 < redis_client.ttl(key) <= TTL for key in keys)

    for key in keys:
        redis_client.expire(key, 99)
    store.relations.tell(is_done=True, jobs=[], group="d", member="a")
    kept = ["resque:waiting", "resque:waiting:d", "resque:waiting:d:open"]
    assert all(redis_client.ttl(key) > 99 for key in kept)
    store.relations.drop("d")
    assert 99 < redis_client.ttl("resque:waiting:d")
    redis_client.zadd("resque:waiting", {"old": 1})
    store.relations.wait(_DONE, members=["a"])
    assert [b"d"] == redis_client.zrange("resque:waiting", 0, -1)


def test_page(store: Store, redis_client: redis.Redis) -> None:
    """What waits can be read in pages, the latest first, whatever else lies there."""
    store.relations.wait(_DONE, members=[str(number) for number in range(50)])
    redis_client.set("resque:waiting:bad", "x")
    redis_client.zadd("resque:waiting", {"bad": 1, "gone": 2})

    found, gone, bad = store.relations.page()

    assert ("d", 50, 20) == (found.id, found.open_count, len(found.open))
    assert b"q" == found.fields[b"queue"]
    assert ({}, [], 0) == (bad.fields, bad.open, bad.open_count)
    assert {} == gone.fields
    assert ["bad"] == [each.id for each in store.relations.page(2)]
    assert [] == store.relations.page(count=0)
    assert 3 == store.relations.count()
    redis_client.set("resque:waiting", "x")
    assert ([], 0) == (store.relations.page(), store.relations.count())
    assert [] == store.relations.ending(is_done=True, jobs=[])
