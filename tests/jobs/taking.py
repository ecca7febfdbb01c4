"""Takes jobs as a worker does, so that a test can see where they are then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque import wiring
from django_resque.wire.worker import Reservation

if TYPE_CHECKING:
    import redis

WORKER = "host~0123456789ab:42:q"


def taken() -> bytes:
    """Take the next payload from its queue."""
    raw: bytes = wiring.store().commander.call("LPOP", "resque:queue:q")
    return raw


def claim(client: redis.Redis, raw: bytes, worker: str = WORKER, rid: str = "r1") -> None:
    """Let a worker hold a payload."""
    client.sadd("resque:workers", worker)
    client.set(f"resque:worker:{worker}", Reservation(worker, "q", "", raw, rid).encode())
