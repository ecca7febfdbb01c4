"""Results are kept for their time, and wake those who wait for them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from django_resque.exceptions import StoreUnavailable

if TYPE_CHECKING:
    import redis

    from django_resque.embedded import EmbeddedServer
    from django_resque.store import Store


def test_record(resque_store: Store, redis_client: redis.Redis) -> None:
    """A result can be read until its time is over, beside those that are not there."""
    results = resque_store.results
    results.record("f00", b"done", 60.5)
    redis_client.rpush("resque:result:bad", "x")

    assert b"done" == results.get("f00")
    assert [None, b"done", None] == results.read(["none", "f00", "bad"])
    assert [] == results.read([])
    assert 60_000 < redis_client.pttl("resque:result:f00") <= 60_500


def test_progress(resque_store: Store, redis_client: redis.Redis) -> None:
    """The same of progress."""
    resque_store.results.tell_progress("f00", b"half", 60)

    assert [b"half", None] == resque_store.results.progress(["f00", "none"])
    assert 0 < redis_client.ttl("resque:result:f00:progress") <= 60


def test_waiting(resque_store: Store) -> None:
    """Who listens is told when the result comes, and only then."""
    results = resque_store.results
    with results.listening("f00") as wait:
        assert not wait(0.01)
        results.record("other", b"done", 60)
        assert not wait(0.01)
        record = threading.Timer(0.05, lambda: results.record("f00", b"done", 60))
        record.start()
        assert wait(10)
        assert not wait(0)
        record.join()
    assert b"done" == results.get("f00")


def test_many_wait(resque_store: Store) -> None:
    """All who listen are told."""
    results = resque_store.results
    with results.listening("f00") as one, results.listening("f00") as two:
        results.record("f00", b"done", 60)
        assert [True, True] == [one(10), two(10)]


def test_server_gone(resque_store: Store, redis_server: EmbeddedServer) -> None:
    """A connection that breaks while somebody waits is told of."""
    with resque_store.results.listening("f00") as wait:
        redis_server.kill()
        with pytest.raises(StoreUnavailable):
            wait(10)
    with pytest.raises(StoreUnavailable), resque_store.results.listening("f00"):
        pass
