"""Failures in the log are one line each, and keep arguments to themselves."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django_resque.failures.log import LogBackend
from django_resque.wire.failure import FailureRecord
from tests.records import record

if TYPE_CHECKING:
    import pytest


def test_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """The line says what failed, where and why; a line break in it cannot forge another."""
    failure = FailureRecord.decode(record("shop.send", "s3cr3t", error="boom\n2026 all is well"))

    with caplog.at_level(logging.INFO, "django_resque.failures"):
        LogBackend().save(failure)

    (entry,) = caplog.records
    expected = (
        "shop.send from queue mail failed on host:1:mail: ValueError: boom\\n2026 all is well"
    )
    assert expected == entry.getMessage()
    assert ("failure.saved", "mail", "shop.send") == (entry.event, entry.queue, entry.job)  # type: ignore[attr-defined]


def test_details_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    """Arguments and traceback are for DEBUG only."""
    with caplog.at_level(logging.DEBUG, "django_resque.failures"):
        LogBackend().save(FailureRecord.decode(record("shop.send", "argument")))

    assert [False, True] == ["argument" in entry.getMessage() for entry in caplog.records]
    assert "line two" in caplog.records[1].getMessage()


def test_unreadable_payload(caplog: pytest.LogCaptureFixture) -> None:
    """A payload that names no job is told as such."""
    LogBackend().save(FailureRecord.decode(record(payload=5)))

    assert caplog.records[0].getMessage().startswith("(invalid payload) from queue mail")
