"""An entry's cron or every is one rule, which tells its times and is told from another."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from django_resque.exceptions import InvalidSchedule
from django_resque.schedule.rules import CronRule, EveryRule, next_times, rule_of
from django_resque.wire.schedule import ScheduleEntry

if TYPE_CHECKING:
    from pytest_django import Settings

START = 1795802400  # 2026-11-27 18:00:00 UTC


def entry(cron: str = "", every: str = "", zone: str = "") -> ScheduleEntry:
    """Return an entry with this rule."""
    return ScheduleEntry("nightly", "Mailer", cron=cron, every=every, timezone=zone)


def test_cron() -> None:
    """By the calendar of its zone, beyond both the time before and now."""
    rule = rule_of(entry("0 3 * * *", zone="Europe/Berlin"))

    assert isinstance(rule, CronRule)
    assert START + 8 * 3600 == rule.next(START, START)
    assert START + 32 * 3600 == rule.next(START, START + 8 * 3600)
    assert START + 8 * 3600 == rule.last(START, START + 9 * 3600)
    assert rule.last(START, START + 7 * 3600) is None
    assert "cron 0 3 * * * Europe/Berlin" == rule.text
    assert "At 03:00 every day (Europe/Berlin)" == rule.words


def test_the_projects_zone(settings: Settings) -> None:
    """Without a zone of its own, an entry follows the project's."""
    settings.TIME_ZONE = "Asia/Tokyo"

    assert rule_of(entry("@daily")).text.endswith("0 0 * * * Asia/Tokyo")


def test_every() -> None:
    """In steps from the time before."""
    rule = rule_of(entry(every="1h"))

    assert EveryRule(3600) == rule
    assert START + 3600 == rule.next(START, START)
    assert START + 7200 == rule.last(START, START + 7300)
    assert ("every 3600", "Every hour") == (rule.text, rule.words)
    expected = [datetime.fromtimestamp(START + 3600 * n, timezone.utc) for n in range(1, 6)]
    assert expected == next_times(rule, START, START)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (entry("x"), "cron"),
        (entry(every="x"), "every"),
        (entry("@daily", zone="Mars/Base"), "no time zone 'Mars/Base'"),
        (entry("@daily", zone="../etc/passwd"), "no time zone"),
        (entry("@daily", zone="\0"), "no time zone"),
        (entry(), "every"),
    ],
)
def test_wrong_rules(wrong: ScheduleEntry, reason: str) -> None:
    """It is told which part is wrong."""
    with pytest.raises(InvalidSchedule, match=reason):
        rule_of(wrong)
