"""The canonical bytes of a document: compact JSON, raw UTF-8, key order kept.

Ruby removes jobs by comparing bytes, so these are the bytes Ruby's encoder writes
(but for floats with an exponent: Ruby ``1.0e+16``, Python ``1e+16``).
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from django_resque.exceptions import DecodeError

MAX_DEPTH = 100
"""Deepest nesting read or written: the limit of Ruby's JSON parser."""

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def dumps(value: Any) -> bytes:
    """Return the canonical bytes of a JSON value.

    Raises TypeError, ValueError (UnicodeEncodeError is one) or RecursionError for what JSON
    cannot carry.
    """
    return _encode(value).encode()


def loads(raw: bytes, what: str = "payload") -> Any:
    """Read a JSON document strictly; ``what`` names it in the error.

    Raises DecodeError, saying where and why, for invalid UTF-8, malformed JSON, NaN and
    infinities, integers too long to read and nesting deeper than :data:`MAX_DEPTH`.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        byte = raw[error.start]
        msg = f"{what} is not UTF-8: byte 0x{byte:02x} at {error.start}"
        raise DecodeError(msg, raw) from None
    try:
        value = _decode(text)
    except json.JSONDecodeError as error:
        msg = f"{what} is not JSON: {error.msg}: line {error.lineno} column {error.colno}"
        raise DecodeError(msg, raw) from None
    except RecursionError:
        raise DecodeError(f"{what} is nested deeper than {MAX_DEPTH}", raw) from None
    except ValueError as error:
        raise DecodeError(f"{what} is not JSON: {error}", raw) from None
    # Counting brackets is cheap and nearly always settles that it is not too deep.
    if text.count("[") + text.count("{") > MAX_DEPTH and too_deep(value):
        raise DecodeError(f"{what} is nested deeper than {MAX_DEPTH}", raw)
    return value


def too_deep(value: Any, limit: int = MAX_DEPTH) -> bool:
    """Tell whether lists and objects are nested deeper than ``limit``, without recursion."""
    level: list[Any] = [value]
    for _ in range(limit):
        level = [
            child
            for item in level
            if isinstance(item, (dict, list, tuple))
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list, tuple))
        ]
        if not level:
            return False
    return True


def _refuse_constant(name: str) -> NoReturn:
    msg = f"{name} is not a JSON number"
    raise ValueError(msg)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        msg = f"{text[:40]} is too large a number"
        raise ValueError(msg)
    return number


_decode = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse_constant).decode
