"""A chart's shapes stand for its figures, and never leave the drawing."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_resque.admin.charts import HEIGHT, WIDTH, Chart
from django_resque.monitor.history import Point, Series

_NOON = datetime(2026, 11, 27, 12, tzinfo=timezone.utc)


def series(*counts: tuple[int | None, int | None]) -> Series:
    """Return a series of these processed and failed jobs, the last of them of the running hour."""
    points = [Point(_NOON, *each) for each in counts]
    return Series("days", 3600, tuple(points[:-1]), points[-1])


def test_bars() -> None:
    """Failed jobs stand on those that went well; the scale is a round number."""
    chart = Chart.of(series((8, 3), (0, 0), (None, None), (4, 4)))

    assert (10, 12, 7) == (chart.most, chart.processed, chart.failed)
    first, empty, unknown, last = chart.bars
    assert (HEIGHT * 0.5, HEIGHT * 0.3) == (first.good_height, first.failed_height)
    assert (HEIGHT * 0.5, HEIGHT * 0.2) == (first.good_y, first.failed_y)
    assert (0, 0) == (empty.good_height, empty.failed_height)
    assert (None, None, 0) == (unknown.processed, unknown.failed, unknown.good_height)
    assert (0, HEIGHT * 0.4) == (last.good_height, last.failed_height)
    assert _NOON == chart.begin


@pytest.mark.parametrize(
    ("most", "scale"), [(0, 1), (1, 1), (2, 2), (3, 5), (5, 5), (6, 10), (11, 20), (5001, 10_000)]
)
def test_scale(most: int, scale: int) -> None:
    """The scale is the next round number."""
    assert scale == Chart.of(series((most, 0))).most


_COUNT = st.none() | st.integers(0, 10**9)


@given(st.lists(st.tuples(_COUNT, _COUNT), min_size=1, max_size=100))
def test_inside(counts: list[tuple[int | None, int | None]]) -> None:
    """Whatever was counted, also more failed than processed, no shape leaves the drawing."""
    for bar in Chart.of(series(*counts)).bars:
        assert 0 <= bar.x
        assert bar.x + bar.width <= WIDTH + 0.1
        for y, height in ((bar.good_y, bar.good_height), (bar.failed_y, bar.failed_height)):
            assert -0.1 <= y
            assert y + height <= HEIGHT + 0.1
