"""Failure records as rows, whatever their client wrote."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timezone
from typing import TYPE_CHECKING

from django_resque.exceptions import DecodeError
from django_resque.reading.causes import Cause, cause_of
from django_resque.reading.places import own_place
from django_resque.wire import timestamps
from django_resque.wire.failure import FailureRecord, digest
from django_resque.wire.payload import Payload

if TYPE_CHECKING:
    from datetime import datetime

    from django_resque.reading.places import Place

# Bounds what a page must carry, as Failed.from_exception does for the records of ours.
_MOST_TEXT = 100_000
_MOST_LINES = 1_000
_LONGEST = 10_000  # a line of the traceback, a name

_YEARS = range(1970, 9999)  # others overflow where they are shown in another time zone


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One record of a failed list, from whichever client."""

    list: str
    index: int
    """Where it was seen; a hint, for others may move it at any time."""
    raw: bytes
    record: FailureRecord | None
    """What it tells, without the rest of overlong texts; None if it is not readable."""
    payload: Payload | None
    """What was to be performed; None if that is not readable."""
    error: str = ""
    """What of it is not readable."""

    @property
    def digest(self) -> str:
        """The address of the record: the SHA-1 of its bytes."""
        return digest(self.raw)

    @property
    def job(self) -> str:
        """The name of the job that failed; empty if the record does not tell."""
        return self.payload.name if self.payload else ""

    @property
    def queue(self) -> str:
        """The queue it came from; empty if the record does not tell."""
        return self.record.queue if self.record else ""

    @property
    def exception(self) -> str:
        """The name of the exception; empty if the record does not tell."""
        return self.record.exception if self.record else ""

    @property
    def failed_at(self) -> datetime | None:
        """When it failed; None if the record does not tell."""
        return _moment(self.record.failed_at) if self.record else None

    @property
    def retried_at(self) -> str:
        """When it was retried last; empty if it was not."""
        value = self.record.extras.get("retried_at") if self.record else None
        return _cut(str(value), _LONGEST) if value else ""

    @property
    def cause(self) -> Cause:
        """Why it failed: by an exception, a signal, a limit."""
        if self.record is None:
            return Cause("exception")
        return cause_of(self.record, readable=self.payload is not None)

    @property
    def place(self) -> str:
        """Where in the application it was raised, ``/srv/shop/jobs.py:12 in send``.

        The job's name where no place tells anything: for a process that died or was stopped.
        """
        place = self._place()
        return str(place) if place else self.job

    @property
    def fingerprint(self) -> str:
        """What failures of one kind have in common: 16 hex digits of exception and place.

        Line numbers do not matter, nor what changes in paths from one deployment to the next.
        """
        place = self._place()
        address = f"{self.exception}\n{place.address if place else self.job}"
        data = address.encode(errors="surrogatepass")
        return hashlib.sha1(data, usedforsecurity=False).hexdigest()[:16]

    @classmethod
    def read(cls, name: str, index: int, raw: bytes) -> FailureRow:
        """Read a record, however malformed."""
        try:
            record = FailureRecord.decode(raw)
        except DecodeError as error:
            return cls(name, index, raw, None, None, str(error))
        try:
            payload, error_text = Payload.decode(record.payload), ""
        except DecodeError as error:
            payload, error_text = None, str(error)
        if len(raw) > _LONGEST:
            record = _bounded(record)
        return cls(name, index, raw, record, payload, error_text)

    def _place(self) -> Place | None:
        # One that was stopped may have been anywhere: that is no reason to tell it apart.
        if self.record is None or self.cause.kind != "exception":
            return None
        return own_place(self.record.backtrace)


def _bounded(record: FailureRecord) -> FailureRecord:
    lines = record.backtrace
    if len(lines) > _MOST_LINES:
        half = _MOST_LINES // 2
        cut = f"  … {len(lines) - _MOST_LINES} lines left out …"
        lines = [*lines[:half], cut, *lines[-half:]]
    return replace(
        record,
        failed_at=_cut(record.failed_at, _LONGEST),
        exception=_cut(record.exception, _LONGEST),
        error=_cut(record.error, _MOST_TEXT),
        backtrace=[_cut(line, _LONGEST) for line in lines],
        worker=_cut(record.worker, _LONGEST),
        queue=_cut(record.queue, _LONGEST),
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def _moment(text: str) -> datetime | None:
    moment = timestamps.parse(text)
    if moment is None or moment.year not in _YEARS:
        return None
    return moment.astimezone(timezone.utc)
