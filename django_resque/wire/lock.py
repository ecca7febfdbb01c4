"""The lock of a unique job: its payload tells which, and is its owner by its id."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from django_resque.exceptions import DecodeError
from django_resque.wire.payload import Payload

KEY = "unique"
"""The key of a payload under which the name of its lock stands."""
_MARK = f'"{KEY}"'.encode()
_NAME = re.compile("[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Lock:
    """What keeps a second job like it from being enqueued."""

    name: str
    owner: str
    """The id of the job that has it."""

    @classmethod
    def of(cls, payload: Payload) -> Lock | None:
        """Return the lock that a payload of any client names; None for one that names none."""
        name = payload.extras.get(KEY)
        if payload.id is None or not isinstance(name, str) or not _NAME.fullmatch(name):
            return None
        return cls(name, payload.id)

    @classmethod
    def find(cls, raw: bytes) -> Lock | None:
        """Return the lock that a queue item names; next to nothing is done for most of them."""
        if _MARK not in raw:
            return None
        try:
            return cls.of(Payload.decode(raw))
        except DecodeError:
            return None


def lock_name(job: str, call: bytes) -> str:
    """Return the name of the lock for calls of a job that are equal in these bytes."""
    return hashlib.sha1(job.encode() + b"\n" + call, usedforsecurity=False).hexdigest()
