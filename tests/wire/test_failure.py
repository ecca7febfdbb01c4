"""Failure records: written so that Ruby reads every one, read however another wrote them."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_resque.exceptions import DecodeError
from django_resque.wire.codec import MAX_DEPTH, dumps, loads
from django_resque.wire.failure import INVALID_PAYLOAD, FailureRecord, digest
from tests.wire.strategies import ANY_TEXT, JSON

OURS = {"failed_at", "payload", "exception", "error", "backtrace", "worker", "queue"}

RUBY = (
    b'{"failed_at":"2026/11/21 04:48:58 UTC","payload":{"class":"Mailer","args":[1,{"a":"b"}]},'
    b'"exception":"ArgumentError","error":"boom from ruby",'
    b'"backtrace":["/srv/drivers/_boot.rb:45:in `block in define_job\'"],'
    b'"worker":"vm:20482:high","queue":"high"}'
)


def record(**fields: Any) -> FailureRecord:
    """Return a record with these fields, the others plain."""
    values: dict[str, Any] = {
        "failed_at": "2026/11/21 04:48:58 UTC",
        "payload": b'{"class":"A","args":[]}',
        "exception": "ValueError",
        "error": "boom",
        "backtrace": [],
        "worker": "vm:1:high",
        "queue": "high",
    }
    return FailureRecord(**{**values, **fields})


def test_rubys_record_is_read_and_written_alike() -> None:
    """A record of Ruby's comes back from decode and encode byte for byte."""
    decoded = FailureRecord.decode(RUBY)

    assert decoded == record(
        payload=b'{"class":"Mailer","args":[1,{"a":"b"}]}',
        exception="ArgumentError",
        error="boom from ruby",
        backtrace=["/srv/drivers/_boot.rb:45:in `block in define_job'"],
        worker="vm:20482:high",
    )
    assert decoded.encode() == RUBY


def test_extras_come_last() -> None:
    """retried_at stands at the end, as Ruby writes it."""
    raw = record(extras={"retried_at": "2026/11/21 04:57:06 UTC"}).encode()

    assert raw.endswith(b'"queue":"high","retried_at":"2026/11/21 04:57:06 UTC"}')


@pytest.mark.parametrize(
    "payload",
    [
        b'{"class":"A", "args":[1.0,12345678901234567890,[],{}]}',
        b'{"class":"A","args":[1.0e+16]}',
        '{"class":"é","args":[]}'.encode(),
        b'{"args":5}',
    ],
)
def test_a_readable_payload_stands_untouched(payload: bytes) -> None:
    """What is a JSON object goes in byte for byte."""
    assert b'"payload":' + payload + b',"exception"' in record(payload=payload).encode()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{oops",
        b"null",
        b"[1]",
        b'{"class":"A","args":[NaN]}',
        b'{"class":"\\ud800","args":[]}',
        b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH,
        b'{"class":"A\xff"}',
        b"\xff\xfe\x00",
        b'"},"exception":"forged"',
    ],
)
def test_an_unreadable_payload_is_kept_beside_a_placeholder(payload: bytes) -> None:
    """Ruby can read the record, and the exact bytes come back from it."""
    raw = record(payload=payload).encode()
    document = loads(raw)

    assert loads(INVALID_PAYLOAD) == document["payload"]
    assert document["exception"] == "ValueError"
    assert payload == FailureRecord.decode(raw).payload
    assert FailureRecord.decode(raw).extras == {}
    kept = document.get("raw", "").encode() or base64.b64decode(document.get("raw_base64", ""))
    assert payload == kept


@given(st.binary(), ANY_TEXT, ANY_TEXT, st.lists(ANY_TEXT), ANY_TEXT)
def test_every_record_can_be_written_and_read(
    payload: bytes, exception: str, error: str, backtrace: list[str], queue: str
) -> None:
    """Whatever a job raised, the record is strict JSON in UTF-8 with Ruby's fields in its order."""
    raw = record(
        payload=payload, exception=exception, error=error, backtrace=backtrace, queue=queue
    ).encode()
    decoded = FailureRecord.decode(raw)

    assert list(loads(raw))[:7] == [
        *("failed_at", "payload", "exception", "error", "backtrace", "worker", "queue")
    ]
    dumps(loads(raw))  # no lone surrogate is left in it
    assert len(backtrace) == len(decoded.backtrace)
    if not payload.startswith(b"{"):
        assert payload == decoded.payload


def test_lone_surrogates_are_spelt_out() -> None:
    """What UTF-8 cannot carry is told by its code, in our own fields and in the extras."""
    raw = record(error="a\ud800b", extras={"note\udfff": ["\udc80"]}).encode()

    assert loads(raw)["error"] == "a\\ud800b"
    assert loads(raw)["note\\udfff"] == ["\\udc80"]


@given(st.dictionaries(st.sampled_from(sorted(OURS)) | st.text(), JSON))
def test_any_object_is_a_record(document: dict[str, Any]) -> None:
    """Whatever object another client wrote, its record is read, and can be written again."""
    decoded = FailureRecord.decode(json.dumps(document).encode())

    again = FailureRecord.decode(decoded.encode())
    assert (decoded.exception, decoded.backtrace) == (again.exception, again.backtrace)
    assert {key: document[key] for key in document.keys() - OURS - {"raw", "raw_base64"}} == {
        key: again.extras[key] for key in again.extras
    }


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"{}", record(failed_at="", payload=b"null", exception="", error="", worker="", queue="")),
        (
            b'{"failed_at":1795236721,"exception":null,"error":["a"],"backtrace":"x","queue":5}',
            record(
                failed_at="1795236721",
                payload=b"null",
                exception="",
                error='["a"]',
                backtrace=["x"],
                worker="",
                queue="5",
            ),
        ),
        (
            b'{"payload":"text","backtrace":[1,null,{"a":2}]}',
            record(
                failed_at="",
                payload=b'"text"',
                exception="",
                error="",
                backtrace=["1", "", '{"a": 2}'],
                worker="",
                queue="",
            ),
        ),
        (
            b'{"payload":{"class":"\\ud800"},"backtrace":null}',
            record(
                failed_at="", payload=INVALID_PAYLOAD, exception="", error="", worker="", queue=""
            ),
        ),
    ],
)
def test_decode_makes_do_with_what_there_is(raw: bytes, expected: FailureRecord) -> None:
    """Missing fields are empty, numbers and lists become text, a single line a backtrace."""
    assert expected == FailureRecord.decode(raw)


@pytest.mark.parametrize("encoded", ['"a"', '"é"', '"!!!!"', "5", "null"])
def test_decode_makes_do_with_raw_bytes_that_are_no_base64(encoded: str) -> None:
    """A forged or broken raw_base64 leaves the payload that stands in the record."""
    raw = f'{{"payload":{{"class":"A"}},"raw_base64":{encoded}}}'.encode()

    assert FailureRecord.decode(raw).payload == b'{"class":"A"}'


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b'"x"', b"{oops", b"\xff"])
def test_decode_refuses_what_is_no_object(raw: bytes) -> None:
    """What is no JSON object is refused, its bytes kept for the page that shows it."""
    with pytest.raises(DecodeError) as caught:
        FailureRecord.decode(raw)

    assert raw == caught.value.raw


def test_digest_is_what_lua_computes() -> None:
    """The address is the SHA-1 in hexadecimal, Redis' sha1hex."""
    assert hashlib.sha1(RUBY).hexdigest() == digest(RUBY)
