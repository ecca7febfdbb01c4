"""Good arguments become canonical bytes; bad ones are named, with what to pass instead."""

from __future__ import annotations

import math
import uuid
from collections import OrderedDict, namedtuple
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from django_resque.exceptions import ArgumentError
from django_resque.jobs.encoding import (
    MAX_ARGUMENT_DEPTH,
    as_encoded,
    encode,
    encode_value,
    instead_of,
)
from django_resque.wire.codec import loads
from django_resque.wire.payload import Payload
from django_resque.wire.worker import Reservation

if TYPE_CHECKING:
    from collections.abc import Iterator

Point = namedtuple("Point", "x y")  # noqa: PYI024 the untyped kind is what old code passes


class Colour(Enum):
    """An enum whose values are no JSON types by themselves."""

    RED = "red"


class Size(IntEnum):
    """An enum whose members are numbers."""

    BIG = 3


class Text(str):
    """A kind of str, as SafeString is."""

    __slots__ = ()


def nested(depth: int, leaf: Any = 1) -> Any:
    """Return a list ``depth`` lists deep."""
    value = leaf
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ([], "[]"),
        ([1, 1.5, "x", True, None], '[1,1.5,"x",true,null]'),
        ([[], {}, [[{}]]], "[[],{},[[{}]]]"),
        ([(1, (2,))], "[[1,[2]]]"),
        ([Point(1, 2)], "[[1,2]]"),
        ([OrderedDict(b=1, a=2)], '[{"b":1,"a":2}]'),
        ([Size.BIG, Text("x"), mark_safe("<b>")], '[3,"x","<b>"]'),
        ([{Text("k"): 1}], '[{"k":1}]'),
        (["é 😀 \u2028 / \x00"], '["é 😀 \u2028 / \\u0000"]'),
        ([12345678901234567890, 1.0, 1e16], "[12345678901234567890,1.0,1e+16]"),
        ([10**4299], f"[{10**4299}]"),
    ],
)
def test_what_json_carries_is_encoded(args: list[Any], text: str) -> None:
    """Good arguments become the bytes that Ruby's encoder writes."""
    assert f'{{"class":"X","args":{text}}}'.encode() == encode(Payload("X", args), ())


