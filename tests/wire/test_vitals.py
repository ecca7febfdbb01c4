"""What a worker tells of itself reads back; what others leave there is refused or left out."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_resque.exceptions import DecodeError
from django_resque.wire.vitals import Vitals
from tests.wire.strategies import JSON

_KEYS = ["state", "memory", "peak", "job_memory", "version"]


def test_encode() -> None:
    """The document is compact, its keys in one order."""
    assert (
        Vitals("working", 1, 2, None, "0.1.0").encode()
        == b'{"state":"working","memory":1,"peak":2,"job_memory":null,"version":"0.1.0"}'
    )


@pytest.mark.parametrize(
    "vitals",
    [
        Vitals("idle"),
        Vitals("working", 70 * 2**20, 80 * 2**20, 75 * 2**20, "1.2.3.dev4+é"),
        Vitals("paused", 0, 0, 0),
        Vitals("stopping", 2**62),
    ],
)
def test_round_trip(vitals: Vitals) -> None:
    """What a worker writes is what is read."""
    assert vitals == Vitals.decode(vitals.encode())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, Vitals("idle")),
        ({"later": [1]}, Vitals("idle")),
        ({"memory": "1", "peak": -1, "job_memory": 1.5}, Vitals("idle")),
        ({"memory": True, "peak": 10**400, "job_memory": []}, Vitals("idle")),
        ({"version": 5}, Vitals("idle")),
        ({"version": "1\x1b[2J"}, Vitals("idle", version="1\\x1b[2J")),
    ],
)
def test_garbage(fields: dict[str, Any], expected: Vitals) -> None:
    """A number that is none is None; a version is one short line."""
    assert expected == Vitals.decode(json.dumps({"state": "idle", **fields}).encode())


def test_long_version() -> None:
    """A version of megabytes is cut."""
    raw = json.dumps({"state": "idle", "version": "x" * 10_000}).encode()

    assert 40 == len(Vitals.decode(raw).version)


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"\xff", b"{oops", b"null", b"[]", b'"idle"', b"{}", b"[" * 100_000),
        *(b'{"state":"busy"}', b'{"state":null}', b'{"state":["idle"]}', b'{"state":{}}'),
    ],
)
def test_refused(raw: bytes) -> None:
    """What tells no state is refused with a DecodeError, whatever is wrong."""
    with pytest.raises(DecodeError):
        Vitals.decode(raw)


@given(st.dictionaries(st.sampled_from(_KEYS) | st.text(), JSON | st.just("idle")))
def test_raises_nothing_else(document: dict[str, Any]) -> None:
    """Whatever object lies there, it is vitals or a DecodeError."""
    with suppress(DecodeError):
        Vitals.decode(json.dumps(document).encode())
