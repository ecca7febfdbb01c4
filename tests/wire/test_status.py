"""Status packets are php-resque's, to the byte."""

from __future__ import annotations

import pytest

from django_resque.wire.payload import Payload
from django_resque.wire.status import COMPLETE, RUNNING, WAITING, StatusPacket, tracked_id


def test_bytes() -> None:
    """The packets are those of the transcript of php-resque."""
    waiting = b'{"status":1,"updated":1795236831,"started":1795236831,"result":null}'
    complete = b'{"status":4,"updated":1795236831,"started":1795236831,"result":"php result"}'

    assert waiting == StatusPacket(WAITING, 1795236831, 1795236831).encode()
    assert complete == StatusPacket(COMPLETE, 1795236831, 1795236831).encode(b'"php result"')


@pytest.mark.parametrize(
    ("raw", "started"),
    [
        (b'{"status":1,"updated":5,"started":7,"result":null}', 7),
        (b'{"started":"7"}', "7"),
        (b'{"started":[7]}', None),
        (b"{}", None),
        (b"[]", None),
        (b"nonsense", None),
    ],
)
def test_started(raw: bytes, started: object) -> None:
    """What a packet tells of its start is kept as it is; from garbage, nothing."""
    assert started == StatusPacket.started_of(raw)
    assert b'"status":2' in StatusPacket(RUNNING, 1, StatusPacket.started_of(raw)).encode()


@pytest.mark.parametrize(
    ("extras", "name"),
    [
        ({"id": "f00", "prefix": ""}, "f00"),
        ({"id": "f00", "prefix": "shop"}, "shop_f00"),
        ({"id": "f00"}, None),
        ({"prefix": ""}, None),
        ({"id": 7, "prefix": ""}, None),
        ({"id": "f00", "prefix": None}, None),
    ],
)
def test_tracked_id(extras: dict[str, object], name: str | None) -> None:
    """Only payloads as php-resque writes them are tracked, under its name for them."""
    assert name == tracked_id(Payload("X", [], extras))
