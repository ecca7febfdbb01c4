"""An idle worker picks up any client's push at once: none is missed, however it is timed.

The interval is ten minutes, so a push that wakes nobody is a test that fails.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.running import push, title
from tests.polling import eventually

if TYPE_CHECKING:
    import redis

    from tests.e2e.running import Project, Running

_SLOW = ("--interval", "600")


def await_done(project: Project, client: redis.Redis, number: int) -> None:
    """Wait, not for long, until so many jobs have been performed."""
    eventually(lambda: len(project.effects()) >= number, 5.0, f"push {number} woke nobody")


def workers(project: Project, count: int) -> Running:
    """Start workers that look only when told, and wait until they are idle."""
    running = project.start("resque_workers", "--count", str(count), "--queues", "*", *_SLOW)
    eventually(lambda: count == sum("Waiting for" in title(pid) for pid in running.children))
    return running


@pytest.mark.parametrize(
    ("options", "queues"),
    [(("--jobs-per-fork", "50"), ["q"]), (("--jobs-per-fork", "50"), []), (("--no-fork",), [])],
    ids=["one queue", "new queues", "new queues, no fork"],
)
def test_one_after_another(
    project: Project, redis_client: redis.Redis, options: tuple[str, ...], queues: list[str]
) -> None:
    """Three hundred pushes, each as soon as the job before it has begun, wake three hundred times.

    So a push falls into every moment of the worker's way back to sleep.
    """
    project.worker(*_SLOW, *options)
    chance = random.Random(1)

    for number in range(1, 301):
        queue = queues[0] if queues else f"queue {number % 97}"
        push(redis_client, "ok", number, queue=queue)
        await_done(project, redis_client, number)
        if not queues and number % 3 == 0:
            # A queue that comes back is as good as new.
            redis_client.srem("resque:queues", queue)
        spin(chance.random() * 0.004)

    assert 300 == len(set(project.effects()))


def test_several_workers(project: Project, redis_client: redis.Redis) -> None:
    """Where many wake for one push, holding back costs nobody a job, and no job its worker."""
    workers(project, 3)
    chance = random.Random(2)
    pushed = 0

    for _ in range(60):
        for _ in range(chance.randrange(1, 5)):
            pushed += 1
            push(redis_client, "ok", pushed, queue=f"queue {chance.randrange(20)}")
        await_done(project, redis_client, pushed)

    assert pushed == len(set(project.effects()))


def test_at_once(project: Project, redis_client: redis.Redis) -> None:
    """A push is picked up in a few milliseconds, also by a worker that has slept for a while."""
    project.worker(*_SLOW, "--no-fork")
    delays = []
    for number in range(1, 31):
        began = time.perf_counter()
        push(redis_client, "ok", number)
        await_done(project, redis_client, number)
        delays.append(time.perf_counter() - began)

    assert sorted(delays)[15] < 0.05


def spin(seconds: float) -> None:
    """Let a moment pass, more exactly than by sleeping."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
