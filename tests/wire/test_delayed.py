"""A delayed item of any client gives its queue and, to the byte, the payload for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_resque.exceptions import DecodeError
from django_resque.wire.codec import dumps
from django_resque.wire.delayed import DelayedItem, encode
from django_resque.wire.payload import Payload


@pytest.mark.parametrize(
    ("raw", "queue", "payload"),
    [
        (
            '{"class":"Mailer","args":[1,{"a":2}],"queue":"high"}',
            "high",
            '{"class":"Mailer","args":[1,{"a":2}]}',
        ),
        (
            '{"class":"add","queue":"math","args":[[],1.0,12345678901234567890]}',
            "math",
            '{"class":"add","args":[[],1.0,12345678901234567890]}',
        ),
        (
            '{"class":"App\\\\Send","args":[{"a":1}],"queue":"php"}',
            "php",
            '{"class":"App\\\\Send","args":[{"a":1}]}',
        ),
        (
            '{"class": "pkg.Cls", "queue": "py", "args": ["queue"]}',
            "py",
            '{"class": "pkg.Cls", "args": ["queue"]}',
        ),
        ('{"queue":"q","class":"X"}', "q", '{"class":"X"}'),
        ('{ "queue" : "q" }', "q", "{  }"),
        ('{"queue":"a","class":"X","queue":"b","args":[]}', "b", '{"class":"X","args":[]}'),
        ('{"queue":"a","queue":"b","args":[],"class":"X"}', "b", '{"args":[],"class":"X"}'),
        ('{"args":[{"queue":"no"}],"\\u0071ueue":"é"}', "é", '{"args":[{"queue":"no"}]}'),
        ('{"class":"é/\\u2028","queue":"q","id":"7"}', "q", '{"class":"é/\\u2028","id":"7"}'),
    ],
)
def test_decode(raw: str, queue: str, payload: str) -> None:
    """Ruby's, node's, PHP's and pyres' items lose their queue and nothing else."""
    assert DelayedItem(queue, payload.encode()) == DelayedItem.decode(raw.encode())


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{oops", "delayed item is not JSON"),
        (b"[1]", "delayed item is not an object"),
        (b"", "delayed item is not JSON"),
        (b"\xff", "delayed item is not UTF-8"),
        (b'{"class":"X"}', "names no queue"),
        (b'{"class":"X","queue":null}', "names no queue"),
        (b'{"class":"X","queue":5}', "names no queue"),
        (b'{"class":"X","queue":" "}', "names no queue"),
        (b'{"class":"X","queue":"\\ud800"}', "a queue that is no UTF-8"),
    ],
)
def test_what_leads_to_no_queue(raw: bytes, reason: str) -> None:
    """It is told what is wrong, and the bytes are kept."""
    with pytest.raises(DecodeError, match=reason) as caught:
        DelayedItem.decode(raw)
    assert raw == caught.value.raw


def test_encode() -> None:
    """Without extras it is Ruby's document; extras come after it, the queue but once."""
    plain = Payload("Mailer", [1])
    tagged = Payload("Mailer", [1], {"id": "7", "queue": "other", "queue_time": 5.0})

    assert b'{"class":"Mailer","args":[1],"queue":"high"}' == encode(plain, "high")
    expected = b'{"class":"Mailer","args":[1],"queue":"high","id":"7","queue_time":5.0}'
    assert expected == encode(tagged, "high")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('qué"\\', max_size=4), inner)
    ),
    max_leaves=8,
)


@given(
    st.lists(st.tuples(st.sampled_from(["queue", "class", "args", "a", 'q"']), JSON), max_size=6),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t:")]),
    st.booleans(),
)
def test_any_object(
    members: list[tuple[str, Any]], separators: tuple[str, str], escaped: bool
) -> None:
    """However an object is written, what remains is the same object without its queue."""
    members = [*members, ("queue", "last")]
    comma, colon = separators
    text = comma.join(
        json.dumps(key) + colon + json.dumps(value, ensure_ascii=escaped) for key, value in members
    )

    item = DelayedItem.decode(f" {{{text}}} ".encode())

    expected = {key: value for key, value in dict(members).items() if key != "queue"}
    assert ("last", expected) == (item.queue, json.loads(item.payload))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.lists(JSON, max_size=3))
def test_there_and_back(name: str, args: list[Any]) -> None:
    """What is written here goes to its queue as it would have gone at once."""
    payload = Payload(name, args, {"id": "7"})

    assert payload.encode() == DelayedItem.decode(encode(payload, "q")).payload
    assert dumps(args) in encode(payload, "q")
