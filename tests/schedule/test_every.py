"""Spans are read as rufus-scheduler writes them, and step through time without drifting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_resque.exceptions import InvalidSchedule
from django_resque.schedule import every


@pytest.mark.parametrize(
    ("span", "expected", "words"),
    [
        ("30s", 30, "Every 30 seconds"),
        ("5m", 300, "Every 5 minutes"),
        ("1h", 3600, "Every hour"),
        ("2d", 172_800, "Every 2 days"),
        ("1h30m", 5400, "Every hour 30 minutes"),
        ("1d1h", 90_000, "Every day 1 hour"),
        ("1w", 604_800, "Every 7 days"),
        ("1M", 2_592_000, "Every 30 days"),
        ("1y", 31_536_000, "Every 365 days"),
        ("1.5m", 90, "Every minute 30 seconds"),
        (" 45 ", 45, "Every 45 seconds"),
        ("45.0", 45, "Every 45 seconds"),
    ],
)
def test_seconds(span: str, expected: int, words: str) -> None:
    """Each unit, several together, and seconds without any."""
    assert expected == every.seconds(span)
    assert words == every.explain(expected)


@pytest.mark.parametrize(
    "span", ["", "x", "0", "0s", "-5", "5 m", "5q", "m", "nan", "inf", "11y", "1h-", "0.4s"]
)
def test_wrong_spans(span: str) -> None:
    """What is no span, or none to recur in, is refused."""
    with pytest.raises(InvalidSchedule, match="every"):
        every.seconds(span)


@given(st.integers(1, 10**6), st.integers(0, 2 * 10**9), st.floats(-1e6, 1e9))
def test_steps(interval: int, after: int, passed: float) -> None:
    """All times are whole steps from the first; the next is the first beyond now."""
    now = after + passed
    due = every.next_due(interval, after, now)
    last = every.last_due(interval, after, now)

    assert due > now
    assert due > after
    assert 0 == (due - after) % interval
    assert due - interval <= max(now, after)
    if last is None:
        assert now < after + interval
    else:
        assert after < last <= now
        assert due == last + interval
