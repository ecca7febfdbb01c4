"""All that match are retried or removed, step by step, and nothing else ever is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from django_resque.control.sweeping import Progress, sweep
from django_resque.exceptions import DecodeError, InvalidQueueName, StoreUnavailable
from django_resque.reading.failure_filter import FailureFilter
from django_resque.reading.failures import FailureRow
from django_resque.store.failures import Failures
from tests.records import record

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from django_resque.control.sweeping import Verb
    from django_resque.store import Store
    from tests.trips import Trips

ALL = FailureFilter()


def fill(client: redis.Redis, numbers: range, job: str = "a") -> None:
    """Append numbered failures, many at once."""
    pattern = record(job, "NUMBER")
    pipeline = client.pipeline(transaction=False)
    for start in range(0, len(numbers), 10_000):
        part = numbers[start : start + 10_000]
        pipeline.rpush("resque:failed", *(pattern.replace(b'"NUMBER"', b"%d" % n) for n in part))
    pipeline.execute()


def pushed(client: redis.Redis, queue: str = "mail") -> list[int]:
    """Return the numbers of the jobs in a queue."""
    found: Any = client.lrange(f"resque:queue:{queue}", 0, -1)
    return [json.loads(raw)["args"][0] for raw in found]


def kept(client: redis.Redis) -> list[tuple[int, bool]]:
    """Return the numbers of the failures that are there, and whether they were retried."""
    found: Any = client.lrange("resque:failed", 0, -1)
    rows = [FailureRow.read("failed", 0, raw) for raw in found]
    return [(row.payload.args[0], bool(row.retried_at)) for row in rows if row.payload]


def swept(
    store: Store, verb: Verb, matching: FailureFilter = ALL, **options: Any
) -> list[Progress]:
    """Sweep to the end, and return what each step told."""
    steps = [sweep(store, verb, "failed", matching, **options)]
    while steps[-1].cursor:
        steps.append(
            sweep(store, verb, "failed", matching, **{**options, "cursor": steps[-1].cursor})
        )
    return steps


def test_retry(resque_store: Store, redis_client: redis.Redis) -> None:
    """The oldest is retried first, each is marked, and what was retried already is left out."""
    fill(redis_client, range(500))
    redis_client.rpush("resque:failed", record("a", 500, retried_at="x"), b"{oops")

    (progress,) = swept(resque_store, "retry", seconds=float("inf"))

    assert Progress(500, 1, 502, 502, None) == progress
    assert [*range(500)] == pushed(redis_client)
    assert [(number, True) for number in range(501)] == kept(redis_client)


def test_remove(resque_store: Store, redis_client: redis.Redis) -> None:
    """All go, also what cannot be read."""
    fill(redis_client, range(500))
    redis_client.rpush("resque:failed", record("a", 500, retried_at="x"), b"{oops")

    (progress,) = swept(resque_store, "remove", seconds=float("inf"))

    assert Progress(502, 0, 502, 502, None) == progress
    assert [] == kept(redis_client)
    assert not redis_client.exists("resque:queue:mail")


@pytest.mark.parametrize("verb", ["retry", "remove"])
def test_steps(resque_store: Store, redis_client: redis.Redis, verb: Verb) -> None:
    """Each step goes on where the one before has ended, and tells how far all have come."""
    for number in range(30):
        fill(redis_client, range(number * 30, number * 30 + 30), "ab"[number % 2])

    steps = swept(resque_store, verb, FailureFilter(job="a"), seconds=0.0)

    assert [200, 400, 600, 800, 900] == [each.examined for each in steps]
    assert [900] * 5 == [each.total for each in steps]
    assert sorted(each.done for each in steps) == [each.done for each in steps]
    assert 450 == steps[-1].done
    if verb == "retry":
        assert [number for number in range(900) if number // 30 % 2 == 0] == pushed(redis_client)
    else:
        expected = [(number, False) for number in range(900) if number // 30 % 2]
        assert expected == kept(redis_client)


@pytest.mark.parametrize("verb", ["retry", "remove"])
def test_limit(resque_store: Store, redis_client: redis.Redis, verb: Verb) -> None:
    """A step looks at no more than it may."""
    fill(redis_client, range(900))

    steps = swept(resque_store, verb, seconds=float("inf"), limit=350)

    assert [(350, 350), (700, 700), (900, 900)] == [(each.examined, each.done) for each in steps]


def test_retry_what_was_retried(resque_store: Store, redis_client: redis.Redis) -> None:
    """Only who asks for those that were retried has them retried again."""
    redis_client.rpush("resque:failed", record("a", 1, retried_at="x"), record("a", 2))

    swept(resque_store, "retry", FailureFilter(state="retried"), to="again")

    assert ([1], []) == (pushed(redis_client, "again"), pushed(redis_client))


def test_to_another_queue(resque_store: Store, redis_client: redis.Redis) -> None:
    """All can go to a queue of one's choice, if it is one."""
    fill(redis_client, range(3))

    with pytest.raises(InvalidQueueName):
        sweep(resque_store, "retry", "failed", ALL, to="a b")
    swept(resque_store, "retry", to="slow")

    assert ([0, 1, 2], []) == (pushed(redis_client, "slow"), pushed(redis_client))


