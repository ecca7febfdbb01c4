"""What operators do to delayed jobs: run them now, cancel them, let them be due otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.exceptions import DecodeError
from django_resque.jobs.delayed import DelayedJob
from django_resque.jobs.moments import due_at, timestamp
from django_resque.store.delayed import Taking
from django_resque.wire import timestamps
from django_resque.wire.delayed import DelayedItem
from django_resque.wire.payload import requeued

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django_resque.store import Store

_BATCH = 100  # items changed in one step


def run_delayed(store: Store, at: str, raws: Sequence[bytes]) -> int:
    """Let items of a timestamp, given by their exact bytes, go to their queues now.

    Returns how many were still there. Raises DecodeError for one that leads to no queue, before
    any has gone.
    """
    now = timestamps.now()
    items = [DelayedItem.decode(raw) for raw in raws]
    return _take(
        store,
        at,
        [
            Taking(raw, store.queues.pushing(item.queue, [requeued(item.payload, now)]))
            for raw, item in zip(raws, items, strict=True)
        ],
    )


def cancel_delayed(store: Store, at: str, raws: Sequence[bytes]) -> int:
    """Remove items of a timestamp, given by their exact bytes; return how many were there."""
    return _take(store, at, [store.delayed.removing(raw) for raw in raws])


def move_delayed(store: Store, at: str, raws: Sequence[bytes], moment: datetime) -> int:
    """Let items of a timestamp be due at another moment, an aware datetime.

    Returns how many were still there. Each lies at one of the two, whatever happens.
    """
    due = due_at(moment)
    return _take(
        store,
        at,
        [Taking(raw, store.delayed.delaying(requeued(raw, due), timestamp(due))) for raw in raws],
    )


def cancel_equal(store: Store, raw: bytes) -> int:
    """Remove an item of just these bytes wherever it is delayed; return how many went."""
    return store.delayed.remove_equal(raw)


def cancel_timestamp(store: Store, at: str, most: int | None = None) -> int:
    """Remove all items of a timestamp, or so many of them; return how many went."""
    removed = 0
    while raws := store.delayed.window(at, 0, _batch(removed, most)).items:
        removed += store.delayed.remove_many(at, raws)
    return removed


def run_timestamp(store: Store, at: str, most: int | None = None) -> tuple[int, int]:
    """Let all items of a timestamp, or so many of them, go now.

    Returns how many did, and how many cannot and stay.
    """
    run = refused = 0
    while raws := store.delayed.window(at, refused, _batch(run + refused, most)).items:
        good = [raw for raw in raws if _leads_somewhere(raw)]
        gone = run_delayed(store, at, good)
        run += gone
        refused += len(raws) - len(good)
        if not gone and good:
            break  # others take them away as well, or their queue refuses them
    return run, refused


def move_timestamp(store: Store, at: str, moment: datetime, most: int | None = None) -> int:
    """Let all items of a timestamp, or so many of them, be due at another, an aware datetime.

    Returns how many moved: none if it is the same.
    """
    moved = 0
    if at == str(timestamp(due_at(moment))):
        return moved
    while raws := store.delayed.window(at, 0, _batch(moved, most)).items:
        gone = move_delayed(store, at, raws, moment)
        moved += gone
        if not gone:
            break
    return moved


def cancel_class(store: Store, name: str) -> int:
    """Remove all delayed jobs of a class; an empty name stands for what cannot be read."""
    found: dict[str, list[bytes]] = {}
    for at, raw in store.delayed.scan():
        job = DelayedJob.read(at, 0, raw)
        if (job.payload.name if job.payload else "") == name:
            found.setdefault(at, []).append(raw)
    return sum(store.delayed.remove_many(at, raws) for at, raws in found.items())


def _batch(done: int, most: int | None) -> int:
    return _BATCH if most is None else min(_BATCH, most - done)


def _take(store: Store, at: str, takings: Sequence[Taking]) -> int:
    done = 0
    for start in range(0, len(takings), _BATCH):
        results = store.delayed.take(at, takings[start : start + _BATCH], exact=True) or []
        done += results.count(1)
    return done


def _leads_somewhere(raw: bytes) -> bool:
    try:
        DelayedItem.decode(raw)
    except DecodeError:
        return False
    return True
