"""``resque_scheduler`` schedules in a process of its own, from its options and environment."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.running import title
from tests.polling import eventually

if TYPE_CHECKING:
    import redis

    from django_resque.embedded import EmbeddedServer
    from tests.e2e.running import Project

LOCK = "resque:resque:resque_scheduler_master_lock"
OK = "tests.e2e.project.jobs.ok"


def delay(client: redis.Redis, number: int, at: int) -> None:
    """Delay a job of the project as any client would."""
    item = f'{{"class":"{OK}","args":[{number}],"queue":"q"}}'
    client.rpush(f"resque:delayed:{at}", item)
    client.zadd("resque:delayed_queue_schedule", {str(at): at})


def test_schedule(project: Project, redis_client: redis.Redis) -> None:
    """Delayed and recurring jobs reach their queues, until it is told to stop."""
    project.resque["SCHEDULE"] = {"often": {"every": "1s", "job": OK, "args": [7]}}
    delay(redis_client, 1, int(time.time()))
    scheduler = project.start("resque_scheduler")
    scheduler.await_title("Master scheduler of 1 schedules")
    eventually(lambda: redis_client.llen("resque:queue:q"))
    eventually(lambda: redis_client.llen("resque:queue:default"))

    scheduler.signal(signal.SIGTERM)

    assert 0 == scheduler.wait()
    assert not redis_client.exists(LOCK)


def test_redis_restarts(
    project: Project, redis_client: redis.Redis, redis_server: EmbeddedServer
) -> None:
    """It waits for a server that has died, and goes on when that is back."""
    scheduler = project.start("resque_scheduler", RESQUE_SCHEDULER_INTERVAL="1")
    scheduler.await_title("Master")
    redis_server.kill()
    eventually(lambda: "trying again" in scheduler.log)
    redis_server.start()
    delay(redis_client, 1, 10)

    eventually(lambda: redis_client.llen("resque:queue:q"))
    assert scheduler.alive


def test_checks_come_first(project: Project) -> None:
    """What could not be followed keeps it from starting."""
    project.resque["SCHEDULE"] = {"often": {"cron": "61 * * * *", "job": OK, "args": [7]}}
    scheduler = project.start("resque_scheduler")

    assert 1 == scheduler.wait()
    assert "django_resque.E011" in scheduler.log


def test_wrong_interval(project: Project) -> None:
    """A wrong environment variable is named."""
    scheduler = project.start("resque_scheduler", RESQUE_SCHEDULER_INTERVAL="soon")

    assert 2 == scheduler.wait()
    assert "RESQUE_SCHEDULER_INTERVAL is wrong" in scheduler.log


def test_pidfile(project: Project) -> None:
    """It is written, held and removed as a worker's is."""
    path = project.folder / "scheduler.pid"
    scheduler = project.start("resque_scheduler", "--pidfile", str(path))
    scheduler.await_title("Master")
    assert str(scheduler.pid) == path.read_text()

    other = project.start("resque_scheduler", PIDFILE=str(path))
    assert 73 == other.wait()
    scheduler.signal(signal.SIGQUIT)
    assert 0 == scheduler.wait()
    assert not path.exists()


def test_beside_workers(project: Project, redis_client: redis.Redis) -> None:
    """The supervisor keeps a scheduler alive beside its workers, and stops it with them."""
    delay(redis_client, 1, 10)
    supervisor = project.start(
        "resque_workers", "--count", "1", "--queues", "*", "--interval", "60", "--scheduler"
    )
    project.await_effect("ok 1")

    def schedulers() -> list[int]:
        return [pid for pid in supervisor.children if "Master scheduler" in title(pid)]

    (first,) = eventually(schedulers)
    assert "Supervising 1 of 1 workers" in supervisor.title
    os.kill(first, signal.SIGKILL)
    redis_client.delete(LOCK)
    eventually(lambda: [pid for pid in schedulers() if pid != first], message="no other one")
    delay(redis_client, 2, 10)
    project.await_effect("ok 2")

    supervisor.signal(signal.SIGQUIT)
    assert 0 == supervisor.wait()
    assert not redis_client.exists(LOCK)


@pytest.mark.parametrize("option", [["--burst"], ["--max-idle", "5"]])
def test_not_beside_workers_that_leave(project: Project, option: list[str]) -> None:
    """Workers that leave by themselves and a scheduler that stays do not go together."""
    supervisor = project.start("resque_workers", "--queues", "*", "--scheduler", *option)

    assert 2 == supervisor.wait()
    assert "--scheduler keeps running" in supervisor.log
