"""Entries of the settings are read strictly: what is wrong is named with its entry."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from django_resque.conf_schedule import read_schedule
from django_resque.wire.schedule import ScheduleEntry


def test_entries() -> None:
    """Each key has its place; what is None is absent."""
    entries = read_schedule(
        {
            "nightly": {
                "cron": "0 3 * * *",
                "job": "shop.jobs.tidy",
                "queue": "low",
                "args": (1,),
                "kwargs": {"deep": True},
                "timezone": "Europe/Berlin",
                "description": "Tidy up",
                "overlap": "skip",
                "missed": "skip",
                "enabled": False,
            },
            "often": {"every": timedelta(minutes=5), "class": "Tidy", "queue": "low", "cron": None},
            "zoned": {"cron": "@daily Asia/Tokyo", "job": "shop.jobs.tidy"},
            "seconds": {"every": 90, "job": "shop.jobs.tidy"},
            "span": {"every": "1h30m", "job": "shop.jobs.tidy"},
        }
    )

    expected = [
        ScheduleEntry(
            name="nightly",
            job="shop.jobs.tidy",
            cron="0 3 * * *",
            queue="low",
            args=[1],
            kwargs={"deep": True},
            timezone="Europe/Berlin",
            description="Tidy up",
            overlap="skip",
            missed="skip",
            enabled=False,
        ),
        ScheduleEntry("often", "Tidy", every="300s", queue="low", foreign=True),
        ScheduleEntry("zoned", "shop.jobs.tidy", cron="@daily", timezone="Asia/Tokyo"),
        ScheduleEntry("seconds", "shop.jobs.tidy", every="90s"),
        ScheduleEntry("span", "shop.jobs.tidy", every="1h30m"),
    ]
    assert expected == list(entries)
    assert () == read_schedule({})


GOOD: dict[Any, Any] = {"cron": "@daily", "job": "shop.jobs.tidy"}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "must be a dict of schedules by name"),
        ({5: GOOD}, "printable names, not 5"),
        ({" ": GOOD}, "printable names"),
        ({"a": "x"}, "'a' must be a dict, not 'x'"),
        ({"a": {**GOOD, "ever": "5m"}}, "'a' must not have the key 'ever': did you mean 'every'"),
        ({"a": {**GOOD, 5: 5}}, "must not have the key 5: known are cron"),
        ({"a": {**GOOD, "every": "5m"}}, 'either "cron" or "every"'),
        ({"a": {"job": "x"}}, 'either "cron" or "every"'),
        ({"a": {"cron": "@daily"}}, 'either "job" or'),
        ({"a": {**GOOD, "class": "X"}}, 'either "job" or'),
        ({"a": {"cron": "@daily", "class": "X", "kwargs": {}}}, 'must not have "kwargs"'),
        ({"a": {"every": 5, "job": "x", "timezone": "UTC"}}, 'must not have "timezone"'),
        ({"a": {**GOOD, "cron": 5}}, 'has a wrong "cron": it must be a text, not 5'),
        ({"a": {"job": "x", "every": True}}, 'wrong "every"'),
        ({"a": {**GOOD, "queue": "a,b"}}, 'wrong "queue"'),
        ({"a": {**GOOD, "args": "x"}}, 'wrong "args": it must be a list'),
        ({"a": {**GOOD, "kwargs": {5: 5}}}, 'wrong "kwargs"'),
        ({"a": {**GOOD, "overlap": "never"}}, "must be 'allow' or 'skip', not 'never'"),
        ({"a": {**GOOD, "missed": True}}, "must be 'once' or 'skip'"),
        ({"a": {**GOOD, "enabled": 1}}, "must be True or False"),
    ],
)
def test_wrong_entries(value: Any, reason: str) -> None:
    """The entry is named, what is wrong with it, and what to write instead."""
    with pytest.raises(ValueError, match=r".") as caught:
        read_schedule(value)
    assert reason in str(caught.value)
