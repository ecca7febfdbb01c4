"""``resque_work`` is one worker, which leaves when it is told to or has nothing more to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.running import push, stats
from tests.polling import eventually

if TYPE_CHECKING:
    import redis

    from tests.e2e.running import Project


def test_burst(project: Project, redis_client: redis.Redis) -> None:
    """With --burst it works off what there is, in the order of its queues, and leaves."""
    for number, queue in enumerate(["low", "high", "low", "critical"]):
        push(redis_client, "ok", number, queue=queue)

    worker = project.start("resque_work", "--queues", "critical,high,low", "--burst")

    assert 0 == worker.wait()
    assert ["ok 3", "ok 1", "ok 0", "ok 2"] == project.effects()
    assert (4, 0) == stats(redis_client)
    left = {b"resque:queues", b"resque:stat:processed", b"resque:stat:finished"}
    assert left == set(redis_client.keys()) - set(redis_client.keys("resque:history:*"))


def test_ruby_environment(project: Project, redis_client: redis.Redis) -> None:
    """A line of a Procfile for Ruby works as it is."""
    push(redis_client, "ok", 1, queue="mail")

    worker = project.start("resque_work", QUEUE="mail", INTERVAL="0", TERM_CHILD="1")

    assert 0 == worker.wait()
    assert ["ok 1"] == project.effects()


@pytest.mark.parametrize("options", [(), ("--jobs-per-fork", "10"), ("--no-fork",)])
def test_max_jobs(project: Project, redis_client: redis.Redis, options: tuple[str, ...]) -> None:
    """With --max-jobs it leaves after so many, and the rest stays."""
    for number in range(3):
        push(redis_client, "ok", number)

    assert 0 == project.start("resque_work", "--queues", "*", "--max-jobs", "2", *options).wait()

    assert ["ok 0", "ok 1"] == project.effects()
    assert (1, (2, 0)) == (redis_client.llen("resque:queue:q"), stats(redis_client))


def test_max_idle(project: Project, redis_client: redis.Redis) -> None:
    """With --max-idle it leaves when no job has come for so long."""
    worker = project.worker("--max-idle", "0.3")
    push(redis_client, "ok", 1)

    assert 0 == worker.wait()
    assert ["ok 1"] == project.effects()


def test_jobs_per_fork(project: Project, redis_client: redis.Redis) -> None:
    """With --jobs-per-fork, one child performs several jobs, and then another does."""
    for number in range(5):
        push(redis_client, "whoami", number)

    worker = project.start("resque_work", "--queues", "*", "--burst", "--jobs-per-fork", "2")

    assert 0 == worker.wait()
    pids = [line.split()[2] for line in project.effects()]
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]
    assert str(worker.pid) not in pids


def test_wakes_at_a_push(project: Project, redis_client: redis.Redis) -> None:
    """A push by any client, also to a new queue, is taken up long before the interval."""
    worker = project.worker("--interval", "600")
    for number in range(20):
        push(redis_client, "ok", number, queue=f"queue_{number}")
        project.await_effect(f"ok {number}")

    eventually(lambda: (20, 0) == stats(redis_client))
    assert worker.alive
