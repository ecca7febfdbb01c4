"""Delayed jobs are shown by time, by class and one by one, whatever lies there."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from django_resque.monitor.delayed import (
    delayed_at,
    delayed_by_class,
    delayed_count,
    delayed_job,
    delayed_jobs,
    delayed_of_class,
    delayed_times,
    search_delayed,
)
from django_resque.wire.failure import digest

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from tests.trips import Trips

DUE = 2000000000


def item(number: int, name: str = "Mailer") -> bytes:
    """Return an item as Ruby writes it."""
    return b'{"class":"%s","args":[%d],"queue":"high"}' % (name.encode(), number)


@pytest.fixture
def store(resque_store: Store) -> Store:
    """Give a store with jobs at five timestamps."""
    resque_store.delayed.push_many(
        [(item(number), DUE + number) for number in range(5)] + [(item(9, "Archive"), DUE)]
    )
    return resque_store


def garble(client: redis.Redis) -> None:
    """Lay by what is no job."""
    client.zadd("resque:delayed_queue_schedule", {"last": 1, "5": 5})
    client.rpush("resque:delayed:last", b"{oops", b"\xff")
    client.set("resque:delayed:5", "x")


def test_times(store: Store, trips: Trips) -> None:
    """A page of timestamps with how many jobs each has, in three round trips."""
    page = delayed_times(store, 0, 2)

    assert 3 == trips.count()
    assert [("2000000000", 2), ("2000000001", 1)] == [
        (row.timestamp, row.size) for row in page.rows
    ]
    assert datetime(2033, 5, 18, 3, 33, 20, tzinfo=timezone.utc) == page.rows[0].due
    assert page.rows[0].first
    assert page.rows[0].first.payload
    assert [0] == page.rows[0].first.payload.args
    assert (5, 2, None) == (page.total, page.next_start, page.prev_start)
    last = delayed_times(store, 4, 2)
    assert (1, None, 2) == (len(last.rows), last.next_start, last.prev_start)
    beyond = delayed_times(store, 10**9, 2)
    assert ([], None, 3) == (beyond.rows, beyond.next_start, beyond.prev_start)
    assert page == delayed_times(store, -7, 2)


def test_one_timestamp(store: Store) -> None:
    """Its jobs in the order in which they will go."""
    page = delayed_at(store, str(DUE), 0, 1)
    after = delayed_at(store, str(DUE), 1, 1)

    assert (2, 1, None) == (page.size, page.next_start, page.prev_start)
    assert (None, 0) == (after.next_start, after.prev_start)
    assert ["Mailer", "Archive"] == [
        job.payload.name for job in (*page.jobs, *after.jobs) if job.payload
    ]
    assert [] == delayed_at(store, "7").jobs


def test_one_job(store: Store) -> None:
    """It is found by its digest, and others with it; what is gone is not."""
    raw = item(9, "Archive")
    found = delayed_job(store, str(DUE), digest(raw))

    assert found
    assert (raw, 1, "high") == (found.raw, found.position, found.queue)
    assert delayed_job(store, str(DUE), digest(b"x")) is None
    assert [found] == delayed_jobs(store, str(DUE), [(digest(raw), 1), (digest(b"x"), 0)])


def test_classes(store: Store) -> None:
    """Those with the most jobs first; of many, the earliest are looked at."""
    found = delayed_by_class(store)

    assert [("Mailer", 5), ("Archive", 1)] == [(row.name, row.count) for row in found.rows]
    assert (6, True) == (found.examined, found.complete)
    assert str(DUE) == found.rows[0].first.timestamp
    cut = delayed_by_class(store, 2)
    assert [("Archive", 1), ("Mailer", 1)] == [(row.name, row.count) for row in cut.rows]
    assert (2, False) == (cut.examined, cut.complete)


def test_one_class(store: Store) -> None:
    """Its jobs from the earliest on; a search ends somewhere, and goes on from there."""
    page = delayed_of_class(store, "Mailer", count=2)
    assert [str(DUE), str(DUE + 1)] == [job.timestamp for job in page.jobs]
    assert 2 == page.next_start
    rest = delayed_of_class(store, "Mailer", 2)
    assert (3, None) == (len(rest.jobs), rest.next_start)
    short = delayed_of_class(store, "Nobody", window=3)
    assert ([], 3, 2) == (short.jobs, short.examined, short.next_start)
    assert delayed_of_class(store, "Mailer", 10**9).next_start is None


def test_count(store: Store) -> None:
    """All, or those of the earliest timestamps."""
    assert (6, True) == delayed_count(store)
    assert (3, False) == delayed_count(store, 2)
    assert (6, True) == delayed_count(store, None)


def test_garbage(store: Store, redis_client: redis.Redis) -> None:
    """It is shown as unreadable, and nothing raises."""
    garble(redis_client)

    page = delayed_times(store)
    assert [("last", 2, None), ("5", 0, page.rows[1].due)] == [
        (row.timestamp, row.size, row.due) for row in page.rows[:2]
    ]
    assert page.rows[0].first
    assert "not JSON" in page.rows[0].first.error
    assert ["{", "\\"] == [
        job.raw.decode(errors="backslashreplace")[0] for job in delayed_at(store, "last").jobs
    ]
    assert [] == delayed_at(store, "5").jobs
    assert ["Mailer", "", "Archive"] == [row.name for row in delayed_by_class(store).rows]
    assert 2 == len(delayed_of_class(store, "").jobs)
    assert (8, True) == delayed_count(store)


def test_search(store: Store, trips: Trips) -> None:
    """Jobs are found by name, queue and arguments, part by part, in one round trip each."""
    first = search_delayed(store, "mail", count=2)

    assert 1 == trips.count()
    assert [(str(DUE), 0), (str(DUE + 1), 0)] == [
        (job.timestamp, job.position) for job in first.jobs
    ]
    assert 3 == first.examined
    assert first.next
    second = search_delayed(store, "mail", first.next)
    assert [str(DUE + number) for number in (2, 3, 4)] == [job.timestamp for job in second.jobs]
    assert second.next is None
    assert 6 == len(search_delayed(store, "HIGH").jobs)
    assert [str(DUE)] == [job.timestamp for job in search_delayed(store, "[9]").jobs]
    assert [] == search_delayed(store, "[9]", in_arguments=False).jobs
    bounded = search_delayed(store, "[9]", window=1)
    assert ([], 1, (0, 1)) == (bounded.jobs, bounded.examined, bounded.next)


def test_search_garbage(store: Store, redis_client: redis.Redis) -> None:
    """What cannot be read is searched as it lies there, by those who may see it."""
    garble(redis_client)

    assert [b"{oops"] == [job.raw for job in search_delayed(store, "OOPS").jobs]
    assert [] == search_delayed(store, "oops", in_arguments=False).jobs


def test_few_round_trips(store: Store, trips: Trips) -> None:
    """Classes take one, several jobs two, however many there are."""
    trips.count()
    delayed_by_class(store)
    assert 1 == trips.count()

    addresses = [(digest(item(0)), 0), ("0" * 40, 0), (digest(item(9, "Archive")), 0)]
    found = delayed_jobs(store, str(DUE), addresses)
    assert 2 == trips.count()
    assert [0, 1] == [job.position for job in found]
