"""When a cron expression is due next; pure. The expressions are read by cronsim."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import TYPE_CHECKING

from django_resque.exceptions import ConfigurationError, InvalidSchedule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

try:
    from cronsim import CronSim, CronSimError
except ImportError:
    AVAILABLE = False
else:
    AVAILABLE = True

ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""Names for expressions, as cron knows them."""

INSTALL = "pip install 'django-resque[cron]'"

_UTC = timezone.utc
_SPANS = (timedelta(days=1), timedelta(days=40), timedelta(days=366 * 5))


def spelt_out(expression: str) -> str:
    """Return the fields of an expression that may be an alias."""
    return ALIASES.get(expression.strip().lower(), expression.strip())


def check(expression: str) -> None:
    """Raise InvalidSchedule, saying what is wrong, unless an expression can be due.

    Raises ConfigurationError if cronsim is not installed.
    """
    if next_run(expression, datetime(2024, 1, 1, tzinfo=_UTC), _UTC) is None:
        raise InvalidSchedule(f"cron {expression!r} is never due")


def next_run(expression: str, after: datetime, zone: ZoneInfo | timezone = _UTC) -> datetime | None:
    """Return when an expression is due next after a moment; None if it never is.

    A time of day that the change to daylight-saving time leaves out is due when the gap ends, one
    that the change back repeats is due once. What is due every so many minutes or hours is so
    in real time.
    """
    return next(_runs(expression, after, zone), None)


def next_runs(
    expression: str, after: datetime, zone: ZoneInfo | timezone = _UTC, count: int = 5
) -> list[datetime]:
    """Return the next few times at which an expression is due."""
    return list(islice(_runs(expression, after, zone), count))


def last_run(
    expression: str, after: datetime, until: datetime, zone: ZoneInfo | timezone = _UTC
) -> datetime | None:
    """Return the last time that an expression was due after one moment and up to another."""
    # Forward and not back, so that a repeated hour is due here when it is due in next_run. The
    # nearest past first: what is due every second would be counted for years.
    for span in _SPANS:
        start = max(after, until - span)
        found = None
        for run in _runs(expression, start, zone):
            if run > until:
                break
            found = run
        if found is not None or start == after:
            return found
    return None


def explain(expression: str) -> str:
    """Say in words when an expression is due; the expression itself where there are no words."""
    try:
        return str(CronSim(spelt_out(expression), datetime.now(_UTC)).explain())
    except (AttributeError, ValueError, IndexError):
        return expression  # cronsim before 2.6 has none, and later ones not for everything


def _runs(expression: str, after: datetime, zone: ZoneInfo | timezone) -> Iterator[datetime]:
    if not AVAILABLE:
        raise ConfigurationError(f"A cron expression needs cronsim: {INSTALL}")
    last = after.astimezone(_UTC)
    for run in _local_runs(spelt_out(expression), last.astimezone(zone)):
        moment = run.astimezone(_UTC)
        # In the hour that is repeated cronsim begins with its first half, and what falls into a
        # gap is due together at its end.
        if moment > last:
            last = moment
            yield moment


def _local_runs(fields: str, after: datetime) -> Iterator[datetime]:
    parts = fields.split()
    try:
        runs = CronSim(fields, after)
        if len(parts) != 6 or parts[1].startswith("*") or parts[2].startswith("*"):  # noqa: PLR2004
            yield from runs
            return
        # cronsim keeps daylight-saving rules for five fields only, so the seconds are ours.
        seconds = sorted(runs.seconds)
        for minute in CronSim(" ".join(parts[1:]), after - timedelta(minutes=1)):
            for second in seconds:
                yield minute + timedelta(seconds=second)
    except CronSimError as error:
        raise InvalidSchedule(f"cron {fields!r} is wrong: {error}") from None
    except OverflowError:
        return  # the end of the calendar
