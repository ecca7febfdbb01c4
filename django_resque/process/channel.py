"""Messages between a worker and its performer, over a socket pair."""

from __future__ import annotations

import socket
import struct

_HEAD = struct.Struct("!cQ")
_READ = 65536


class Channel:
    """One end of the pair: sends and receives messages of a one-byte kind and a body."""

    def __init__(self, end: socket.socket) -> None:
        """Talk over this end."""
        self._socket = end
        self._incoming = bytearray()
        self._outgoing = memoryview(b"")  # a view, for cutting bytes would copy them each time
        self.closed = False
        """Whether the other side has closed its end."""

    @classmethod
    def pair(cls) -> tuple[Channel, Channel]:
        """Return two connected ends."""
        left, right = socket.socketpair()
        return cls(left), cls(right)

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def send(self, kind: bytes, body: bytes = b"") -> bool:
        """Send a message, waiting until it is taken; False if nobody is there to take it."""
        try:
            self._socket.sendall(_HEAD.pack(kind, len(body)) + body)
        except ConnectionError:
            return False
        return True

    def post(self, kind: bytes, body: bytes = b"") -> None:
        """Send as much of a message as goes without waiting; ``push`` sends the rest.

        Raises BrokenPipeError when nobody is there to receive it.
        """
        outstanding = self._outgoing.tobytes()
        self._outgoing = memoryview(outstanding + _HEAD.pack(kind, len(body)) + body)
        self.push()

    def push(self) -> bool:
        """Send more of what is outstanding; tell whether anything remains."""
        while self._outgoing:
            try:
                sent = self._socket.send(self._outgoing, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return True
            self._outgoing = self._outgoing[sent:]
        return False

    def poll(self) -> tuple[bytes, bytes] | None:
        """Return the next message if it is complete, without waiting."""
        message = self._next()
        while message is None and not self.closed:
            try:
                data = self._socket.recv(_READ, socket.MSG_DONTWAIT)
            except (BlockingIOError, InterruptedError):
                return None
            except ConnectionError:
                data = b""
            self.closed = not data
            self._incoming += data
            message = self._next()
        return message

    def receive(self) -> tuple[bytes, bytes] | None:
        """Wait for the next message; None when the other side has closed its end."""
        message = self._next()
        while message is None:
            try:
                data = self._socket.recv(_READ)
            except ConnectionError:
                return None
            if not data:
                return None
            self._incoming += data
            message = self._next()
        return message

    def _next(self) -> tuple[bytes, bytes] | None:
        if len(self._incoming) < _HEAD.size:
            return None
        kind, length = _HEAD.unpack_from(self._incoming)
        end = _HEAD.size + length
        if len(self._incoming) < end:
            return None
        body = bytes(self._incoming[_HEAD.size : end])
        del self._incoming[:end]
        return kind, body
