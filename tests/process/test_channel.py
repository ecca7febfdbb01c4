"""Messages arrive whole and in order, however large, and a broken channel is told."""

from __future__ import annotations

import select
import threading
from typing import TYPE_CHECKING

import pytest

from django_resque.process.channel import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGE = bytes(range(256)) * 40_000  # ten million bytes: far more than a socket's buffer


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    """Two connected ends."""
    left, right = Channel.pair()
    yield left, right
    left.close()
    right.close()


def test_messages(ends: tuple[Channel, Channel]) -> None:
    """Messages keep their kind, body and order; several may arrive at once."""
    left, right = ends
    assert left.send(b"A", b"first")
    assert left.send(b"B")
    left.post(b"C", b"\x00\n\xff")

    assert (b"A", b"first") == right.receive()
    assert (b"B", b"") == right.poll()
    assert (b"C", b"\x00\n\xff") == right.receive()
    assert right.poll() is None
    assert not right.closed


def test_part_of_a_message(ends: tuple[Channel, Channel]) -> None:
    """Half a message is not a message yet."""
    left, right = ends
    whole = b"A" + (5).to_bytes(8, "big") + b"hello"
    for byte in whole[:-1]:
        left._socket.send(bytes([byte]))
        assert right.poll() is None

    left._socket.send(whole[-1:])

    assert (b"A", b"hello") == right.poll()


def test_large_without_waiting(ends: tuple[Channel, Channel]) -> None:
    """A message too large for the buffers goes in portions, while the sender does other things."""
    left, right = ends
    left.post(b"A", _LARGE)
    assert left.push()  # there is more than goes at once

    received = None
    while received is None:
        received = right.poll()
        left.push()

    assert (b"A", _LARGE) == received
    assert not left.push()


def test_post_after_post(ends: tuple[Channel, Channel]) -> None:
    """A message posted while another is still outstanding follows it."""
    left, right = ends
    left.post(b"A", _LARGE)
    left.post(b"B", b"second")

    received: list[tuple[bytes, bytes]] = []
    while len(received) < 2:
        left.push()
        if message := right.poll():
            received.append(message)

    assert [(b"A", _LARGE), (b"B", b"second")] == received


def test_large_waiting(ends: tuple[Channel, Channel]) -> None:
    """The waiting way carries it as well."""
    left, right = ends
    thread = threading.Thread(target=left.send, args=(b"A", _LARGE))
    thread.start()

    assert (b"A", _LARGE) == right.receive()
    thread.join()


def test_closed(ends: tuple[Channel, Channel]) -> None:
    """When the other side is gone, what it said is still heard, and then that it is gone."""
    left, right = ends
    left.send(b"A", b"last words")
    left.close()

    assert (b"A", b"last words") == right.poll()
    assert right.poll() is None
    assert right.closed
    assert right.receive() is None


def test_torn(ends: tuple[Channel, Channel]) -> None:
    """A message that its sender did not finish is no message."""
    left, right = ends
    left._socket.send(b"A" + (5).to_bytes(8, "big") + b"hel")
    left.close()

    assert right.poll() is None
    assert right.closed
    assert right.receive() is None


def test_nobody_there(ends: tuple[Channel, Channel]) -> None:
    """Sending to nobody is told: by an answer, or where the sender must know, by an error."""
    left, right = ends
    right.close()

    assert not left.send(b"A")
    with pytest.raises(BrokenPipeError):
        left.post(b"A")


def test_reset(ends: tuple[Channel, Channel]) -> None:
    """A side that goes away with messages unread is gone like any other."""
    left, right = ends
    left.send(b"A")
    right.close()  # unread: the kernel resets the connection

    assert left.poll() is None
    assert left.closed


def test_reset_while_receiving(ends: tuple[Channel, Channel]) -> None:
    """The waiting way takes it for the end, too."""
    left, right = ends
    left.send(b"A")
    right.close()

    assert left.receive() is None


def test_descriptor_tells(ends: tuple[Channel, Channel]) -> None:
    """A message makes the descriptor readable, which ends a wait on it."""
    left, right = ends
    assert ([], [], []) == select.select([right], [], [], 0)

    left.send(b"A")

    assert ([right], [], []) == select.select([right], [], [], 0)
