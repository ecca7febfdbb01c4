"""What there is to see of the past: jobs over time, and how fast queues fill and empty."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from django_resque.store.history import MOST_QUEUES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django_resque.store import Store
    from django_resque.wire.history import Sample

Span = Literal["hour", "day", "days"]

# Seconds of one interval, and the number of them.
_SPANS: dict[Span, tuple[int, int]] = {"hour": (60, 60), "day": (900, 96), "days": (3600, 72)}
_SOON = 10.0  # seconds within which a rate says nothing


@dataclass(frozen=True, slots=True)
class Point:
    """The jobs that ended in one interval; None if nothing is known of that time."""

    start: datetime
    processed: int | None
    failed: int | None


@dataclass(frozen=True, slots=True)
class Series:
    """The jobs that ended in each interval of a span, the oldest first."""

    span: Span
    step: int
    """Seconds of one interval."""
    points: tuple[Point, ...]
    """The intervals that are over."""
    running: Point
    """The interval that is not over yet."""


@dataclass(frozen=True, slots=True)
class QueueRate:
    """How fast a queue fills and empties, in jobs a minute over the last five minutes or so."""

    arriving: float
    finishing: float


def history(store: Store, span: Span, now: int | None = None) -> Series:
    """Return processed and failed jobs over the last ``"hour"``, ``"day"`` or three ``"days"``.

    Sixty minutes, 96 quarters of an hour, or 72 hours, and the running one; by the clock of
    Redis unless ``now`` is given. Jobs of all clients count. What ended between two samples is
    spread over the time between them evenly. In one round trip.
    """
    minutes, quarters, current = store.history.totals()
    if now is not None:
        current = replace(current, at=now)
    step, count = _SPANS[span]
    end = current.at // step * step
    moments = [*range(end - count * step, end + 1, step), current.at]
    samples = _in_order([*minutes, *quarters], current)
    times = [sample.at for sample in samples]
    processed = _counts(times, [sample.processed for sample in samples], moments)
    failed = _counts(times, [sample.failed for sample in samples], moments)
    points = [
        Point(datetime.fromtimestamp(start, timezone.utc), *counts)
        for start, *counts in zip(moments, processed, failed, strict=False)
    ]
    return Series(span, step, tuple(points[:-1]), points[-1])


def rates(
    store: Store, sizes: Mapping[str, int], now: int | None = None
) -> dict[str, QueueRate | None]:
    """Return how fast each queue fills and empties, given their ``sizes`` now.

    None as long as there is nothing to compare with. Of a job that a worker of another client
    ends, neither its coming nor its going is seen. In two round trips.
    """
    base, time = store.history.rates_base()
    seconds = (time if now is None else now) - base.at if base is not None else 0.0
    if base is None or seconds < _SOON:
        return dict.fromkeys(sizes)
    minutes = seconds / 60
    finished = store.history.finished(list(sizes))
    found: dict[str, QueueRate | None] = {}
    for queue, size in sizes.items():
        # A queue that was not told of is new, unless there were too many to tell of.
        before = base.queues.get(queue, (0, 0) if len(base.queues) < MOST_QUEUES else None)
        if before is None:
            found[queue] = None
            continue
        finishing = _growth(before[1], finished[queue]) / minutes
        arriving = finishing + (size - before[0]) / minutes
        found[queue] = QueueRate(max(0.0, arriving), finishing)
    return found


def _in_order(samples: Iterable[Sample], current: Sample) -> list[Sample]:
    """Return the samples before the current one by time, each moment once, and that one."""
    by_time = {sample.at: sample for sample in samples if sample.at < current.at}
    return [*(by_time[at] for at in sorted(by_time)), current]


def _counts(
    times: Sequence[int], totals: Sequence[int], moments: Sequence[int]
) -> list[int | None]:
    """Return what was counted from each moment to the next."""
    sums = [0]
    for before, after in pairwise(totals):
        sums.append(sums[-1] + _growth(before, after))
    reached = [_reached(times, sums, moment) for moment in moments]
    return [
        None if before is None or after is None else after - before
        for before, after in pairwise(reached)
    ]


def _reached(times: Sequence[int], sums: Sequence[int], moment: int) -> int | None:
    """Return the count at a moment, between two samples on the straight line; None before all.

    Rounded here and not afterwards, so that what was counted adds up.
    """
    at = bisect_right(times, moment) - 1
    if at < 0:
        return None
    if times[at] == moment:
        return sums[at]
    part = (moment - times[at]) / (times[at + 1] - times[at])
    return sums[at] + round(part * (sums[at + 1] - sums[at]))


def _growth(before: int, after: int) -> int:
    """Return by how much a counter has grown; one that went down has begun anew at zero."""
    return after - before if after >= before else after
