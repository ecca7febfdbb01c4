"""Measures what one delayed job costs when there are many: the price must not grow with them."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from django_resque import wiring
from django_resque.monitor.delayed import delayed_at, delayed_times
from django_resque.schedule.delayed import transfer_due
from django_resque.wire.delayed import encode
from django_resque.wire.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django_resque.store import Store
    from tests.benchmarks.ground import Ground

_FEW = 10_000
_MANY = int(os.environ.get("BENCHMARK_DELAYED", "100000"))
_AT_MOST = 1.5  # times the price with few, of each item, that it may be with many
_PAGES = 50


def check_delayed(ground: Ground, rounds: int) -> bool:
    """Print and judge the price of an item, among few and among many."""
    print(f"\nDelayed jobs: microseconds of processor time for each of {_FEW:,} and of {_MANY:,}")
    store = wiring.store()
    passed = [
        _judge(f"{shape}: {step}", few, many)
        for shape, spread in (("a timestamp each", 1), ("all at one timestamp", 10**9))
        for step, few, many in _compared(ground, store, spread, rounds)
    ]
    return all(passed)


def _compared(
    ground: Ground, store: Store, spread: int, rounds: int
) -> Iterator[tuple[str, float, float]]:
    # The best of some rounds: what else the machine does only makes a round slower.
    few = [_prices(ground, store, _FEW, spread) for _ in range(rounds)]
    many = [_prices(ground, store, _MANY, spread) for _ in range(max(1, rounds // 2))]
    for step in few[0]:
        yield step, min(each[step] for each in few), min(each[step] for each in many)


def _prices(ground: Ground, store: Store, count: int, spread: int) -> dict[str, float]:
    ground.clear()
    # Not a list: the garbage collector would go through it again and again.
    items = (
        (encode(Payload("noop", [], {"id": f"{number:032x}"}), "bench"), 10**9 + number // spread)
        for number in range(count)
    )
    enqueue = _seconds(ground, lambda: store.delayed.push_many(items))

    def list_pages() -> None:
        for page in range(_PAGES):
            start = 50 * page
            if spread == 1:
                delayed_times(store, start, 50)
            else:
                delayed_at(store, str(10**9), start, 50)

    listing = _seconds(ground, list_pages)
    master = store.schedules.look("benchmark:1", 600).holder
    drain = _seconds(ground, lambda: sum(transfer_due(store, master, 2 * 10**9)))
    arrived = store.queues.size("bench")
    if arrived != count:
        msg = f"{arrived} of {count} items arrived"
        raise RuntimeError(msg)
    return {
        "enqueue": enqueue / count * 1e6,
        "list": listing / _PAGES / 50 * 1e6,
        "drain": drain / count * 1e6,
    }


def _seconds(ground: Ground, call: Callable[[], object]) -> float:
    """Return the processor time that a call takes here and in Redis: nobody else's counts."""
    begin = time.process_time() + _redis_seconds(ground)
    call()
    return time.process_time() + _redis_seconds(ground) - begin


def _redis_seconds(ground: Ground) -> float:
    told = ground.redis.info("cpu")
    return float(told["used_cpu_user"]) + float(told["used_cpu_sys"])


def _judge(what: str, few: float, many: float) -> bool:
    flat = many <= _AT_MOST * few
    print(
        f"  {'PASS' if flat else 'FAIL'}  {what}: {few:.1f} and {many:.1f} "
        f"({many / few:.2f} times, at most {_AT_MOST:g})"
    )
    return flat
