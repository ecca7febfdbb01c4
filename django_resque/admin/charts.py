"""The shapes of a chart of processed and failed jobs; its template only places them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django_resque.monitor.history import Interval

WIDTH, HEIGHT = 720, 120
"""Size of the drawing, in its own units; on the page it is as wide as there is room."""

_SHARE = 0.8  # of an interval's width is its bar


class Bar(NamedTuple):
    """One interval: where its shapes stand, and what they tell."""

    x: float
    width: float
    good_y: float
    good_height: float
    failed_y: float
    failed_height: float
    at: datetime
    processed: int | None
    """None where nothing is known of the interval."""
    failed: int | None


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars side by side, the failed jobs of each on top of those that went well."""

    bars: list[Bar]
    most: int
    """What a bar of full height stands for."""
    processed: int
    """All jobs shown, failed ones included."""
    failed: int
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def gap_y(self) -> int:
        """Where the mark stands that tells of an interval of which nothing is known."""
        return self.height - 2

    @property
    def begin(self) -> datetime | None:
        """When the first interval begins."""
        return self.bars[0].at if self.bars else None

    @classmethod
    def of(cls, intervals: Sequence[Interval]) -> Chart:
        """Draw what happened in some intervals of equal length, the oldest first."""
        most = _round_up(max((each.processed or 0 for each in intervals), default=0))
        step = WIDTH / max(1, len(intervals))
        return cls(
            bars=[_bar(each, number * step, step, most) for number, each in enumerate(intervals)],
            most=most,
            processed=sum(each.processed or 0 for each in intervals),
            failed=sum(each.failed or 0 for each in intervals),
        )


def _bar(interval: Interval, left: float, step: float, most: int) -> Bar:
    processed, failed = interval.processed or 0, interval.failed or 0
    # Counters of several clients are not raised in one step, so failed may be ahead.
    good = max(0, processed - failed)
    good_height, failed_height = (HEIGHT * count / most for count in (good, min(failed, most)))
    good_y = HEIGHT - good_height
    return Bar(
        x=round(left + step * (1 - _SHARE) / 2, 2),
        width=round(step * _SHARE, 2),
        good_y=round(good_y, 2),
        good_height=round(good_height, 2),
        failed_y=round(max(0.0, good_y - failed_height), 2),
        failed_height=round(min(failed_height, good_y), 2),
        at=interval.at,
        processed=interval.processed,
        failed=interval.failed,
    )


def _round_up(number: int) -> int:
    """Return the next of 1, 2, 5, 10, 20, 50, ... so that the scale seldom changes."""
    scale = 1
    while True:
        for step in (1, 2, 5):
            if step * scale >= number:
                return step * scale
        scale *= 10
