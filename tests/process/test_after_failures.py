"""Real workers and real children: jobs that fail, die or are stopped come back as they should."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import Plugin, Retry, job, wiring
from django_resque.conf import get_settings
from django_resque.exceptions import JobFailed
from django_resque.execution.queue_names import QueuePatterns
from django_resque.jobs.current import get_current_job
from django_resque.process.options import WorkerOptions
from django_resque.process.worker import Worker
from django_resque.wire.worker import Reservation
from tests.e2e.project.effects import note

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from django_resque.store import Store
    from django_resque.wire.payload import Payload
    from tests.conftest import Configure

    Effects = Callable[[], list[str]]


class Noting(Plugin):
    """Hooks that note what they hear, from whichever process."""

    def on_failure(self, exception: BaseException, payload: Payload, queue: str) -> None:
        """Note."""
        note("on_failure", type(exception).__name__, payload.attempt, queue)

    def on_retry(self, exception: BaseException, payload: Payload, queue: str) -> None:
        """Note."""
        note("on_retry", type(exception).__name__, payload.attempt, queue)


@pytest.fixture(autouse=True)
def _settings(resque_settings: Configure) -> None:
    """Settings lead to the private server."""


def work(**options: Any) -> int:
    """Have a worker work in this process until nothing waits."""
    link = wiring.link()
    worker = Worker(
        WorkerOptions(QueuePatterns.parse(["q"]), **{"burst": True, "interval": 60.0, **options}),
        get_settings(),
        wiring.failure_backends(),
        store=wiring.store_over(link),
        link=link,
        thread_store=wiring.store(),
    )
    return worker.run()


def failures(store: Store) -> list[dict[str, Any]]:
    """Return all failure records."""
    return [json.loads(raw) for raw in store.commander.call("LRANGE", store.keys.failed, 0, -1)]


def attempt() -> int:
    """Return the number of the performance."""
    current = get_current_job()
    assert current is not None
    return current.attempt


def die(kind: str) -> None:
    """Fail in one of the ways in which jobs fail."""
    if kind == "raise":
        raise ValueError("boom")
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "exit":
        os._exit(3)
    time.sleep(60)


_KINDS = {"raise": "ValueError", "kill": "DirtyExit", "exit": "DirtyExit", "hang": "JobTimeout"}


@pytest.mark.parametrize("case", [*_KINDS, "raise unforked"])
@pytest.mark.parametrize("backoff", [0, lambda _attempt, _error: 0], ids=["data", "code"])
def test_spent(
    store: Store, effects: Effects, case: str, backoff: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A job that fails each time is performed as often as allowed, and leaves one failure."""
    kind, _, unforked = case.partition(" ")

    @job(
        name="fail",
        queue="q",
        plugins=[Noting()],
        retry=Retry(3, backoff=backoff, jitter=0),
        timeout=0.2 if kind == "hang" else None,
    )
    def fail() -> None:
        note("performed", attempt())
        die(kind)

    with caplog.at_level("INFO", "django_resque"):
        fail.enqueue()
        work(fork=not unforked)

    error = _KINDS[kind]
    assert [
        "performed 1",
        f"on_retry {error} 1 q",
        "performed 2",
        f"on_retry {error} 2 q",
        "performed 3",
        f"on_failure {error} 3 q",
    ] == effects()
    (record,) = failures(store)
    assert (3, 3) == (record["attempt"], record["payload"]["attempt"])
    assert record["exception"].endswith(error)
    assert [3, 1] == store.stats.get("processed", "failed")
    assert "fail from queue q failed, retried at once (attempt 2 of 3)" in caplog.text


def test_succeeds_at_last(store: Store, effects: Effects) -> None:
    """A job that succeeds in the end leaves no failure; its result is that of the last attempt."""

    @job(name="flaky", queue="q", retry=Retry(backoff=0), result_ttl=60)
    def flaky() -> int:
        note("performed", attempt())
        if attempt() < 3:
            raise ConnectionError("reset")
        return attempt()

    handle = flaky.enqueue()
    work()

    assert ["performed 1", "performed 2", "performed 3"] == effects()
    assert [] == failures(store)
    assert [3, 0] == store.stats.get("processed", "failed")
    assert ("succeeded", 3) == (handle.status, handle.result())
    assert handle.record is not None
    assert 3 == handle.record.attempt


def test_delayed(store: Store, effects: Effects, redis_client: redis.Redis) -> None:
    """A job that is retried later is delayed, not queued, and tells so."""

    @job(name="fail", queue="q", retry=Retry(backoff=600), result_ttl=60)
    def fail() -> None:
        note("performed", attempt())
        raise ValueError("boom")

    handle = fail.enqueue()
    work()

    assert ["performed 1"] == effects()
    assert "retrying" == handle.status
    (at,) = store.delayed.timestamps()
    assert 500 < int(at) - time.time() < 700
    assert [] == failures(store)

    assert handle.cancel()
    assert "cancelled" == handle.status
    assert not handle.cancel()
    assert [] == redis_client.keys("resque:delayed*")
    with pytest.raises(JobFailed, match="the job was cancelled"):
        handle.result()


