"""Records what reaches a private server, as MONITOR prints it, to compare it with transcripts."""

from __future__ import annotations

import os
import re
import socket
from typing import TYPE_CHECKING

from tests.interop.transcript import Sent, command

if TYPE_CHECKING:
    from django_resque.embedded import EmbeddedServer

_LINE = re.compile(r'^\+[\d.]+ \[(\d+) ([^\]]*)\] (".*)$')


class Recorder:
    """Everything that is sent to database 0 from now on. Redis keeps it until it is asked for."""

    def __init__(self, server: EmbeddedServer) -> None:
        """Begin."""
        self._marker = server.client()
        self._marker.ping()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(server.socket)
        self._socket.settimeout(10)
        self._stream = self._socket.makefile("rb")
        self._socket.sendall(b"MONITOR\r\n")
        assert self._stream.readline().startswith(b"+OK")

    def recorded(self) -> list[Sent]:
        """Return what was sent since the last time, in order; what scripts do is from ``lua``."""
        mark = os.urandom(8).hex()
        self._marker.echo(mark)
        recorded: list[Sent] = []
        for line in self._stream:
            text = line.decode().rstrip("\r\n")
            if mark in text:
                break
            found = _LINE.match(text)
            assert found, text
            sent = command(found[3], "lua" if found[2] == "lua" else "client")
            # Some servers show how a client introduces itself; that changes nothing.
            if found[1] == "0" and sent.name != "client":
                recorded.append(sent)
        return recorded

    def close(self) -> None:
        """End."""
        self._marker.close()
        self._stream.close()
        self._socket.close()
