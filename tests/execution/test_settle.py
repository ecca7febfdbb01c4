"""A job's ending is written whole and once; a worker is struck off with its job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import job
from django_resque.exceptions import DirtyExit
from django_resque.execution import settle
from django_resque.execution.outcome import Failed, Outcome, Requeued, Skipped, Succeeded
from django_resque.failures.base import FailureBackend, StoredBackend
from django_resque.failures.log import LogBackend
from django_resque.failures.redis import RedisBackend, RedisMultiQueueBackend
from django_resque.store.workers import Look
from tests.claims import WORKER, reservation
from tests.records import claim as foreign_claim

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from django_resque.store.commander import Command
    from django_resque.wire.failure import FailureRecord
    from django_resque.wire.worker import Reservation

_FAILED = Failed("ValueError", "boom", ["line"])


class Broken(StoredBackend):
    """A stored backend of somebody's own, with a bug."""

    def recording(self, record: FailureRecord, store: Store) -> list[Command]:
        """Fail."""
        raise KeyError("bug")


class Foreign(FailureBackend):
    """A backend that writes nothing to Redis."""


def hold(client: redis.Redis, claim: Reservation) -> None:
    """Let the worker hold this claim."""
    client.set(f"resque:worker:{claim.worker}", claim.encode())


def write(store: Store, ending: Any) -> bool:
    """Write an ending as the worker's next step does."""
    return store.workers.step(WORKER, Look(()), ending=ending, rid="").finished


def failed_list(client: redis.Redis, name: str = "failed") -> list[dict[str, Any]]:
    """Return the records of a failed list."""
    return [json.loads(raw) for raw in client.lrange(f"resque:{name}", 0, -1)]


def counters(store: Store) -> tuple[list[int], list[int]]:
    """Return processed and failed, of all workers and of ours."""
    names = ("processed", "failed")
    return store.stats.get(*names), store.stats.get(*names, worker=WORKER)


@pytest.mark.parametrize("outcome", [Succeeded(), Skipped()])
def test_success(store: Store, redis_client: redis.Redis, outcome: Outcome) -> None:
    """A job that did not fail counts as processed, and its claim ends."""
    claim = reservation()
    hold(redis_client, claim)

    assert write(store, settle.ending(store, [RedisBackend()], claim, outcome))
    assert ([1, 0], [1, 0]) == counters(store)
    assert {"q": 1} == store.history.finished(["q"])
    assert [] == failed_list(redis_client)
    assert not redis_client.exists(f"resque:worker:{WORKER}")


def test_failure(store: Store, redis_client: redis.Redis) -> None:
    """A failure is counted and recorded, in every backend that stores."""
    claim = reservation(queue="mail")
    hold(redis_client, claim)
    backends = [RedisBackend(), Foreign(), RedisMultiQueueBackend()]

    assert write(store, settle.ending(store, backends, claim, _FAILED))
    assert ([1, 1], [1, 1]) == counters(store)
    for name in ("failed", "mail_failed"):
        (record,) = failed_list(redis_client, name)
        assert ("boom", "mail") == (record["error"], record["queue"])


def test_written_once(store: Store, redis_client: redis.Redis) -> None:
    """An ending written again writes nothing, and is known to be written."""
    claim = reservation()
    hold(redis_client, claim)
    ending = settle.ending(store, [RedisBackend()], claim, _FAILED)

    assert [True, True] == [write(store, ending), write(store, ending)]
    assert ([1, 1], [1, 1]) == counters(store)
    assert 1 == len(failed_list(redis_client))


