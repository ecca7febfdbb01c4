"""When an entry is due: its ``cron`` or its ``every`` as one rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from django.utils.timezone import get_default_timezone_name

from django_resque.exceptions import InvalidSchedule
from django_resque.schedule import cron, every

if TYPE_CHECKING:
    from django_resque.wire.schedule import ScheduleEntry


class Rule(Protocol):
    """Tells due times, all in whole seconds since 1970."""

    @property
    def text(self) -> str:
        """What stands for the rule: another text is another rule."""

    @property
    def words(self) -> str:
        """The rule for people."""

    def next(self, after: int, now: float) -> int | None:
        """Return the next time beyond ``now``, in steps from ``after``; None if none is."""

    def last(self, after: int, until: float) -> int | None:
        """Return the last time beyond ``after`` and up to ``until``; None if there was none."""


@dataclass(frozen=True, slots=True)
class CronRule:
    """Due by the calendar of a time zone."""

    expression: str
    zone: ZoneInfo

    @property
    def text(self) -> str:
        """What stands for the rule."""
        return f"cron {cron.spelt_out(self.expression)} {self.zone.key}"

    @property
    def words(self) -> str:
        """The rule for people."""
        return f"{cron.explain(self.expression)} ({self.zone.key})"

    def next(self, after: int, now: float) -> int | None:
        """Return the next time beyond both ``after`` and ``now``."""
        run = cron.next_run(self.expression, _moment(max(after, now)), self.zone)
        return None if run is None else int(run.timestamp())

    def last(self, after: int, until: float) -> int | None:
        """Return the last time beyond ``after`` and up to ``until``."""
        run = cron.last_run(self.expression, _moment(after), _moment(until), self.zone)
        return None if run is None else int(run.timestamp())


@dataclass(frozen=True, slots=True)
class EveryRule:
    """Due in steps of an interval."""

    interval: int

    @property
    def text(self) -> str:
        """What stands for the rule."""
        return f"every {self.interval}"

    @property
    def words(self) -> str:
        """The rule for people."""
        return every.explain(self.interval)

    def next(self, after: int, now: float) -> int:
        """Return the next time beyond ``now``, in steps from ``after``."""
        return every.next_due(self.interval, after, now)

    def last(self, after: int, until: float) -> int | None:
        """Return the last time up to ``until``, in steps from ``after``."""
        return every.last_due(self.interval, after, until)


def rule_of(entry: ScheduleEntry) -> Rule:
    """Return the rule of an entry.

    Raises InvalidSchedule for one that is never due, and ConfigurationError where cronsim is
    needed and missing.
    """
    if not entry.cron:
        return EveryRule(every.seconds(entry.every))
    cron.check(entry.cron)
    return CronRule(entry.cron, zone_named(entry.timezone or get_default_timezone_name()))


@lru_cache(maxsize=64)
def zone_named(name: str) -> ZoneInfo:
    """Return a time zone. Raises InvalidSchedule if there is none of that name."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # its errors for what is no name at all, too
        raise InvalidSchedule(
            f'there is no time zone {name!r}: write one such as "Europe/Berlin"'
        ) from None


def next_times(rule: Rule, after: int, now: float, count: int = 5) -> list[datetime]:
    """Return the next few due times as moments."""
    times: list[datetime] = []
    due = rule.next(after, now)
    while due is not None and len(times) < count:
        times.append(_moment(due))
        due = rule.next(due, due)
    return times


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
