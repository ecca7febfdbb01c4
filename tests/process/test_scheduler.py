"""A scheduler wakes when something is due, leads or stands by, and loses nothing by its death."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from signal import SIGCONT, SIGKILL, SIGQUIT, SIGSTOP, SIGTERM, SIGUSR2
from typing import TYPE_CHECKING

import pytest

from django_resque import wiring
from django_resque.process.forking import fork
from django_resque.process.scheduler import Scheduler
from django_resque.process.worker import EXIT_DENIED
from django_resque.schedule import leader
from django_resque.store import Store
from django_resque.store.commander import Commander
from django_resque.wire.schedule import ScheduleEntry, ScheduleRun
from tests.e2e.running import title
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    import redis

    from django_resque.store.commander import Command
    from tests.conftest import Configure

KILLS = int(os.environ.get("RESQUE_SCHEDULER_KILLS", "12"))
"""Kills in the test of random ones: a few by default, hundreds for a long run."""
LOCK = "resque:resque:resque_scheduler_master_lock"
SECONDLY = ScheduleEntry("secondly", "Tidy", every="1s", queue="low")


class Scheduling:
    """A scheduler in a process of its own."""

    def __init__(self, *fixed: ScheduleEntry, die_after: int | None = None) -> None:
        """Start it; it kills itself after ``die_after`` half exchanges with Redis."""

        def run() -> int:
            wiring.disconnect()
            link = wiring.link()
            commander = link if die_after is None else Dying(link, die_after)
            return Scheduler(fixed, store=Store(commander, "resque"), link=link).run()

        self.pid = fork(run, on_parent_death=SIGKILL, opens_mailbox=True)
        self._status: int | None = None

    @property
    def title(self) -> str:
        """Its process title."""
        return title(self.pid)

    def await_title(self, part: str) -> None:
        """Wait until its title has this in it."""
        eventually(lambda: part in self.title, message=f"title never had {part!r}")

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def ended(self) -> bool:
        """Tell whether it has ended."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._status = os.waitstatus_to_exitcode(status) if pid else None
        return self._status is not None

    def wait(self) -> int:
        """Wait for its end and return its exit code."""
        eventually(self.ended, 10.0, "the scheduler did not end")
        assert self._status is not None
        return self._status

    def kill(self) -> None:
        """Kill it, unless it has ended."""
        if not self.ended():
            with suppress(ProcessLookupError):
                self.signal(SIGKILL)
            self.wait()


class Dying(Commander):
    """Carries out some exchanges, and dies before the next is sent or before it is heard of."""

    def __init__(self, link: Commander, after: int) -> None:
        """Die in the exchange that is half of ``after``: before it if that is even, or after."""
        self._link = link
        self._left = (after + 1) // 2
        self._before = after % 2 == 0

    def exchange(self, commands: Sequence[Command]) -> list[Any]:
        """Carry out, and die when it is time."""
        self._left -= 1
        if self._left == 0 and self._before:
            os.kill(os.getpid(), SIGKILL)
        replies = self._link.exchange(commands)
        if self._left == 0:
            os.kill(os.getpid(), SIGKILL)
        return replies

    def close(self) -> None:
        """Close what is open."""
        self._link.close()


@pytest.fixture(autouse=True)
def _settings(resque_settings: Configure) -> None:
    """Lead to the private server."""
    del resque_settings


