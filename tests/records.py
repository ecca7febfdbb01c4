"""Failure records and claims as other clients leave them, for tests that read them."""

from __future__ import annotations

import json
from typing import Any


def record(job: str = "shop.send", *args: Any, queue: str = "mail", **fields: Any) -> bytes:
    """Return a failure record in Ruby's form; ``fields`` replace or extend its own."""
    document = {
        "failed_at": "2026/11/21 04:48:58 UTC",
        "payload": {"class": job, "args": list(args)},
        "exception": "ValueError",
        "error": "boom",
        "backtrace": ["line one", "line two"],
        "worker": "host:1:mail",
        "queue": queue,
        **fields,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def claim(job: str = "shop.send", queue: str = "mail") -> bytes:
    """Return a Ruby worker's claim."""
    payload = {"class": job, "args": [1]}
    document = {"queue": queue, "run_at": "2026-11-21T04:48:58Z", "payload": payload}
    return json.dumps(document, separators=(",", ":")).encode()
