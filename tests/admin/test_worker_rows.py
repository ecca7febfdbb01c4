"""A worker is shown as fit to be seen, with what it works on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from django_resque.admin.worker_rows import WorkerShown
from django_resque.monitor.workers import workers
from django_resque.wire import timestamps
from django_resque.wire.vitals import Vitals
from django_resque.wire.worker import Reservation
from tests.records import claim

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from django_resque.admin.visit import Visit
    from django_resque.store import Store
    from tests.trips import Trips

OURS = "web~0123456789ab:7:mail,*"


@pytest.fixture
def shown(visit: Callable[..., Visit], redis_client: redis.Redis) -> Callable[..., WorkerShown]:
    """Give what registers a worker and shows it."""

    def show(name: str, held: Any = b"", *, user: Any = None, vitals: Any = None) -> WorkerShown:
        id_ = name.encode(errors="surrogateescape")
        redis_client.sadd("resque:workers", id_)
        redis_client.set(b"resque:worker:" + id_, held)
        if vitals:
            redis_client.hset("resque:workers:vitals", id_, vitals.encode())
        here = visit(user=user)
        (row,) = workers(here.store)
        return WorkerShown.of(here, row)

    return show


def test_ours(shown: Callable[..., WorkerShown]) -> None:
    """All that a worker of ours tells is there, with the claim that an order may be about."""
    payload = b'{"class":"shop.send","args":[1,{"a":"b"}],"id":"i-1"}'
    held = Reservation(OURS, "mail", "2026-11-21T04:48:58Z", payload, "rid-1").encode()

    row = shown(OURS, held, vitals=Vitals("working", 10, 30, 20, "1.2"))

    assert ("web", 7, "mail,*", "working") == (row.host, row.pid, row.queues, row.state)
    assert (True, True, "rid-1", "mail") == (row.ours, row.hears, row.rid, row.queue)
    assert (10, 30, 20, "1.2") == (row.memory, row.peak, row.job_memory, row.version)
    assert row.job is not None
    assert ("shop.send", '1, {"a": "b"}', "i-1") == (row.job.name, row.job.arguments, row.job.id)
    assert row.running_for
    assert row.queue_url.endswith("/queues/mail/")
    assert row.kill_url.endswith("/workers/web~0123456789ab:7:mail!2C!2A/kill/")


def test_of_another_client(shown: Callable[..., WorkerShown]) -> None:
    """It takes no orders; what it does not tell is left open."""
    row = shown("ruby:1:mail", claim())

    assert (False, False, "", None, "") == (row.ours, row.hears, row.rid, row.memory, row.version)
    assert ("", "") == (row.kill_url, row.remove_url)
    assert (None, "", None) == (row.started, row.started_text, row.silent_for)


def test_idle(shown: Callable[..., WorkerShown]) -> None:
    """Without a job there is nothing to kill."""
    row = shown(OURS, vitals=Vitals("idle"))

    assert ("idle", None, "", "", None) == (
        row.state, row.job, row.queue_url, row.rid, row.running_for,
    )  # fmt: skip


def test_a_dead_one(shown: Callable[..., WorkerShown], resque_store: Store) -> None:
    """One of ours that is silent hears nothing; one that does not tell how it is, neither."""
    long_ago = timestamps.heartbeat(resque_store.workers.now() - 100)
    assert not shown(OURS, claim()).hears

    resque_store.commander.call("HSET", "resque:workers:heartbeat", OURS, long_ago)
    held = Reservation(OURS, "mail", "2026-11-21T04:48:58Z", b"{}", "rid-1").encode()
    row = shown(OURS, held, vitals=Vitals("working"))

    assert ("silent", False, "", "") == (row.state, row.hears, row.rid, row.kill_url)
    assert row.remove_url == f"{row.url}remove/"
    assert row.silent_for in (100, 101)


def test_hidden_arguments(shown: Callable[..., WorkerShown], staff: Callable[..., Any]) -> None:
    """Who may not see arguments sees a word instead."""
    row = shown("ruby:1:mail", claim(), user=staff("view_resque"))

    assert row.job is not None
    assert ("shop.send", "hidden") == (row.job.name, row.job.arguments)


@pytest.mark.parametrize("held", [b"{oops", b'{"queue":[1],"payload":{"class":5}}', b"\xff", b"5"])
def test_unreadable(shown: Callable[..., WorkerShown], held: bytes) -> None:
    """An id or a claim that nobody can read is shown as such, and controls in it are spelt out."""
    row = shown("no\u202esense\udcff", held)

    assert ("no\\u202esense\\udcff", "", None) == (row.id, row.host, row.pid)
    assert row.error
    assert row.job is not None
    assert row.job.error
    assert row.url.endswith("/workers/no!E2!80!AEsense!FF/")
    assert row.remove_url == f"{row.url}remove/"


def test_progress(visit: Callable[..., Visit], redis_client: redis.Redis, trips: Trips) -> None:
    """Rows together learn in one round trip how far their jobs are."""
    for number in range(3):
        payload = b'{"class":"A","id":"i-%d","attempt":2}' % number
        name = f"web:{number}:*"
        redis_client.sadd("resque:workers", name)
        redis_client.set(
            f"resque:worker:{name}", Reservation(name, "mail", "", payload, "r").encode()
        )
    redis_client.sadd("resque:workers", "web:9:*")
    redis_client.set("resque:result:i-1:progress", b'{"done":1,"total":4}')
    here = visit()
    rows = workers(here.store)

    trips.count()
    shown = WorkerShown.all(here, rows)

    assert 1 == trips.count()
    assert [None, 25, None, None] == [row.progress and row.progress.percent for row in shown]
    assert [2, 2, 2, None] == [row.job and row.job.attempt for row in shown]
