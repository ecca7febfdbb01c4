"""A job knows what it is, and tells how far it is: seldom, lazily, and in memory where inline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from django_resque import CurrentJob, get_current_job, job, wiring
from django_resque.exceptions import ArgumentError, StoreUnavailable
from django_resque.jobs import current
from django_resque.jobs.performing import perform_job
from django_resque.wire.payload import Payload
from django_resque.wire.result import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from django_resque import Job
    from django_resque.embedded import EmbeddedServer
    from django_resque.store import Store
    from tests.conftest import Configure
    from tests.trips import Trips

_PAYLOAD = Payload("work", [1], {"id": "f00", "attempt": 3})


@pytest.fixture
def perform(resque_settings: Configure) -> Callable[..., None]:
    """Perform a job that does something with the current job."""

    def perform(
        act: Callable[[CurrentJob], Any], payload: Payload = _PAYLOAD, **options: Any
    ) -> None:
        @job(name="work", **options)
        def work(_number: int) -> None:
            found = get_current_job()
            assert found is not None
            act(found)

        perform_job(work, payload, "mail")

    return perform


def told(store: Store) -> Progress | None:
    """Return the progress that can be seen."""
    (raw,) = store.results.progress(["f00"])
    return Progress.decode(raw) if raw is not None else None


def test_what_it_is(perform: Callable[..., None]) -> None:
    """Id, name, queue, attempt and arguments are those of the payload."""
    seen: list[Any] = []
    perform(lambda each: seen.append((each.id, each.name, each.queue, each.attempt, each.args)))

    assert [("f00", "work", "mail", 3, [1])] == seen
    assert get_current_job() is None


def test_nested(resque_settings: Configure) -> None:
    """A job performed inside another is the current one until its end, also if it raises."""
    resque_settings(INLINE=True)
    seen: list[str] = []

    def see() -> None:
        found = get_current_job()
        seen.append(found.name if found else "")

    @job(name="inner")
    def inner() -> None:
        see()
        raise KeyError

    @job(name="outer")
    def outer() -> None:
        with pytest.raises(KeyError):
            inner.enqueue()
        see()

    outer.enqueue()
    see()

    assert ["inner", "outer", ""] == seen


def test_async(resque_settings: Configure) -> None:
    """An asynchronous job knows itself as well."""
    resque_settings(INLINE=True)
    seen: list[str | None] = []

    @job(name="work")
    async def work() -> None:
        found = get_current_job()
        seen.append(found.name if found else None)

    work.enqueue()

    assert ["work"] == seen


def test_unused(perform: Callable[..., None], trips: Trips) -> None:
    """Who tells nothing does not even connect."""
    perform(lambda each: each.meta.update(page=1))

    assert 0 == trips.count()


def test_throttled(
    perform: Callable[..., None], resque_store: Store, trips: Trips, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many steps few are written, and always the last."""
    clock = [100.0]
    monkeypatch.setattr("django_resque.jobs.current.time.monotonic", lambda: clock[0])
    seen: list[Any] = []

    def act(each: CurrentJob) -> None:
        for done in range(1, 100):
            each.progress(done, 100, "pages")
        seen.append(told(resque_store))
        clock[0] += current.WRITE_EVERY
        each.progress(99.5, 100)
        seen.append(told(resque_store))
        each.progress(100, 100)

    perform(act)

    final = told(resque_store)
    assert final is not None
    assert [(1, "pages"), (99.5, ""), (100, "")] == [(p.done, p.message) for p in [*seen, final]]


def test_heartbeat(perform: Callable[..., None], resque_store: Store) -> None:
    """A sign of life keeps what was told before."""

    def act(each: CurrentJob) -> None:
        each.progress(10, 10, "almost")
        before = told(resque_store)
        each._due = 0
        each.heartbeat()
        after = told(resque_store)
        assert before is not None
        assert after is not None
        assert (10, 10, "almost") == (after.done, after.total, after.message)
        assert (after.at or 0) > (before.at or 0)

    perform(act)


def test_meta(perform: Callable[..., None], resque_store: Store) -> None:
    """What a job wants to be known is written when it says so, and kept by later progress."""

    def act(each: CurrentJob) -> None:
        each.progress(1, 2)
        each.meta["page"] = 7
        each.save_meta()
        each.meta["page"] = 8
        each.progress(2, 2)

    perform(act)

    final = told(resque_store)
    assert final is not None
    assert ({"page": 7}, 2) == (final.meta, final.done)


@pytest.mark.parametrize("value", [object(), float("nan"), "x" * 200_000, "\ud800"])
def test_wrong_meta(perform: Callable[..., None], value: Any) -> None:
    """What JSON cannot carry, or is too large, is refused where it is saved."""

    def act(each: CurrentJob) -> None:
        each.meta["x"] = value
        with pytest.raises(ArgumentError, match="meta of work"):
            each.save_meta()

    perform(act)


@pytest.mark.parametrize("step", [("1", 2), (1, "2"), (True, 2), (float("nan"), 2), (None, 2)])
def test_wrong_progress(perform: Callable[..., None], step: Any) -> None:
    """Progress is told in numbers."""

    def act(each: CurrentJob) -> None:
        with pytest.raises(ArgumentError, match="give it numbers"):
            each.progress(*step)

    perform(act)


@pytest.mark.parametrize(("result_ttl", "ttl"), [(None, 86_400), (10, 86_400), (200_000, 200_000)])
def test_ttl(
    perform: Callable[..., None], redis_client: redis.Redis, result_ttl: float | None, ttl: int
) -> None:
    """Progress goes by itself, not before the result."""
    perform(lambda each: each.progress(1), result_ttl=result_ttl)

    assert ttl - 10 < redis_client.ttl("resque:result:f00:progress") <= ttl


def test_inline(resque_settings: Configure) -> None:
    """Where jobs are performed inline, nothing goes to Redis, and all can be seen."""
    resque_settings(INLINE=True)

    @job(name="work", result_ttl=60)
    def work() -> None:
        found = get_current_job()
        assert found is not None
        found.meta["page"] = 1
        found.save_meta()
        found.progress(1, 2, "half")

    handle = work.enqueue()

    assert handle.progress is not None
    assert (1, 2, "half", {"page": 1}) == (
        handle.progress.done,
        handle.progress.total,
        handle.progress.message,
        handle.progress.meta,
    )
    assert not wiring.store.cache_info().currsize


def test_memory_is_bounded(resque_settings: Configure) -> None:
    """A process that performs inline for long does not remember all of it."""
    resque_settings(INLINE=True)

    @job(name="work")
    def work() -> None:
        found = get_current_job()
        assert found is not None
        found.progress(1)

    handles: list[Any] = [work.enqueue() for _ in range(1001)]

    assert handles[0].progress is None
    assert handles[-1].progress is not None


def test_without_id(resque_settings: Configure, redis_client: redis.Redis) -> None:
    """A job without an id can tell, but nobody can ask."""

    def act(made: Job[..., Any]) -> None:
        perform_job(made, Payload("work"), "mail")

    @job(name="work")
    def work() -> None:
        found = get_current_job()
        assert found is not None
        found.progress(1, 2)

    act(work)

    assert [] == redis_client.keys("*")


def test_redis_away(
    perform: Callable[..., None], redis_server: EmbeddedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Progress that cannot be told fails no job; what is to be saved, and is not, is told."""
    redis_server.kill()

    def act(each: CurrentJob) -> None:
        each.progress(1, 2)
        with pytest.raises(StoreUnavailable):
            each.save_meta()

    perform(act)

    assert "Progress of work could not be told" in caplog.text