def test_broken_backend(
    store: Store, redis_client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """A backend that cannot say what to write keeps neither the worker nor another from it."""
    claim = reservation()
    hold(redis_client, claim)

    assert write(store, settle.ending(store, [Broken(), RedisBackend()], claim, _FAILED))
    assert ["boom"] == [record["error"] for record in failed_list(redis_client)]
    assert "Failure backend Broken could not save a failure" in caplog.text


def test_give_back(store: Store, redis_client: redis.Redis) -> None:
    """A job that has not begun is the next in its queue again, byte for byte, and not counted."""
    claim = reservation(queue="mail", payload=b'{"class": "x"}')
    hold(redis_client, claim)
    store.queues.push("mail", b"later")

    assert write(store, settle.giving_back(store, claim))
    assert [b'{"class": "x"}', b"later"] == store.queues.peek("mail", count=9)
    assert ([0, 0], [0, 0]) == counters(store)


def test_give_back_forgotten_queue(store: Store, redis_client: redis.Redis) -> None:
    """A queue that was removed meanwhile is known again."""
    claim = reservation(queue="mail")
    hold(redis_client, claim)

    write(store, settle.giving_back(store, claim))

    assert ["mail"] == store.queues.names()


def test_unregister_working(store: Store, redis_client: redis.Redis) -> None:
    """A worker is struck off with its job, which fails once, however often it is tried."""
    claim = reservation()
    hold(redis_client, claim)
    store.workers.register(WORKER, "then")
    failed = Failed.from_exception(DirtyExit("gone"))

    def unregister() -> tuple[bool, Reservation | None, Outcome]:
        return settle.unregister(store, [RedisBackend()], WORKER, failed, claim=claim.encode())

    assert (True, claim, failed) == unregister()
    assert (False, None, failed) == unregister()
    assert [("gone", WORKER)] == [(r["error"], r["worker"]) for r in failed_list(redis_client)]
    assert [0, 1] == store.stats.get("processed", "failed")
    assert [] == store.workers.ids()
    assert [] == redis_client.keys(f"*{WORKER}*")


def test_unregister_idle(store: Store, redis_client: redis.Redis) -> None:
    """An idle worker is struck off without a failure."""
    store.workers.register(WORKER, "then")

    answer = settle.unregister(store, [RedisBackend()], WORKER, _FAILED, claim=None)

    assert (True, None, _FAILED) == answer
    assert [] == failed_list(redis_client)
    assert [0] == store.stats.get("failed")


def test_unregister_changed(store: Store, redis_client: redis.Redis) -> None:
    """Nothing happens to a worker that has taken another job meanwhile."""
    hold(redis_client, reservation(rid="later"))
    store.workers.register(WORKER, "then")
    before = reservation(rid="before").encode()

    answer = settle.unregister(store, [RedisBackend()], WORKER, _FAILED, claim=before)

    assert (False, None, _FAILED) == answer
    assert [WORKER] == store.workers.ids()
    assert [] == failed_list(redis_client)


def test_unregister_foreign(store: Store, redis_client: redis.Redis) -> None:
    """A Ruby worker's job is recorded with Ruby's payload."""
    worker, claim = "host:1:mail", foreign_claim()
    redis_client.sadd("resque:workers", worker)
    redis_client.set(f"resque:worker:{worker}", claim)

    settle.unregister(store, [RedisBackend()], worker, _FAILED, claim=claim)

    (record,) = failed_list(redis_client)
    assert ("mail", {"class": "shop.send", "args": [1]}) == (record["queue"], record["payload"])


def test_unregister_unreadable(store: Store, redis_client: redis.Redis) -> None:
    """A claim that is no document is kept in the record: it is the only trace of the job."""
    redis_client.sadd("resque:workers", "host:1:mail")
    redis_client.set("resque:worker:host:1:mail", b"{oops")

    settle.unregister(store, [RedisBackend()], "host:1:mail", _FAILED, claim=b"{oops")

    (record,) = failed_list(redis_client)
    assert "{oops" == record["raw"]


def test_names() -> None:
    """The name of a job is told where payload and claim allow."""
    assert "shop.send" == settle.job_name(reservation().payload)
    assert settle.job_name(b"{oops") is None
    assert "shop.send" == settle.held_job(WORKER, reservation().encode())
    assert "shop.send" == settle.held_job("host:1:mail", foreign_claim())
    assert settle.held_job(WORKER, None) is None
    assert settle.held_job(WORKER, b"{oops") is None


def test_masked_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend that asks for it is not told the secrets; the others are told all."""
    claim = reservation(payload=b'{"class":"A","args":[{"token":"s3cr3t"}]}')
    told: list[FailureRecord] = []
    whole, masked = Foreign(), Foreign()
    masked.masked = True
    monkeypatch.setattr(Foreign, "save", lambda _self, record: told.append(record))

    settle.tell([whole, masked], claim, Failed("ValueError", "bad s3cr3t"))

    assert [True, False] == [b"s3cr3t" in each.payload for each in told]
    assert ["bad s3cr3t", "bad ********************"] == [each.error for each in told]
    assert LogBackend.masked


def test_unregister_recovers(store: Store, redis_client: redis.Redis) -> None:
    """A job that is to outlive its worker is queued again in the same step, then it fails."""

    @job(name="shop.send", on_worker_loss="requeue", max_recoveries=1)
    def send() -> None: ...

    claim = reservation("shop.send")
    failed = Failed.from_exception(DirtyExit("gone"))
    outcomes = []
    for _ in range(2):
        hold(redis_client, claim)
        store.workers.register(WORKER, "then")
        answer = settle.unregister(store, [RedisBackend()], WORKER, failed, claim=claim.encode())
        outcomes.append(type(answer[2]))
        assert answer[0]
        redis_client.lpop("resque:queue:q")

    assert [Requeued, Failed] == outcomes
    assert ["django_resque.exceptions.PoisonJob"] == [
        record["exception"] for record in failed_list(redis_client)
    ]
    assert [0, 1] == store.stats.get("processed", "failed")
    assert not redis_client.keys("resque:recoveries:*")
