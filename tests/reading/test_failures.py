"""Failure records of every client are rows, readable or not."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from django_resque.reading.causes import Cause
from django_resque.reading.failure_filter import FailureFilter
from django_resque.reading.failures import FailureRow
from django_resque.wire.failure import digest
from tests.records import record


def test_a_row() -> None:
    """A record is read into its parts; its address is the digest of its bytes."""
    raw = record("shop.send", 1, retried_at="2026/11/21 05:00:00")

    row = FailureRow.read("failed", 3, raw)

    assert (digest(raw), "shop.send", "2026/11/21 05:00:00") == (
        row.digest,
        row.job,
        row.retried_at,
    )
    assert row.record is not None
    assert "ValueError" == row.record.exception


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"{oops", b"\xff", b"{}", b'{"payload":5}'])
def test_unreadable(raw: bytes) -> None:
    """Garbage is a row that says what is wrong with it."""
    row = FailureRow.read("failed", 0, raw)

    assert row.error
    assert ("", "") == (row.job, row.retried_at)


TRACE = [
    "Traceback (most recent call last):",
    '  File "/srv/shop/jobs.py", line 12, in send',
    "    post(order)",
    '  File "/srv/venv/lib/python3.11/site-packages/requests/api.py", line 115, in post',
    "ValueError: boom",
]


def read(**fields: Any) -> FailureRow:
    """Return the row of a record with these fields."""
    return FailureRow.read("failed", 0, record(**fields))


def test_fields() -> None:
    """What a record tells is there, with its moments and its cause."""
    row = read(backtrace=TRACE)

    assert ("mail", "ValueError", "/srv/shop/jobs.py:12 in send") == (
        row.queue,
        row.exception,
        row.place,
    )
    assert Cause("exception", "ValueError") == row.cause
    assert datetime(2026, 11, 21, 4, 48, 58, tzinfo=timezone.utc) == row.failed_at


def test_fields_of_the_unreadable() -> None:
    """A row of garbage has all of them too."""
    row = FailureRow.read("failed", 0, b"{oops")

    assert ("", "", "", None) == (row.queue, row.exception, row.place, row.failed_at)
    assert Cause("exception") == row.cause
    assert 16 == len(row.fingerprint)


@pytest.mark.parametrize(
    "failed_at",
    [
        "",
        "soon",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "9" * 5000,
        None,
        7.5,
        ["2026"],
        {"a": 1},
        True,
    ],
)
def test_no_moment(failed_at: Any) -> None:
    """What is no date, or one that no calendar here can move to another zone, is none."""
    assert read(failed_at=failed_at).failed_at is None


def test_fingerprint() -> None:
    """Failures of one kind share it, whatever their line, arguments and message."""
    one = read(backtrace=TRACE)
    moved = [line.replace("line 12", "line 99") for line in TRACE]
    elsewhere = [line.replace("in send", "in receive") for line in TRACE]

    assert one.fingerprint == read(backtrace=moved, error="other", queue="low").fingerprint
    assert one.fingerprint != read(backtrace=elsewhere).fingerprint
    assert one.fingerprint != read(backtrace=TRACE, exception="KeyError").fingerprint
    assert all(digit in "0123456789abcdef" for digit in one.fingerprint)


@pytest.mark.parametrize("exception", ["DirtyExit", "JobTimeout", "UnknownJob", "TermException"])
def test_place_of_a_death(exception: str) -> None:
    """A process that died or was stopped may have been anywhere: its place is the job."""
    exception = f"django_resque.exceptions.{exception}"
    row = read(job="shop.send", exception=exception, backtrace=TRACE)

    assert "shop.send" == row.place
    assert row.fingerprint == read(job="shop.send", exception=exception, backtrace=[]).fingerprint
    assert row.fingerprint != read(job="shop.other", exception=exception).fingerprint


def test_place_without_a_traceback() -> None:
    """Without a frame the place is the job as well."""
    assert "shop.send" == read(job="shop.send", backtrace="no frames").place


def test_overlong() -> None:
    """A row holds no more of a record than a page can show, and says how much there was."""
    text = "x" * 10_000_000
    row = read(
        error=text,
        exception=text,
        queue=text,
        backtrace=[text, *["line"] * 20_000],
        retried_at=text,
    )

    assert row.record is not None
    assert row.record.error.endswith("x… (10000000 characters)")
    assert (True, True) == (len(row.record.error) < 100_100, len(row.exception) < 10_100)
    assert (True, True) == (len(row.queue) < 10_100, len(row.retried_at) < 10_100)
    assert (1001, True) == (len(row.record.backtrace), len(row.record.backtrace[0]) < 10_100)
    assert "  … 19001 lines left out …" == row.record.backtrace[500]


def with_field(field: str, value: Any) -> bytes:
    """Return a record one of whose fields is something else."""
    fields: dict[str, Any] = {field: value}
    return record(**fields)


HOSTILE: list[bytes] = [
    b"",
    b"null",
    b"5",
    b'"x"',
    b"[]",
    b"{}",
    b"{oops",
    b"\xff",
    b"NaN",
    b"[" * 100_000,
    b'{"payload":' + b"[" * 200 + b"]" * 200 + b"}",
    b'{"payload":' + b"9" * 5000 + b"}",
    b'{"payload":1e400}',
    *(
        with_field(field, value)
        for field in ("payload", "exception", "error", "backtrace", "worker", "queue", "retried_at")
        for value in (None, 5, 1.5, True, [], {}, [None], "\ud800\x00", {"class": 5}, [["x"]])
    ),
    record(payload={"class": "\ud800", "args": ["\x00"]}),
    record(payload={"class": " "}),
    record(payload={"class": "A", "args": "x"}),
    record(payload={"class": "A", "args": {"a": 1}}),
    record(raw="{oops", raw_base64=5),
    record(raw_base64="%"),
]


@pytest.mark.parametrize("raw", HOSTILE)
def test_hostile(raw: bytes) -> None:
    """Whatever lies in the list, a row has all its properties, and any filter can be asked."""
    row = FailureRow.read("failed", 0, raw)
    moment = datetime(2026, 1, 1, tzinfo=timezone.utc)

    texts = [row.job, row.queue, row.exception, row.retried_at, row.place, row.cause.detail]
    assert [True] * 6 == [isinstance(text, str) for text in texts]
    assert 16 == len(row.fingerprint)
    assert row.failed_at is None or row.failed_at.tzinfo is timezone.utc
    assert FailureFilter(group=row.fingerprint, text=row.job).matches(row)
    assert not FailureFilter(text="no such text", since=moment, until=moment).matches(row)