@pytest.fixture
def start() -> Iterator[Callable[..., Scheduling]]:
    """Start schedulers that end with the test."""
    started: list[Scheduling] = []

    def start(*fixed: ScheduleEntry, **options: Any) -> Scheduling:
        started.append(Scheduling(*fixed, **options))
        return started[-1]

    yield start
    for scheduling in started:
        with suppress(ProcessLookupError):
            scheduling.signal(SIGCONT)
        scheduling.kill()


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a dead master be replaced within a second."""
    monkeypatch.setattr(leader, "TTL", 0.6)
    monkeypatch.setattr("django_resque.process.scheduler.RENEW", 0.2)


def item(number: int) -> bytes:
    """Return an item as Ruby writes it."""
    return b'{"class":"Mailer","args":[%d],"queue":"high"}' % number


def waiting(client: redis.Redis, queue: str = "high") -> list[Any]:
    """Return the arguments of the jobs in a queue."""
    return [json.loads(raw)["args"] for raw in client.lrange(f"resque:queue:{queue}", 0, -1)]


def test_what_is_due_goes(
    start: Callable[..., Scheduling], store: Store, redis_client: redis.Redis
) -> None:
    """At its start, and whenever an earlier item is laid by while it waits for a later one."""
    store.delayed.push_many([(item(1), 10), (item(2), int(time.time()) + 3600)])
    scheduler = start()
    eventually(lambda: waiting(redis_client) == [[1]])
    scheduler.await_title("resque-scheduler-")
    scheduler.await_title("Master scheduler of 0 schedules")

    begin = time.monotonic()
    store.delayed.push(item(3), 10)
    eventually(lambda: waiting(redis_client) == [[1], [3]])
    # Announced, and not found by the timed look.
    assert time.monotonic() - begin < leader.RENEW / 2
    assert 1 == store.delayed.timestamp_count()

    scheduler.signal(SIGQUIT)
    assert 0 == scheduler.wait()
    assert not redis_client.exists(LOCK)


def test_it_wakes_at_the_due_time(
    start: Callable[..., Scheduling], store: Store, redis_client: redis.Redis
) -> None:
    """Neither before, nor much later."""
    scheduler = start()
    scheduler.await_title("Master")
    due = int(time.time()) + 2
    store.delayed.push(item(1), due)

    eventually(lambda: waiting(redis_client))
    assert due <= time.time() < due + 0.5


def test_it_rests_while_nothing_is_due(
    start: Callable[..., Scheduling], store: Store, redis_client: redis.Redis
) -> None:
    """It asks Redis no more often than it must to keep its lock."""
    store.delayed.push(item(1), int(time.time()) + 3600)
    scheduler = start(ScheduleEntry("nightly", "Tidy", cron="0 3 * * *", queue="low"))
    scheduler.await_title("Master scheduler of 1 schedules")
    redis_client.config_resetstat()
    asked = Counter[str]()

    def looked_twice() -> bool:
        stats = redis_client.info("commandstats")
        asked["evalsha"] = int(stats.get("cmdstat_evalsha", {}).get("calls", 0))
        return asked["evalsha"] >= 3

    begin = time.monotonic()
    eventually(looked_twice)
    assert time.monotonic() - begin > leader.RENEW


def test_recurring_jobs(
    start: Callable[..., Scheduling], store: Store, redis_client: redis.Redis
) -> None:
    """Those of the settings, and those that are set while it runs, within a moment."""
    scheduler = start(SECONDLY)
    eventually(lambda: len(waiting(redis_client, "low")) >= 2)
    store.schedules.set("mine", b'{"every":"1s","class":"Mine","queue":"mine","args":[7]}')

    eventually(lambda: [7] in waiting(redis_client, "mine"))
    assert not redis_client.exists("resque:schedules_changed")
    scheduler.await_title("Master scheduler of 2 schedules")
    store.schedules.remove("mine")
    scheduler.await_title("Master scheduler of 1 schedules")


def test_pause_and_resume(
    start: Callable[..., Scheduling], store: Store, redis_client: redis.Redis
) -> None:
    """A paused scheduler gives the lock up and moves nothing until it goes on."""
    scheduler = start()
    scheduler.await_title("Master")
    scheduler.signal(SIGUSR2)
    scheduler.await_title("Paused")
    assert not redis_client.exists(LOCK)
    store.delayed.push(item(1), 10)

    other = start()
    eventually(lambda: waiting(redis_client) == [[1]])
    scheduler.signal(SIGCONT)
    scheduler.await_title("Standby scheduler")
    other.signal(SIGTERM)
    assert 0 == other.wait()
    scheduler.await_title("Master")


def test_rubys_master_is_respected(
    start: Callable[..., Scheduling], store: Store, redis_client: redis.Redis
) -> None:
    """While its scheduler leads, ours stands by, and leads as soon as the lock is given up."""
    redis_client.set(LOCK, "localhost:23737", ex=180)
    store.delayed.push(item(1), 10)
    scheduler = start()
    scheduler.await_title("Standby scheduler, the master is localhost:23737")
    assert [] == waiting(redis_client)

    redis_client.delete(LOCK)
    eventually(lambda: waiting(redis_client) == [[1]], timeout=leader.RENEW)


def test_a_killed_master_is_replaced(
    start: Callable[..., Scheduling], store: Store, redis_client: redis.Redis
) -> None:
    """Within the seconds that its lock lasts, with nobody telling."""
    master = start()
    master.await_title("Master")
    standby = start()
    standby.await_title("Standby")
    begin = time.monotonic()
    master.kill()
    store.delayed.push(item(1), 10)

    eventually(lambda: waiting(redis_client) == [[1]], timeout=leader.TTL + 3)
    assert time.monotonic() - begin < leader.TTL + 2
    standby.await_title("Master")


def test_a_frozen_master_comes_too_late(
    brief: None, start: Callable[..., Scheduling], store: Store, redis_client: redis.Redis
) -> None:
    """One that slept through its lock's end finds another in its place, and doubles nothing."""
    frozen = start(SECONDLY)
    frozen.await_title("Master")
    frozen.signal(SIGSTOP)
    other = start(SECONDLY)
    other.await_title("Master")
    store.delayed.push_many((item(number), 10) for number in range(500))
    frozen.signal(SIGCONT)

    frozen.await_title("Standby")
    eventually(lambda: len(waiting(redis_client)) == 500)
    assert sorted([number] for number in range(500)) == sorted(waiting(redis_client))
    assert_no_run_twice(store, redis_client)


