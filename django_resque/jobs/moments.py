"""When a delayed job is due: checked where it is asked for, and told what to do instead."""

from __future__ import annotations

import math
import time
from datetime import datetime, timedelta, timezone
from typing import Any

from django_resque.exceptions import ArgumentError


def due_at(moment: Any) -> datetime:
    """Return a moment as UTC. Raises ArgumentError unless it is an aware datetime."""
    if not isinstance(moment, datetime):
        raise ArgumentError(
            f"{moment!r} is no datetime: give enqueue_at an aware one, such as "
            "timezone.now() + timedelta(hours=1), or seconds to enqueue_in"
        )
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ArgumentError(
            f"{moment!r} is naive, so it could be any of many moments: "
            "django.utils.timezone.make_aware() gives it a time zone, and timezone.now() has one"
        )
    return moment.astimezone(timezone.utc)


def due_in(delay: Any) -> datetime:
    """Return the moment after a delay, in UTC: a timedelta or a number of seconds.

    Raises ArgumentError for what is neither, or leads beyond the calendar.
    """
    number = isinstance(delay, (int, float)) and not isinstance(delay, bool)
    if not isinstance(delay, timedelta) and not (number and math.isfinite(delay)):
        raise ArgumentError(
            f"{delay!r} is no delay: give enqueue_in a timedelta or a number of seconds"
        )
    try:
        span = delay if isinstance(delay, timedelta) else timedelta(seconds=delay)
        return datetime.now(timezone.utc) + span
    except OverflowError:
        raise ArgumentError(f"{delay!r} from now is beyond the calendar") from None


def timestamp(due: datetime) -> int:
    """Return the whole second under which a job due at a moment lies: never an earlier one."""
    return math.ceil(due.timestamp())


def waiting_since(due: datetime | None = None) -> float:
    """Return from when a job waits for a worker: now, or from when it is due, in epoch seconds."""
    now = time.time_ns() // 1000 / 1e6
    return now if due is None else max(now, round(due.timestamp(), 6))
