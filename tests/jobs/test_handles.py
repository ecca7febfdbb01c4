"""A handle tells how its job is, what came of it, and calls it off."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import JobHandle, job, wiring
from django_resque.exceptions import (
    JobFailed,
    JobNotFound,
    ResultLost,
    ResultNotReady,
    StoreUnavailable,
    WorkerElsewhere,
)
from django_resque.jobs import handles
from django_resque.wire.result import ResultRecord
from tests.jobs.taking import WORKER, claim, taken
from tests.polling import eventually

if TYPE_CHECKING:
    import redis

    from django_resque import Job
    from django_resque.embedded import EmbeddedServer
    from tests.conftest import Configure
    from tests.trips import Trips


def end(handle: JobHandle, status: Any = "succeeded", **fields: Any) -> None:
    """Let what came of a job be known."""
    record = ResultRecord(str(handle.id), status, job="send", queue="q", **fields)
    wiring.store().results.record(record.id, record.encode(), 60)


def test_a_handle_shows_no_arguments(send: Job[..., Any]) -> None:
    """Written to a log, a handle tells which job it is, and not what it was called with."""
    handle = send.enqueue("CANARY")
    later = send.enqueue_at(datetime(2036, 1, 2, tzinfo=timezone.utc), "CANARY")
    following = (send.s("CANARY") | send.s("CANARY")).enqueue()

    assert f"<JobHandle {send.name} id={handle.id} queue={handle.queue!r}>" == repr(handle)
    assert " due=2036-01-02T00:00:00+00:00>" in repr(later)
    assert "CANARY" not in repr([later, following])
    assert "<JobHandle id=x queue=''>" == repr(JobHandle.for_id("x"))


def test_way(send: Job[..., Any], redis_client: redis.Redis) -> None:
    """A job is queued, running, performed again, and has ended."""
    handle = send.enqueue(1)
    assert "queued" == handle.status

    raw = taken()
    assert "unknown" == handle.status
    claim(redis_client, raw)
    assert "running" == handle.status
    end(handle, "retrying")
    assert "running" == handle.status
    redis_client.delete(f"resque:worker:{WORKER}")
    assert "retrying" == handle.status
    end(handle, value=7)
    assert ("succeeded", 7) == (handle.status, handle.result())


def test_ended_costs_one_trip(send: Job[..., Any], trips: Trips) -> None:
    """A job that has ended is asked for once."""
    handle = send.enqueue()
    end(handle)

    trips.count()
    assert "succeeded" == handle.status
    assert 1 == trips.count()


def test_unreadable_result(send: Job[..., Any], redis_client: redis.Redis) -> None:
    """A result that is none, and progress that is none, are as if they were not there."""
    handle = send.enqueue()
    redis_client.set(f"resque:result:{handle.id}", "garbage")
    redis_client.set(f"resque:result:{handle.id}:progress", "garbage")

    assert ("queued", None, None) == (handle.status, handle.record, handle.progress)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("failed", "^the job failed: ValueError: boom$"),
        ("expired", "^the job waited too long and was dropped: ValueError: boom$"),
        ("cancelled", "^the job was cancelled: ValueError: boom$"),
        (
            "skipped",
            "^the job was left unperformed by a hook, or with its group: ValueError: boom$",
        ),
    ],
)
def test_no_success(send: Job[..., Any], status: Any, message: str) -> None:
    """The result of a job that did not succeed is why."""
    handle = send.enqueue()
    end(handle, status, exception="ValueError", error="boom")

    with pytest.raises(JobFailed, match=message) as raised:
        handle.result()
    assert (status, "ValueError", "boom") == (
        raised.value.status,
        raised.value.exception,
        raised.value.error,
    )
    assert status == handle.status


def test_lost_value(send: Job[..., Any]) -> None:
    """A value that could not be kept is told of, though the job succeeded."""
    handle = send.enqueue()
    end(handle, error="too large")

    assert "succeeded" == handle.status
    with pytest.raises(ResultLost, match="too large"):
        handle.result()


def test_not_ready(send: Job[..., Any]) -> None:
    """Without a result yet, the error says why."""

    @job(name="forget", queue="q")
    def forget() -> None: ...

    @job(name="plain", queue="q", ids=False)
    def plain() -> None: ...

    handle = send.enqueue()
    with pytest.raises(ResultNotReady, match="has not ended, or its result has expired"):
        handle.result()
    end(handle, "retrying")
    with pytest.raises(ResultNotReady, match="is performed again"):
        handle.result()
    for each in (forget.enqueue().result, forget.enqueue().wait):
        with pytest.raises(ResultNotReady, match=r"forget keeps no results; give it @job\(result"):
            each()
    for each in (plain.enqueue().result, plain.enqueue().wait):
        with pytest.raises(ResultNotReady, match="The job has no id"):
            each()


def test_wait(send: Job[..., Any]) -> None:
    """Who waits is woken by the end, and by nothing before."""
    handle = send.enqueue()
    end(handle, "retrying")
    waited: list[Any] = []
    waiter = threading.Thread(target=lambda: waited.append(handle.wait(20)))
    waiter.start()
    eventually(lambda: listeners(handle) == 1)

    end(handle, "retrying")
    end(handle, value=[1])
    waiter.join()

    assert [[1]] == waited
    end(handle, value=2)
    assert 2 == handle.wait()


def listeners(handle: JobHandle) -> int:
    """Return how many wait for a job."""
    reply = wiring.store().commander.call("PUBSUB", "NUMSUB", f"resque:result:{handle.id}")
    return int(reply[1])


def test_wait_sees_what_came_meanwhile(
    send: Job[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that ends just before anybody listens is not missed."""
    handle = send.enqueue()
    real = type(wiring.store().results).listening

    def late(self: Any, id_: str) -> Any:
        end(handle, value=3)
        return real(self, id_)

    monkeypatch.setattr(type(wiring.store().results), "listening", late)

    began = time.monotonic()

    assert 3 == handle.wait(20)
    assert time.monotonic() - began < 5