def test_extras_follow_the_arguments() -> None:
    """An id stands last, where no other client minds it."""
    payload = Payload("X", [1], {"id": "f00"})
    assert b'{"class":"X","args":[1],"id":"f00"}' == encode(payload, ())


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({1, 2}, "is a set, which JSON cannot carry; pass a sorted list"),
        (frozenset(), "is a frozenset, which JSON cannot carry; pass a sorted list"),
        (b"x", "is a bytes, which JSON cannot carry; pass text, such as base64"),
        (
            datetime(2026, 1, 1, tzinfo=timezone.utc),
            "is a datetime, which JSON cannot carry; pass its .isoformat()",
        ),
        (date(2026, 1, 1), "is a date, which JSON cannot carry; pass its .isoformat()"),
        (time(1, 2), "is a time, which JSON cannot carry; pass its .isoformat()"),
        (timedelta(1), "is a timedelta, which JSON cannot carry; pass its .total_seconds()"),
        (Decimal(1), "is a Decimal, which JSON cannot carry; pass str() of it"),
        (uuid.UUID(int=1), "is a UUID, which JSON cannot carry; pass str() of it"),
        (Path("/x"), "is a PosixPath, which JSON cannot carry; pass str() of it"),
        (Colour.RED, "is a Colour, which JSON cannot carry; pass its .value"),
        (MappingProxyType({}), "is a mappingproxy, which JSON cannot carry; pass a dict"),
        ({}.keys(), "is a dict_keys, which JSON cannot carry; pass a list"),
        (range(2), "is a range, which JSON cannot carry; pass a list"),
        (iter([]), "is a list_iterator, which JSON cannot carry; pass a list"),
        ((x for x in "ab"), "is a generator, which JSON cannot carry; pass a list"),
        (ContentFile(b""), "is a ContentFile, which JSON cannot carry; save it and pass its name"),
        (Fraction(1, 2), "is a Fraction, which JSON cannot carry; pass text, numbers, lists"),
        (object(), "is an object, which JSON cannot carry; pass text, numbers, lists"),
        (math.nan, "is nan, which is no JSON; pass None"),
        (-math.inf, "is -inf, which is no JSON; pass None"),
        ("a\ud800b", "holds a lone surrogate, which UTF-8 cannot carry; replace it"),
        (10**4300, "is too long a number; pass hex() of it"),
        (User(pk=3), "is a User, which JSON cannot carry; pass its primary key and fetch it"),
        (User.objects.all(), "is a QuerySet, which JSON cannot carry; pass a list of primary"),
        (gettext_lazy("x"), "which JSON cannot carry; pass str() of it: a lazy text"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_what_json_cannot_carry_is_refused(value: object, fault: str) -> None:
    """A bad argument is named by place and kind, with what to pass instead."""
    with pytest.raises(ArgumentError) as refusal:
        encode(Payload("shop.send", [1, value]), ("number", "order"))
    message = str(refusal.value)
    assert message.startswith('shop.send: argument 2 ("order") ')
    assert fault in message


@pytest.mark.parametrize(
    ("args", "place"),
    [
        ([{1}], 'argument 1 ("a") is'),
        ([0, {1}], "argument 2 is"),
        ([{"items": [0, {1}]}], 'argument 1 ("a")["items"][1] is'),
        ([((0, {1}),)], 'argument 1 ("a")[0][1] is'),
        ([None, True, 1, 1.5, "x", [], 10**4299, {1}], "argument 8 is"),
        ([0, {"**": {"note": {1}}}], 'argument "note" is'),
        ([0, {"**": {"note": [{1}]}}], 'argument "note"[0] is'),
    ],
)
def test_the_place_of_a_bad_value_is_named(args: list[Any], place: str) -> None:
    """The message leads to the value, however deep it lies."""
    with pytest.raises(ArgumentError) as refusal:
        encode(Payload("X", args), ("a",))
    assert f"X: {place}" in str(refusal.value)


@pytest.mark.parametrize("key", [1, 1.5, True, None, (1, 2), b"k", Colour.RED])
def test_keys_that_json_would_change_are_refused(key: object) -> None:
    """A key is never silently turned into text: the job would not find it again."""
    with pytest.raises(ArgumentError) as refusal:
        encode(Payload("X", [[{"good": 1}, {key: 1}]]), ("a",))
    expected = f'X: argument 1 ("a")[1] has the key {key!r}, which JSON would turn into text'
    assert str(refusal.value).startswith(expected)


@pytest.mark.parametrize("key", ["x" * 5000, 10**5000], ids=["text", "number"])
def test_a_huge_key_is_not_shown_whole(key: object) -> None:
    """Nor does one that cannot be written at all hide what is wrong with it."""
    with pytest.raises(ArgumentError, match="which JSON would turn into text") as refusal:
        encode(Payload("X", [{(key,): 1}]), ())
    assert len(str(refusal.value)) < 200


def test_a_surrogate_in_a_key_is_refused() -> None:
    """Keys are text like any other."""
    with pytest.raises(ArgumentError, match="which holds a lone surrogate"):
        encode(Payload("X", [{"\udfff": 1}]), ())


@pytest.mark.parametrize("depth", [1, MAX_ARGUMENT_DEPTH])
def test_nesting_that_ruby_can_read_is_encoded(depth: int) -> None:
    """The deepest argument allowed comes back from the strict reader, out of a claim as well."""
    args = [nested(depth), 1]
    raw = encode(Payload("X", args), ())
    assert args == Payload.decode(raw).args
    assert args == loads(Reservation("w", "q", "", raw).encode())["payload"]["args"]


@pytest.mark.parametrize("depth", [MAX_ARGUMENT_DEPTH + 1, 5000])
@pytest.mark.parametrize("leaf", [1, []])
def test_nesting_too_deep_is_refused(depth: int, leaf: Any) -> None:
    """Ruby's worker would exit at it, losing the job."""
    depth -= isinstance(leaf, list)
    with pytest.raises(ArgumentError) as refusal:
        encode(Payload("X", [nested(depth, leaf)]), ("tree",))
    assert 'X: argument 1 ("tree") is nested deeper than 97 levels' == str(refusal.value)


def test_nesting_too_deep_in_a_keyword_argument_is_refused() -> None:
    """The object around keyword arguments counts as well."""
    with pytest.raises(ArgumentError, match="nested too deep"):
        encode(Payload("X", [{"**": {"k": nested(97)}}]), ())


def test_what_contains_itself_is_refused() -> None:
    """A circular list is told from a deep one."""
    value: list[Any] = [1]
    value.append({"x": [value, value]})
    with pytest.raises(ArgumentError, match=r'argument 1\[1\]\["x"\]\[0\] contains itself'):
        encode(Payload("X", [value]), ())


def test_one_object_in_two_places_is_encoded() -> None:
    """Sharing is not a circle."""
    shared = [1]
    assert b'{"class":"X","args":[[1],[[1]]]}' == encode(Payload("X", [shared, [shared]]), ())


def test_extras_that_json_cannot_carry_are_refused() -> None:
    """A plugin's mistake is told as such."""
    with pytest.raises(ArgumentError, match=r"X: the payload's extras\[\"trace\"\] is a set"):
        encode(Payload("X", [1], {"trace": {1}}), ())


def test_a_name_that_utf8_cannot_carry_is_refused() -> None:
    """The job's own name is checked too, last."""
    with pytest.raises(ArgumentError, match=r"cannot be enqueued: .*surrogates not allowed"):
        encode(Payload("X\ud800", [1]), ())


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        (datetime, "pass its .isoformat()"),
        (Decimal, "pass str() of it"),
        (User, "pass its primary key and fetch it in the job"),
        (str, None),
        (list, None),
        (set, None),
        (bool, None),
    ],
)
def test_what_to_pass_instead(kind: type, advice: str | None) -> None:
    """Of types that JSON has nothing like it is known what to pass in their place."""
    assert advice == instead_of(kind)


