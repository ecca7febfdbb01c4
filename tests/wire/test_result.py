"""Results and progress come back as they were; what is none is told apart."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_resque.exceptions import DecodeError
from django_resque.wire.result import Progress, ResultRecord

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text('abc"\\é', max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xy"), inner, max_size=3),
    max_leaves=8,
)


@given(_JSON)
def test_result_roundtrip(value: object) -> None:
    """A record survives with any value, given itself or as the JSON that a child sent."""
    record = ResultRecord(
        "f00", "succeeded", "shop.send", "mail", value, "E", "boom\nline", 3, "host:1:q",
        1.5, 2.5, 3.5, None,
    )  # fmt: skip
    bare = ResultRecord(**{**{k: getattr(record, k) for k in record.__slots__}, "value": None})

    assert record == ResultRecord.decode(record.encode())
    assert record == ResultRecord.decode(bare.encode(json.dumps(value).encode()))


def test_times() -> None:
    """Times can be had as moments, where there are any."""
    record = ResultRecord("f00", "retrying", queued=1, started=2, ended=3, retry=4)
    moments = [record.queued_at, record.started_at, record.ended_at, record.retry_at]

    assert [datetime.fromtimestamp(n, timezone.utc) for n in (1, 2, 3, 4)] == moments
    assert ResultRecord("f00", "failed").ended_at is None


def test_final() -> None:
    """All but a retry are final."""
    assert ResultRecord("f00", "cancelled").is_final
    assert not ResultRecord("f00", "retrying").is_final


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b'{"status":"succeeded"}', b'{"id":"x","status":["succeeded"]}',
            b'{"id":"x","status":"done"}', b'{"id":7,"status":"failed"}']
)  # fmt: skip
def test_no_result(raw: bytes) -> None:
    """What tells no id and status is no result."""
    with pytest.raises(DecodeError):
        ResultRecord.decode(raw)


def test_strange_fields() -> None:
    """Fields of a wrong kind are taken as not told."""
    raw = b'{"id":"x","status":"failed","error":7,"attempt":true,"ended":"now","retry":-1,"job":{}}'

    assert ResultRecord("x", "failed") == ResultRecord.decode(raw)


def test_progress_roundtrip() -> None:
    """Progress survives, meta included; a lone surrogate in its message is spelt out."""
    told = Progress(3, 10, "half \udc80", 7.5, {"page": [1]})

    assert Progress(3, 10, "half \\udc80", 7.5, {"page": [1]}) == Progress.decode(told.encode())
    assert told.told_at == datetime.fromtimestamp(7.5, timezone.utc)


@pytest.mark.parametrize(
    ("done", "total", "fraction"),
    [(3, 12, 0.25), (13, 12, 1.0), (-1, 12, 0.0), (3, 0, None), (3, None, None), (None, 5, None),
     (3, -5, None)],
)  # fmt: skip
def test_fraction(done: float | None, total: float | None, fraction: float | None) -> None:
    """The part that is done lies between nothing and all, where it makes sense."""
    assert fraction == Progress(done, total).fraction


def test_strange_progress() -> None:
    """Fields of a wrong kind are taken as not told; what is no object is no progress."""
    assert Progress() == Progress.decode(
        b'{"done":"x","total":1e30,"message":[],"meta":[],"at":{}}'
    )
    with pytest.raises(DecodeError):
        Progress.decode(b"[]")
