"""Schedules are set and removed at run time, in a form that Ruby's scheduler follows too."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import job, schedules
from django_resque.exceptions import (
    ArgumentError,
    InvalidQueueName,
    InvalidSchedule,
    NoQueueError,
    ResqueError,
)
from django_resque.wire.schedule import ScheduleEntry

if TYPE_CHECKING:
    import redis

    from tests.conftest import Configure


@pytest.fixture(autouse=True)
def _tidy(resque_settings: Configure) -> None:
    """Register a job."""

    def tidy(depth: int = 1, *, deep: bool = False) -> None:
        """Do nothing."""

    job(name="Tidy", queue="low")(tidy)


def document(client: redis.Redis, name: str) -> bytes:
    """Return what lies in Redis under a name."""
    found = client.hget("resque:persistent_schedules", name)
    assert isinstance(found, bytes)
    return found


def test_set(redis_client: redis.Redis) -> None:
    """What Ruby knows stands in its own form; the job's queue is written down for it."""
    schedules.set("nightly", "Tidy", cron="0 3 * * *", args=[1])

    expected = b'{"cron":"0 3 * * *","class":"Tidy","queue":"low","args":[1]}'
    assert expected == document(redis_client, "nightly")
    assert {b"nightly"} == redis_client.smembers("resque:schedules_changed")
    assert ["nightly"] == schedules.names()


def test_all_options(redis_client: redis.Redis) -> None:
    """An alias is spelt out, so that its time zone is understood behind it."""
    schedules.set(
        "weekly",
        "Tidy",
        cron="@weekly",
        timezone="Europe/Berlin",
        kwargs={"depth": 2, "deep": True},
        queue="high",
        description="Tidy up",
        overlap="skip",
        missed="skip",
    )
    schedules.set("often", "Mailer", every=timedelta(minutes=5), queue="mail")
    schedules.set("oftener", "Mailer", every=30, queue="mail")

    expected = ScheduleEntry(
        "weekly",
        "Tidy",
        cron="0 0 * * 0",
        timezone="Europe/Berlin",
        args=[2, {"**": {"deep": True}}],
        queue="high",
        description="Tidy up",
        overlap="skip",
        missed="skip",
    )
    assert expected == ScheduleEntry.decode("weekly", document(redis_client, "weekly"))
    assert b'{"every":"300s","class":"Mailer","queue":"mail","args":[]}' == document(
        redis_client, "often"
    )
    assert b'"every":"30s"' in document(redis_client, "oftener")


@pytest.mark.parametrize(
    ("words", "error", "reason"),
    [
        ({"cron": "61 * * * *"}, InvalidSchedule, "cron"),
        ({"every": "x"}, InvalidSchedule, "every"),
        ({}, InvalidSchedule, "either cron or every"),
        ({"cron": "@daily", "every": "5m"}, InvalidSchedule, "either cron or every"),
        ({"cron": "@daily", "timezone": "Mars/Base"}, InvalidSchedule, "time zone"),
        ({"cron": "@daily", "args": [1, 2]}, ArgumentError, "too many"),
        ({"cron": "@daily", "args": [{1}]}, ArgumentError, "a set"),
        ({"cron": "@daily", "queue": "a,b"}, InvalidQueueName, "','"),
        ({"cron": "@daily", "job": "Nobody"}, NoQueueError, "Nobody"),
        ({"cron": "@daily", "name": " "}, InvalidSchedule, "no name"),
        ({"cron": "@daily", "name": "fixed"}, InvalidSchedule, "choose another name"),
    ],
)
def test_what_is_refused(
    redis_client: redis.Redis,
    resque_settings: Configure,
    words: dict[str, Any],
    error: type[ResqueError],
    reason: str,
) -> None:
    """Nothing reaches Redis that could not be followed."""
    resque_settings(SCHEDULE={"fixed": {"every": "5m", "job": "Tidy"}})
    words = dict(words)
    name, what = words.pop("name", "nightly"), words.pop("job", "Tidy")

    with pytest.raises(error, match=reason):
        schedules.set(name, what, **words)
    assert [] == redis_client.keys()


def test_remove(redis_client: redis.Redis) -> None:
    """A removed schedule is gone, and the master is told."""
    schedules.set("nightly", "Tidy", cron="@daily")

    assert schedules.remove("nightly")
    assert not schedules.remove("nightly")
    assert [] == schedules.names()
    assert {b"nightly"} == redis_client.smembers("resque:schedules_changed")
