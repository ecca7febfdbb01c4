"""Rows of failures and groups hold what may be seen, in texts that are fit to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.admin.failure_rows import FailureShown, GroupShown, failure_url, first_line
from django_resque.monitor.failure_groups import FailureGroup
from django_resque.reading.failures import FailureRow
from tests.admin.conftest import ROOT
from tests.records import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.admin.visit import Visit


def test_secrets_are_masked() -> None:
    """The error of a job does not tell what is masked in its arguments."""
    raw = record("shop.send", {"password": "hunter2"}, error="\nlogin with hunter2\nagain")

    assert "login with ********************" == first_line(FailureRow.read("failed", 0, raw))


def test_an_unreadable_row(visit: Callable[..., Visit]) -> None:
    """What cannot be read says why, and has an address and a page all the same."""
    row = FailureRow.read("failed", 3, b"{oops")

    shown = FailureShown.of(visit(), row, "key")

    assert ("", "", "", "", "", None, "", False) == (
        shown.job,
        shown.queue,
        shown.queue_url,
        shown.exception,
        shown.error,
        shown.failed_at,
        shown.badge,
        shown.retried,
    )
    assert "is not JSON" in shown.unreadable
    assert (f"{row.digest}:3", failure_url(visit(), row)) == (shown.address, shown.url)


def test_texts_are_cut(visit: Callable[..., Visit]) -> None:
    """Nothing in a row is longer than a table can carry."""
    long = "x\x1b" * 10_000
    raw = record(long, queue=long, exception=long, error=long, failed_at=long)

    shown = FailureShown.of(visit(), FailureRow.read("failed", 0, raw), "key")

    for text in (shown.job, shown.queue, shown.exception, shown.error, shown.failed_text):
        assert 0 < len(text) <= 200
        assert "\x1b" not in text


def test_keys(visit: Callable[..., Visit]) -> None:
    """Each row of a page has a key of its own, which stays when others come before it."""
    rows = [FailureRow.read("failed", index, raw) for index, raw in enumerate([b"a", b"b", b"a"])]
    one, other = rows[0].digest, rows[1].digest

    assert [one, other, f"{one}-2"] == [each.key for each in FailureShown.all(visit(), rows)]


def test_a_group(visit: Callable[..., Visit]) -> None:
    """A group leads to those of its failures that the filter finds."""
    sample = FailureRow.read("mail_failed", 0, record(error="boom\nbang"))
    group = FailureGroup("ab12", "Error\x1b", "place", ["a"], ["mail"], 3, 2, None, None, sample)

    shown = GroupShown.of(visit(), group, {"list": "mail_failed", "job": "a", "group": "x"})

    assert ("Error\\x1b", "boom", 3, 2) == (
        shown.exception,
        shown.error,
        shown.count,
        shown.waiting,
    )
    assert f"{ROOT}failed/?list=mail_failed&job=a&group=ab12" == shown.url
