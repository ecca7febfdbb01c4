"""Charts add up, whatever was missed; rates compare the present with some minutes ago."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from django_resque.monitor.history import QueueRate, history, rates

if TYPE_CHECKING:
    import redis

    from django_resque.monitor.history import Series, Span
    from django_resque.store import Store

_START = 1_795_236_300 // 3600 * 3600  # begins an hour
_DAY = 24 * 3600


@pytest.fixture
def store(resque_store: Store) -> Store:
    """The store that pages look at."""
    return resque_store


class Past:
    """Lets time pass and jobs end."""

    def __init__(self, store: Store, client: redis.Redis) -> None:
        """Begin with nothing."""
        self._store = store
        self._client = client

    def at(self, second: int, processed: int, failed: int = 0, *, sampled: bool = True) -> None:
        """Have so many jobs ended in all at a time after the start, and a sample taken."""
        self._client.mset({"resque:stat:processed": processed, "resque:stat:failed": failed})
        if sampled:
            self._store.history.sample(_START + second)

    def seen(self, span: Span, second: int) -> Series:
        """Return what there is to see at a time after the start."""
        return history(self._store, span, now=_START + second)


@pytest.fixture
def past(store: Store, redis_client: redis.Redis) -> Past:
    """A past that a test makes."""
    return Past(store, redis_client)


def processed(series: Series) -> list[int | None]:
    """Return the processed jobs of each interval, the running one last."""
    return [point.processed for point in (*series.points, series.running)]


def test_nothing(past: Past) -> None:
    """Before the first sample nothing is known of any interval."""
    for span, step, count in (("hour", 60, 60), ("day", 900, 96), ("days", 3600, 72)):
        series = past.seen(span, 30)  # type: ignore[arg-type]  # one of three

        assert (span, step) == (series.span, series.step)
        assert [None] * (count + 1) == processed(series)
        starts = [point.start.timestamp() for point in (*series.points, series.running)]
        assert list(range(_START - count * step, _START + 1, step)) == starts
        assert datetime.fromtimestamp(_START, timezone.utc) == series.running.start


def test_hour(past: Past) -> None:
    """Each minute has what ended in it, the running one what has ended so far."""
    for minute in range(70):
        past.at(60 * minute, minute * minute, minute)
    past.at(70 * 60 + 30, 5000, 100, sampled=False)

    series = past.seen("hour", 69 * 60 + 45)

    assert [2 * minute + 1 for minute in range(9, 69)] == processed(series)[:-1]
    assert {1} == {point.failed for point in series.points}
    assert (5000 - 69 * 69, 100 - 69) == (series.running.processed, series.running.failed)
    assert datetime.fromtimestamp(_START + 9 * 60, timezone.utc) == series.points[0].start


def test_late_samples(past: Past) -> None:
    """What ended between two samples is spread over that time; what was counted adds up."""
    past.at(-10, 0)
    past.at(50, 600)
    past.at(130, 600 + 801)
    past.at(500, 2000, sampled=False)

    counts = processed(past.seen("hour", 190))[-4:]

    # 100 of 600 jobs lay before the start of the first minute; then ten and ten seconds.
    assert [500 + 100, 601, 100 + 599] == [
        counts[0], counts[1], (counts[2] or 0) + (counts[3] or 0)
    ]  # fmt: skip
    assert 2000 - 100 == sum(count or 0 for count in counts)


def test_gap(past: Past) -> None:
    """While no worker of ours ran, others may have worked: that is spread evenly."""
    past.at(0, 100)
    past.at(60, 110)
    past.at(660, 710)

    assert [10, *[60] * 10, 0] == processed(past.seen("hour", 660))[-12:]


def test_counters_reset(past: Past) -> None:
    """A counter that went down has begun anew at zero."""
    for minute, total in enumerate((100, 120, 5, 25)):
        past.at(60 * minute, total, total)

    series = past.seen("hour", 180)

    assert [None, 20, 5, 20, 0] == processed(series)[-5:]
    assert [20, 5, 20] == [point.failed for point in series.points[-3:]]


def test_day(past: Past) -> None:
    """Quarters of an hour go back a day, the last hour of it by the minute."""
    for minute in range(0, _DAY // 60 + 60, 5):
        past.at(60 * minute, minute)

    series = past.seen("day", _DAY + 55 * 60)

    assert [15] * 96 == processed(series)[:-1]
    assert 10 == series.running.processed


def test_days(past: Past) -> None:
    """Hours go back three days, as far as the samples do."""
    for quarter in range(4 * 71 + 1):
        past.at(900 * quarter, quarter)
    assert [None, *[4] * 71, 0] == processed(past.seen("days", 71 * 3600))

    for quarter in range(4 * 71 + 1, 4 * 80 + 1):
        past.at(900 * quarter, quarter)
    assert [*[4] * 72, 0] == processed(past.seen("days", 80 * 3600))


def test_samples_of_the_future(past: Past, redis_client: redis.Redis) -> None:
    """A clock that was put back leaves samples that are not reckoned with."""
    redis_client.rpush("resque:history:minutes", f"{_START + 999_999} 5 5", f"{_START} 7 0")
    past.at(60, 9)

    assert [None, 2, 0] == processed(past.seen("hour", 60))[-3:]


@pytest.mark.parametrize("garbage", [b"", b"\xff", b"1 2", b"{}", b"-1 -1 -1", b"0 0 0"])
def test_garbage(past: Past, redis_client: redis.Redis, garbage: bytes) -> None:
    """What others leave among the samples breaks no chart."""
    redis_client.rpush("resque:history:minutes", garbage)
    redis_client.rpush("resque:history:quarters", garbage)
    past.at(0, 1)
    past.at(60, 3)

    assert [2, 0] == processed(past.seen("hour", 60))[-2:]


# Rates


def test_rates(store: Store) -> None:
    """What ended and how the queue grew since some minutes ago tell how fast jobs come and go."""
    store.queues.push_many("mail", [b"x"] * 100)
    store.queues.push_many("low", [b"x"] * 10)
    store.commander.pipe(store.history.finishing("mail") * 40)
    store.history.sample(_START)
    store.commander.pipe(store.history.finishing("mail") * 60)
    sizes = {"mail": 80, "low": 70, "new": 6, "emptied": 0}

    found = rates(store, sizes, now=_START + 120)

    assert {
        "mail": QueueRate(20.0, 30.0),
        "low": QueueRate(30.0, 0.0),
        "new": QueueRate(3.0, 0.0),
        "emptied": QueueRate(0.0, 0.0),
    } == found


def test_rates_of_others(store: Store) -> None:
    """Where other clients take the jobs, nothing comes less than never."""
    store.queues.push_many("ruby", [b"x"] * 100)
    store.history.sample(_START)

    assert {"ruby": QueueRate(0.0, 0.0)} == rates(store, {"ruby": 10}, now=_START + 60)


def test_rates_after_a_reset(store: Store) -> None:
    """A queue that was removed and came back is counted from zero."""
    store.commander.pipe(store.history.finishing("mail") * 40)
    store.queues.push("mail", b"x")
    store.history.sample(_START)
    store.queues.remove("mail")
    store.commander.pipe(store.history.finishing("mail") * 6)

    assert {"mail": QueueRate(5.0, 6.0)} == rates(store, {"mail": 0}, now=_START + 60)


@pytest.mark.parametrize("seconds", [-100, 0, 9])
def test_no_rates_yet(store: Store, seconds: int) -> None:
    """Without anything to compare with, or but a moment ago, there is no rate."""
    assert {"mail": None} == rates(store, {"mail": 5}, now=_START)
    store.history.sample(_START)

    assert {"mail": None} == rates(store, {"mail": 5}, now=_START + seconds)


def test_rates_of_too_many_queues(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue that the snapshot had no place for has no rate."""
    monkeypatch.setattr("django_resque.store.history.MOST_QUEUES", 2)
    monkeypatch.setattr("django_resque.monitor.history.MOST_QUEUES", 2)
    for queue in ("a", "b", "c"):
        store.queues.push(queue, b"x")
    store.history.sample(_START)

    found = rates(store, {"a": 2, "c": 2}, now=_START + 60)

    assert {"a": QueueRate(1.0, 0.0), "c": None} == found


def test_round_trips(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chart costs one round trip, all rates two."""
    store.history.sample()
    trips: list[Any] = []
    real = store.commander.exchange

    def exchange(commands: Any) -> list[Any]:
        trips.append(commands)
        return real(commands)

    monkeypatch.setattr(store.commander, "exchange", exchange)

    history(store, "day")
    assert 1 == len(trips)
    rates(store, {"mail": 1, "low": 2})
    assert 2 == len(trips)
    rates(store, {"mail": 1, "low": 2}, now=store.workers.now() + 60)
    assert 5 == len(trips)