def test_wait_in_vain(send: Job[..., Any]) -> None:
    """When the time is up there is no result."""
    handle = send.enqueue()
    began = time.monotonic()

    with pytest.raises(ResultNotReady):
        handle.wait(0.05)

    assert 0.05 <= time.monotonic() - began < 5


def test_wait_asks_seldom(
    send: Job[..., Any], monkeypatch: pytest.MonkeyPatch, redis_client: redis.Redis
) -> None:
    """Once in a while it looks for itself, should a message be lost."""
    monkeypatch.setattr(handles, "_LOOK_AGAIN", 0.02)
    handle = send.enqueue()
    silent = ResultRecord(str(handle.id), "succeeded", value=5).encode()
    threading.Timer(0.1, redis_client.set, [f"resque:result:{handle.id}", silent]).start()

    assert 5 == handle.wait(20)


def test_wait_without_redis(send: Job[..., Any], redis_server: EmbeddedServer) -> None:
    """When Redis goes away, who waits is told."""
    handle = send.enqueue()
    threading.Timer(0.1, redis_server.kill).start()

    with pytest.raises(StoreUnavailable):
        handle.wait(20)


def test_await(send: Job[..., Any]) -> None:
    """Asynchronous code can wait as well, without keeping others waiting."""
    handle = send.enqueue()

    async def both() -> list[Any]:
        async def later() -> str:
            await asyncio.sleep(0.05)
            await asyncio.to_thread(end, handle, value=4)
            return "ended"

        return list(await asyncio.gather(handle.await_(20), later()))

    assert [4, "ended"] == asyncio.run(both())


def test_cancel(send: Job[..., Any], redis_client: redis.Redis) -> None:
    """A job that waits is removed, and those who wait for it are told; others stay."""
    first, second = send.enqueue(), send.enqueue()
    with wiring.store().results.listening(str(first.id)) as wait:
        assert first.cancel()
        assert wait(10)

    assert ("cancelled", "queued") == (first.status, second.status)
    assert not first.cancel()
    assert 0 < redis_client.ttl(f"resque:result:{first.id}") <= 60


def test_stop(send: Job[..., Any], redis_client: redis.Redis) -> None:
    """The worker that has the job is told to kill just that."""
    handle = send.enqueue()
    with pytest.raises(JobNotFound):
        handle.stop()

    claim(redis_client, taken())
    with pytest.raises(WorkerElsewhere):
        handle.stop()
    redis_client.hset("resque:workers:vitals", WORKER, '{"state":"working"}')
    handle.stop()

    (order,) = redis_client.lrange(f"resque:worker:{WORKER}:orders", 0, -1)
    assert b'"kill"' in order
    assert b'"r1"' in order


def test_stop_foreign(send: Job[..., Any], redis_client: redis.Redis) -> None:
    """A worker of another client cannot be told."""
    handle = send.enqueue()
    redis_client.hset("resque:workers:vitals", "host:1:q", "{}")
    raw = taken()
    redis_client.sadd("resque:workers", "host:1:q")
    redis_client.set("resque:worker:host:1:q", b'{"queue":"q","run_at":"","payload":' + raw + b"}")

    with pytest.raises(WorkerElsewhere):
        handle.stop()


def test_for_id(send: Job[..., Any], redis_client: redis.Redis) -> None:
    """A job can be found again by its id, in its queue, at work, and by its result."""
    handle = send.enqueue(5)
    id_ = str(handle.id)

    assert ("queued", "unknown") == (
        JobHandle.for_id(id_, "q").status,
        JobHandle.for_id(id_).status,
    )
    raw = taken()
    claim(redis_client, raw)
    assert "running" == JobHandle.for_id(id_).status
    end(handle, value=5)
    found = JobHandle.for_id(id_)
    assert (5, "q", "send", id_) == (found.result(), found.queue, found.payload.name, found.id)

    again = send.enqueue()
    assert JobHandle.for_id(str(again.id), "q").cancel()
    assert "cancelled" == again.status
    assert not JobHandle.for_id("none").cancel()


def test_inline(resque_settings: Configure) -> None:
    """Inline, the result is there at once, without Redis."""
    resque_settings(INLINE=True)

    @job(name="send", result_ttl=60)
    def send(number: int) -> Any:
        return {"n": (number,)}

    @job(name="odd", result_ttl=60)
    def odd() -> Any:
        return object()

    handle = send.enqueue(5)
    assert ("succeeded", {"n": [5]}) == (handle.status, handle.wait())
    with pytest.raises(ResultLost):
        odd.enqueue().result()
    assert "unknown" == JobHandle.for_id("none").status
    assert not wiring.store.cache_info().currsize
