"""What operators do to workers changes just what they meant, once, and says when it cannot."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import Plugin, job, wiring
from django_resque.control.workers import (
    hurry,
    kill_job,
    kill_worker,
    pause_all,
    pause_worker,
    remove_worker,
    resume_all,
    resume_worker,
    stop_worker,
)
from django_resque.exceptions import DirtyExit, JobNotFound, WorkerElsewhere, WorkerNotFound
from django_resque.execution.identity import hostname, machine, new_worker_id
from django_resque.execution.outcome import Requeued
from django_resque.failures.base import FailureBackend
from django_resque.jobs.registry import registry
from django_resque.wire.order import Order
from django_resque.wire.vitals import Vitals
from tests.claims import reservation
from tests.records import claim
from tests.standin import stand_in, worker_id

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from django_resque.store import Store
    from django_resque.wire.failure import FailureRecord
    from django_resque.wire.payload import Payload
    from django_resque.wire.vitals import State

OURS = "host~0123456789ab:42:mail"


@pytest.fixture
def store(resque_store: Store) -> Store:
    """The store that commands work on."""
    return resque_store


def kept(redis_client: redis.Redis) -> list[bytes]:
    """Return what lies in the failed list."""
    found: Any = redis_client.lrange("resque:failed", 0, -1)
    return list(found)


def test_pause_all(store: Store, redis_client: redis.Redis) -> None:
    """All workers pause by the key that Ruby's workers read too."""
    pause_all(store)
    assert b"true" == redis_client.get("resque:pause-all-workers")
    assert store.workers.all_paused()

    resume_all(store)
    assert not redis_client.exists("resque:pause-all-workers")
    assert not store.workers.all_paused()


def test_remove_a_worker(store: Store, redis_client: redis.Redis) -> None:
    """Nothing is left of it but one failure for its job."""
    worker = "ruby:1:mail"
    redis_client.sadd("resque:workers", worker)
    redis_client.set(f"resque:worker:{worker}", claim())
    redis_client.set(f"resque:worker:{worker}:started", "x")
    redis_client.hset("resque:workers:heartbeat", worker, "x")
    redis_client.set(f"resque:stat:processed:{worker}", 1)

    assert remove_worker(store, wiring.failure_backends(), worker)

    (failed,) = map(json.loads, kept(redis_client))
    assert ({"class": "shop.send", "args": [1]}, "mail", worker) == (
        failed["payload"],
        failed["queue"],
        failed["worker"],
    )
    assert "removed" in failed["error"]
    assert [b"resque:failed", b"resque:stat:failed"] == sorted(redis_client.keys())
    assert b"1" == redis_client.get("resque:stat:failed")