def test_kill_on_request_is_final(store: Store, effects: Effects) -> None:
    """A job that somebody had killed fails, whatever its policy: it was meant to end."""

    @job(name="hang", queue="q", retry=Retry(backoff=0), result_ttl=60, plugins=[Noting()])
    def hang() -> None:
        handle.stop()
        die("hang")

    handle = hang.enqueue()
    work()

    assert ["on_failure DirtyExit 1 q"] == effects()
    (record,) = failures(store)
    assert "sent by its worker on request" in record["error"]
    assert "failed" == handle.status


@pytest.mark.parametrize("term_child", [True, False], ids=["term", "kill"])
@pytest.mark.parametrize("option", ["fail", "requeue"])
def test_worker_is_told_to_leave(
    store: Store, effects: Effects, option: Any, term_child: bool
) -> None:
    """A job whose worker leaves at once fails, or is queued again, as it says itself."""

    @job(name="hang", queue="q", on_worker_loss=option, plugins=[Noting()])
    def hang() -> None:
        note("performed", attempt())
        os.kill(os.getppid(), signal.SIGTERM)
        die("hang")

    hang.enqueue()
    waiting = store.queues.peek("q")
    work(term_child=term_child)

    stopped = "TermException" if term_child else "DirtyExit"
    if option == "requeue":
        assert ["performed 1", "on_retry WorkerStopped 1 q"] == effects()
        assert waiting == store.queues.peek("q", count=9)
        assert ([], [0, 0]) == (failures(store), store.stats.get("processed", "failed"))
    else:
        assert ["performed 1", f"on_failure {stopped} 1 q"] == effects()
        assert [] == store.queues.peek("q")
        assert [1, 1] == store.stats.get("processed", "failed")
        assert [True] == [record["exception"].endswith(stopped) for record in failures(store)]


def test_stubborn_cleanup(store: Store, effects: Effects) -> None:
    """A job that turns the stop into an error of its own is queued again all the same."""

    @job(name="hang", queue="q", on_worker_loss="requeue")
    def hang() -> None:
        try:
            os.kill(os.getppid(), signal.SIGTERM)
            die("hang")
        except BaseException:  # noqa: BLE001 as an author should not, but may
            note("cleaned")
            raise ValueError("of its own") from None

    hang.enqueue()
    work(term_child=True)

    assert ["cleaned"] == effects()
    assert 1 == store.queues.size("q")
    assert [] == failures(store)


def test_dead_workers_job(store: Store, effects: Effects, redis_client: redis.Redis) -> None:
    """The job of a worker that died is queued again, and the worker that found out performs it."""
    process = subprocess.Popen(["true"])
    process.wait()

    @job(name="survive", queue="q", on_worker_loss="requeue", plugins=[Noting()])
    def survive() -> None:
        note("performed", attempt())

    link = wiring.link()
    dead = Worker(
        WorkerOptions(QueuePatterns.parse(["q"])),
        get_settings(),
        (),
        store=wiring.store_over(link),
        link=link,
        thread_store=wiring.store(),
    )
    host, _, queues = dead.id.split(":")
    gone = f"{host}:{process.pid}:{queues}"
    survive.enqueue()
    claim = Reservation(gone, "q", "", store.queues.peek("q")[0], "r")
    store.queues.clear("q")
    redis_client.sadd("resque:workers", gone)
    redis_client.set(f"resque:worker:{gone}", claim.encode())
    work()

    assert ["performed 1", "on_retry PruneDeadWorkerDirtyExit 1 q"] == sorted(effects())[::-1]
    assert [] == failures(store)
    assert [] == redis_client.keys("resque:recoveries:*")


def test_expired(store: Store, effects: Effects, caplog: pytest.LogCaptureFixture) -> None:
    """A job that waited too long is dropped, and the log says so."""

    @job(name="late", queue="q", ttl=0.001, result_ttl=60)
    def late() -> None:
        note("performed")

    handle = late.enqueue()
    time.sleep(0.002)
    with caplog.at_level("INFO", "django_resque"):
        work()

    assert [] == effects()
    assert "expired" == handle.status
    assert [1, 0] == store.stats.get("processed", "failed")
    assert "late from queue q was dropped: it had waited" in caplog.text


def test_php_status(store: Store, redis_client: redis.Redis, effects: Effects) -> None:
    """php-resque's packet is there when the job is queued, tells that it runs, and its result."""

    @job(name="My_Job", queue="q", php_status=True)
    def my_job() -> str:
        handle_id = get_current_job().id  # type: ignore[union-attr]
        (raw,) = wiring.store().commander.exchange([("GET", f"resque:job:{handle_id}:status")])
        note("running", json.loads(raw)["status"])
        return "result"

    handle = my_job.enqueue()
    key = f"resque:job:{handle.id}:status"
    before = json.loads(store.commander.call("GET", key))
    redis_client.set(key, json.dumps({**before, "started": 77}))
    work()

    after = json.loads(store.commander.call("GET", key))
    assert ["running 2"] == effects()
    assert ["id", "prefix", "queue_time"] == list(handle.payload.extras)
    assert (1, None) == (before["status"], before["result"])
    assert (4, 77, "result") == (after["status"], after["started"], after["result"])
    assert [] == failures(store)
