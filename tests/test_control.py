"""What operators do changes just what they meant, once, and says when it cannot."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import control, wiring
from django_resque.exceptions import (
    DecodeError,
    FailureNotFound,
    InvalidQueueName,
    WorkerElsewhere,
    WorkerNotFound,
)
from django_resque.execution.identity import hostname, machine, new_worker_id
from django_resque.failures.base import FailureBackend
from tests.records import claim, record
from tests.standin import stand_in, worker_id

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from django_resque.wire.failure import FailureRecord


@pytest.fixture
def store(resque_store: Store) -> Store:
    """The store that commands work on."""
    return resque_store


def pushed(redis_client: redis.Redis, queue: str = "mail") -> list[bytes]:
    """Return what lies in a queue."""
    found: Any = redis_client.lrange(f"resque:queue:{queue}", 0, -1)
    return list(found)


def kept(redis_client: redis.Redis) -> list[bytes]:
    """Return what lies in the failed list."""
    found: Any = redis_client.lrange("resque:failed", 0, -1)
    return list(found)


def test_pause_all(store: Store, redis_client: redis.Redis) -> None:
    """All workers pause by the key that Ruby's workers read too."""
    control.pause_all(store)
    assert b"true" == redis_client.get("resque:pause-all-workers")
    assert store.workers.all_paused()

    control.resume_all(store)
    assert not redis_client.exists("resque:pause-all-workers")
    assert not store.workers.all_paused()


def test_pause_a_queue_of_another_client(store: Store) -> None:
    """A queue that exists can be paused, whatever its name."""
    store.queues.push("a b", b"{}")

    assert control.pause_queue(store, "a b")
    assert ["a b"] == store.queues.paused()


def test_pause_a_queue(store: Store) -> None:
    """A queue is paused and resumed once; what was so already is told."""
    changes = [
        control.pause_queue(store, "mail"),
        control.pause_queue(store, "mail"),
        control.resume_queue(store, "mail"),
        control.resume_queue(store, "mail"),
    ]

    assert [True, False, True, False] == changes
    with pytest.raises(InvalidQueueName):
        control.pause_queue(store, "mail*")


def test_remove_queue_and_job(store: Store, redis_client: redis.Redis) -> None:
    """A job goes by its id, a queue with all in it."""
    redis_client.sadd("resque:queues", "mail")
    redis_client.rpush("resque:queue:mail", '{"class":"A","args":[],"id":"7"}', "{}", "{}")

    assert control.remove_job(store, "mail", "7")
    assert not control.remove_job(store, "mail", "7")
    assert 2 == control.remove_queue(store, "mail")
    assert [] == store.queues.names()


def test_retry_marks_the_record(store: Store, redis_client: redis.Redis) -> None:
    """The job is queued with all its keys, and the record says that it was retried."""
    payload = {"class": "A", "args": [1.0, [], {}, 12345678901234567890], "id": "7", "x": None}
    failed = record(payload=payload, extra="kept")
    redis_client.rpush("resque:failed", failed)

    queue = control.retry_failure(store, "failed", failed, 0)

    assert "mail" == queue
    assert [json.dumps(payload, separators=(",", ":")).encode()] == pushed(redis_client)
    (marked,) = kept(redis_client)
    document = json.loads(marked)
    assert document.pop("retried_at").endswith(" UTC")
    assert json.loads(failed) == document


def test_retry_twice(store: Store, redis_client: redis.Redis) -> None:
    """A double click enqueues once."""
    failed = record()
    redis_client.rpush("resque:failed", failed, record("other"))
    control.retry_failure(store, "failed", failed, 0)

    with pytest.raises(FailureNotFound):
        control.retry_failure(store, "failed", failed, 0)

    assert 1 == len(pushed(redis_client))


def test_retry_elsewhere_and_remove(store: Store, redis_client: redis.Redis) -> None:
    """The queue can be another, and the record can go at once."""
    failed = record()
    redis_client.rpush("resque:failed", record("other"), failed)

    assert "slow" == control.retry_failure(store, "failed", failed, 1, to="slow", remove=True)

    assert [record("other")] == kept(redis_client)
    assert (1, 0) == (len(pushed(redis_client, "slow")), len(pushed(redis_client)))
    assert {b"slow"} == redis_client.smembers("resque:queues")


@pytest.mark.parametrize(
    ("failed", "error"),
    [
        (b"{oops", DecodeError),
        (record(payload=None), DecodeError),
        (record(payload={"args": []}), DecodeError),
        (record(payload={"class": "(invalid payload)", "args": []}), DecodeError),
        (record(payload={"class": "A", "args": ["\ud800"]}), DecodeError),
        (record(queue=""), InvalidQueueName),
        (record(queue="a b"), InvalidQueueName),
    ],
)
def test_retry_refused(
    store: Store, redis_client: redis.Redis, failed: bytes, error: type[Exception]
) -> None:
    """What could not be performed stays where it is, and nothing is queued."""
    redis_client.rpush("resque:failed", failed)

    with pytest.raises(error):
        control.retry_failure(store, "failed", failed, 0)

    assert [failed] == kept(redis_client)
    assert not redis_client.keys("resque:queue:*")


