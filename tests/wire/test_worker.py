"""Worker ids and claims of all clients are read; ours are readable to all clients."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_resque.exceptions import DecodeError
from django_resque.wire.worker import Reservation, WorkerId, reservation_for
from tests.wire.strategies import JSON

HOSTS = st.text(min_size=1).filter(lambda text: not {":", "~"} & set(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vm:20482:high", WorkerId("vm", 20482, "high")),
        ("vm~1a2b3c4d5e6f:7:high,low", WorkerId("vm", 7, "high,low", "1a2b3c4d5e6f")),
        ("vm:1:shop:mail,*", WorkerId("vm", 1, "shop:mail,*")),
        ("vm:1:", WorkerId("vm", 1, "")),
        (":1:a\nb", WorkerId("", 1, "a\nb")),
    ],
)
def test_parse(text: str, expected: WorkerId) -> None:
    """The third part keeps its colons, as Ruby's split(':', 3) has it."""
    parsed = WorkerId.parse(text)

    assert expected == parsed
    assert text == str(parsed)


@pytest.mark.parametrize(
    "text", ["", "vm", "vm:1", "vm::high", "vm:x:high", "vm:-1:high", "vm:\u0663:a", "vm:1\udcff"]
)
def test_parse_refuses_what_is_no_id(text: str) -> None:
    """An id without host, number and queues is refused, its bytes kept."""
    with pytest.raises(DecodeError) as caught:
        WorkerId.parse(text)

    assert text.encode(errors="surrogateescape") == caught.value.raw


def test_parse_refuses_a_number_too_long_to_read() -> None:
    """A pid of 5000 digits is no pid."""
    with pytest.raises(DecodeError):
        WorkerId.parse(f"vm:{'9' * 5000}:high")


@given(HOSTS, st.integers(0, 2**31), st.text(), st.text("0123456789abcdef"))
def test_id_round_trip(host: str, pid: int, queues: str, token: str) -> None:
    """Every id of ours reads back as it was."""
    worker = WorkerId(host, pid, queues, token)

    assert worker == WorkerId.parse(str(worker))


def test_machine_is_the_token_without_its_last_part() -> None:
    """Two workers of one machine share all but the end of their tokens."""
    assert WorkerId("vm", 1, "*", "1a2b3c4d5e6f").machine == "1a2b3c4d"
    assert WorkerId("vm", 1, "*").machine == ""


def test_encode_is_rubys_document_with_our_rid_before_it() -> None:
    """The payload stands in the claim byte for byte, spaces and all."""
    reservation = Reservation(
        "vm:1:high", "high", "2026-11-21T04:48:58Z", b'{"class":"A", "args":[1.0]}', "r1"
    )

    assert (
        reservation.encode() == b'{"rid":"r1","queue":"high","run_at":"2026-11-21T04:48:58Z",'
        b'"payload":{"class":"A", "args":[1.0]}}'
    )


@given(st.text(), st.text(), st.binary(), st.text())
def test_claim_round_trip(queue: str, run_at: str, payload: bytes, rid: str) -> None:
    """A claim of ours gives its payload back byte for byte, JSON or not."""
    reservation = Reservation("w", queue, run_at, payload, rid)

    assert reservation == Reservation.decode("w", reservation.encode())


@pytest.mark.parametrize("queue", ["high", 'a"b', "h\u00f6h"])
def test_claim_that_tells_when_it_was_made(queue: str) -> None:
    """The moment stands before the payload, and is read whatever the names are."""
    claim = Reservation("vm:1:q", queue, "then", b"not JSON", "r1", 1795236538123456)

    assert b',"run_at":"then","claimed":1795236538123456,"payload":not JSON}' in claim.encode()
    assert claim == Reservation.decode("vm:1:q", claim.encode())
    odd = claim.encode().replace(b"1795236538123456", b"true")
    assert 0 == Reservation.decode("vm:1:q", odd).claimed


def test_decode_is_not_deceived_by_what_is_in_names_and_payload() -> None:
    """The key is found by its place, not in a queue's name or in the payload's own text."""
    payload = b'{"class":"A","payload":"}","args":[",\\"payload\\":"]}'
    reservation = Reservation("w", 'a","payload":1}', "now", payload, "r")

    assert reservation == Reservation.decode("w", reservation.encode())


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            b'{"queue":"high","run_at":"2026-11-21T04:48:58Z","payload":{"class":"A","args":[1]}}',
            Reservation("w", "high", "2026-11-21T04:48:58Z", b'{"class":"A","args":[1]}'),
        ),
        (
            b'{"worker":"vm:1","payload": {"args": {}, "class": "A"}, "queue": "math"}',
            Reservation("w", "math", "", b'{"args":{},"class":"A"}'),
        ),
        (b'{"run_at":1795236721,"payload":null}', Reservation("w", "", "1795236721", b"null")),
        (b'{"queue":null,"run_at":null,"payload":5}', Reservation("w", "", "", b"5")),
    ],
)
def test_decode_reads_the_claims_of_other_clients(raw: bytes, expected: Reservation) -> None:
    """Any key order and missing keys are read, as node, PHP and Perl write them."""
    assert expected == Reservation.decode("w", raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"queue":"high"}',
        b"{oops",
        b'{"rid":"r","queue":"high"}',
        b'{"rid":oops,"payload":{}}',
        b'{"queue":"high","payload":"\\ud800"}',
    ],
)
def test_decode_refuses_what_is_no_claim(raw: bytes) -> None:
    """A document without a payload is refused with a DecodeError, whatever is wrong."""
    with pytest.raises(DecodeError):
        Reservation.decode("w", raw)


@given(st.dictionaries(st.sampled_from(["rid", "queue", "run_at", "payload"]) | st.text(), JSON))
def test_decode_raises_nothing_else(document: dict[str, Any]) -> None:
    """Whatever object lies there, it is a claim or a DecodeError."""
    try:
        Reservation.decode("w", json.dumps(document).encode())
    except DecodeError:
        assert "payload" not in document


def test_reservation_for_passes_over_what_it_cannot_read() -> None:
    """Among whatever lies at workers' keys the claim for one job is found, and no other."""
    payload = b'{"class":"A","args":[],"id":"f00"}'
    wanted = Reservation("c:1:q", "q", "", payload, "r1")
    namesake = Reservation("d:1:q", "q", "", b'{"class":"A","args":["f00"],"id":"f01"}', "r2")
    claims = [
        ("a:1:q", None),
        ("b:1:q", wanted.encode()[:-20]),
        ("d:1:q", namesake.encode()),
        ("e:1:q", b"garbage f00"),
        ("c:1:q", wanted.encode()),
    ]

    assert wanted == reservation_for("f00", claims)
    assert reservation_for("f02", claims) is None
