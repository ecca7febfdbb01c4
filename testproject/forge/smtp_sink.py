"""An SMTP server that delivers to a directory: no mail of a demonstration leaves the machine."""

from __future__ import annotations

import itertools
from email import message_from_bytes, policy
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST_LINE = 2000
_LARGEST_MAIL = 10 * 2**20


class Sink(ThreadingTCPServer):
    """Takes any mail from this machine and writes it into a file of its own."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, directory: Path) -> None:
        """Listen on a local port."""
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.numbers = itertools.count(1)
        super().__init__(("127.0.0.1", port), _Conversation)

    def deliver(self, mail: bytes) -> None:
        """Keep a mail and tell of it in one line."""
        path = self.directory / f"{next(self.numbers):04}.eml"
        path.write_bytes(mail)
        message = message_from_bytes(mail, policy=policy.default)
        print(f"{message['subject']!r} to {message['to']}, kept in {path}", flush=True)  # noqa: T201 its output


class _Conversation(StreamRequestHandler):
    """The few words of SMTP that a client needs to hand over a mail."""

    def handle(self) -> None:
        self._say(220, "forge ready")
        while line := self.rfile.readline(_LONGEST_LINE):
            word = line.split(maxsplit=1)[0].upper() if line.strip() else b""
            if word in (b"HELO", b"EHLO", b"MAIL", b"RCPT", b"RSET", b"NOOP"):
                self._say(250, "OK")
            elif word == b"DATA":
                self._say(354, "go on, end with a dot")
                if not self._take_mail():
                    return
            elif word == b"QUIT":
                self._say(221, "bye")
                return
            else:
                self._say(502, "this sink knows no such word")

    def _take_mail(self) -> bool:
        lines: list[bytes] = []
        size = 0
        while line := self.rfile.readline(_LONGEST_LINE):
            if line in (b".\r\n", b".\n"):
                if isinstance(self.server, Sink):
                    self.server.deliver(b"".join(lines))
                self._say(250, "kept")
                return True
            size += len(line)
            if size > _LARGEST_MAIL:
                self._say(552, "too large")
                return False
            lines.append(line.removeprefix(b"."))
        return False

    def _say(self, code: int, text: str) -> None:
        self.wfile.write(f"{code} {text}\r\n".encode())