def test_retry_all(store: Store, redis_client: redis.Redis) -> None:
    """All that was not retried yet is, from every list; what cannot be is counted."""
    redis_client.rpush(
        "resque:failed",
        record("a"),
        record("b", retried_at="2026/11/21 05:00:00"),
        record("c", queue="file"),
        b"{oops",
    )
    redis_client.sadd("resque:failed_queues", "mail_failed")
    redis_client.rpush("resque:mail_failed", record("d"))

    assert (1, 0) == control.retry_failures(store, queue="file", to="slow")
    assert (2, 1) == control.retry_failures(store)
    assert (0, 1) == control.retry_failures(store)

    assert [b'{"class":"c","args":[]}'] == pushed(redis_client, "slow")
    assert {b'{"class":"a","args":[]}', b'{"class":"d","args":[]}'} == set(pushed(redis_client))


def test_retry_all_keeps_the_order(store: Store, redis_client: redis.Redis) -> None:
    """What failed first is queued first."""
    redis_client.rpush("resque:failed", *(record("a", number) for number in range(9)))

    control.retry_failures(store)

    expected = [b'{"class":"a","args":[%d]}' % number for number in range(9)]
    assert expected == pushed(redis_client)


def test_retry_all_beside_somebody_quicker(
    store: Store, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody else retries at the same time is neither retried again nor counted."""
    records = [record("a", number) for number in range(3)]
    redis_client.rpush("resque:failed", *records)
    scan = list(store.failures.scan("failed", oldest_first=True))
    monkeypatch.setattr(store.failures, "scan", lambda _name, **_: iter(scan))
    control.retry_failure(store, "failed", records[1], 1)

    assert (2, 0) == control.retry_failures(store)
    assert 3 == len(pushed(redis_client))


def test_remove_failure(store: Store, redis_client: redis.Redis) -> None:
    """One record goes; a second attempt is told so."""
    failed = record()
    redis_client.rpush("resque:failed", failed, record("other"))
    control.remove_failure(store, "failed", failed, 1)

    with pytest.raises(FailureNotFound):
        control.remove_failure(store, "failed", failed, 0)

    assert [record("other")] == kept(redis_client)


def test_clear(store: Store, redis_client: redis.Redis) -> None:
    """First the retried ones, then all, from every list."""
    redis_client.rpush("resque:failed", record("a"), record("b", retried_at="x"), b"{oops")
    redis_client.sadd("resque:failed_queues", "mail_failed")
    redis_client.rpush("resque:mail_failed", record("c", retried_at="x"))

    assert 2 == control.clear_retried(store)
    assert [record("a"), b"{oops"] == kept(redis_client)
    assert 2 == control.clear_failures(store)
    assert [] == kept(redis_client)


def test_remove_a_worker(store: Store, redis_client: redis.Redis) -> None:
    """Nothing is left of it but one failure for its job."""
    worker = "ruby:1:mail"
    redis_client.sadd("resque:workers", worker)
    redis_client.set(f"resque:worker:{worker}", claim())
    redis_client.set(f"resque:worker:{worker}:started", "x")
    redis_client.hset("resque:workers:heartbeat", worker, "x")
    redis_client.set(f"resque:stat:processed:{worker}", 1)

    assert control.remove_worker(store, wiring.failure_backends(), worker)

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

    assert control.remove_worker(store, wiring.failure_backends(), worker)

    (failed,) = map(json.loads, kept(redis_client))
    assert "shop.second" == failed["payload"]["class"]


def test_remove_a_worker_tells_of_its_job(store: Store, redis_client: redis.Redis) -> None:
    """Failure backends that are foreign code hear of the job as well."""
    told: list[FailureRecord] = []

    class Backend(FailureBackend):
        def save(self, record: FailureRecord) -> None:
            told.append(record)

    redis_client.set("resque:worker:ruby:1:mail", claim())

    assert control.remove_worker(store, [Backend()], "ruby:1:mail")

    (failure,) = told
    assert ("mail", "ruby:1:mail") == (failure.queue, failure.worker)
    assert b'{"class":"shop.send","args":[1]}' == failure.payload


def test_remove_an_idle_worker(store: Store, redis_client: redis.Redis) -> None:
    """One without a job leaves no failure; one that is not there is told."""
    redis_client.hset("resque:workers:heartbeat", "ruby:1:mail", "x")

    assert not control.remove_worker(store, (), "ruby:1:mail")
    assert [] == redis_client.keys()
    with pytest.raises(WorkerNotFound):
        control.remove_worker(store, (), "ruby:1:mail")


def test_kill_a_worker(store: Store, redis_client: redis.Redis) -> None:
    """A worker of this machine is killed and struck off; its job fails."""
    with stand_in() as process:
        worker = worker_id(process.pid)
        redis_client.sadd("resque:workers", worker)
        redis_client.set(f"resque:worker:{worker}", claim())

        assert control.kill_worker(store, wiring.failure_backends(), worker)

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

    assert control.kill_worker(store, wiring.failure_backends(), worker)

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
            control.kill_worker(store, (), worker)
        assert process.poll() is None

        redis_client.srem("resque:workers", heir)
        assert not control.kill_worker(store, (), worker)
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
            control.kill_worker(store, (), worker)

    assert [worker] == store.workers.ids()


@pytest.mark.parametrize("title", ["", "vim resque-notes", "resque: Starting", "resque_work"])
def test_kill_spares_a_stranger(store: Store, redis_client: redis.Redis, title: str) -> None:
    """A process that has got a worker's pid is not that worker."""
    with stand_in(title) as process:
        worker = worker_id(process.pid)
        redis_client.sadd("resque:workers", worker)

        with pytest.raises(WorkerElsewhere, match="not a worker"):
            control.kill_worker(store, (), worker)

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
        control.kill_worker(store, (), worker)
    with pytest.raises(WorkerNotFound):
        control.kill_worker(store, (), str(new_worker_id("mail")))
