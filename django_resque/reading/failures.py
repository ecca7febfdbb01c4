"""Failure records as rows, whatever their client wrote."""

from __future__ import annotations

from dataclasses import dataclass

from django_resque.exceptions import DecodeError
from django_resque.wire.failure import FailureRecord, digest
from django_resque.wire.payload import Payload


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One record of a failed list, from whichever client."""

    list: str
    index: int
    """Where it was seen; a hint, for others may move it at any time."""
    raw: bytes
    record: FailureRecord | None
    """What it tells; None if it is not readable."""
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
    def retried_at(self) -> str:
        """When it was retried last; empty if it was not."""
        value = self.record.extras.get("retried_at") if self.record else None
        return str(value or "")

    @classmethod
    def read(cls, name: str, index: int, raw: bytes) -> FailureRow:
        """Read a record, however malformed."""
        try:
            record = FailureRecord.decode(raw)
        except DecodeError as error:
            return cls(name, index, raw, None, None, str(error))
        try:
            return cls(name, index, raw, record, Payload.decode(record.payload))
        except DecodeError as error:
            return cls(name, index, raw, record, None, str(error))
