"""Failures of one kind are a group, with how many there are and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.monitor.failure_groups import failure_groups
from django_resque.reading.failure_filter import FailureFilter
from tests.records import record

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from tests.trips import Trips


def trace(function: str) -> list[str]:
    """Return a traceback that ends in a function."""
    return [f'  File "/srv/shop/jobs.py", line {len(function)}, in {function}', "    raise"]


def test_groups(resque_store: Store, redis_client: redis.Redis) -> None:
    """Groups have their size, their span of time and the newest failure for a sample."""
    redis_client.rpush(
        "resque:failed",
        record("a", 1, failed_at="2026/11/21 04:00:00 UTC", backtrace=trace("send")),
        record("b", 2, failed_at="soon", backtrace=trace("send"), queue="low"),
        record("c", exception="KeyError", backtrace=trace("send")),
        record("a", 3, failed_at="2026/11/20 04:00:00 UTC", backtrace=trace("send"), retried_at=5),
        b"{oops",
        record("c", exception="KeyError", backtrace=trace("other")),
    )

    page = failure_groups(resque_store)

    assert (6, 6, None) == (page.examined, page.total, page.next_before)
    assert [3, 1, 1, 1] == [group.count for group in page.groups]
    group = page.groups[0]
    assert ("ValueError", "/srv/shop/jobs.py:4 in send", ["a", "b"], ["low", "mail"], 2) == (
        group.exception,
        group.place,
        group.jobs,
        group.queues,
        group.waiting,
    )
    assert (20, 21) == (group.first and group.first.day, group.last and group.last.day)
    assert (3, group.fingerprint) == (group.sample.index, group.sample.fingerprint)
    assert ("", "", [], [], 1) == (
        page.groups[3].exception,
        page.groups[3].place,
        page.groups[3].jobs,
        page.groups[3].queues,
        page.groups[3].waiting,
    )


def test_order(resque_store: Store, redis_client: redis.Redis) -> None:
    """The largest group comes first, among equals the one that was seen last."""
    redis_client.rpush(
        "resque:failed",
        record("new", failed_at="2026/11/21 05:00:00 UTC"),
        record("old", failed_at="2026/11/21 04:00:00 UTC"),
        record("never", failed_at=None),
        *[record("many", failed_at="2026/11/20 04:00:00 UTC")] * 2,
    )

    assert ["many", "new", "old", "never"] == [
        group.place for group in failure_groups(resque_store).groups
    ]


def test_filter(resque_store: Store, redis_client: redis.Redis) -> None:
    """Only what matches is grouped, and a group's own filter finds it again."""
    redis_client.rpush("resque:failed", record("a"), record("b"), record("b", retried_at="x"))

    (group,) = failure_groups(resque_store, filter=FailureFilter(job="b", state="waiting")).groups
    (again,) = failure_groups(resque_store, filter=FailureFilter(group=group.fingerprint)).groups

    assert (1, ["b"], 2, ["b"]) == (group.count, group.jobs, again.count, again.jobs)


def test_of_a_long_list(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """Groups of a long list are those of its newest failures, read in one round trip."""
    pipeline = redis_client.pipeline(transaction=False)
    for _ in range(10):
        pipeline.rpush("resque:failed", *([record("a", backtrace=trace("send"))] * 10_000))
    pipeline.execute()

    page = failure_groups(resque_store)

    assert (5000, 100_000, 95_000) == (page.examined, page.total, page.next_before)
    assert [5000] == [group.count for group in page.groups]
    assert trips.received() < 5000 * 400
    older = failure_groups(resque_store, before=2000)
    assert (2000, None) == (older.examined, older.next_before)
    assert 1 == trips.count()


def test_bounds(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """Large records end the look earlier, and many names are not all told."""
    pages = [record(f"job {n}", queue=f"q{n}", backtrace=trace("send")) for n in range(20)]
    redis_client.rpush("resque:failed", *pages)
    (group,) = failure_groups(resque_store).groups
    assert (5, 5, 20) == (len(group.jobs), len(group.queues), group.count)

    redis_client.rpush("resque:failed", record(error="x" * 10_000_000))
    redis_client.rpush("resque:failed", record(error="x" * 10_000_000))
    trips.count()

    page = failure_groups(resque_store)
    assert (1, 21) == (page.examined, page.next_before)
    assert trips.received() < 16_000_000


def test_nothing(resque_store: Store, redis_client: redis.Redis) -> None:
    """What is not there, or no list, has no groups."""
    redis_client.set("resque:broken_failed", "x")

    for name in ("failed", "broken_failed"):
        page = failure_groups(resque_store, name)
        assert ([], 0, 0, None) == (page.groups, page.examined, page.total, page.next_before)
