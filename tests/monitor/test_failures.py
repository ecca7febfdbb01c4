"""Failures of every client are shown, page by page, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque.monitor.failures import (
    FailurePage,
    all_failures,
    failed_lists,
    failure,
    failure_page,
    failures,
    failures_found,
    find_failures,
)
from django_resque.reading.failure_filter import FailureFilter
from django_resque.wire.failure import digest
from tests.records import record

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from tests.trips import Trips


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (0, 2, [4, 3]),
        (1, 2, [3, 2]),
        (3, 5, [1, 0]),
        (5, 5, []),
        (-9, 1, [4]),
        (0, 0, []),
        (0, -1, []),
    ],
)
def test_pages(
    resque_store: Store,
    redis_client: redis.Redis,
    start: int,
    count: int,
    expected: list[int],
) -> None:
    """A page begins with the newest record and knows where each stands."""
    redis_client.rpush("resque:failed", *(record("a", number) for number in range(5)))

    rows = failures(resque_store, "failed", start, count)

    assert expected == [row.index for row in rows]
    assert expected == [row.payload.args[0] for row in rows if row.payload]


def test_all_and_find(resque_store: Store, redis_client: redis.Redis) -> None:
    """All lists are searched for a digest."""
    raw = record("a", queue="mail")
    redis_client.rpush("resque:failed", record("b"), record("c"))
    redis_client.sadd("resque:failed_queues", "mail_failed")
    redis_client.rpush("resque:mail_failed", raw)

    assert ["c", "b"] == [row.job for row in all_failures(resque_store, "failed")]
    assert [("mail_failed", "a")] == [
        (row.list, row.job) for row in find_failures(resque_store, digest(raw)[:6])
    ]


def fill(client: redis.Redis, count: int, name: str = "failed") -> None:
    """Put numbered failures into a list, many at once; every tenth was retried."""
    pipeline = client.pipeline(transaction=False)
    for start in range(0, count, 10_000):
        numbers = range(start, min(start + 10_000, count))
        plain, retried = record("a", "NUMBER"), record("a", "NUMBER", retried_at="x")
        pipeline.rpush(
            f"resque:{name}",
            *((plain if n % 10 else retried).replace(b'"NUMBER"', b"%d" % n) for n in numbers),
        )
    pipeline.execute()


@pytest.mark.parametrize(
    ("before", "expected", "begin", "following"),
    [
        (None, [9, 8, 7, 6], 10, 6),
        (6, [5, 4, 3, 2], 6, 2),
        (4, [3, 2, 1, 0], 4, None),
        (2, [1, 0], 2, None),
        (0, [], 0, None),
        (-7, [], 0, None),
        (10**30, [9, 8, 7, 6], 10, 6),
    ],
)
def test_page(
    resque_store: Store,
    redis_client: redis.Redis,
    *,
    before: int | None,
    expected: list[int],
    begin: int,
    following: int | None,
) -> None:
    """A page begins before an index and has the newest first."""
    fill(redis_client, 10)

    page = failure_page(resque_store, "failed", before=before, count=4)

    assert expected == [row.index for row in page.rows]
    assert ("failed", 10, len(expected), begin, following) == (
        page.list,
        page.total,
        page.examined,
        page.before,
        page.next_before,
    )


def test_pages_stay(resque_store: Store, redis_client: redis.Redis) -> None:
    """New failures change nothing about an older page."""
    fill(redis_client, 10)
    before = failure_page(resque_store, count=4).next_before
    page = failure_page(resque_store, before=before, count=4)
    redis_client.rpush("resque:failed", record("new"))

    assert page.rows == failure_page(resque_store, before=before, count=4).rows


def test_filtered_pages(resque_store: Store, redis_client: redis.Redis) -> None:
    """Page by page a filter finds all that match, and says how much was looked at."""
    fill(redis_client, 1000)
    wanted = FailureFilter(state="retried")
    found: list[int] = []
    before: int | None = 1000
    examined = 0
    while before is not None:
        page = failure_page(resque_store, filter=wanted, before=before, count=3, window=70)
        found += (row.index for row in page.rows)
        examined += page.examined
        before = page.next_before

    assert [*range(990, -1, -10)] == found
    assert 1000 == examined


def test_page_of_a_long_list(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """In a list of any length a page is read in one round trip, and no more than is asked for."""
    fill(redis_client, 100_000)

    page = failure_page(resque_store, before=50_000)
    assert (50, 100_000, 49_950) == (page.examined, page.total, page.next_before)
    assert trips.received() < 50 * 300
    page = failure_page(resque_store, filter=FailureFilter(text="none"), before=50_000)
    assert (2000, [], 48_000) == (page.examined, page.rows, page.next_before)
    assert trips.received() < 2000 * 300
    failure_page(resque_store, filter=FailureFilter(text="none"))
    assert 1 == trips.count()


def test_page_of_large_records(
    resque_store: Store, redis_client: redis.Redis, trips: Trips
) -> None:
    """Errors of ten megabytes come one by one, shortened to what a page can show."""
    for _ in range(3):
        redis_client.rpush("resque:failed", record(error="x" * 10_000_000))

    page = failure_page(resque_store)

    assert (1, 2) == (page.examined, page.next_before)
    assert trips.received() < 10_001_000
    (row,) = page.rows
    assert row.record is not None
    assert len(row.record.error) < 100_100


def test_page_of_garbage(resque_store: Store, redis_client: redis.Redis) -> None:
    """What is no record is a row; what is no list is empty."""
    redis_client.rpush("resque:failed", b"{oops", b"", b"\xff")
    redis_client.set("resque:broken_failed", "no list")

    assert [True] * 3 == [bool(row.error) for row in failure_page(resque_store).rows]
    for name in ("broken_failed", "none"):
        page = failure_page(resque_store, name, before=7)
        assert FailurePage(name, [], 0, 0, 0, None) == page
        assert failure(resque_store, name, "0" * 40, 0) is None


def test_one_failure(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """A failure is found by its digest in one round trip, also when older ones were removed."""
    fill(redis_client, 100)
    rows = failure_page(resque_store).rows
    redis_client.lpop("resque:failed", 20)
    trips.count()

    found = failure(resque_store, "failed", rows[0].digest, rows[0].index)

    assert 1 == trips.count()
    assert found is not None
    assert (79, rows[0].raw) == (found.index, found.raw)
    assert failure(resque_store, "failed", digest(record("a", 1)), 1) is None


def test_several_failures(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """Of several failures those are found that are still there, in two round trips."""
    fill(redis_client, 100)
    addresses = [(row.digest, row.index) for row in failure_page(resque_store, count=90).rows]
    redis_client.lpop("resque:failed", 20)
    trips.count()

    assert [*range(79, -1, -1)] == [
        row.index for row in failures_found(resque_store, "failed", addresses)
    ]
    assert 2 == trips.count()


def test_lists(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """All failed lists are counted in two round trips, the main one first."""
    redis_client.sadd("resque:failed_queues", "mail_failed", "low_failed")
    fill(redis_client, 3, "mail_failed")

    assert {"failed": 0, "low_failed": 0, "mail_failed": 3} == failed_lists(resque_store)
    assert 2 == trips.count()
