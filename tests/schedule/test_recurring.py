"""What recurs is enqueued once for each time that it is due, whoever is the master."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import signals
from django_resque.schedule.recurring import GRACE, Recurrence
from django_resque.wire.schedule import ScheduleEntry, ScheduleRun

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store

START = 1795802400  # 2026-11-27 18:00:00 UTC
OFTEN = ScheduleEntry("often", "Tidy", every="60s", queue="low", args=[1])
NIGHTLY = ScheduleEntry("nightly", "Tidy", cron="0 3 * * *", timezone="UTC", queue="low")
NONE: frozenset[str] = frozenset()


def loaded(store: Store, master: str, *fixed: ScheduleEntry) -> Recurrence:
    """Return what recurs, read."""
    recurrence = Recurrence(store, master, fixed)
    recurrence.load()
    return recurrence


def waiting(client: redis.Redis, queue: str = "low") -> list[dict[str, Any]]:
    """Return the payloads in a queue."""
    return [json.loads(raw) for raw in client.lrange(f"resque:queue:{queue}", 0, -1)]


def history(store: Store, name: str) -> list[tuple[str, int]]:
    """Return kind and time of the runs of a schedule, the newest first."""
    runs = [ScheduleRun.decode(raw) for raw in store.schedules.runs([name])[0]]
    return [(run.kind, run.due - START) for run in runs]


def test_a_new_entry_begins_now(store: Store, redis_client: redis.Redis, master: str) -> None:
    """Nothing is enqueued for the time before; each later time is, once."""
    recurrence = loaded(store, master, OFTEN)

    assert START + 60 == recurrence.enqueue_due(START + 0.5, NONE)
    assert START + 60 == recurrence.enqueue_due(START + 59.9, NONE)
    assert [] == waiting(redis_client)
    assert START + 120 == recurrence.enqueue_due(START + 60.1, NONE)
    assert START + 120 == recurrence.enqueue_due(START + 60.2, NONE)
    (payload,) = waiting(redis_client)
    assert ("Tidy", [1]) == (payload["class"], payload["args"])
    assert START + 60.1 == payload["queue_time"]
    assert [("enqueued", 60)] == history(store, "often")
    assert "2026-11-27 18:01:00 +0000" == store.schedules.last_enqueued()["often"]


def test_the_next_master_goes_on(store: Store, redis_client: redis.Redis, master: str) -> None:
    """It knows from Redis what the one before has seen to, and what it has not."""
    loaded(store, master, OFTEN).enqueue_due(START, NONE)
    loaded(store, master, OFTEN).enqueue_due(START + 60, NONE)
    loaded(store, master, OFTEN).enqueue_due(START + 61, NONE)
    assert 1 == len(waiting(redis_client))

    loaded(store, master, OFTEN).enqueue_due(START + 121, NONE)
    assert [("enqueued", 120), ("enqueued", 60)] == history(store, "often")


def test_two_masters_at_once(store: Store, redis_client: redis.Redis, master: str) -> None:
    """Even if both believe it, one time is enqueued once."""
    one, other = loaded(store, master, OFTEN), loaded(store, master, OFTEN)
    for second in range(0, 301, 20):
        one.enqueue_due(START + second, NONE)
        other.enqueue_due(START + second + 1, NONE)

    assert [("enqueued", second) for second in (300, 240, 180, 120, 60)] == history(store, "often")
    assert 5 == len(waiting(redis_client))


def test_who_is_not_the_master_enqueues_nothing(
    store: Store, redis_client: redis.Redis, master: str
) -> None:
    """The lock is compared in the step itself."""
    recurrence = loaded(store, master, OFTEN)
    recurrence.enqueue_due(START, NONE)
    store.schedules.release(master)
    store.schedules.look("other:2", 60)

    assert START + 60 == recurrence.enqueue_due(START + 60, NONE)
    assert [] == waiting(redis_client)


@pytest.mark.parametrize(
    ("missed", "late", "expected"),
    [
        ("once", GRACE + 1, [("enqueued", 32_400)]),
        ("skip", GRACE + 1, [("missed", 32_400)]),
        ("skip", GRACE - 1, [("enqueued", 32_400)]),
        ("once", 86_400 * 3 + 5, [("enqueued", 32_400 + 86_400 * 3)]),
        ("skip", 86_400 * 3 + 500, [("missed", 32_400 + 86_400 * 3)]),
    ],
)
def test_missed_runs(
    store: Store, master: str, missed: Any, late: float, expected: list[tuple[str, int]]
) -> None:
    """What nobody saw to is made up for once, or left, as the entry says."""
    recurrence = loaded(store, master, replace(NIGHTLY, missed=missed))
    assert START + 32_400 == recurrence.enqueue_due(START, NONE)

    after = recurrence.enqueue_due(START + 32_400 + late, NONE)

    assert expected == history(store, "nightly")
    assert after == START + expected[0][1] + 86_400


def test_overlap(store: Store, redis_client: redis.Redis, master: str) -> None:
    """While the run before waits or is performed, the next is skipped; then it is not."""
    recurrence = loaded(store, master, replace(OFTEN, overlap="skip"))
    recurrence.enqueue_due(START, NONE)
    recurrence.enqueue_due(START + 60, NONE)
    recurrence.enqueue_due(START + 120, NONE)
    assert [("overlapped", 120), ("enqueued", 60)] == history(store, "often")

    raw = redis_client.lpop("resque:queue:low")
    assert isinstance(raw, bytes)
    claim = b'{"queue":"low","run_at":"x","payload":%b}' % raw
    redis_client.sadd("resque:workers", "host:1:low")
    redis_client.set("resque:worker:host:1:low", claim)
    recurrence.enqueue_due(START + 180, NONE)
    assert ("overlapped", 180) == history(store, "often")[0]

    redis_client.delete("resque:worker:host:1:low")
    recurrence.enqueue_due(START + 240, NONE)
    assert ("enqueued", 240) == history(store, "often")[0]


def test_overlap_is_allowed_by_default(store: Store, master: str) -> None:
    """Then each time is a run."""
    recurrence = loaded(store, master, OFTEN)
    for second in (0, 60, 120):
        recurrence.enqueue_due(START + second, NONE)

    assert [("enqueued", 120), ("enqueued", 60)] == history(store, "often")


def test_off_and_on(store: Store, redis_client: redis.Redis, master: str) -> None:
    """While off nothing is enqueued, nor made up for afterwards; it goes on from being on."""
    recurrence = loaded(store, master, OFTEN)
    recurrence.enqueue_due(START, NONE)
    store.schedules.switch_off("often")
    recurrence.enqueue_due(START + 60, frozenset({"often"}))
    recurrence.enqueue_due(START + 200, frozenset({"often"}))
    assert [] == waiting(redis_client)

    store.schedules.switch_on("often")
    assert START + 270 == recurrence.enqueue_due(START + 210, NONE)
    recurrence.enqueue_due(START + 270, NONE)
    assert [("enqueued", 270)] == history(store, "often")


def test_switched_off_in_the_last_moment(
    store: Store, redis_client: redis.Redis, master: str
) -> None:
    """The step itself looks as well."""
    recurrence = loaded(store, master, OFTEN)
    recurrence.enqueue_due(START, NONE)
    store.schedules.switch_off("often")

    recurrence.enqueue_due(START + 60, NONE)
    assert [] == waiting(redis_client)


def test_disabled_in_the_settings(store: Store, redis_client: redis.Redis, master: str) -> None:
    """It is known and never enqueued."""
    recurrence = loaded(store, master, replace(OFTEN, enabled=False))
    for second in (0, 60, 500):
        recurrence.enqueue_due(START + second, NONE)

    assert 1 == len(recurrence)
    assert [] == waiting(redis_client)


def test_another_rule_begins_anew(store: Store, redis_client: redis.Redis, master: str) -> None:
    """What the new rule would have been due in the past was not missed."""
    loaded(store, master, NIGHTLY).enqueue_due(START, NONE)
    changed = replace(NIGHTLY, cron="* * * * *")

    assert START + 50_000 - 50_000 % 60 + 60 == loaded(store, master, changed).enqueue_due(
        START + 50_000, NONE
    )
    assert [] == waiting(redis_client)


def test_what_ruby_enqueued_is_not_enqueued_again(
    store: Store, redis_client: redis.Redis, master: str
) -> None:
    """If its scheduler was the master in between, its note of the last run counts."""
    loaded(store, master, NIGHTLY).enqueue_due(START, NONE)
    text = "2026-11-28 04:00:00 +0100"
    redis_client.hset("resque:delayed:last_enqueued_at", "nightly", text)

    after = loaded(store, master, NIGHTLY).enqueue_due(START + 32_410, NONE)
    assert START + 32_400 + 86_400 == after
    assert [] == waiting(redis_client)


def test_dynamic_entries(
    store: Store, redis_client: redis.Redis, master: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Those of Redis are followed beside those of the settings; garbage is told of."""
    store.schedules.set("mine", replace(OFTEN, name="mine").encode())
    store.schedules.set("broken", b"{oops")
    store.schedules.set("never", b'{"cron":"0 0 30 2 *","class":"X","queue":"q"}')
    store.schedules.set("nowhere", b'{"every":"5m","class":"Nobody"}')
    store.schedules.set("nightly", OFTEN.encode())

    recurrence = loaded(store, master, NIGHTLY)

    assert 2 == len(recurrence)
    for name in ("broken", "never", "nowhere", "nightly"):
        assert f"Schedule {name} cannot be followed" in caplog.text
    recurrence.enqueue_due(START, NONE)
    assert START + 120 == recurrence.enqueue_due(START + 60, NONE)
    assert [("enqueued", 60)] == history(store, "mine")


