"""Entries are made ready for enqueueing, or refused for what is wrong with them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from django_resque import job
from django_resque.exceptions import (
    ArgumentError,
    InvalidQueueName,
    InvalidSchedule,
    NoQueueError,
    ResqueError,
    UnknownJob,
)
from django_resque.schedule.entries import check_registered, prepared
from django_resque.wire.payload import Payload
from django_resque.wire.schedule import ScheduleEntry

if TYPE_CHECKING:
    from tests.conftest import Configure

TIDY = ScheduleEntry("nightly", "Tidy", every="5m")


@pytest.fixture(autouse=True)
def _tidy(resque_settings: Configure) -> None:
    """Register the job."""

    def tidy(depth: int = 1, *, deep: bool = False) -> None:
        """Do nothing."""

    job(name="Tidy", queue="low")(tidy)


def test_a_registered_job() -> None:
    """Its queue is its own unless the entry names one; arguments are packed by its signature."""
    assert "low" == prepared(TIDY).queue
    assert "high" == prepared(replace(TIDY, queue="high")).queue
    entry = replace(TIDY, args=[2], kwargs={"deep": True})

    payload, raw = prepared(entry).payload(1999999999.5)

    assert [2, {"**": {"deep": True}}] == payload.args
    assert payload == Payload.decode(raw)
    assert 1999999999.5 == payload.extras["queue_time"]
    assert payload.id != prepared(entry).payload(5)[0].id
    assert [7] == prepared(entry).payload(5, [7])[0].args


def test_a_job_of_another_program(resque_settings: Configure) -> None:
    """It needs a queue; without ids its payload is Ruby's, unless overlaps must be told."""
    resque_settings(JOB_IDS=False)
    entry = ScheduleEntry("a", "Mailer", every="5m", queue="mail", args=[1])

    assert b'{"class":"Mailer","args":[1]}' == prepared(entry).payload(5)[1]
    assert prepared(replace(entry, overlap="skip")).payload(5)[0].id


def test_ids_are_the_jobs_choice() -> None:
    """As when it is enqueued by hand."""
    job(name="ScheduledPlain", queue="low", ids=False)(lambda: None)
    entry = ScheduleEntry("a", "ScheduledPlain", every="5m")

    assert b'{"class":"ScheduledPlain","args":[]}' == prepared(entry).payload(5)[1]
    assert prepared(replace(entry, overlap="skip")).payload(5)[0].id


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        (replace(TIDY, every="x"), InvalidSchedule),
        (replace(TIDY, job="Nobody"), NoQueueError),
        (replace(TIDY, queue="a,b"), InvalidQueueName),
        (replace(TIDY, args=[1, 2]), ArgumentError),
        (replace(TIDY, kwargs={"wide": 1}), ArgumentError),
    ],
)
def test_wrong_entries(entry: ScheduleEntry, error: type[ResqueError]) -> None:
    """Whatever would fail at three in the morning is refused before."""
    with pytest.raises(error):
        prepared(entry)


def test_arguments_that_json_cannot_carry() -> None:
    """They are found when a payload is made, which every check does."""
    with pytest.raises(ArgumentError, match="JSON cannot carry"):
        prepared(replace(TIDY, args=[{1, 2}])).payload(5)


def test_check_registered() -> None:
    """A name that is not registered is told with those that are like it."""
    check_registered(TIDY)
    check_registered(replace(TIDY, job="Nobody", foreign=True))
    with pytest.raises(UnknownJob, match="Did you mean Tidy"):
        check_registered(replace(TIDY, job="Tidyy"))
