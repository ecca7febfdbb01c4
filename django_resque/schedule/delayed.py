"""Moves delayed items to their queues when they are due."""

from __future__ import annotations

import logging
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
    while (at := store.delayed.due(now, skip)) is not None:
        stuck = 0
        while True:
            raws = store.delayed.window(at, stuck, _BATCH, most_bytes=_MOST_BYTES).items
            moved = _take(store, master, at, raws)
            if moved is None:
                return
            stuck += len(raws) - moved
            yield moved
            if not raws:
                break
        # What can go nowhere for now stays; the next beat tries again.
        skip += bool(store.delayed.sizes([at])[0])


def _take(store: Store, master: str, at: str, raws: list[bytes]) -> int | None:
    """Take a batch away; return how many items are gone, None if another is the master."""
    results = store.delayed.take(at, [_moving(store, master, raw) for raw in raws], master=master)
    if results is None:
        return None
    refused = [
        (raw, error) for raw, error in zip(raws, results, strict=True) if isinstance(error, str)
    ]
    if not refused:
        return len(raws)
    # Its queue is no list: there nobody would ever find it, among the failures somebody will.
    lost = [_failing(store, master, raw, error) for raw, error in refused if "WRONGTYPE" in error]
    again = store.delayed.take(at, lost, master=master)
    if again is None:
        return None
    for _, error in refused:
        logger.error(
            "A delayed item of %s cannot go to its queue: %s",
            printable(at),
            printable(error),
            extra={"event": "delayed.refused"},
        )
    return len(raws) - len(refused) + sum(result in (0, 1) for result in again)


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