def test_a_broken_connection_is_opened_anew(
    start: Callable[..., Scheduling], store: Store, redis_client: redis.Redis
) -> None:
    """The scheduler goes on, even if all in Redis is gone, and is told of pushes as before."""
    scheduler = start(SECONDLY)
    scheduler.await_title("Master")
    redis_client.flushall()
    redis_client.client_kill_filter(skipme=True)
    store.delayed.push(item(1), 10)

    eventually(lambda: waiting(redis_client) == [[1]])
    eventually(lambda: waiting(redis_client, "low"))
    scheduler.signal(SIGQUIT)
    assert 0 == scheduler.wait()


def test_denied_credentials(start: Callable[..., Scheduling], resque_settings: Configure) -> None:
    """A wrong password ends it with one clear line, for waiting would not help."""
    resque_settings(USERNAME="nobody", PASSWORD="wrong")

    assert EXIT_DENIED == start().wait()


@pytest.mark.parametrize("boundary", range(1, 17))
def test_death_at_every_boundary(
    boundary: int, brief: None, start: Callable[..., Scheduling], store: Store,
    redis_client: redis.Redis,
) -> None:  # fmt: skip
    """Whichever exchange it dies before or after, the next one loses and doubles nothing."""
    store.delayed.push_many((item(number), 10 + number // 150) for number in range(300))
    first = start(SECONDLY, die_after=boundary)
    first.wait()

    start(SECONDLY)
    eventually(lambda: store.delayed.timestamp_count() == 0)
    assert [[number] for number in range(300)] == waiting(redis_client)
    eventually(lambda: waiting(redis_client, "low"))
    assert_no_run_twice(store, redis_client)


@pytest.mark.timeout(120 + 2 * KILLS)
def test_kills_at_random(
    brief: None, start: Callable[..., Scheduling], store: Store, redis_client: redis.Redis
) -> None:
    """Two schedulers, one or the other killed again and again: every item arrives once."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 to repeat a failing run
    chance = random.Random(seed)
    total = 400 * KILLS
    both = [start(SECONDLY), start(SECONDLY)]
    for number in range(KILLS):
        chunk = range(400 * number, 400 * (number + 1))
        store.delayed.push_many((item(each), 10 + each % 7) for each in chunk)
        deadline = time.monotonic() + chance.uniform(0.0, 0.15)
        with suppress(AssertionError):
            eventually(lambda until=deadline: time.monotonic() > until)  # type: ignore[misc]
        victim = chance.randrange(2)
        both[victim].kill()
        both[victim] = start(SECONDLY)

    eventually(lambda: store.delayed.timestamp_count() == 0, 30)
    arrived = Counter(args[0] for args in waiting(redis_client))
    assert {} == {number: times for number, times in arrived.items() if times > 1}, "doubled"
    assert set(range(total)) == set(arrived), "lost"
    assert [] == list(redis_client.scan_iter("resque:timestamps:*"))
    assert_no_run_twice(store, redis_client)


def assert_no_run_twice(store: Store, client: redis.Redis) -> None:
    """Check that no due time is in the history twice, and that each run there is a job."""
    (raws,) = store.schedules.runs(["secondly"])
    runs = [ScheduleRun.decode(raw) for raw in raws]
    ids = {json.loads(raw)["id"] for raw in client.lrange("resque:queue:low", 0, -1)}

    assert len(runs) == len({run.due for run in runs})
    assert {run.id for run in runs} <= ids