def test_remove_a_worker_that_goes_on(
    store: Store, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job that fails is the one it holds then, not the one it held when it was looked at."""
    worker = "ruby:1:mail"
    redis_client.sadd("resque:workers", worker)
    redis_client.set(f"resque:worker:{worker}", claim("shop.second"))
    seen = [[claim("shop.first")]]
    claims = store.workers.claims
    monkeypatch.setattr(store.workers, "claims", lambda ids: seen.pop() if seen else claims(ids))

    assert remove_worker(store, wiring.failure_backends(), worker)

    (failed,) = map(json.loads, kept(redis_client))
    assert "shop.second" == failed["payload"]["class"]


def test_remove_a_worker_tells_of_its_job(store: Store, redis_client: redis.Redis) -> None:
    """Failure backends that are foreign code hear of the job as well."""
    told: list[FailureRecord] = []

    class Backend(FailureBackend):
        def save(self, record: FailureRecord) -> None:
            told.append(record)

    redis_client.set("resque:worker:ruby:1:mail", claim())

    assert remove_worker(store, [Backend()], "ruby:1:mail")

    (failure,) = told
    assert ("mail", "ruby:1:mail") == (failure.queue, failure.worker)
    assert b'{"class":"shop.send","args":[1]}' == failure.payload


def test_remove_a_worker_whose_job_survives(store: Store, redis_client: redis.Redis) -> None:
    """A job that is to outlive its worker is queued again, and its hooks hear of that."""
    heard: list[object] = []

    class Hearing(Plugin):
        def on_retry(self, exception: BaseException, payload: Payload, queue: str) -> None:
            heard.append((type(exception), payload.args, queue))

    @job(name="shop.send", on_worker_loss="requeue", plugins=[Hearing()])
    def send(number: int) -> None: ...

    redis_client.set("resque:worker:ruby:1:mail", claim())
    try:
        outcome = remove_worker(store, wiring.failure_backends(), "ruby:1:mail")
    finally:
        del registry._jobs["shop.send"]

    assert isinstance(outcome, Requeued)
    assert [b'{"class":"shop.send","args":[1]}'] == store.queues.peek("mail", count=9)
    assert [(DirtyExit, [1], "mail")] == heard
    assert [] == kept(redis_client)


def test_remove_an_idle_worker(store: Store, redis_client: redis.Redis) -> None:
    """One without a job leaves no failure; one that is not there is told."""
    redis_client.hset("resque:workers:heartbeat", "ruby:1:mail", "x")

    assert not remove_worker(store, (), "ruby:1:mail")
    assert [] == redis_client.keys()
    with pytest.raises(WorkerNotFound):
        remove_worker(store, (), "ruby:1:mail")


def test_kill_a_worker(store: Store, redis_client: redis.Redis) -> None:
    """A worker of this machine is killed and struck off; its job fails."""
    with stand_in() as process:
        worker = worker_id(process.pid)
        redis_client.sadd("resque:workers", worker)
        redis_client.set(f"resque:worker:{worker}", claim())

        assert kill_worker(store, wiring.failure_backends(), worker)

        assert -signal.SIGKILL == process.wait(timeout=10)
    assert [] == store.workers.ids()
    assert 1 == len(kept(redis_client))


@pytest.mark.parametrize("dead", ["gone", "unburied"])
def test_kill_the_dead(store: Store, redis_client: redis.Redis, dead: str) -> None:
    """A worker whose process has ended, buried by its parent or not, is struck off."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    if dead == "gone":
        process.wait(timeout=10)
    else:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    worker = worker_id(process.pid)
    redis_client.sadd("resque:workers", worker)
    redis_client.set(f"resque:worker:{worker}", claim())

    assert kill_worker(store, wiring.failure_backends(), worker)

    assert [] == store.workers.ids()
    assert 1 == len(kept(redis_client))
    assert 0 == process.wait(timeout=10)


@pytest.mark.parametrize(
    "heir", ["{host}~{machine}1111:{pid}:mail", "{host}:{pid}:mail", "{host}:{pid}:other,*"]
)
def test_kill_spares_the_heir_of_a_pid(store: Store, redis_client: redis.Redis, heir: str) -> None:
    """Where another worker is registered under the same pid, nobody knows whose it is."""
    with stand_in() as process:
        worker = worker_id(process.pid)
        heir = heir.format(host=hostname(), machine=machine(), pid=process.pid)
        strangers = [f"{hostname()}~ffffffff0000:{process.pid}:mail", "nonsense"]
        redis_client.sadd("resque:workers", worker, heir, *strangers)

        with pytest.raises(WorkerElsewhere, match="may be that of"):
            kill_worker(store, (), worker)
        assert process.poll() is None

        redis_client.srem("resque:workers", heir)
        assert not kill_worker(store, (), worker)
        assert -signal.SIGKILL == process.wait(timeout=10)


def test_kill_refused_by_the_system(
    store: Store, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system does not let us kill stays registered, and the reason is told."""

    def refuse(_descriptor: int, _number: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(signal, "pidfd_send_signal", refuse)
    with stand_in() as process:
        worker = worker_id(process.pid)
        redis_client.sadd("resque:workers", worker)

        with pytest.raises(WorkerElsewhere, match=r"cannot be killed from here: .*not permitted"):
            kill_worker(store, (), worker)

    assert [worker] == store.workers.ids()


@pytest.mark.parametrize("title", ["", "vim resque-notes", "resque: Starting", "resque_work"])
def test_kill_spares_a_stranger(store: Store, redis_client: redis.Redis, title: str) -> None:
    """A process that has got a worker's pid is not that worker."""
    with stand_in(title) as process:
        worker = worker_id(process.pid)
        redis_client.sadd("resque:workers", worker)

        with pytest.raises(WorkerElsewhere, match="not a worker"):
            kill_worker(store, (), worker)

        assert process.poll() is None
    assert [worker] == store.workers.ids()


@pytest.mark.parametrize(
    "worker", ["other:{pid}:mail", "{host}:{pid}:mail", "{host}~aa:{pid}:mail"]
)
def test_kill_elsewhere(store: Store, redis_client: redis.Redis, worker: str) -> None:
    """A pid of another machine, or of a client that does not tell its machine, is left alone."""
    worker = worker.format(pid=os.getpid(), host=hostname())
    redis_client.sadd("resque:workers", worker)

    with pytest.raises(WorkerElsewhere, match="does not run on this machine"):
        kill_worker(store, (), worker)
    with pytest.raises(WorkerNotFound):
        kill_worker(store, (), str(new_worker_id("mail")))


# Orders


def registered(
    store: Store, worker: str = OURS, state: State = "idle", *, rid: str = "", queue: str = "mail"
) -> str:
    """Register a worker that hears, with a job if it is to have one; return its id."""
    store.workers.register(worker, "then", Vitals(state).encode())
    if rid:
        held = reservation("shop.send", queue=queue, worker=worker, rid=rid)
        store.commander.call("SET", store.keys.worker(worker), held.encode())
    return worker


def orders(store: Store, worker: str = OURS) -> list[Order]:
    """Take what a worker was told."""
    return [Order.decode(raw) for raw in store.workers.take_orders(worker)]


def test_orders(store: Store) -> None:
    """What a worker of ours is told lies ready for it."""
    worker = registered(store)

    pause_worker(store, worker)
    resume_worker(store, worker)
    stop_worker(store, worker)

    assert [Order("pause"), Order("resume"), Order("stop")] == orders(store)


@pytest.mark.parametrize("tell", [pause_worker, resume_worker, stop_worker])
def test_orders_for_nobody(store: Store, tell: Callable[[Store, str], None]) -> None:
    """A worker that is gone, or that of another client, is not told and the operator is."""
    for worker in ("ruby:1:mail", "garbage", "h\udcff~00:1:mail"):
        store.workers.register(worker, "then")
        with pytest.raises(WorkerElsewhere, match="cannot be commanded through Redis"):
            tell(store, worker)
    with pytest.raises(WorkerNotFound):
        tell(store, OURS)
    store.workers.register(OURS, "then")  # as a version without vitals does
    with pytest.raises(WorkerElsewhere):
        tell(store, OURS)

    assert [] == store.commander.call("KEYS", "*:orders")


def test_kill_job(store: Store) -> None:
    """The worker is told which job is to be killed."""
    worker = registered(store, rid="r1")

    kill_job(store, worker, "r1")

    assert [Order("kill", rid="r1")] == orders(store)


@pytest.mark.parametrize("held", ["", "r2", "r11"])
def test_kill_job_that_ended(store: Store, held: str) -> None:
    """A worker that has another job, or none, is not told, and the operator is."""
    worker = registered(store, rid=held)

    for rid in ("r1", ""):
        with pytest.raises(JobNotFound, match="does not have this job any more"):
            kill_job(store, worker, rid)

    assert [] == orders(store)


def test_kill_job_of_a_claim_that_is_none(store: Store) -> None:
    """A claim that is not readable is that of no job."""
    worker = registered(store)
    store.commander.call("SET", store.keys.worker(worker), "{oops")

    with pytest.raises(JobNotFound):
        kill_job(store, worker, "r1")


def test_hurry(store: Store) -> None:
    """All busy workers that take from the queue are told to look there first."""
    told = [f"host~0123456789ab:{pid}:{queues}" for pid, queues in enumerate(["mail", "a,m*", "*"])]
    others = ["host~0123456789ab:8:file", "host~0123456789ab:9:,"]
    for worker in (*told, *others):
        registered(store, worker, rid="r1")
    for worker in ("ruby:1:mail", "garbage"):
        store.workers.register(worker, "then", b"{oops")
    registered(store, "host~0123456789ab:10:mail", "paused")

    assert 4 == hurry(store, "mail")

    assert [[Order("first", queue="mail")]] * 3 == [orders(store, worker) for worker in told]
    assert [[], []] == [orders(store, worker) for worker in others]


def test_hurry_where_one_is_idle(store: Store) -> None:
    """An idle worker takes the job anyway, so nobody is told."""
    busy = registered(store, rid="r1")
    registered(store, "host~0123456789ab:43:file")
    assert 1 == hurry(store, "mail")
    orders(store, busy)

    registered(store, "host~0123456789ab:44:*")

    assert 0 == hurry(store, "mail")
    assert [] == orders(store, busy)


def test_hurry_with_garbage(store: Store, redis_client: redis.Redis) -> None:
    """A worker whose vitals are not readable is none that hears."""
    registered(store)
    redis_client.hset("resque:workers:vitals", OURS, "{oops")

    assert 0 == hurry(store, "mail")
