"""Workers of every client are shown, as far as their records can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque.monitor.workers import SILENT, worker, workers, workers_page, working
from django_resque.wire import timestamps
from django_resque.wire.vitals import Vitals
from django_resque.wire.worker import Reservation
from tests.records import claim

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from tests.trips import Trips

WORKER = "host~0123456789ab:7:mail,*"
TTL = 60.0


def test_a_working_worker(resque_store: Store, redis_client: redis.Redis) -> None:
    """All that a worker tells of itself is there."""
    now = resque_store.workers.now()
    redis_client.sadd("resque:workers", WORKER)
    redis_client.set(f"resque:worker:{WORKER}", claim())
    redis_client.set(f"resque:worker:{WORKER}:started", "2026-11-21 04:48:58 +0000")
    redis_client.set(f"resque:stat:processed:{WORKER}", 5)
    redis_client.set(f"resque:stat:failed:{WORKER}", 2)
    redis_client.hset("resque:workers:heartbeat", WORKER, timestamps.heartbeat(now - 30))

    (row,) = workers(resque_store)

    assert ("working", 5, 2, "") == (row.state, row.processed, row.failed, row.error)
    assert (True, True, False) == (row.busy, row.ours, row.hears)
    assert "2026-11-21 04:48:58 +0000" == row.started
    assert row.silent_for in (30, 31)
    assert row.identity is not None
    assert ("host", 7, "mail,*") == (row.identity.host, row.identity.pid, row.identity.queues)
    assert row.reservation is not None
    assert ("mail", "2026-11-21T04:48:58Z") == (row.reservation.queue, row.reservation.run_at)
    assert row.job is not None
    assert row.job.payload is not None
    assert "shop.send" == row.job.payload.name
    assert row.running_for is not None
    assert 0 <= row.running_for - (now - 1795236538) <= 1


@pytest.mark.parametrize(("pause", "state"), [(None, "idle"), (" TRUE ", "paused")])
def test_an_idle_worker(
    resque_store: Store, redis_client: redis.Redis, pause: str | None, state: str
) -> None:
    """Without a claim it is idle, or paused with all others; clients without heartbeats too."""
    redis_client.sadd("resque:workers", "php:1:mail")
    if pause:
        redis_client.set("resque:pause-all-workers", pause)

    (row,) = workers(resque_store)

    assert (state, None, None, "") == (row.state, row.heartbeat, row.silent_for, row.started)


def test_a_heartbeat_from_the_future(resque_store: Store, redis_client: redis.Redis) -> None:
    """A client whose clock is ahead is not silent for less than no time."""
    redis_client.sadd("resque:workers", "ruby:1:mail")
    beat = timestamps.heartbeat(resque_store.workers.now() + 3600)
    redis_client.hset("resque:workers:heartbeat", "ruby:1:mail", beat)

    (row,) = workers(resque_store)

    assert (0, "") == (row.silent_for, row.error)


def test_unreadable(resque_store: Store, redis_client: redis.Redis) -> None:
    """What cannot be read is said, and hides no other worker."""
    redis_client.sadd("resque:workers", "nonsense", b"\xff:1:mail", "ruby:2:mail")
    redis_client.set("resque:worker:nonsense", "{oops")
    redis_client.hset("resque:workers:heartbeat", "nonsense", "yesterday")
    redis_client.set("resque:stat:failed:nonsense", "many")
    redis_client.rpush("resque:worker:ruby:2:mail", "a list")

    rows = {row.id: row for row in workers(resque_store)}

    assert ["", "", "worker id"] == sorted(row.error[:9] for row in rows.values())
    assert "claim is not JSON" in rows["nonsense"].error
    assert "heartbeat is not a date" in rows["nonsense"].error
    assert (0, "working") == (rows["nonsense"].failed, rows["nonsense"].state)
    assert "idle" == rows["ruby:2:mail"].state


def test_nobody(resque_store: Store) -> None:
    """An empty Redis has no workers."""
    assert [] == workers(resque_store)


@pytest.mark.parametrize(
    ("told", "busy", "pause", "state"),
    [
        ("idle", False, False, "idle"),
        ("idle", True, False, "working"),
        ("working", False, False, "idle"),
        ("working", True, True, "working"),
        ("idle", False, True, "paused"),
        ("paused", False, False, "paused"),
        ("paused", True, False, "paused"),
        ("stopping", True, True, "stopping"),
    ],
)
def test_what_a_worker_tells_of_itself(
    resque_store: Store, *, told: str, busy: bool, pause: bool, state: str
) -> None:
    """It says whether it pauses or stops; whether it has a job is seen by its claim."""
    vitals = Vitals(told, memory=30, peak=50, job_memory=40, version="1.0")  # type: ignore[arg-type]
    enter(resque_store, WORKER, claim() if busy else b"", vitals=vitals.encode())
    if pause:
        resque_store.workers.pause_all()

    (row,) = workers(resque_store)

    assert (state, busy, vitals, True) == (row.state, row.busy, row.vitals, row.hears)
    assert {state: 1} == workers_page(resque_store, TTL).states


def test_unreadable_vitals(resque_store: Store) -> None:
    """Vitals that cannot be read are said to be so, and the worker is shown by its claim."""
    enter(resque_store, WORKER, claim(), vitals=b"{oops")

    (row,) = workers(resque_store)

    assert ("working", None) == (row.state, row.vitals)
    assert "vitals is not JSON" in row.error


@pytest.mark.parametrize(
    ("name", "silent", "dead"),
    [
        (WORKER, 55, False),
        (WORKER, 65, True),
        ("ruby:1:mail", 290, False),
        ("ruby:1:mail", 310, True),
        ("nonsense", 310, True),
        ("php:1:mail", None, False),
    ],
)
def test_silence(resque_store: Store, name: str, silent: int | None, *, dead: bool) -> None:
    """Ours are dead after the time of the settings, others after Ruby's, or never."""
    enter(resque_store, name, claim(), silent=silent)

    (row,) = workers(resque_store)

    assert dead == row.is_silent(TTL)
    assert {SILENT if dead else "working": 1} == workers_page(resque_store, TTL).states