def test_refused(resque_store: Store, redis_client: redis.Redis) -> None:
    """What cannot be retried, whatever the reason, is counted and stays as it is."""
    redis_client.set("resque:queue:broken", "no list")
    refused = [
        record("a", queue=""),
        record(payload=None),
        record(payload={"class": "a", "args": ["\ud800"]}),
        record("a", queue="broken"),
    ]
    redis_client.rpush("resque:failed", *refused)
    fill(redis_client, range(2))

    progress = swept(resque_store, "retry", seconds=0.0)[-1]

    assert Progress(2, 4, 6, 6, None) == progress
    assert refused == redis_client.lrange("resque:failed", 0, 3)
    assert [0, 1] == pushed(redis_client)


@pytest.mark.parametrize("verb", ["retry", "remove"])
def test_what_fails_meanwhile(resque_store: Store, redis_client: redis.Redis, verb: Verb) -> None:
    """What comes after the beginning is no part of it, or it might never end."""
    fill(redis_client, range(500))
    first = sweep(resque_store, verb, "failed", ALL, seconds=0.0)
    fill(redis_client, range(500, 900))

    last = swept(resque_store, verb, seconds=0.0, cursor=first.cursor)[-1]

    assert Progress(500, 0, 500, 500, None) == last
    assert [(number, False) for number in range(500, 900)] == kept(redis_client)[-400:]


def test_retry_while_older_ones_are_removed(resque_store: Store, redis_client: redis.Redis) -> None:
    """A removal of others leaves none out, and makes none of those that come later part of it."""
    fill(redis_client, range(900))
    first = sweep(resque_store, "retry", "failed", ALL, seconds=0.0)
    fill(redis_client, range(900, 1200))
    redis_client.lpop("resque:failed", 150)

    last = swept(resque_store, "retry", seconds=0.0, cursor=first.cursor)[-1]

    assert Progress(900, 0, 750, 750, None) == last
    assert [*range(900)] == pushed(redis_client)


def test_retry_when_the_newest_is_gone(resque_store: Store, redis_client: redis.Redis) -> None:
    """If even the last one was removed meanwhile, it ends with the list at the latest."""
    fill(redis_client, range(500))
    first = sweep(resque_store, "retry", "failed", ALL, seconds=0.0)
    redis_client.rpop("resque:failed", 100)

    last = swept(resque_store, "retry", seconds=0.0, cursor=first.cursor)[-1]

    assert Progress(400, 0, 400, 400, None) == last


@pytest.mark.parametrize("verb", ["retry", "remove"])
def test_of_what_is_cleared_meanwhile(
    resque_store: Store, redis_client: redis.Redis, verb: Verb
) -> None:
    """Where nothing is left there is nothing to do."""
    fill(redis_client, range(500))
    first = sweep(resque_store, verb, "failed", ALL, seconds=0.0)
    redis_client.delete("resque:failed")

    assert swept(resque_store, verb, seconds=0.0, cursor=first.cursor)[-1].done == 200


@pytest.mark.parametrize("verb", ["retry", "remove"])
@pytest.mark.parametrize("name", ["none", "broken"])
def test_of_nothing(resque_store: Store, redis_client: redis.Redis, verb: Verb, name: str) -> None:
    """An empty list, or what is none, is over at once."""
    redis_client.set("resque:broken", "no list")

    assert Progress(0, 0, 0, 0, None) == sweep(resque_store, verb, name, ALL)


def interfering(monkeypatch: pytest.MonkeyPatch, interfere: Callable[[], object]) -> None:
    """Let somebody else do something between a step's reading and its changes, once."""
    change, at_once = Failures.change, [interfere]

    def changing(self: Failures, *args: Any) -> Any:
        while at_once:
            at_once.pop()()
        return change(self, *args)

    monkeypatch.setattr(Failures, "change", changing)


