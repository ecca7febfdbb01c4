"""How a worker is, in its own words: the document that lies in ``workers:vitals``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from django_resque.exceptions import DecodeError
from django_resque.wire.codec import dumps, loads
from django_resque.wire.printable import printable

State = Literal["idle", "working", "paused", "stopping"]

_STATES = frozenset(get_args(State))
_MOST = 2**63  # bytes that no machine has
_VERSION = 40  # characters


@dataclass(frozen=True, slots=True)
class Vitals:
    """A worker's own view of itself, as old as its heartbeat; memory is in bytes."""

    state: State
    """``stopping`` and ``paused`` are also those that still finish a job."""
    memory: int | None = None
    """What the worker's own process occupies; None where the system does not tell."""
    peak: int | None = None
    """The most that any child occupied that has performed; None as long as there is none."""
    job_memory: int | None = None
    """What the child occupies that performs now; None if none does."""
    version: str = ""
    """The version of django-resque it runs."""

    def encode(self) -> bytes:
        """Return the bytes for the hash."""
        return dumps(asdict(self))

    @classmethod
    def decode(cls, raw: bytes) -> Vitals:
        """Read what a worker left; numbers that are none are None.

        Raises DecodeError for what tells no state, which no worker of ours writes.
        """
        document = loads(raw, "vitals")
        state = document.get("state") if isinstance(document, dict) else None
        if not isinstance(state, str) or state not in _STATES:
            raise DecodeError("vitals tell no state", raw)
        memory, peak, job_memory = (
            _bytes(document.get(name)) for name in ("memory", "peak", "job_memory")
        )
        version = document.get("version")
        known = printable(version, _VERSION) if isinstance(version, str) else ""
        return cls(state, memory, peak, job_memory, known)  # type: ignore[arg-type]  # one of _STATES


def _bytes(value: Any) -> int | None:
    number = isinstance(value, int) and not isinstance(value, bool)
    return value if number and 0 <= value < _MOST else None
