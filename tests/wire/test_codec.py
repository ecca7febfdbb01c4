"""The canonical bytes are Ruby's, and reading them back accepts nothing that Ruby would not."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_resque.exceptions import DecodeError
from django_resque.wire.codec import MAX_DEPTH, dumps, loads, too_deep
from tests.wire.strategies import JSON


def nested(depth: int) -> bytes:
    """Return lists inside lists."""
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"class": "Mailer", "args": [42, "a", {"k": None}]},
         b'{"class":"Mailer","args":[42,"a",{"k":null}]}'),
        ([True, False], b"[true,false]"),
        ([1.0, 1000.0, 0.1], b"[1.0,1000.0,0.1]"),
        (12345678901234567890, b"12345678901234567890"),
        ("é€😀</script>/", '"é€😀</script>/"'.encode()),
        ('\n\t"\\\x01', rb'"\n\t\"\\\u0001"'),
        ("\u2028\x7f", '"\u2028\x7f"'.encode()),
        ([[], {}], b"[[],{}]"),
    ],
)  # fmt: skip
def test_dumps(value: Any, expected: bytes) -> None:
    """Nothing is spaced, sorted, rounded or escaped that Ruby's encoder leaves as it is."""
    assert expected == dumps(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "\ud800", {1, 2}, b"x", object()])
def test_dumps_refuses_what_json_cannot_carry(value: Any) -> None:
    """A value that another client could not read is refused, at any depth."""
    with pytest.raises((TypeError, ValueError)):
        dumps([{"deep": value}])


@given(JSON)
def test_round_trip(value: Any) -> None:
    """What is written comes back equal, and is then written as the same bytes."""
    raw = dumps(value)

    assert value == loads(raw)
    assert raw == dumps(loads(raw))


@given(st.binary(max_size=200))
def test_loads_raises_nothing_else(raw: bytes) -> None:
    """Whatever the bytes, reading them gives a value or a DecodeError."""
    with suppress(DecodeError):
        loads(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"[1,", "payload is not JSON: Expecting value: line 1 column 4"),
        (b"", "payload is not JSON: Expecting value: line 1 column 1"),
        (b"\xef\xbb\xbf{}", "payload is not JSON: Expecting value: line 1 column 1"),
        (b'{"class":"a"} x', "payload is not JSON: Extra data: line 1 column 15"),
        (b'"a\nb"', "payload is not JSON: Invalid control character at: line 1 column 3"),
        (b'{"class":"Mailer \xff', "payload is not UTF-8: byte 0xff at 17"),
        (b"[NaN]", "payload is not JSON: NaN is not a JSON number"),
        (b"[-Infinity]", "payload is not JSON: -Infinity is not a JSON number"),
        (b"[1e400]", "payload is not JSON: 1e400 is too large a number"),
        (b"[-1e400]", "payload is not JSON: -1e400 is too large a number"),
        (nested(101), "payload is nested deeper than 100"),
        (nested(100_000), "payload is nested deeper than 100"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "payload is nested deeper than 100"),
    ],
)  # fmt: skip
def test_loads_says_where_and_why(raw: bytes, expected: str) -> None:
    """Every kind of malformed document is refused with its place or reason."""
    with pytest.raises(DecodeError) as caught:
        loads(raw)

    assert expected == str(caught.value)
    assert raw == caught.value.raw


def test_loads_refuses_an_integer_too_long_to_read() -> None:
    """An integer of 5000 digits, whose reading takes quadratic time, is refused."""
    with pytest.raises(DecodeError, match=r"payload is not JSON: Exceeds the limit"):
        loads(b"9" * 5000)


def test_loads_names_what_it_reads() -> None:
    """The error bears the name of the document that was expected."""
    with pytest.raises(DecodeError, match=r"^claim is not JSON"):
        loads(b"x", "claim")


@pytest.mark.parametrize(
    "raw",
    [
        nested(MAX_DEPTH),
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b"[" + b",".join([b"[[]]"] * 500) + b"]",
        b'"' + b"[{" * 500 + b'"',
    ],
)
def test_loads_accepts_depth_up_to_the_limit(raw: bytes) -> None:
    """A hundred levels are read, as in Ruby; brackets side by side or in a text do not count."""
    loads(raw)


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [
        (1, 1, False),
        ([], 0, True),
        ([], 1, False),
        ([1, [2]], 1, True),
        ([1, [2]], 2, False),
        ({"a": {"b": ()}}, 2, True),
        ({"a": {"b": ()}}, 3, False),
    ],
)
def test_too_deep(value: Any, limit: int, expected: bool) -> None:
    """A scalar has no depth, a list or object around it one more than what is in it."""
    assert expected is too_deep(value, limit)
