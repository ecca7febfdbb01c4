"""A filter says which failures are meant, to be shown, retried or removed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from django_resque.reading.failure_filter import FailureFilter
from django_resque.reading.failures import FailureRow
from tests.records import record

MOMENT = datetime(2026, 11, 21, 4, 48, 58, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)

ROW = FailureRow.read(
    "failed",
    0,
    record("shop.jobs.Send", "Müller", exception="requests.exceptions.Timeout", error="Too LATE"),
)


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({}, True),
        ({"job": "shop.jobs.Send"}, True),
        ({"job": "Send"}, True),
        ({"job": "jobs.Send"}, True),
        ({"job": "end"}, False),
        ({"job": "send"}, False),
        ({"queue": "mail"}, True),
        ({"queue": "mai"}, False),
        ({"exception": "requests.exceptions.Timeout"}, True),
        ({"exception": "Timeout"}, True),
        ({"exception": "out"}, False),
        ({"text": "too late"}, True),
        ({"text": "MÜLLER"}, True),
        ({"text": "jobs.send"}, True),
        ({"text": "nothing"}, False),
        ({"text": "müller", "in_arguments": False}, False),
        ({"text": "late", "in_arguments": False}, True),
        ({"since": MOMENT}, True),
        ({"since": MOMENT + SECOND}, False),
        ({"until": MOMENT}, False),
        ({"until": MOMENT + SECOND}, True),
        (
            {"since": MOMENT.astimezone(timezone(timedelta(hours=9))), "until": MOMENT + SECOND},
            True,
        ),
        ({"state": "waiting"}, True),
        ({"state": "retried"}, False),
        ({"group": ROW.fingerprint}, True),
        ({"group": "0" * 16}, False),
        ({"job": "Send", "queue": "mail", "text": "late", "group": ROW.fingerprint}, True),
        ({"job": "Send", "queue": "low"}, False),
    ],
)
def test_matches(criteria: dict[str, Any], expected: bool) -> None:
    """All criteria must be met."""
    assert expected == FailureFilter(**criteria).matches(ROW)


def test_truth() -> None:
    """A filter is true if it has any criterion; where it may look is none."""
    assert not FailureFilter()
    assert not FailureFilter(in_arguments=False)
    assert FailureFilter(text="x", in_arguments=False)
    assert FailureFilter(state="waiting")


def test_retried() -> None:
    """What was retried is no longer waiting."""
    row = FailureRow.read("failed", 0, record(retried_at="2026/11/21 05:00:00"))

    assert FailureFilter(state="retried").matches(row)
    assert not FailureFilter(state="waiting").matches(row)


@pytest.mark.parametrize("name", ["Net::ReadTimeout", "App\\Http\\ReadTimeout", "ReadTimeout"])
def test_foreign_names(name: str) -> None:
    """Names of other languages are known by their last part as well."""
    row = FailureRow.read("failed", 0, record(exception=name))

    assert FailureFilter(exception="ReadTimeout").matches(row)
    assert not FailureFilter(exception="Timeout").matches(row)


@pytest.mark.parametrize("raw", [b"{oops Text", record(payload={"args": ["Text"]})])
def test_unreadable(raw: bytes) -> None:
    """What cannot be read has no name and no moment, but the text that lies there."""
    row = FailureRow.read("failed", 0, raw)

    assert FailureFilter(text="text").matches(row)
    assert not FailureFilter(text="text", in_arguments=False).matches(row)
    assert not FailureFilter(job="Text").matches(row)
    assert FailureFilter(state="waiting").matches(row)


def test_without_a_date() -> None:
    """A failure that does not say when it was is in no time at all."""
    row = FailureRow.read("failed", 0, record(failed_at="soon"))

    assert not FailureFilter(since=MOMENT - 9999 * SECOND).matches(row)
    assert not FailureFilter(until=MOMENT + 9999 * SECOND).matches(row)


def test_secrets_are_not_found() -> None:
    """A text that is masked where it is shown matches nothing."""
    row = FailureRow.read("failed", 0, record("a", {"token": "s3cr3t"}, error="bad s3cr3t"))

    assert FailureFilter(text="bad").matches(row)
    assert not FailureFilter(text="s3cr3t").matches(row)
