"""Claims of ours, made without Redis, for tests of what happens to them."""

from __future__ import annotations

from typing import Any

from django_resque.wire.payload import Payload
from django_resque.wire.worker import Reservation

WORKER = "host~0123456789ab:42:q"


def reservation(
    job: str = "shop.send",
    *args: Any,
    queue: str = "q",
    worker: str = WORKER,
    rid: str = "r1",
    payload: bytes | None = None,
) -> Reservation:
    """Return a claim for a job with these arguments, or for a payload of any bytes."""
    raw = Payload(job, list(args)).encode() if payload is None else payload
    return Reservation(worker, queue, "2026-11-21T04:48:58Z", raw, rid)
