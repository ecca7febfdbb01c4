"""Takes the figure of one contestant in one round."""

from __future__ import annotations

import random
import time
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks.ground import OUR_PROJECT, settled_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.contestants import Contestant
    from tests.benchmarks.ground import Ground

_WARM_UP = 20  # jobs before the clock runs


def rate(ground: Ground, contestant: Contestant, jobs: int) -> float:
    """Return how many jobs a second a worker works off while its queue is full."""
    ground.clear()
    contestant.fill(ground.redis, _WARM_UP)
    contestant.mark(ground.redis)
    contestant.fill(ground.redis, jobs)
    contestant.mark(ground.redis)
    with ground.running(contestant.settings, *contestant.program):
        begun = ground.next_mark()
        return jobs / (ground.next_mark() - begun)


def bare_fork_rate(ground: Ground, forks: int) -> float:
    """Return how many empty children a second our worker's process can fork and wait for."""
    ground.clear()
    with ground.running(OUR_PROJECT, "tests.benchmarks.peers.bare_fork", str(forks)):
        begun = ground.next_mark()
        return forks / (ground.next_mark() - begun)


def pick_up(ground: Ground, contestant: Contestant, pushes: int) -> float:
    """Return the median milliseconds from before a push to the first line of the job."""
    ground.clear()
    with ground.running(contestant.settings, *contestant.program):
        for _ in range(3):
            contestant.mark(ground.redis)
            ground.next_mark()
        taken = []
        for _ in range(pushes):
            time.sleep(random.uniform(0.03, 0.06))  # the worker is to be idle again
            pushed = time.monotonic()
            contestant.mark(ground.redis)
            taken.append(1000 * (ground.next_mark() - pushed))
        return median(taken)


def idle_memory(ground: Ground, contestant: Contestant, workers: tuple[str, int]) -> float:
    """Return the megabytes of all its processes when all are up and none has worked."""
    ground.clear()
    with ground.running(contestant.settings, *contestant.program) as pid:
        _await_workers(ground, *workers)
        return settled_memory(pid)


def worked_memory(
    ground: Ground, contestant: Contestant, workers: tuple[str, int], jobs: int
) -> float:
    """Return the megabytes of all its processes after they have worked off jobs."""
    ground.clear()
    with ground.running(contestant.settings, *contestant.program) as pid:
        _await_workers(ground, *workers)
        for _ in range(jobs):
            contestant.mark(ground.redis)
        for _ in range(jobs):
            ground.next_mark()
        return settled_memory(pid)


def calls_a_second(call: Callable[[], object], jobs: int) -> float:
    """Return how many jobs a second one call of ``jobs`` jobs enqueues."""
    begun = time.perf_counter()
    call()
    return jobs / (time.perf_counter() - begun)


def _await_workers(ground: Ground, key: str, count: int) -> None:
    deadline = time.monotonic() + 30.0
    while ground.redis.scard(key) != count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{count} workers did not register in {key}.")
        time.sleep(0.01)
