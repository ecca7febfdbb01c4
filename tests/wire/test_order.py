"""What a worker is told reads back, and what is no order is refused."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_resque.exceptions import DecodeError
from django_resque.wire.order import Order
from tests.wire.strategies import ANY_TEXT, JSON


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order("pause"), b'{"kind":"pause"}'),
        (Order("kill", rid="6f1e"), b'{"kind":"kill","rid":"6f1e"}'),
        (Order("first", queue="caf\u00e9"), b'{"kind":"first","queue":"caf\\u00e9"}'),
        (Order("first", queue="\udcff"), b'{"kind":"first","queue":"\\udcff"}'),
    ],
)
def test_encode(order: Order, expected: bytes) -> None:
    """The document is compact, in ASCII, and has only what the kind needs."""
    assert expected == order.encode()


@given(st.sampled_from(["pause", "resume", "stop", "kill", "first"]), ANY_TEXT, ANY_TEXT)
def test_round_trip(kind: Any, rid: str, queue: str) -> None:
    """Every order comes back as it was, whatever a queue is called."""
    order = Order(kind, rid, queue)

    assert order == Order.decode(order.encode())


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"\xff", b"{oops", b"null", b"[]", b'"stop"', b"{}", b"[" * 100_000),
        *(b'{"kind":"explode"}', b'{"kind":null}', b'{"kind":["stop"]}', b'{"kind":"STOP"}'),
        *(b'{"kind":"kill","rid":5}', b'{"kind":"first","queue":null}'),
    ],
)
def test_refused(raw: bytes) -> None:
    """What is no order is refused with a DecodeError, whatever is wrong."""
    with pytest.raises(DecodeError):
        Order.decode(raw)


@given(st.dictionaries(st.sampled_from(["kind", "rid", "queue"]) | st.text(), JSON))
def test_raises_nothing_else(document: dict[str, Any]) -> None:
    """Whatever object lies there, it is an order or a DecodeError."""
    with suppress(DecodeError):
        Order.decode(json.dumps(document).encode())
