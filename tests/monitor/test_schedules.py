"""Recurring jobs are shown with their rule in words, their next times and their last runs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from django_resque import job
from django_resque.jobs.registry import registry
from django_resque.monitor.schedules import (
    schedule,
    schedule_page,
    scheduler_master,
    schedules,
)
from django_resque.schedule.recurring import Recurrence
from django_resque.wire.schedule import ScheduleEntry, ScheduleRun

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from tests.conftest import Configure
    from tests.trips import Trips

START = 1795802400  # 2026-11-27 18:00:00 UTC
MOMENT = datetime(2026, 11, 27, 18, 0, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def _jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register a job for one test."""
    monkeypatch.setattr(registry, "_jobs", dict(registry._jobs))
    job(name="Tidy", queue="low")(lambda: None)


@pytest.fixture
def store(resque_settings: Configure, resque_store: Store) -> Store:
    """Give a store with one schedule of each kind."""
    resque_settings(SCHEDULE={"nightly": {"cron": "0 3 * * *", "job": "Tidy", "timezone": "UTC"}})
    often = ScheduleEntry("often", "Mailer", every="60s", queue="mail", description="Mail")
    resque_store.schedules.set("often", often.encode())
    return resque_store


def test_all(store: Store, trips: Trips) -> None:
    """Those of the settings and those of Redis, sorted, in five round trips."""
    nightly, often = schedules(store, START)

    assert 5 == trips.count()
    assert ("nightly", "settings", "low") == (nightly.name, nightly.source, nightly.queue)
    assert "At 03:00 every day (UTC)" == nightly.words
    expected = [MOMENT + timedelta(hours=9, days=number) for number in range(5)]
    assert expected == nightly.next_runs
    assert ("often", "redis", "mail", "Every minute") == (
        often.name, often.source, often.queue, often.words,
    )  # fmt: skip
    assert [True, True] == [nightly.enabled, often.enabled]
    assert "" == nightly.error == often.error
    assert nightly.last_run is None
    assert [] == nightly.runs


def test_runs(store: Store) -> None:
    """The next times follow from the last; the history has the newest first."""
    master = store.schedules.look("me:1", 60).holder
    recurrence = Recurrence(store, master, ())
    recurrence.load()
    for second in (7, 67, 127):
        recurrence.enqueue_due(START + second, frozenset())

    row = schedule(store, "often", START + 130)

    assert row
    assert MOMENT + timedelta(seconds=187) == row.next_runs[0]
    assert MOMENT + timedelta(seconds=127) == row.last_run
    assert [("enqueued", START + 127), ("enqueued", START + 67)] == [
        (run.kind, run.due) for run in row.runs
    ]
    assert "me:1" == scheduler_master(store)


def test_off(store: Store) -> None:
    """What is switched off has no next time."""
    store.schedules.switch_off("often")

    nightly, often = schedules(store, START)
    assert (True, False) == (nightly.enabled, often.enabled)
    assert [] == often.next_runs


def test_disabled_in_the_settings(store: Store, resque_settings: Configure) -> None:
    """So has what the settings disable."""
    resque_settings(SCHEDULE={"nightly": {"every": "5m", "job": "Tidy", "enabled": False}})

    row = schedule(store, "nightly")
    assert row
    assert not row.enabled


def test_one(store: Store) -> None:
    """One is found by its name, or not."""
    nightly, often = schedules(store, START)

    assert [nightly, often] == [schedule(store, name, START) for name in ("nightly", "often")]
    assert schedule(store, "nosuch") is None


def test_garbage(store: Store, redis_client: redis.Redis) -> None:
    """What cannot be read or followed is shown with what is wrong, and nothing raises."""
    store.schedules.set("a", b"{oops")
    store.schedules.set("b", b'{"cron":"61 * * * *","class":"X","queue":"q"}')
    store.schedules.set("c", b'{"every":"5m","class":"Nobody"}')
    store.schedules.set("d", b'{"cron":"@daily Mars/Base","class":"X","queue":"q"}')
    store.schedules.set("nightly", b'{"every":"5m","class":"X","queue":"q"}')
    for kind in ("state", "runs"):
        redis_client.set(f"resque:schedule:often:{kind}", "x")
    redis_client.lpush("resque:schedule:nightly:runs", b"{oops", ScheduleRun("missed", 5).encode())
    redis_client.hset("resque:delayed:last_enqueued_at", "nightly", "yesterday")

    rows = {row.name: row for row in schedules(store, START)}

    assert ["a", "b", "c", "d", "nightly", "often"] == list(rows)
    assert rows["a"].entry is None
    assert "not JSON" in rows["a"].error
    assert "Bad minute" in rows["b"].error
    assert "queue is unknown" in rows["c"].error
    assert "Every 5 minutes" == rows["c"].words
    assert "time zone" in rows["d"].error
    assert "settings" == rows["nightly"].source
    assert [ScheduleRun("missed", 5)] == rows["nightly"].runs
    assert rows["nightly"].last_run is None
    assert 5 == len(rows["often"].next_runs)


def test_page(store: Store, trips: Trips) -> None:
    """A page of what recurs, found by a part of the name, each with its next time."""
    for number in range(5):
        entry = ScheduleEntry(f"More{number}", "Mailer", every="60s", queue="mail")
        store.schedules.set(entry.name, entry.encode())
    store.schedules.set("nightly", b"shadowed")
    store.schedules.set("broken", b"{oops")

    trips.count()
    page = schedule_page(store, "", 4, 3)
    assert 6 == trips.count()
    assert (8, ["More4", "broken", "nightly"]) == (page.total, [row.name for row in page.rows])
    more, broken, nightly = page.rows
    assert [1, 0, 1] == [len(row.next_runs) for row in page.rows]
    assert ("settings", []) == (nightly.source, nightly.args)
    assert broken.args is None
    assert "not JSON" in broken.error
    assert more.entry
    assert 5 == schedule_page(store, "mORE").total
    assert [] == schedule_page(store, "", 100).rows
