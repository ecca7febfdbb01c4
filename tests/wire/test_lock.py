"""A payload names its lock, and is its owner by its id."""

from __future__ import annotations

import json
from typing import Any

import pytest

from django_resque.wire.lock import Lock, lock_name

NAME = lock_name("shop.send", b"[7]")


def test_name() -> None:
    """Equal calls of a job have one lock; another job or another call has another."""
    assert NAME == lock_name("shop.send", b"[7]")
    assert 3 == len({NAME, lock_name("shop.send", b"[8]"), lock_name("shop.mail", b"[7]")})


def test_find() -> None:
    """The lock is found in the bytes of a queue item."""
    raw = json.dumps({"class": "shop.send", "args": [7], "id": "f00", "unique": NAME}).encode()

    assert Lock(NAME, "f00") == Lock.find(raw)


@pytest.mark.parametrize(
    "extras",
    [
        {"id": "f00"},
        {"unique": NAME},
        {"id": 7, "unique": NAME},
        {"id": "f00", "unique": 7},
        {"id": "f00", "unique": "queue:mail"},
        {"id": "f00", "unique": NAME + "0"},
    ],
)
def test_none(extras: dict[str, Any]) -> None:
    """What other clients wrote there leads to no key but that of a lock."""
    assert Lock.find(json.dumps({"class": "x", "args": [], **extras}).encode()) is None


def test_unreadable() -> None:
    """What is no payload has no lock."""
    assert Lock.find(b'{"unique"') is None
