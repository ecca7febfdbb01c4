"""Which failures somebody wants to see, retry or remove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django_resque.reading.search import Search

if TYPE_CHECKING:
    from datetime import datetime

    from django_resque.reading.failures import FailureRow

State = Literal["all", "waiting", "retried"]

# What stands before a class' own name in Python and JavaScript, Ruby, PHP.
_SEPARATORS = (".", "::", "\\")


@dataclass(frozen=True, slots=True)
class FailureFilter:
    """Criteria that a failure must meet, each of them; true if there are any."""

    job: str = ""
    """The job's name, whole or without what is before the last dot."""
    queue: str = ""
    exception: str = ""
    """The exception's name, whole or without its module."""
    text: str = ""
    """Stands in the error message, the job's name, id or arguments, whatever its case."""
    since: datetime | None = None
    """Failed at this moment or later; with its time zone."""
    until: datetime | None = None
    """Failed before this moment; with its time zone."""
    state: State = "all"
    """``waiting``: not retried yet."""
    group: str = ""
    """The fingerprint."""
    in_arguments: bool = True
    """Whether ``text`` may be in the arguments; not for those who may not see them."""

    def __bool__(self) -> bool:
        """Tell whether there is any criterion."""
        return self != FailureFilter(in_arguments=self.in_arguments)

    def matches(self, row: FailureRow) -> bool:
        """Tell whether a failure meets all criteria; never raises, whatever the record holds."""
        return (
            (not self.job or _is_named(row.job, self.job))
            and (not self.queue or row.queue == self.queue)
            and (not self.exception or _is_named(row.exception, self.exception))
            and (self.state == "all" or (self.state == "retried") == bool(row.retried_at))
            and self._is_in_time(row)
            and (not self.group or row.fingerprint == self.group)
            and (not self.text or self._is_told(row))
        )

    def _is_in_time(self, row: FailureRow) -> bool:
        if self.since is None and self.until is None:
            return True
        moment = row.failed_at
        if moment is None:
            return False
        return (self.since is None or self.since <= moment) and (
            self.until is None or moment < self.until
        )

    def _is_told(self, row: FailureRow) -> bool:
        search = Search(self.text, in_arguments=self.in_arguments)
        if row.record is None:
            return search.within_unreadable(row.raw)
        if search.within_error(row.record.error, row.payload):
            return True
        if row.payload is None:
            return search.within_unreadable(row.record.payload)
        return search.within_payload(row.payload)


def _is_named(name: str, wanted: str) -> bool:
    return name == wanted or name.endswith(tuple(mark + wanted for mark in _SEPARATORS))
