"""When a job is to be due is said without ambiguity, or refused with what to say instead."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from django_resque.exceptions import ArgumentError
from django_resque.jobs.moments import due_at, due_in, timestamp


def test_aware_moments() -> None:
    """Whatever zone a moment is told in, it is one moment."""
    moment = datetime(2026, 7, 1, 12, 30, tzinfo=ZoneInfo("Europe/Berlin"))

    assert datetime(2026, 7, 1, 10, 30, tzinfo=timezone.utc) == due_at(moment)
    assert timezone.utc is due_at(moment).tzinfo


@pytest.mark.parametrize(
    ("moment", "advice"),
    [
        (datetime(2026, 7, 1), "make_aware"),  # noqa: DTZ001 what is refused
        (date(2026, 7, 1), "no datetime"),
        (60, "seconds to enqueue_in"),
        ("2026-07-01", "no datetime"),
        (timedelta(1), "no datetime"),
        (None, "no datetime"),
    ],
)
def test_what_is_no_moment(moment: Any, advice: str) -> None:
    """Naive datetimes above all are refused, and it is said how to make them aware."""
    with pytest.raises(ArgumentError, match=advice):
        due_at(moment)


@pytest.mark.parametrize("delay", [90, 90.0, timedelta(minutes=1.5)])
def test_delays(delay: Any) -> None:
    """Seconds and timedeltas lead as far from now."""
    before = datetime.now(timezone.utc)
    due = due_in(delay)

    assert before <= due - timedelta(seconds=90) <= datetime.now(timezone.utc)


@pytest.mark.parametrize(
    "delay", [None, "60", True, float("nan"), float("inf"), datetime.now(timezone.utc)]
)
def test_what_is_no_delay(delay: Any) -> None:
    """Anything else is refused."""
    with pytest.raises(ArgumentError, match="is no delay"):
        due_in(delay)


@pytest.mark.parametrize("delay", [10**30, 10**12, timedelta.max])
def test_delays_beyond_the_calendar(delay: Any) -> None:
    """A delay that no date can tell is refused and does not overflow."""
    with pytest.raises(ArgumentError, match="beyond the calendar"):
        due_in(delay)


def test_timestamps() -> None:
    """A job is due with a whole second, and never before its moment."""
    start = datetime(2033, 5, 18, 3, 33, 20, tzinfo=timezone.utc)

    assert 2000000000 == timestamp(start)
    assert 2000000001 == timestamp(start + timedelta(microseconds=1))
