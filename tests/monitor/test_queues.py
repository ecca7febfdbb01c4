"""Queues are shown with their size and pause, their jobs page by page, however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque.monitor.queues import (
    QueuePage,
    known_queues,
    queue_list,
    queue_page,
    queued_job,
    queued_jobs,
    queues,
    search_jobs,
)

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from tests.trips import Trips


def test_rows(resque_store: Store, redis_client: redis.Redis) -> None:
    """Each known queue is a row, readable or not, empty or not."""
    redis_client.sadd("resque:queues", "mail", "file", "empty")
    redis_client.rpush("resque:queue:mail", b'{"class":"A","args":[]}', b"{oops")
    redis_client.rpush("resque:queue:file", b"{oops")
    redis_client.sadd("resque:queues:paused", "mail")

    rows = queues(resque_store)

    assert [("empty", 0, False), ("file", 1, False), ("mail", 2, True)] == [
        (row.name, row.size, row.paused) for row in rows
    ]
    empty, file, mail = (row.next for row in rows)
    assert empty is None
    assert file is not None
    assert file.error
    assert mail is not None
    assert mail.payload is not None
    assert "A" == mail.payload.name


def test_queues_of_other_clients(resque_store: Store, redis_client: redis.Redis) -> None:
    """A name that is no UTF-8 leads to its list; a key that is no list hides no other queue."""
    redis_client.sadd("resque:queues", b"\xff", "broken")
    redis_client.rpush(b"resque:queue:\xff", "{}")
    redis_client.set("resque:queue:broken", "no list")
    redis_client.sadd("resque:queues:paused", b"\xff")

    assert [("broken", 0, False), ("\udcff", 1, True)] == [
        (row.name, row.size, row.paused) for row in queues(resque_store)
    ]


def test_nothing(resque_store: Store) -> None:
    """An empty Redis has no queues."""
    assert [] == queues(resque_store)


def fill(client: redis.Redis, count: int, queue: str = "mail") -> None:
    """Put numbered jobs into a queue, many at once."""
    pipeline = client.pipeline(transaction=False)
    for start in range(0, count, 10_000):
        numbers = range(start, min(start + 10_000, count))
        jobs = (b'{"class":"Send","args":[%d,"x"],"id":"id-%d"}' % (n, n) for n in numbers)
        pipeline.rpush(f"resque:queue:{queue}", *jobs)
    pipeline.execute()


def numbers(page: QueuePage) -> list[int]:
    """Return the numbers of the jobs on a page, by which they were filled in."""
    return [job.payload.args[0] for job in page.jobs if job.payload]


@pytest.mark.parametrize(
    ("start", "expected", "following", "before"),
    [
        (0, [0, 1, 2, 3], 4, None),
        (4, [4, 5, 6, 7], 8, 0),
        (3, [3, 4, 5, 6], 7, 0),
        (8, [8, 9], None, 4),
        (99, [], None, 6),
        (-5, [0, 1, 2, 3], 4, None),
    ],
)
def test_page(
    resque_store: Store,
    redis_client: redis.Redis,
    *,
    start: int,
    expected: list[int],
    following: int | None,
    before: int | None,
) -> None:
    """A page has its jobs with their positions, and the way to its neighbours."""
    fill(redis_client, 10)
    redis_client.sadd("resque:queues:paused", "mail")

    page = queue_page(resque_store, "mail", start, 4)

    assert expected == numbers(page) == [job.position for job in page.jobs]
    assert ("mail", 10, True) == (page.name, page.size, page.paused)
    assert (max(0, start), following, before, len(expected)) == (
        page.start,
        page.next_start,
        page.prev_start,
        page.examined,
    )


def test_page_of_a_long_queue(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """A page in the middle of a long queue is read in two round trips, and nothing but it."""
    fill(redis_client, 100_000)

    page = queue_page(resque_store, "mail", 50_000)

    assert list(range(50_000, 50_050)) == numbers(page)
    assert trips.received() < 50 * 60
    queue_page(resque_store, "mail", 50_000)
    assert 2 == trips.count()


def test_page_of_large_and_broken_jobs(
    resque_store: Store, redis_client: redis.Redis, trips: Trips
) -> None:
    """Jobs of any size and form are shown; large ones make a page shorter."""
    large = b'{"class":"Send","args":["' + b"x" * 10_000_000 + b'"]}'
    for raw in (b"{oops", b"", b"\xff", large, large):
        redis_client.rpush("resque:queue:mail", raw)

    first = queue_page(resque_store, "mail")
    second = queue_page(resque_store, "mail", first.next_start or 0)

    assert [True] * 3 == [bool(job.error) for job in first.jobs]
    assert ([3], 4) == ([job.position for job in second.jobs], second.next_start)
    assert trips.received() < 10_001_000


@pytest.mark.parametrize("name", ["none", "broken"])
def test_page_of_nothing(resque_store: Store, redis_client: redis.Redis, name: str) -> None:
    """A queue that is not there, or no list, is empty."""
    redis_client.set("resque:queue:broken", "no list")

    assert QueuePage(name, 0, False, [], 0, None, None, 0) == queue_page(resque_store, name)
    assert QueuePage(name, 0, False, [], 0, None, None, 0) == search_jobs(resque_store, name, "x")
    assert queued_job(resque_store, name, "0" * 40, 0) is None


def test_search(resque_store: Store, redis_client: redis.Redis) -> None:
    """Page by page a search finds all, and says where it goes on and how much it has read."""
    fill(redis_client, 1000)
    redis_client.rpush("resque:queue:mail", "{oops ID-99")
    found: list[int] = []
    start: int | None = 0
    examined = 0
    while start is not None:
        page = search_jobs(resque_store, "mail", "ID-99", start, 3, window=400)
        found += (job.position for job in page.jobs)
        examined += page.examined
        assert (1001, start) == (page.size, page.start)
        start = page.next_start

    assert [99, *range(990, 1001)] == found
    assert 1001 == examined


def test_search_with_neighbours(resque_store: Store, redis_client: redis.Redis) -> None:
    """The page before is where all that it could show is read again."""
    fill(redis_client, 10)

    assert 1 == search_jobs(resque_store, "mail", "send", 4, 2, window=3).prev_start
    assert search_jobs(resque_store, "mail", "send", 0, 2, window=3).prev_start is None
    assert search_jobs(resque_store, "mail", "send", 8, 2, window=3).next_start is None


def test_search_in_a_long_queue(
    resque_store: Store, redis_client: redis.Redis, trips: Trips
) -> None:
    """A search that finds nothing reads its window, in two round trips, and no more."""
    fill(redis_client, 100_000)

    page = search_jobs(resque_store, "mail", "nothing like it", 20_000)

    assert (5000, 25_000, []) == (page.examined, page.next_start, page.jobs)
    assert trips.received() < 5000 * 60
    search_jobs(resque_store, "mail", "nothing like it")
    assert 2 == trips.count()


def test_search_without_arguments(resque_store: Store, redis_client: redis.Redis) -> None:
    """Who may not see arguments is told of names and ids only."""
    fill(redis_client, 3)
    redis_client.rpush("resque:queue:mail", "{oops x")

    assert 4 == len(search_jobs(resque_store, "mail", "x").jobs)
    assert [] == search_jobs(resque_store, "mail", "x", in_arguments=False).jobs


def test_one_job(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """A job is found by its digest, also after others were taken; one that was taken is gone."""
    fill(redis_client, 100)
    jobs = queue_page(resque_store, "mail").jobs
    redis_client.lpop("resque:queue:mail", 10)
    trips.count()

    found = queued_job(resque_store, "mail", jobs[20].digest, jobs[20].position)
    gone = queued_job(resque_store, "mail", jobs[5].digest, jobs[5].position)

    assert 2 == trips.count()
    assert gone is None
    assert found is not None
    assert (10, jobs[20].raw) == (found.position, found.raw)


def test_several_jobs(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """Of several jobs those are found that still wait, in two round trips."""
    fill(redis_client, 100)
    jobs = queue_page(resque_store, "mail").jobs
    redis_client.lpop("resque:queue:mail", 10)
    trips.count()

    found = queued_jobs(resque_store, "mail", [(job.digest, job.position) for job in jobs])

    assert 2 == trips.count()
    assert [job.raw for job in jobs[10:]] == [job.raw for job in found]


def test_list(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """Queues are listed page by page, by name or size, and only there is looked into them."""
    for number in range(30):
        redis_client.sadd("resque:queues", f"q{number:02}")
        redis_client.rpush(f"resque:queue:q{number:02}", *[b'{"class":"A"}'] * (number % 7 + 1))
    redis_client.sadd("resque:queues:paused", "q11")
    redis_client.sadd("resque:queues", "Mail")
    redis_client.set("resque:queue:Mail", "no list")

    page = queue_list(resque_store, start=10, count=3)
    assert 4 == trips.count()
    largest = queue_list(resque_store, "Q", count=3, largest_first=True)

    assert [("q09", 3, False), ("q10", 4, False), ("q11", 5, True)] == [
        (row.name, row.size, row.paused) for row in page.rows
    ]
    assert all(row.next and row.next.payload for row in page.rows)
    assert 31 == page.total
    assert 30 == largest.total
    assert largest.jobs == page.jobs == sum(number % 7 + 1 for number in range(30))
    assert [("q06", 7), ("q13", 7), ("q20", 7)] == [(row.name, row.size) for row in largest.rows]
    assert [] == queue_list(resque_store, "nothing").rows
    assert [("Mail", 0)] == [(row.name, row.size) for row in queue_list(resque_store, "mail").rows]


def test_known_queues(resque_store: Store, redis_client: redis.Redis) -> None:
    """Queues are known by their names, empty or not."""
    redis_client.sadd("resque:queues", "mail", "empty")

    assert ["empty", "mail"] == known_queues(resque_store)
