"""A queue item of any client is read leniently where Ruby is, and written as Ruby writes it."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_resque.exceptions import DecodeError
from django_resque.wire.payload import (
    Payload,
    requeued,
    retried,
    stamped_unknown,
    unknown_since,
)
from tests.wire.strategies import JSON

NAMES = st.text(min_size=1).filter(str.strip)

MOMENT = datetime(2026, 11, 21, 4, 53, 51, 102263, tzinfo=timezone.utc)
GARBAGE: list[Any] = [None, True, "1795236831", [], {}, -1.0, 0, 1e300, 10**400, float("nan")]

PHP = (
    rb'{"class":"App\\Jobs\\Send","args":[{"a":1}],"id":"0f","prefix":"",'
    rb'"queue_time":1795236831.102263}'
)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (Payload("Mailer"), b'{"class":"Mailer","args":[]}'),
        (
            Payload("Mailer", [42, "a", {"k": None}]),
            b'{"class":"Mailer","args":[42,"a",{"k":null}]}',
        ),
        (
            Payload("shop.jobs.send", [1], {"id": "1f", "attempt": 2}),
            b'{"class":"shop.jobs.send","args":[1],"id":"1f","attempt":2}',
        ),
    ],
)
def test_encode(payload: Payload, expected: bytes) -> None:
    """Class comes first, args second, what django-resque adds after them in its order."""
    assert expected == payload.encode()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"class":"A"}', Payload("A")),
        (b'{"class":"A","args":null}', Payload("A")),
        (b'{ "args" : [ 1 ] , "class" : "A" }', Payload("A", [1])),
        (
            PHP,
            Payload(
                "App\\Jobs\\Send",
                [{"a": 1}],
                {"id": "0f", "prefix": "", "queue_time": 1795236831.102263},
            ),
        ),
        (b'{"class":"add","queue":"math","args":[1,2]}', Payload("add", [1, 2], {"queue": "math"})),
        (b'{"class":"A","class":"B"}', Payload("B")),
        (b'{"class":"\\ud800"}', Payload("\ud800")),
    ],
)
def test_decode(raw: bytes, expected: Payload) -> None:
    """Any key order, spacing and further keys are read; absent and null args are none."""
    assert expected == Payload.decode(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"null", "payload is null, not an object"),
        (b"[1,2]", "payload is a list, not an object"),
        (b'"x"', "payload is a string, not an object"),
        (b"5", "payload is a number, not an object"),
        (b"5.5", "payload is a number, not an object"),
        (b"true", "payload is a boolean, not an object"),
        (b"{}", "class is missing"),
        (b'{"class":null}', "class is null, not a string"),
        (b'{"class":5}', "class is a number, not a string"),
        (b'{"class":{}}', "class is an object, not a string"),
        (b'{"class":""}', "class is empty"),
        (b'{"class":" \\t "}', "class is empty"),
        (b'{"class":"A","args":{"a":1}}', "args is an object, not a list"),
        (b'{"class":"A","args":"x"}', "args is a string, not a list"),
        (b'{"class":"A","args":false}', "args is a boolean, not a list"),
        (b"{oops", "payload is not JSON"),
    ],
)
def test_decode_says_what_is_wrong(raw: bytes, expected: str) -> None:
    """What names no job, or has no list of arguments, is refused with the bytes kept."""
    with pytest.raises(DecodeError, match=re.escape(expected)) as caught:
        Payload.decode(raw)

    assert raw == caught.value.raw


@given(NAMES, st.lists(JSON), st.dictionaries(st.text(), JSON))
def test_round_trip(name: str, args: list[Any], extras: dict[str, Any]) -> None:
    """Every payload comes back as it was, and is written as the same bytes again."""
    extras.pop("class", None)
    extras.pop("args", None)
    payload = Payload(name, args, extras)

    assert payload == Payload.decode(payload.encode())
    assert payload.encode() == Payload.decode(payload.encode()).encode()


@given(JSON)
def test_decode_raises_nothing_else(value: Any) -> None:
    """Whatever JSON lies in a queue, it is a payload or a DecodeError."""
    from_value = Payload("A", [value]).encode()
    for raw in (from_value, from_value[15:-1]):
        with suppress(DecodeError):
            Payload.decode(raw)


@pytest.mark.parametrize(
    ("extras", "expected"), [({}, None), ({"id": "1f"}, "1f"), ({"id": 5}, None)]
)
def test_id(extras: dict[str, Any], expected: str | None) -> None:
    """The id is a text or none: another client may write anything there."""
    assert expected == Payload("A", [], extras).id


@pytest.mark.parametrize(
    ("extras", "expected"),
    [
        ({}, None),
        ({"queue_time": 1795236831.102263}, MOMENT),
        ({"enqueue_timestamp": 1795236831.102263}, MOMENT),
        ({"queue_time": 1795236831.102263, "enqueue_timestamp": 1}, MOMENT),
        ({"queue_time": "soon", "enqueue_timestamp": 1795236831.102263}, MOMENT),
        ({"queue_time": 1795236831}, MOMENT.replace(microsecond=0)),
        *(({"queue_time": value}, None) for value in GARBAGE),
    ],
)
def test_queued_at(extras: dict[str, Any], expected: datetime | None) -> None:
    """When it was enqueued is told in the key of either client; garbage tells nothing."""
    assert expected == Payload("A", [], extras).queued_at


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            b'{"queue_time":1.5,"args":[1.0,[],{}],"class":"A","id":"1f","x":null}',
            b'{"queue_time":1795236831.102263,"args":[1.0,[],{}],"class":"A","id":"1f","x":null}',
        ),
        (
            b'{"class": "A", "enqueue_timestamp": "soon"}',
            b'{"class":"A","enqueue_timestamp":1795236831.102263}',
        ),
        *(
            (raw, raw)
            for raw in (
                b'{ "class": "A" }',
                b'{"class":"A","args":[{"queue_time":1}]}',
                b'["queue_time"]',
                b"{oops",
                rb'{"class":"A","args":["\ud800"],"queue_time":1}',
            )
        ),
    ],
)
def test_requeued(raw: bytes, expected: bytes) -> None:
    """Enqueued once more it waits anew, and is otherwise what it was, in its own order."""
    assert expected == requeued(raw, MOMENT.astimezone(timezone(timedelta(hours=-5))))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"class":"X","attempt":3}', b'{"class":"X"}'),
        (
            b'{"class":"X","queue_time":1,"attempt":3}',
            b'{"class":"X","queue_time":1795236831.102263}',
        ),
        (b'{"class":"X","unknown_since":1}', b'{"class":"X"}'),
        (b'{"class": "X"}', b'{"class": "X"}'),
        (b"[3]", b"[3]"),
    ],
)
def test_requeued_anew(raw: bytes, expected: bytes) -> None:
    """If wanted its attempts are counted from 1 again; else they stay."""
    assert expected == requeued(raw, MOMENT, anew=True)
    assert (b"attempt" in raw) == (b"attempt" in requeued(raw, MOMENT))


@pytest.mark.parametrize(
    ("extras", "attempt"),
    [({}, 1), ({"attempt": 2}, 2), *(({"attempt": each}, 1) for each in [*GARBAGE, -3, 10**9])],
)
def test_attempt(extras: dict[str, Any], attempt: int) -> None:
    """A payload tells which attempt it is; what is no count counts as the first."""
    assert attempt == Payload("X", [], extras).attempt


def test_retried() -> None:
    """The next attempt waits anew, and is otherwise what it was, attempt behind all else."""
    first = Payload("X", [1], {"id": "f00", "queue_time": 5.5, "other": [2]})

    second = retried(first, 2, MOMENT)
    third = retried(second, 3, MOMENT)

    expected = (
        b'{"class":"X","args":[1],"id":"f00","queue_time":1795236831.102263,"other":[2],'
        b'"attempt":%d}'
    )
    assert [expected % 2, expected % 3] == [second.encode(), third.encode()]
    bare = retried(Payload("X", [], {"queue_time": None}), 2, MOMENT)
    assert b'{"class":"X","args":[],"queue_time":null,"attempt":2}' == bare.encode()


def test_stamped_unknown() -> None:
    """A payload tells since when its class is not known, and is else what it was to the byte."""
    raw = b' { "class":"X", "args":[1.0e+15] }\n'

    stamped = stamped_unknown(raw, 1795236838.1)

    assert b' { "class":"X", "args":[1.0e+15] ,"unknown_since":1795236838.1}' == stamped
    assert 1795236838.1 == unknown_since(Payload.decode(stamped), 1795236900.0)
    assert unknown_since(Payload.decode(raw), 1795236900.0) is None


@pytest.mark.parametrize("since", [*GARBAGE, 1795237000.0])
def test_unknown_since_nonsense(since: Any) -> None:
    """What is no such time, or is yet to come, keeps no job for ever."""
    payload = Payload("X", [], {"unknown_since": since})

    assert 0.0 == (unknown_since(payload, 1795236900.0) or 0.0)
    assert unknown_since(payload, 1795236900.0) is not None
