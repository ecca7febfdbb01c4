"""Stands between workers and Redis, and is the network on a bad day."""

from __future__ import annotations

import os
import random
import select
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self


class Proxy:
    """Passes on what is said between clients and a server, and now and then loses replies.

    ``cut`` is the share of commands whose reply gets lost: they are carried out, and then the
    connection breaks. While ``silent`` is set, nothing is passed on, and nothing breaks either.
    """

    def __init__(self, folder: Path, server: str, *, cut: float = 0.0, seed: int = 0) -> None:
        """Listen on a socket in ``folder`` for clients of the server at ``server``."""
        self.cut = cut
        self.cuts = 0
        self.silent = threading.Event()
        self._server = server
        self._chance = random.Random(seed)
        self._path = str(folder / "proxy.sock")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self._path)
        self._listener.listen()
        self._stop, self._stopped = os.pipe()
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"unix://{quote(self._path)}"

    def __enter__(self) -> Self:
        """Begin."""
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        """Break all connections."""
        os.close(self._stopped)
        for thread in self._threads:
            thread.join()
        self._listener.close()
        os.close(self._stop)

    def _accept(self) -> None:
        while self._listener in self._ready(self._listener):
            client, _ = self._listener.accept()
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _ready(self, *sockets: socket.socket) -> list[socket.socket | int]:
        """Wait for any of these, or the end of the test, and return what is there."""
        waiting: list[socket.socket | int] = [*sockets, self._stop]
        return select.select(waiting, [], [])[0]

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        with client, server, suppress(OSError):
            server.connect(self._server)
            while self._pass_on(client, server):
                pass

    def _pass_on(self, client: socket.socket, server: socket.socket) -> bool:
        """Pass on what either side says; tell whether both are to go on."""
        ready = self._ready(client, server)
        if self._stop in ready:
            return False
        if self.silent.is_set():
            # Nothing arrives any more, on connections that look alive.
            select.select([self._stop], [], [], 0.01)
            return True
        if client in ready:
            said = client.recv(2**20)
            server.sendall(said)
            if b"EVALSHA" in said and self._chance.random() < self.cut:
                server.recv(2**20)  # by now it has been carried out
                self.cuts += 1
                return False
            return bool(said)
        said = server.recv(2**20)
        client.sendall(said)
        return bool(said)