def test_a_payload_as_encoded_does_not_change() -> None:
    """What is done to an argument later stays out; the extras are still those of the payload."""
    argument = [1, (2,)]
    payload = Payload("X", [argument, "x"], {"id": "f00"})
    fixed = as_encoded(payload, encode(payload, ()))
    argument.append(3)

    assert Payload("X", [[1, [2]], "x"], {"id": "f00"}) == fixed
    assert payload.extras is fixed.extras


def test_returned_values() -> None:
    """What a job returned is encoded as arguments are, and refused as they are."""
    assert b'{"a":[1,null]}' == encode_value({"a": (1, None)})
    assert b"null" == encode_value(None)
    for value, fault in [
        ({"a": {1, 2}}, r'the returned value\["a"\] is a set, which JSON cannot carry'),
        ({1: 2}, "the returned value has the key 1, which JSON would turn into text"),
        ("\ud800", "the returned value holds a lone surrogate"),
        (float("inf"), "the returned value is inf"),
    ]:
        with pytest.raises(ArgumentError, match=fault):
            encode_value(value)


def test_a_returned_value_that_raises() -> None:
    """A value whose own type misbehaves is refused like any other."""

    class Hostile(dict[str, int]):
        def __iter__(self) -> Iterator[str]:
            raise ZeroDivisionError

    with pytest.raises(ArgumentError, match="ZeroDivisionError"):
        encode_value(Hostile(a=1))
