"""The shapes of a chart of processed and failed jobs; its template only places them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from django_resque.monitor.history import Point, Series

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
    def begin(self) -> datetime:
        """When the first interval begins."""
        return self.bars[0].at

    @classmethod
    def of(cls, series: Series) -> Chart:
        """Draw what happened in each interval, the oldest first, the running one last."""
        points = [*series.points, series.running]
        most = _round_up(max(max(each.processed or 0, each.failed or 0) for each in points))
        step = WIDTH / len(points)
        return cls(
            bars=[_bar(each, number * step, step, most) for number, each in enumerate(points)],
            most=most,
            processed=sum(each.processed or 0 for each in points),
            failed=sum(each.failed or 0 for each in points),
        )


def _bar(point: Point, left: float, step: float, most: int) -> Bar:
    processed, failed = point.processed or 0, point.failed or 0
    # Ruby counts some failures without counting the job as processed.
    good = max(0, processed - failed)
    good_height, failed_height = HEIGHT * good / most, HEIGHT * failed / most
    good_y = HEIGHT - good_height
    return Bar(
        x=round(left + step * (1 - _SHARE) / 2, 2),
        width=round(step * _SHARE, 2),
        good_y=round(good_y, 2),
        good_height=round(good_height, 2),
        failed_y=round(good_y - failed_height, 2),
        failed_height=round(failed_height, 2),
        at=point.start,
        processed=point.processed,
        failed=point.failed,
    )


def _round_up(number: int) -> int:
    """Return the next of 1, 2, 5, 10, 20, 50, ... so that the scale seldom changes."""
    scale = 1
    while True:
        for step in (1, 2, 5):
            if step * scale >= number:
                return step * scale
        scale *= 10