def test_a_refused_push_is_tried_again(
    store: Store, redis_client: redis.Redis, master: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A time is not lost because its queue could not take it then."""
    recurrence = loaded(store, master, OFTEN)
    recurrence.enqueue_due(START, NONE)
    redis_client.set("resque:queue:low", "x")
    again = recurrence.enqueue_due(START + 60, NONE)
    assert "WRONGTYPE" in caplog.text

    redis_client.delete("resque:queue:low")
    assert again
    recurrence.enqueue_due(again, NONE)
    assert [("enqueued", 60)] == history(store, "often")


def test_watchers_are_told(store: Store, master: str) -> None:
    """The signal is that of any other enqueueing."""
    told: list[object] = []

    def receive(queue: str, payloads: list[Any], **_: object) -> None:
        told.append((queue, [payload.args for payload in payloads]))

    signals.job_enqueued.connect(receive)
    recurrence = loaded(store, master, OFTEN)
    recurrence.enqueue_due(START, NONE)
    recurrence.enqueue_due(START + 60, NONE)
    signals.job_enqueued.disconnect(receive)

    assert [("low", [[1]])] == told


def test_nothing_recurs(store: Store, master: str) -> None:
    """Then nothing is ever due."""
    recurrence = loaded(store, master)

    assert recurrence.enqueue_due(START, NONE) is None
    assert recurrence.loaded
    recurrence.forget()
    assert not recurrence.loaded
