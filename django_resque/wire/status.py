"""php-resque's status packet: the document at ``job:<id>:status``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django_resque.exceptions import DecodeError
from django_resque.wire.codec import dumps, loads

if TYPE_CHECKING:
    from django_resque.wire.payload import Payload

Status = Literal[1, 2, 3, 4]

WAITING: Status = 1
RUNNING: Status = 2
FAILED: Status = 3
COMPLETE: Status = 4
FINAL_TTL = 86_400
"""Seconds after which php-resque forgets a job that has ended."""


@dataclass(frozen=True, slots=True)
class StatusPacket:
    """What php-resque tells of a job; ``started`` is when it was enqueued, in whole seconds."""

    status: Status
    updated: int
    started: Any = None
    """Kept as it was found."""

    def encode(self, result: bytes = b"") -> bytes:
        """Return the packet's bytes, with the JSON of the job's ``result``."""
        head = {"status": self.status, "updated": self.updated, "started": self.started}
        return dumps(head)[:-1] + b',"result":' + (result or b"null") + b"}"

    @staticmethod
    def started_of(raw: bytes) -> Any:
        """Return ``started`` of a packet that is there; None if it cannot be read."""
        try:
            document = loads(raw, "status packet")
        except DecodeError:
            return None
        started = document.get("started") if isinstance(document, dict) else None
        return started if isinstance(started, (int, float, str)) else None


def tracked_id(payload: Payload) -> str | None:
    """Return the name under which php-resque may track a job; None for a payload not like its."""
    prefix = payload.extras.get("prefix")
    if payload.id is None or not isinstance(prefix, str):
        return None
    return f"{prefix}_{payload.id}" if prefix else payload.id
