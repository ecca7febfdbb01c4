"""Moves delayed items to their queues when they are due."""

from __future__ import annotations

import logging
from itertools import takewhile
from typing import TYPE_CHECKING

from django_resque.exceptions import DecodeError
from django_resque.store.delayed import Taking
from django_resque.store.failures import MAIN
from django_resque.wire import timestamps
from django_resque.wire.delayed import DelayedItem
from django_resque.wire.failure import FailureRecord
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_resque.store import Store

logger = logging.getLogger(__name__)

_BATCH = 100  # items moved in one step; bounds what one holds up in Redis
_MOST_BYTES = 2_000_000


def transfer_due(store: Store, master: str, now: float) -> Iterator[int]:
    """Move all that is due, the earliest first, a batch at each step of the iteration.

    Yields how many items went. Ends when nothing is left, or when ``master`` has lost the lock.
    Each item leaves its timestamp in the same step that brings it to its queue, and only if it
    is still there, so that neither a kill nor another scheduler can lose or double it.
    """
    skip = 0
    while ats := store.delayed.due(now, skip, _BATCH):
        tops = store.delayed.tops(ats)
        # What lies alone at its time goes together with its neighbours; most delayed jobs do.
        alone = list(takewhile(lambda each: each[1][0] <= 1, zip(ats, tops, strict=True)))
        if alone:
            moved = _take_alone(store, master, [(at, raw) for at, (_, raw) in alone])
            stay = len(alone)
        else:
            for moved in _take_crowd(store, master, ats[0]):
                if moved is None:
                    return
                yield moved
            moved, stay = 0, 1
        if moved is None:
            return
        yield moved
        # What can go nowhere for now stays; the next beat tries again.
        skip += sum(size > 0 for size in store.delayed.sizes(ats[:stay]))


def _take_alone(store: Store, master: str, pairs: list[tuple[str, bytes | None]]) -> int | None:
    """Take what lies alone at its time; return how many went, None if another is the master."""
    takings = [
        (at, Taking(b"") if raw is None else _moving(store, master, raw)) for at, raw in pairs
    ]
    results = store.delayed.take_each(takings, master=master)
    if results is None:
        return None
    moved = results.count(1)
    for (at, raw), result in zip(pairs, results, strict=True):
        if isinstance(result, str) and raw is not None:
            again = _fail(store, master, at, [(raw, result)])
            if again is None:
                return None
            moved += again
    return moved


def _take_crowd(store: Store, master: str, at: str) -> Iterator[int | None]:
    """Take all that lies at one time, in batches; yields how many went, None as above."""
    stuck = 0
    while raws := store.delayed.window(at, stuck, _BATCH, most_bytes=_MOST_BYTES).items:
        takings = [_moving(store, master, raw) for raw in raws]
        results = store.delayed.take(at, takings, master=master)
        if results is None:
            yield None
            return
        refused = [
            (raw, error) for raw, error in zip(raws, results, strict=True) if isinstance(error, str)
        ]
        failed = _fail(store, master, at, refused) if refused else 0
        if failed is None:
            yield None
            return
        # Who took the others before us has seen to them.
        stuck += len(refused) - failed
        yield len(raws) - len(refused) + failed


def _fail(store: Store, master: str, at: str, refused: list[tuple[bytes, str]]) -> int | None:
    """Record as failures what its queue refuses for good; return how many of it."""
    for _, error in refused:
        logger.error(
            "A delayed item of %s cannot go to its queue: %s",
            printable(at),
            printable(error),
            extra={"event": "delayed.refused"},
        )
    # Its queue is no list: there nobody would ever find it, among the failures somebody will.
    lost = [_failing(store, master, raw, error) for raw, error in refused if "WRONGTYPE" in error]
    results = store.delayed.take(at, lost, master=master)
    return None if results is None else sum(each in (0, 1) for each in results)


def _moving(store: Store, master: str, raw: bytes) -> Taking:
    try:
        item = DelayedItem.decode(raw)
    except DecodeError as error:
        return _failing(store, master, raw, str(error))
    return Taking(raw, store.queues.pushing(item.queue, [item.payload]))


def _failing(store: Store, master: str, raw: bytes, error: str) -> Taking:
    try:
        queue = DelayedItem.decode(raw).queue
    except DecodeError:
        queue = ""
    record = FailureRecord(
        failed_at=timestamps.failed_at(timestamps.now()),
        payload=raw,
        exception=f"{DecodeError.__module__}.{DecodeError.__qualname__}",
        error=error,
        backtrace=[],
        worker=f"{master}:delayed",
        queue=queue,
    )
    return Taking(raw, store.failures.recording(record.encode(), MAIN))
