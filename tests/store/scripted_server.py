"""A server that gives prepared answers: what a real Redis cannot be made to say on demand."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self


class ScriptedServer:
    """Answers each command with the next of ``answers``; an empty answer cuts the connection.

    The commands by which redis-py introduces itself get an OK and are not counted.
    """

    def __init__(self, directory: Path, answers: Sequence[bytes]) -> None:
        """Listen on a Unix socket in ``directory``."""
        self.path = str(directory / "scripted.sock")
        self.commands: list[list[bytes]] = []
        self._answers = list(answers)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen()
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                self._connection, _ = self._listener.accept()
            except OSError:
                return
            # A client that hangs up while it is spoken to has said all it wanted.
            with (
                suppress(OSError),
                self._connection as connection,
                connection.makefile("rb") as stream,
            ):
                self._converse(connection, stream)

    def _converse(self, connection: socket.socket, stream: BinaryIO) -> None:
        while command := _read_command(stream):
            if command[0] in (b"CLIENT", b"HELLO", b"SELECT"):
                connection.sendall(_WELCOME if command[0] == b"HELLO" else b"+OK\r\n")
                continue
            self.commands.append(command)
            answer = self._answers.pop(0) if self._answers else b""
            if not answer:
                return
            connection.sendall(answer)


_WELCOME = b"%1\r\n$5\r\nproto\r\n:3\r\n"


def _read_command(stream: BinaryIO) -> list[bytes]:
    head = stream.readline()
    words = []
    for _ in range(int(head[1:] or 0)):
        length = int(stream.readline()[1:])
        words.append(stream.read(length + 2)[:-2])
    return words
