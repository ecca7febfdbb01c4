"""The benchmarks by name, with what django-resque promises in each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import rq

from tests.benchmarks import contestants, measuring
from tests.benchmarks.comparison import OURS, Comparison
from tests.benchmarks.contestants import RQ_POOL, RQ_WORKER, huey_with, ours
from tests.benchmarks.delaying import check_delayed
from tests.benchmarks.project import jobs, work
from tests.benchmarks.traffic import check_traffic

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.contestants import Contestant
    from tests.benchmarks.ground import Ground

_ENQUEUED = 1000
_BULK = 5000
_SHORT = 5  # times as many rounds of what takes a tenth of a second: chance weighs more there


def suite(ground: Ground) -> dict[str, Callable[[int], bool]]:
    """Return what runs each benchmark for a number of rounds and tells whether it passed."""
    return {
        "fork-per-job": _fork_per_job(ground).run,
        "jobs-per-fork": _jobs_per_fork(ground).run,
        "traffic": lambda _rounds: check_traffic(ground, ours()),
        "pick-up": _pick_up(ground).run,
        "idle-memory": _memory(ground, "idle").run,
        "worked-memory": _memory(ground, "after 200 jobs").run,
        "enqueue": lambda rounds: _enqueue(ground).run(_SHORT * rounds),
        "bulk": lambda rounds: _bulk(ground).run(_SHORT * rounds),
        "delayed": partial(check_delayed, ground),
    }


def _each(
    measure: Callable[[Contestant], float], *entered: Contestant
) -> dict[str, Callable[[], float]]:
    return {contestant.name: partial(measure, contestant) for contestant in entered}


def _fork_per_job(ground: Ground) -> Comparison:
    bare = "bare fork loop"
    return Comparison(
        "One fork for each job, one worker",
        "jobs a second",
        {
            **_each(lambda c: measuring.rate(ground, c, 150), ours(), RQ_WORKER),
            bare: lambda: measuring.bare_fork_rate(ground, 150),
        },
        {"RQ": 5.0, bare: 1.0},
    )


def _jobs_per_fork(ground: Ground) -> Comparison:
    thread, process = huey_with("thread"), huey_with("process")
    return Comparison(
        "One fork for 100 jobs, one worker",
        "jobs a second",
        _each(
            lambda c: measuring.rate(ground, c, 3000),
            ours("--jobs-per-fork", "100"),
            thread,
            process,
        ),
        {thread.name: 1.0, process.name: 1.0},
    )


def _pick_up(ground: Ground) -> Comparison:
    return Comparison(
        "Pick-up of a job by an idle worker",
        "ms from push to first line, median",
        _each(
            lambda c: measuring.pick_up(ground, c, 25),
            contestants.pushed_by_anybody(),
            RQ_WORKER,
        ),
        {"RQ": 5.0},
        less_is_better=True,
    )


def _memory(ground: Ground, when: str) -> Comparison:
    def measure(contestant: Contestant) -> float:
        key = "rq:workers" if contestant is RQ_POOL else "resque:workers"
        if when == "idle":
            return measuring.idle_memory(ground, contestant, (key, 4))
        return measuring.worked_memory(ground, contestant, (key, 4), 200)

    four = ours(program=contestants.WORKERS)
    return Comparison(
        f"Memory of four workers and their parent, {when}",
        "MB (PSS)",
        _each(measure, four, RQ_POOL),
        {"RQ": 1.0},
        less_is_better=True,
    )


def _enqueue(ground: Ground) -> Comparison:
    def enqueue() -> None:
        for _ in range(_ENQUEUED):
            jobs.noop.enqueue()

    def push() -> None:
        for _ in range(_ENQUEUED):
            pipeline = ground.redis.pipeline(transaction=False)
            pipeline.sadd("resque:queues", "bench")
            pipeline.rpush("resque:queue:bench", b'{"class":"noop","args":[]}')
            pipeline.execute()

    raw = "raw redis-py"
    return Comparison(
        "Enqueueing one by one",
        "jobs a second",
        {
            name: partial(_from_empty, ground, call, _ENQUEUED)
            for name, call in ((OURS, enqueue), (raw, push))
        },
        {raw: 0.8},
    )


def _bulk(ground: Ground) -> Comparison:
    def enqueue_rq() -> None:
        queue = rq.Queue("bench", connection=ground.redis)
        queue.enqueue_many([rq.Queue.prepare_data(work.noop) for _ in range(_BULK)])

    def enqueue() -> None:
        jobs.noop.enqueue_many([()] * _BULK)

    return Comparison(
        "Enqueueing in bulk",
        "jobs a second",
        {
            name: partial(_from_empty, ground, call, _BULK)
            for name, call in ((OURS, enqueue), ("RQ", enqueue_rq))
        },
        {"RQ": 10.0},
    )


def _from_empty(ground: Ground, call: Callable[[], object], count: int) -> float:
    ground.clear()
    return measuring.calls_a_second(call, count)
