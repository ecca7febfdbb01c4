"""What is kept of the past is read back; what others leave there is refused or left out."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_resque.exceptions import DecodeError
from django_resque.wire.history import QueueSnapshot, Sample
from tests.wire.strategies import JSON


def test_sample() -> None:
    """A sample is three numbers."""
    assert Sample(1795236538, 1204, 17) == Sample.decode(b"1795236538 1204 17")


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"1", b"1 2", b"1 2 3 4", b"1 2 3 ", b"1 2 -3", b"a b c", b"1 2 3\n", b"\xff 1 2"),
        *(b"1" * 12 + b" 1 1", b"1 " + b"1" * 19 + b" 1", b"1.5 1 1", "٣ 1 1".encode()),
    ],
)
def test_sample_refused(raw: bytes) -> None:
    """What is not three numbers of a sensible size is refused."""
    with pytest.raises(DecodeError):
        Sample.decode(raw)


@pytest.mark.parametrize(
    ("queues", "expected"),
    [
        ({}, {}),
        ({"mail": [12, 345], "\udcff": [0, 0]}, {"mail": (12, 345), "\udcff": (0, 0)}),
        (
            {
                "a": [1],
                "b": [1, 2, 3],
                "c": [-1, 2],
                "d": ["1", 2],
                "e": 5,
                "f": [True, 1],
                "g": {},
            },
            {},
        ),
        ({"a": [10**18, 1], "b": [1.5, 1], "c": None, "d": [1, 2]}, {"d": (1, 2)}),
    ],
)
def test_snapshot(queues: Any, expected: dict[str, tuple[int, int]]) -> None:
    """A queue is told in two numbers, or left out."""
    raw = json.dumps({"at": 1795236538, "queues": queues}).encode()

    assert QueueSnapshot(1795236538, expected) == QueueSnapshot.decode(raw)


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"\xff", b"{oops", b"null", b"[]", b"{}", b"[" * 100_000, b'{"at":1}'),
        *(b'{"at":"1","queues":{}}', b'{"at":-1,"queues":{}}', b'{"at":1,"queues":[]}'),
        *(b'{"at":true,"queues":{}}', b'{"at":1.5,"queues":{}}', b'{"queues":{}}'),
    ],
)
def test_snapshot_refused(raw: bytes) -> None:
    """What tells no moment or no queues is refused."""
    with pytest.raises(DecodeError):
        QueueSnapshot.decode(raw)


@given(st.dictionaries(st.sampled_from(["at", "queues"]) | st.text(), JSON))
def test_raises_nothing_else(document: dict[str, Any]) -> None:
    """Whatever object lies there, it is a snapshot or a DecodeError."""
    with suppress(DecodeError):
        QueueSnapshot.decode(json.dumps(document).encode())
