"""A failure record: Ruby's seven fields in Ruby's order, the payload byte for byte."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django_resque.exceptions import DecodeError
from django_resque.wire.codec import MAX_DEPTH, dumps, loads, too_deep

INVALID_PAYLOAD = b'{"class":"(invalid payload)","args":[]}'
"""Stands in a record for a payload that is no JSON object; the bytes are kept beside it."""

# UTF-8 cannot carry them, and Ruby reads no record with an escape for one in it.
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class FailureRecord:
    """What is told of a failed job: when, what, why, where."""

    failed_at: str
    """When: ``2026/11/21 04:48:58 UTC``."""
    payload: bytes
    """The bytes of the payload, as they lay in the queue."""
    exception: str
    """The dotted path of the exception."""
    error: str
    """Its message."""
    backtrace: list[str]
    """The lines of the traceback; none if the process died."""
    worker: str
    """The id of the worker that had it."""
    queue: str
    """The queue it came from."""
    extras: dict[str, Any] = field(default_factory=dict)
    """All further keys, such as ``retried_at`` and ``attempt``."""

    def encode(self) -> bytes:
        """Return the record's bytes; the payload goes in untouched.

        A payload that Ruby could not read back would break Ruby's failed page for good, so it is
        replaced by a placeholder and kept whole under ``raw`` (``raw_base64`` if not UTF-8).
        """
        payload, extras = self.payload, dict(self.extras)
        if not _readable(payload):
            try:
                extras["raw"] = payload.decode()
            except UnicodeDecodeError:
                extras["raw_base64"] = base64.b64encode(payload).decode()
            payload = INVALID_PAYLOAD
        tail = {
            "exception": self.exception,
            "error": self.error,
            "backtrace": self.backtrace,
            "worker": self.worker,
            "queue": self.queue,
            **extras,
        }
        head = dumps({"failed_at": self.failed_at})
        return head[:-1] + b',"payload":' + payload + b"," + dumps(_writable(tail))[1:]

    @classmethod
    def decode(cls, raw: bytes) -> FailureRecord:
        """Read a record of any client, however incomplete. Raises DecodeError if no object."""
        document = loads(raw, "failure record")
        if not isinstance(document, dict):
            raise DecodeError("failure record is not an object", raw)
        backtrace = document.pop("backtrace", None)
        if not isinstance(backtrace, list):
            backtrace = [] if backtrace is None else [backtrace]
        payload = document.pop("payload", None)
        fields = {
            name: _scalar(document.pop(name, None))
            for name in ("failed_at", "exception", "error", "worker", "queue")
        }
        return cls(
            payload=original_payload(payload, document),
            backtrace=[_scalar(line) for line in backtrace],
            extras=document,
            **fields,
        )


def stamped(raw: bytes, retried_at: str) -> bytes:
    """Return a record with ``retried_at`` set, all else as its client wrote it.

    Raises DecodeError for one that is no object.
    """
    document = loads(raw, "failure record")
    if not isinstance(document, dict):
        raise DecodeError("failure record is not an object", raw)
    document.pop("retried_at", None)
    return dumps(_writable({**document, "retried_at": retried_at}))


def original_payload(payload: Any, extras: dict[str, Any]) -> bytes:
    """Return the payload a decoded record stands for, taking kept raw bytes out of ``extras``."""
    raw, encoded = extras.pop("raw", None), extras.pop("raw_base64", None)
    if isinstance(raw, str):
        return raw.encode(errors="surrogatepass")
    if isinstance(encoded, str):
        with suppress(ValueError):
            return base64.b64decode(encoded, validate=True)
    return dumps(payload) if _encodable(payload) else INVALID_PAYLOAD


def digest(raw: bytes) -> str:
    """Return the address of a record: the SHA-1 of its bytes, which Lua can compute as well."""
    return hashlib.sha1(raw, usedforsecurity=False).hexdigest()


def _readable(payload: bytes) -> bool:
    try:
        document = loads(payload)
        dumps(document)
    except (DecodeError, UnicodeEncodeError):
        return False
    # The record around it is one level more.
    return isinstance(document, dict) and not too_deep(document, MAX_DEPTH - 1)


def _encodable(value: Any) -> bool:
    try:
        dumps(value)
    except UnicodeEncodeError:
        return False
    return True


def _writable(value: Any) -> Any:
    """Spell lone surrogates out, wherever in the value they are."""
    if isinstance(value, str):
        return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", value)
    if isinstance(value, list):
        return [_writable(item) for item in value]
    if isinstance(value, dict):
        return {_writable(key): _writable(item) for key, item in value.items()}
    return value


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