def test_a_page(resque_store: Store, trips: Trips) -> None:
    """Workers come host by host, by number of their process, the unreadable last."""
    names = ["b:10:*", "b:9:*", "a~0123456789ab:2:*", "zzz", "a:30:*"]
    for name in names:
        enter(resque_store, name)
    trips.count()

    page = workers_page(resque_store, TTL, start=1, count=3)

    assert 8 == trips.count()
    assert ["a:30:*", "b:9:*", "b:10:*"] == [row.id for row in page.rows]
    assert (5, {"idle": 5}, False) == (page.total, page.states, page.paused)


def test_what_is_looked_for(resque_store: Store) -> None:
    """Workers are found by any text in their id and by their state; all of them are counted."""
    enter(resque_store, "web:1:mail", claim())
    enter(resque_store, "web:2:images")
    enter(resque_store, "db:33:mail", silent=1000)

    def found(**wanted: str) -> list[str]:
        page = workers_page(resque_store, TTL, **wanted)  # type: ignore[arg-type]
        assert {"working": 1, "idle": 1, SILENT: 1} == page.states
        assert len(page.rows) == page.total
        return [row.id for row in page.rows]

    assert ["db:33:mail", "web:1:mail"] == found(text="MAIL")
    assert ["db:33:mail"] == found(text=":33:")
    assert ["web:1:mail"] == found(state="working")
    assert ["db:33:mail"] == found(state=SILENT, text="mail")
    assert [] == found(text="nobody")


def test_working(resque_store: Store, trips: Trips) -> None:
    """Those that have a job come, the longest running first, in a fixed number of trips."""
    for second, name in enumerate(["c:1:*", "b:1:*", "a:1:*"]):
        held = Reservation(name, "mail", f"2026-11-21T04:48:0{second}Z", b'{"class":"A"}', "r")
        enter(resque_store, name, held.encode())
    enter(resque_store, "idle:1:*")
    enter(resque_store, "node:1:*", b'{"run_at" : 1, "payload":{"class":"A"}}')
    enter(resque_store, "odd:1:*", b"{oops")
    trips.count()

    page = working(resque_store, 1, 3)

    assert 7 == trips.count()
    assert (["node:1:*", "c:1:*", "b:1:*"], 5) == ([row.id for row in page.rows], page.total)
    assert ["odd:1:*"] == [row.id for row in working(resque_store, count=1).rows]


def test_a_large_claim(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """Of a claim with megabytes of arguments it is known which it is, but it is not read."""
    payload = b'{"class":"A","args":["' + b"x" * 3_000_000 + b'"]}'
    held = Reservation(WORKER, "mail", "2026-11-21T04:48:58Z", payload, "rid-1")
    enter(resque_store, WORKER, held.encode())
    enter(resque_store, "ruby:1:*", b'{"payload":' + payload + b"}")
    trips.received()

    ours, ruby = workers(resque_store)

    assert trips.received() < 2_500_000
    assert ours.reservation is not None
    assert ("rid-1", "mail", None) == (ours.reservation.rid, ours.reservation.queue, ours.job)
    assert ours.running_for is not None
    assert ours.error == ruby.error == "claim is longer than 1000000 bytes"
    assert (True, None) == (ruby.busy, ruby.reservation)


def test_one_worker(resque_store: Store, trips: Trips) -> None:
    """One worker is read by itself, in a fixed number of round trips."""
    enter(resque_store, WORKER, claim())
    enter(resque_store, "ruby:1:mail")
    trips.count()

    (row,) = worker(resque_store, WORKER).rows

    assert 6 == trips.count()
    assert (WORKER, "working") == (row.id, row.state)
    assert [] == worker(resque_store, "nobody:1:mail").rows


def enter(
    store: Store, name: str, held: bytes = b"", *, vitals: bytes = b"", silent: int | None = 0
) -> None:
    """Register a worker as it would itself; without any heartbeat if ``silent`` is None."""
    keys, call = store.keys, store.commander.call
    call("SADD", keys.workers, name)
    if silent is not None:
        call("HSET", keys.heartbeats, name, timestamps.heartbeat(store.workers.now() - silent))
    if held:
        call("SET", keys.worker(name), held)
    if vitals:
        call("HSET", keys.vitals, name, vitals)
