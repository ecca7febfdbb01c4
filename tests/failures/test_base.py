"""A failure backend needs one method, and none at all to be harmless."""

from __future__ import annotations

import pytest

from django_resque.failures.base import FailureBackend, StoredBackend
from django_resque.wire.failure import FailureRecord
from tests.records import record


def test_a_backend_may_leave_out_save() -> None:
    """The base tells nobody and raises nothing."""
    FailureBackend().save(FailureRecord.decode(record()))


def test_a_stored_backend_must_say_what_it_writes() -> None:
    """Without ``recording``, failures would be lost silently."""
    with pytest.raises(NotImplementedError):
        StoredBackend().recording(FailureRecord.decode(record()), None)  # type: ignore[arg-type]
