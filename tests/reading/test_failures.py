"""Failure records of every client are rows, readable or not."""

from __future__ import annotations

import pytest

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
