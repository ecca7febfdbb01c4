"""Delayed jobs are rows that forms can name, whatever their clients wrote."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from django_resque.admin.delayed_rows import (
    DelayedShown,
    SchedulerShown,
    moment_in_words,
    named_job,
    named_timestamp,
)
from django_resque.jobs.delayed import DelayedJob
from django_resque.monitor.delayed import TimestampRow
from django_resque.monitor.scheduler import SchedulerGlance
from django_resque.wire import timestamps
from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.admin.visit import Visit

DUE = "2000000000"
RAW = b'{"class":"shop.send","args":[7],"queue":"mail","id":"f00","attempt":2}'


def test_job(visit: Callable[..., Visit]) -> None:
    """A job has its time, its queue, its page, and an address that leads back to it."""
    job = DelayedJob.read(DUE, 3, RAW)

    row = DelayedShown.of_job(visit(), job)

    assert ("job", 1, "mail", timestamps.from_epoch(int(DUE))) == (
        row.field, row.size, row.queue, row.due
    )  # fmt: skip
    assert row.job
    assert ("shop.send", "7", 2) == (row.job.name, row.job.arguments, row.job.attempt)
    assert f"{ROOT}queues/mail/" == row.queue_url
    assert f"{ROOT}results/f00/?queue=mail" == row.job.result_url
    assert f"{ROOT}delayed/at/{DUE}/jobs/{job.digest}/?at=3" == row.url
    assert (DUE, (job.digest, 3)) == named_job(row.address)


def test_timestamp(visit: Callable[..., Visit]) -> None:
    """A timestamp with one job is that job; one with more is a row of its own."""
    job = DelayedJob.read(DUE, 0, RAW)
    due = timestamps.from_epoch(int(DUE))

    assert DelayedShown.of_job(visit(), job) == DelayedShown.of_timestamp(
        visit(), TimestampRow(DUE, due, 1, job)
    )
    row = DelayedShown.of_timestamp(visit(), TimestampRow(DUE, due, 5, job))
    assert ("timestamp", 5) == (row.field, row.size)
    assert DUE == named_timestamp(row.address)
    assert f"{ROOT}delayed/at/{DUE}/" == row.url


@pytest.mark.parametrize("at", ["last", "", "a/b\n", "\udcff", "-inf", "9" * 400])
def test_odd_timestamps(visit: Callable[..., Visit], at: str) -> None:
    """What its client wrote in place of a time is shown, and leads back."""
    row = DelayedShown.of_job(visit(), DelayedJob.read(at, 0, b"{oops"))
    empty = DelayedShown.of_timestamp(visit(), TimestampRow(at, None, 0, None))

    named = named_job(row.address)
    assert named
    assert at == named[0] == named_timestamp(empty.address)
    assert row.due_text.isprintable()
    assert row.job
    assert row.job.error
    assert empty.job is None


@pytest.mark.parametrize("text", ["", "x", "/", f"{DUE}/{'0' * 39}:1", f"{DUE}/{'0' * 40}", "é"])
def test_named_nothing(text: str) -> None:
    """What no page of ours has sent names no job."""
    assert named_job(text) is None


def test_same_bytes(visit: Callable[..., Visit]) -> None:
    """Jobs of the same bytes are told apart, and keep their keys when those before them go."""
    jobs = [DelayedJob.read(DUE, at, raw) for at, raw in enumerate([b"{}", RAW, RAW])]

    before = [row.key for row in DelayedShown.all(visit(), jobs)]
    after = [row.key for row in DelayedShown.all(visit(), jobs[1:])]

    assert 3 == len(set(before))
    assert before[1:] == after


@pytest.mark.parametrize(("ago", "overdue"), [(-60, False), (5, False), (60, True)])
def test_scheduler(ago: int, overdue: bool) -> None:
    """A job that waits some seconds for a new master is not overdue yet."""
    due = timestamps.now() - timedelta(seconds=ago)

    shown = SchedulerShown.of(SchedulerGlance("<b>\n", 5.0, 1, True, due, 2))

    assert ("<b>\\n", False, overdue) == (shown.master, shown.missing, shown.overdue)


def test_moment_in_words() -> None:
    """A moment is told as the reader's language has it."""
    due = timestamps.from_epoch(int(DUE))

    with timezone.override("UTC"):
        assert "May 18, 2033" in moment_in_words(due, DUE)
    assert "x\\n" == moment_in_words(None, "x\n")
