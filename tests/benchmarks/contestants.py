"""The contestants: how each is given jobs and how its workers are started."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import rq

from tests.benchmarks.comparison import OURS
from tests.benchmarks.ground import OUR_PROJECT, PEERS_PROJECT
from tests.benchmarks.project import huey_tasks, jobs, work

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

_PEERS = "tests.benchmarks.peers"
WORK = ("django", "resque_work", "--queues", "bench")
WORKERS = ("django", "resque_workers", "--queues", "bench", "--count", "4")


@dataclass(frozen=True)
class Contestant:
    """One way to work off jobs."""

    name: str
    settings: str
    program: tuple[str, ...]
    """What follows ``python -m``."""
    fill: Callable[[redis.Redis, int], None]
    """Enqueues so many jobs that do nothing."""
    mark: Callable[[redis.Redis], object]
    """Enqueues a job that leaves a mark."""


def ours(*options: str, program: tuple[str, ...] = WORK) -> Contestant:
    """Return django-resque's worker, or what ``program`` starts, with these options."""
    return Contestant(OURS, OUR_PROJECT, (*program, *options), _fill, lambda _: jobs.mark.enqueue())


def _fill(_: redis.Redis, count: int) -> None:
    jobs.noop.enqueue_many([()] * count)


def rq_with(*program: str) -> Contestant:
    """Return RQ, started by a program of its own."""
    return Contestant("RQ", PEERS_PROJECT, program, _fill_rq, _mark_rq)


def _fill_rq(connection: redis.Redis, count: int) -> None:
    prepared = [rq.Queue.prepare_data(work.noop) for _ in range(count)]
    rq.Queue("bench", connection=connection).enqueue_many(prepared)


def _mark_rq(connection: redis.Redis) -> None:
    rq.Queue("bench", connection=connection).enqueue(work.mark)


RQ_WORKER = rq_with(f"{_PEERS}.rq_worker")
RQ_POOL = rq_with(f"{_PEERS}.rq_pool", "4")


def huey_with(kind: str) -> Contestant:
    """Return Huey's consumer with one worker, a ``thread`` or a ``process``."""
    return Contestant(
        f"Huey ({kind})",
        PEERS_PROJECT,
        (f"{_PEERS}.huey_consumer", kind),
        _fill_huey,
        lambda _: huey_tasks.mark(),
    )


def _fill_huey(connection: redis.Redis, count: int) -> None:
    for _ in range(count):
        huey_tasks.noop()


def pushed_by_anybody() -> Contestant:
    """Return django-resque's worker, given jobs by a program that knows Resque's keys only."""

    def mark(connection: redis.Redis) -> None:
        pipeline = connection.pipeline(transaction=False)
        pipeline.sadd("resque:queues", "bench")
        pipeline.rpush("resque:queue:bench", b'{"class":"mark","args":[]}')
        pipeline.execute()

    return replace(ours(), mark=mark)
