"""Where failures are told: the class to write a backend from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_resque.store import Store
    from django_resque.store.commander import Command
    from django_resque.wire.failure import FailureRecord


class FailureBackend:
    """Hears of every failure; named in ``RESQUE["FAILURE_BACKEND"]`` by its dotted path."""

    masked = False
    """Whether records come with the secrets masked that are among the job's arguments."""

    def save(self, record: FailureRecord) -> None:
        """Tell of one failure, in the process of the job or, if that died, in one of its own.

        What it raises is logged, and keeps no other backend from being told.
        """


class StoredBackend(FailureBackend):
    """A backend whose records lie in Redis, written in one step with the end of the job."""

    def recording(self, record: FailureRecord, store: Store) -> list[Command]:
        """Return the commands that write the record; they become part of the job's ending."""
        raise NotImplementedError