@pytest.mark.parametrize("verb", ["retry", "remove"])
def test_records_that_move(
    resque_store: Store, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch, verb: Verb
) -> None:
    """What was moved by a removal just then is found where it is; what was removed is not."""
    fill(redis_client, range(100))
    interfering(monkeypatch, lambda: redis_client.lpop("resque:failed", 10))

    progress = sweep(resque_store, verb, "failed", ALL)

    assert (90, 0) == (progress.done, progress.refused)
    assert [*range(10, 100)] == pushed(redis_client) or verb == "remove"
    assert [number for number, marked in kept(redis_client) if not marked] == []


def test_moved_and_refused(
    resque_store: Store, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has moved can be refused as well."""
    redis_client.set("resque:queue:broken", "no list")
    redis_client.rpush("resque:failed", record("b"), record("a", 1, queue="broken"), record("a", 2))
    interfering(monkeypatch, lambda: redis_client.lpop("resque:failed"))

    progress = sweep(resque_store, "retry", "failed", ALL)

    assert (1, 1) == (progress.done, progress.refused)


def test_two_at_once(
    resque_store: Store, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two who retry everything, neither retries what the other has."""
    fill(redis_client, range(100))
    other: list[Progress] = []
    interfering(
        monkeypatch,
        lambda: other.append(
            sweep(resque_store, "retry", "failed", FailureFilter(state="waiting"), limit=60)
        ),
    )

    progress = sweep(resque_store, "retry", "failed", ALL)

    assert [60, 40] == [other[0].done, progress.done]
    assert sorted(range(100)) == sorted(pushed(redis_client))


def test_full_server(resque_store: Store, redis_client: redis.Redis) -> None:
    """A server without memory retries nothing, and says so."""
    fill(redis_client, range(3))
    redis_client.config_set("maxmemory", "1")
    try:
        with pytest.raises(StoreUnavailable):
            sweep(resque_store, "retry", "failed", ALL)
    finally:
        redis_client.config_set("maxmemory", "0")

    assert [(0, False), (1, False), (2, False)] == kept(redis_client)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "remove-1-2-0-0-",
        "retry-1-2-0-0",
        "retry--1-2-0-0-",
        "retry-1-2-0-0-G",
        "retry-9999999999999999-1-0-0-",
        "retry-1-2-0-0-\ud800",
    ],
)
def test_foreign_cursor(resque_store: Store, cursor: str) -> None:
    """What is no cursor of this verb is refused."""
    with pytest.raises(DecodeError):
        sweep(resque_store, "retry", "failed", ALL, cursor=cursor)


def test_forged_cursor(resque_store: Store, redis_client: redis.Redis) -> None:
    """A position beyond the end has nothing to do."""
    fill(redis_client, range(3))

    for cursor in ("retry-9-9-0-0-", "retry-5-9-0-0-abc"):
        assert sweep(resque_store, "retry", "failed", ALL, cursor=cursor).cursor is None
    assert [] == pushed(redis_client)


@pytest.mark.parametrize("verb", ["retry", "remove"])
def test_of_a_long_list(
    resque_store: Store, redis_client: redis.Redis, trips: Trips, verb: Verb
) -> None:
    """However many there are, a step reads a few and changes them in one go."""
    fill(redis_client, range(100_000))
    size = len(record("a", 99_999))

    first = sweep(resque_store, verb, "failed", ALL, seconds=0.0)
    assert (200, 200, 100_000) == (first.examined, first.done, first.total)
    assert trips.received() < 200 * size + 10_000
    rest = sweep(resque_store, verb, "failed", ALL, limit=5000, seconds=99, cursor=first.cursor)

    assert (5200, 5200) == (rest.examined, rest.done)
    assert trips.count() <= 51
    if verb == "retry":
        assert [*range(5200)] == pushed(redis_client)
    else:
        assert 94_800 == redis_client.llen("resque:failed")


def test_in_the_middle_of_a_long_list(resque_store: Store, redis_client: redis.Redis) -> None:
    """A few that match among many are found and removed, and no others."""
    fill(redis_client, range(5000))
    wanted = FailureFilter(text="[25", job="a")

    swept(resque_store, "remove", wanted)

    gone = [number for number in range(5000) if str(number).startswith("25")]
    assert [(number, False) for number in range(5000) if number not in gone] == kept(redis_client)


def test_windows_are_small(resque_store: Store, redis_client: redis.Redis, trips: Trips) -> None:
    """Failures of ten megabytes are read one by one."""
    for _ in range(3):
        redis_client.rpush("resque:failed", record("a", 1, error="x" * 10_000_000))

    (first, *others) = swept(resque_store, "retry", seconds=0.0)

    assert (1, 3) == (first.examined, len(others) + 1)
    assert 3 == len(pushed(redis_client))
