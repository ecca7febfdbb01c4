"""Real workers and real children: locks and places are free in time, and nothing is lost."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import Retry, job, wiring
from django_resque.conf import get_settings
from django_resque.execution.queue_names import QueuePatterns
from django_resque.failures.redis import RedisBackend
from django_resque.process.forking import fork_all
from django_resque.process.options import WorkerOptions
from django_resque.process.prune import prune
from django_resque.process.worker import Worker
from django_resque.wire.worker import Reservation
from tests.e2e.project.effects import note
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import redis

    from django_resque.store import Store
    from tests.conftest import Configure

    Effects = Callable[[], list[str]]


@pytest.fixture(autouse=True)
def _settings(resque_settings: Configure) -> None:
    """Settings lead to the private server."""


@pytest.fixture
def forked() -> Iterator[list[int]]:
    """Workers in processes of their own; those that are left are killed."""
    pids: list[int] = []
    yield pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def work(queues: str = "q", **options: Any) -> int:
    """Have a worker work in this process; return its exit status."""
    link = wiring.link()
    given = {"burst": True, "interval": 60.0, **options}
    worker = Worker(
        WorkerOptions(QueuePatterns.parse(queues.split(",")), **given),
        get_settings(),
        wiring.failure_backends(),
        store=wiring.store_over(link),
        link=link,
        thread_store=wiring.store(),
    )
    return worker.run()


def failures(store: Store) -> int:
    """Return how many failures there are."""
    return int(store.commander.call("LLEN", store.keys.failed))


def kill(pids: list[int]) -> None:
    """Kill a worker; its child does not outlive it."""
    pid = pids.pop()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def perform(number: int, *, kind: str = "") -> None:
    """Note that it began, and do what it is told."""
    note("begun", number)
    if kind == "hang":
        time.sleep(60)
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "raise":
        raise ValueError("boom")


@pytest.mark.parametrize("kind", ["", "raise", "kill"])
def test_ends_of_a_unique_job(store: Store, effects: Effects, kind: str) -> None:
    """Whatever its end, another like it may be enqueued then."""
    once = job(name="once", queue="q", unique="until_end")(perform)
    first = once.enqueue(7, kind=kind)
    assert first.id == once.enqueue(7, kind=kind).duplicate_of

    assert 0 == work()

    assert ["begun 7"] == effects()
    assert once.enqueue(7, kind=kind)


def test_retries_of_a_unique_job(store: Store, effects: Effects) -> None:
    """Between two attempts it keeps others away, after the last it does not."""
    once = job(name="once", queue="q", unique="until_end", retry=Retry(2, backoff=1000, jitter=0))(
        perform
    )
    once.enqueue(7, kind="raise")
    work()
    assert not once.enqueue(7, kind="raise")

    ((at, item),) = store.delayed.scan()
    assert store.delayed.take(at, []) is not None
    store.queues.push("q", item)
    work()

    assert ["begun 7", "begun 7"] == effects()
    assert once.enqueue(7, kind="raise")


def test_until_start(store: Store, effects: Effects) -> None:
    """While it runs, another like it may wait."""

    def again(number: int) -> None:
        note("enqueued", number, bool(once.enqueue(number)) if number_left() else None)

    def number_left() -> bool:
        return len(effects()) < 3

    once = job(name="once", queue="q", unique="until_start")(again)
    once.enqueue(7)
    assert not once.enqueue(7)

    work()

    assert ["enqueued 7 True"] * 3 == effects()[:3]


def test_nothing_behind_is_held_up(store: Store, effects: Effects, forked: list[int]) -> None:
    """What is beyond its limit lets others pass; killed with its worker, a job frees its place."""
    alone = job(name="alone", queue="q", max_running=1)(perform)
    free = job(name="free", queue="q")(perform)
    alone.enqueue(1, kind="hang")
    forked += fork_all([lambda: work(burst=False)], on_parent_death=signal.SIGKILL)
    eventually(lambda: effects() == ["begun 1"], 20, "it does not begin")
    alone.enqueue(2)
    free.enqueue(3)

    assert 0 == work()
    assert ["begun 1", "begun 3"] == effects()
    assert {"alone": 1} == store.limits.parked()

    kill(forked)
    prune(store, [RedisBackend()], 60.0)
    assert 0 == work()

    assert ["begun 1", "begun 3", "begun 2"] == effects()
    assert ({}, 0) == (store.limits.parked(), store.limits.running("alone"))
    assert 1 == failures(store)


@pytest.mark.parametrize("limit", [None, 1])
def test_claims_tell_when(store: Store, forked: list[int], limit: int | None) -> None:
    """Where jobs may have to wait, in the order of their claims, these tell when they were made."""
    hangs = job(name="hangs", queue="q", max_running=limit)(perform)
    hangs.enqueue(1, kind="hang")
    forked += fork_all([lambda: work(burst=False)], on_parent_death=signal.SIGKILL)

    def claims() -> list[Reservation]:
        ids = store.workers.ids()
        held = zip(ids, store.workers.claims(ids), strict=True)
        return [Reservation.decode(worker, raw) for worker, raw in held if raw]

    (claim,) = eventually(claims, 20, "no claim")
    assert (limit is not None) == bool(claim.claimed)


def test_a_killed_worker_frees_the_lock(store: Store, effects: Effects, forked: list[int]) -> None:
    """Whoever prunes it frees the lock of its job."""
    once = job(name="once", queue="q", unique="until_end")(perform)
    once.enqueue(1, kind="hang")
    forked += fork_all([lambda: work(burst=False)], on_parent_death=signal.SIGKILL)
    eventually(lambda: effects() == ["begun 1"], 20, "it does not begin")

    kill(forked)
    assert not once.enqueue(1, kind="hang")
    prune(store, [RedisBackend()], 60.0)

    assert once.enqueue(1, kind="hang")


@pytest.mark.parametrize("kind", ["", "raise", "kill"])
def test_one_after_the_other(store: Store, effects: Effects, kind: str) -> None:
    """With several workers no more than allowed are at work, and all have their turn."""
    alone = job(name="alone", queue="q", max_running=1, limit_by="number")(perform)
    for number in range(5):
        alone.enqueue(number, kind=kind)

    assert 0 == work()

    assert [f"begun {number}" for number in range(5)] == effects()
    assert 0 == store.limits.running("alone:0")


def test_rate(store: Store, effects: Effects, forked: list[int]) -> None:
    """The third waits until a span has passed since the first, and needs no scheduler."""
    slow = job(name="slow", queue="q", rate="2/s")(perform)
    began = time.monotonic()
    slow.enqueue_many([(1,), (2,), (3,)])
    forked += fork_all([lambda: work(burst=False)], on_parent_death=signal.SIGKILL)

    eventually(lambda: len(effects()) == 3, 20, "the third does not begin")

    assert ["begun 1", "begun 2", "begun 3"] == effects()
    assert 1.0 <= time.monotonic() - began


def test_unknown_class(
    store: Store,
    effects: Effects,
    redis_client: redis.Redis,
    resque_settings: Configure,
) -> None:
    """A job of a version to come waits for a worker that knows it, and then is performed."""
    resque_settings(PARK_UNKNOWN=60)
    store.queues.push("q", b'{"class":"later","args":[1]}')
    work()
    assert {"unknown:later": 1} == store.limits.parked()
    assert 0 == failures(store)

    job(name="later")(perform)
    redis_client.zadd("resque:parked", {"unknown:later": 0})
    work()

    assert ["begun 1"] == effects()
    assert {} == store.limits.parked()


def test_same_cost(store: Store, effects: Effects, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job without these options begins without a call of its own."""
    free = job(name="free", queue="q")(perform)
    free.enqueue_many([(1,), (2,)])
    asked: list[Any] = []
    monkeypatch.setattr(type(store.limits), "_admit", lambda *words: asked.append(words))

    work()

    assert ["begun 1", "begun 2"] == effects()
    assert [] == asked
