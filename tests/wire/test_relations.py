"""A payload tells what follows it and whose group it belongs to, behind what Ruby reads."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from django_resque.wire.payload import Payload
from django_resque.wire.relations import (
    Link,
    Membership,
    followers,
    hands_on,
    may_be_related,
    membership_of,
    next_link,
    related,
)

_AT = datetime(2026, 11, 21, 5, 0, 0, tzinfo=timezone.utc)
_B = Link("low", Payload("b", [2], {"id": "f01"}), takes_result=True)
_C = Link("q", Payload("c"))
_GROUP = Membership("f02", "m", "cancel")


def test_bytes() -> None:
    """Class and args come first, as any client reads them; what is ours stands behind."""
    payload = related(Payload("a", [1], {"id": "f00"}), [_B, _C], _GROUP)

    assert payload.encode() == (
        b'{"class":"a","args":[1],"id":"f00","then":['
        b'{"class":"b","args":[2],"queue":"low","pass_result":true,"id":"f01"},'
        b'{"class":"c","args":[],"queue":"q"}],'
        b'"group":{"id":"f02","member":"m","on_failure":"cancel"}}'
    )
    assert may_be_related(payload.encode())
    plain = related(Payload("a"))
    assert b'{"class":"a","args":[]}' == plain.encode()
    assert not may_be_related(plain.encode())


def test_way_through_a_chain() -> None:
    """Each carries the rest and the group on; a value handed on is the first argument."""
    first = Payload.decode(related(Payload("a"), [_B, _C], _GROUP).encode())
    assert [_B, _C] == followers(first)
    assert hands_on(first)

    second = next_link(first, "value", _AT)
    assert second is not None
    assert ("low", ["value", 2]) == (second.queue, second.payload.args)
    assert _AT == second.payload.queued_at
    assert _GROUP == membership_of(second.payload)
    assert not hands_on(second.payload)

    third = next_link(second.payload, "value", _AT)
    assert third == Link("q", related(Payload("c"), (), _GROUP))
    assert next_link(third.payload, None, _AT) is None


@pytest.mark.parametrize(
    "told",
    [
        7,
        [7],
        [{}],
        [{"class": "b"}],
        [{"class": "", "queue": "q"}],
        [{"class": "b", "queue": 7}],
        [{"class": "b", "queue": ""}],
        [{"class": "b", "queue": "q", "args": {}}],
        [{"class": "\ud800", "queue": "q"}],
        [{"class": "b", "queue": "q"}, 7],
    ],
)
def test_unreadable_chain(told: Any) -> None:
    """Nothing follows what is garbled anywhere: half of a chain would be no chain."""
    payload = Payload("a", [], {"then": told})

    assert [] == followers(payload)
    assert next_link(payload, None, _AT) is None


@pytest.mark.parametrize(
    "told",
    [
        "f00",
        {},
        {"id": "f00"},
        {"id": 7, "member": "m"},
        {"id": "f00", "member": []},
        {"id": "f00", "member": "m", "on_failure": "x"},
        {"id": "f00", "member": "m", "on_failure": []},
    ],
)
def test_unreadable_group(told: Any) -> None:
    """What another client means by a group is its own affair."""
    assert membership_of(Payload("a", [], {"group": told})) is None


def test_policy_by_default() -> None:
    """A group that waits does not say so, which saves bytes in each payload."""
    payload = related(Payload("a"), (), Membership("f02", "m"))

    assert {"id": "f02", "member": "m"} == payload.extras["group"]
    assert Membership("f02", "m") == membership_of(payload)
