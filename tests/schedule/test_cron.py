"""Cron expressions are due when cron says, and each time once, whatever the clocks do."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_resque.exceptions import ConfigurationError, InvalidSchedule
from django_resque.schedule import cron

NEW_YORK = ZoneInfo("America/New_York")
UTC = timezone.utc


def at(text: str) -> datetime:
    """Return a moment written in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("*/5 * * * *", "2026-11-27T18:05:00"),
        ("0 3 * * *", "2026-11-28T03:00:00"),
        ("30 0 3 * * *", "2026-11-28T03:00:30"),
        ("*/10 * * * * *", "2026-11-27T18:00:10"),
        ("0,30 0 18 * * *", "2026-11-27T18:00:30"),
        ("0 0 * * MON", "2026-11-30T00:00:00"),
        ("0 0 L * *", "2026-11-30T00:00:00"),
        ("@hourly", "2026-11-27T19:00:00"),
        ("@daily", "2026-11-28T00:00:00"),
        ("@Midnight", "2026-11-28T00:00:00"),
        ("@weekly", "2026-11-29T00:00:00"),
        ("@monthly", "2026-12-01T00:00:00"),
        ("@yearly", "2027-01-01T00:00:00"),
        ("@annually", "2027-01-01T00:00:00"),
        ("0 0 29 2 *", "2028-02-29T00:00:00"),
    ],
)
def test_next_run(expression: str, expected: str) -> None:
    """Five fields, six with the seconds first, and aliases."""
    now = at("2026-11-27T18:00:00")

    assert at(expected) == cron.next_run(expression, now)
    cron.check(expression)


def test_zones() -> None:
    """A time of day is that of the zone."""
    assert at("2026-07-02T01:00:00") == cron.next_run(
        "0 3 * * *", at("2026-07-01T12:00:00"), ZoneInfo("Europe/Berlin")
    )


@pytest.mark.parametrize("expression", ["30 1 * * *", "0 30 1 * * *"])
def test_the_repeated_hour(expression: str) -> None:
    """When the clocks go back, what is due in the hour that comes twice is due once."""
    runs = cron.next_runs(expression, at("2026-11-01T00:00:00"), NEW_YORK, 2)

    assert [at("2026-11-01T05:30:00"), at("2026-11-02T06:30:00")] == runs
    # Also for who begins to count between the two.
    assert at("2026-11-02T06:30:00") == cron.next_run(
        expression, at("2026-11-01T05:30:00"), NEW_YORK
    )
    assert at("2026-11-02T06:30:00") == cron.next_run(
        expression, at("2026-11-01T06:10:00"), NEW_YORK
    )
    assert cron.last_run(expression, runs[0], at("2026-11-02T06:20:00"), NEW_YORK) is None


@pytest.mark.parametrize("expression", ["30 2 * * *", "0 30 2 * * *", "0,30 2 * * *"])
def test_the_missing_hour(expression: str) -> None:
    """When the clocks go forward, what is due in the hour left out is due after it, once."""
    runs = cron.next_runs(expression, at("2026-03-08T05:00:00"), NEW_YORK, 2)

    assert at("2026-03-08T07:00:00") == runs[0]
    assert runs[1] >= at("2026-03-09T06:00:00")


def test_intervals_are_real_time() -> None:
    """Every half hour stays every half hour while the clocks go back."""
    runs = cron.next_runs("*/30 * * * *", at("2026-11-01T05:00:00"), NEW_YORK, 4)

    assert [timedelta(minutes=30)] * 3 == [later - earlier for earlier, later in pairwise(runs)]


def test_last_run() -> None:
    """The last time of several that were missed, however long ago the first was."""
    until = at("2026-11-27T18:00:00")

    assert until == cron.last_run("* * * * * *", at("2016-01-01T00:00:00"), until)
    assert at("2026-01-01T00:00:00") == cron.last_run("@yearly", at("2016-01-01T00:00:00"), until)
    assert at("2026-11-01T00:00:00") == cron.last_run("@monthly", at("2026-10-01T00:00:00"), until)
    assert cron.last_run("@yearly", at("2026-01-01T00:00:00"), until) is None


@pytest.mark.parametrize(
    "expression",
    ["", "x", "* * * *", "61 * * * *", "* * * * * * *", "0 0 30 2 *", "@never", "5-1 * * * *"],
)
def test_wrong_expressions(expression: str) -> None:
    """What cannot be read, or is never due, is refused."""
    with pytest.raises(InvalidSchedule, match="cron"):
        cron.check(expression)


def test_without_cronsim(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said how to install what is missing."""
    monkeypatch.setattr(cron, "AVAILABLE", False)
    with pytest.raises(ConfigurationError, match=r"pip install 'django-resque\[cron\]'"):
        cron.check("@daily")


def test_explain() -> None:
    """Expressions in words; one without words stands for itself."""
    assert "At 03:00 every day" == cron.explain("0 3 * * *")
    assert "At 00:00 every day" == cron.explain("@daily")


MINUTES = st.sampled_from(["*", "0", "30", "*/7", "5,35", "15-45/15"])
HOURS = st.sampled_from(["*", "1", "2", "*/2", "0-4", "1,2,3"])
DAYS = st.sampled_from(["*", "1", "8", "*/3"])
SECONDS = st.sampled_from(["", "0 ", "30 ", "0,20 "])
ZONES = st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC"])
MOMENTS = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 hypothesis adds the zone
    datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(SECONDS, MINUTES, HOURS, DAYS, ZONES, MOMENTS)
def test_runs_only_go_forward(  # noqa: PLR0917
    seconds: str, minutes: str, hours: str, days: str, zone: str, moment: datetime
) -> None:
    """Each run is later than the one before, and who begins anew at it finds the same next."""
    expression = f"{seconds}{minutes} {hours} {days} * *"
    runs = cron.next_runs(expression, moment, ZoneInfo(zone), 4)

    assert 4 == len(runs)
    assert all(earlier < later for earlier, later in pairwise([moment, *runs]))
    assert runs[1:] == [cron.next_run(expression, run, ZoneInfo(zone)) for run in runs[:-1]]
    assert runs[2] == cron.last_run(expression, moment, runs[2], ZoneInfo(zone))
    local = [run.astimezone(ZoneInfo(zone)) for run in runs]
    fields = {"0": 0, "30": 30}
    if minutes in fields and not hours.startswith("*") and zone == "UTC":
        assert {fields[minutes]} == {run.minute for run in local}


@given(st.sampled_from(["1", "2", "1,2", "0-4"]), ZONES, MOMENTS)
def test_a_time_of_day_is_due_once_a_day(hours: str, zone: str, moment: datetime) -> None:
    """No wall clock time is due twice, and no day goes without: daylight-saving or not."""
    runs = cron.next_runs(f"30 {hours} * * *", moment, ZoneInfo(zone), 300)
    local = [run.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for run in runs]
    days = sorted({run.date() for run in local})

    assert len(local) == len(set(local))
    assert len(days) == (days[-1] - days[0]).days + 1
