"""Failures in Redis, where Resque's web pages and ours read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.failures.base import StoredBackend

if TYPE_CHECKING:
    from django_resque.store import Store
    from django_resque.store.commander import Command
    from django_resque.wire.failure import FailureRecord


class RedisBackend(StoredBackend):
    """All failures in the one list ``failed``: Resque's default."""

    def recording(self, record: FailureRecord, store: Store) -> list[Command]:
        """Return the command that appends the record."""
        return store.failures.recording(record.encode(), "failed")


class RedisMultiQueueBackend(StoredBackend):
    """A list of failures for each queue, ``<queue>_failed``."""

    def recording(self, record: FailureRecord, store: Store) -> list[Command]:
        """Return the commands that append the record to its queue's list and make that known."""
        return store.failures.recording(record.encode(), f"{record.queue}_failed")
