"""Child processes of the demonstration: their output in one stream, their end in good order."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
_PATIENCE = 20.0
_PAUSE = 0.05
_PR_SET_PDEATHSIG = 1
_prctl = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None


@dataclass(slots=True)
class Child:
    """A running ``manage.py`` command."""

    name: str
    process: subprocess.Popen[bytes]
    unfinished: bytes = b""


@dataclass(slots=True)
class Processes:
    """Runs commands of ``manage.py`` side by side; ``tell`` is given each line they write."""

    tell: Callable[[str, str], None]
    _children: list[Child] = field(default_factory=list)
    _interrupted: bool = False

    def interrupt(self, *_: Any) -> None:
        """Handle a signal to end: the next :meth:`run` or :meth:`watch` raises KeyboardInterrupt.

        Raised by the handler itself it could come anywhere, in the midst of stopping too.
        """
        self._interrupted = True

    def run(self, name: str, *arguments: str) -> None:
        """Run a command to its end. Raises ChildProcessError if it fails, or KeyboardInterrupt."""
        child = self._open(name, *arguments)
        while child.process.poll() is None:
            self._look()
        self._read()
        self._close(child)
        if child.process.returncode:
            raise ChildProcessError(_told(child))

    def start(self, name: str, *arguments: str) -> None:
        """Start a command that stays."""
        self._open(name, *arguments)

    def watch(self, seconds: float) -> None:
        """Pass on what children write, for a time.

        Raises ChildProcessError when one ends, and KeyboardInterrupt after :meth:`interrupt`.
        """
        deadline = time.monotonic() + seconds
        while True:
            ended = [child for child in self._children if child.process.poll() is not None]
            self._look()
            for child in ended:
                raise ChildProcessError(_told(child))
            if time.monotonic() > deadline:
                return

    def stop(self) -> None:
        """Stop all, the last started first, each with the time it needs."""
        while self._children:
            process = self._children[-1].process
            process.terminate()
            deadline = time.monotonic() + _PATIENCE
            while process.poll() is None:
                if time.monotonic() > deadline:
                    process.kill()
                # A child that cannot write its last words would not end; if they cannot be told
                # because the reader is gone, it shall end all the same.
                with suppress(OSError):
                    self._read()
                time.sleep(_PAUSE)
            with suppress(OSError):
                self._read()
            self._close(self._children[-1])

    def _open(self, name: str, *arguments: str) -> Child:
        process = subprocess.Popen(  # noqa: S603 our own
            [sys.executable, "-u", str(MANAGE), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for the demonstration, which then stops each child in its turn.
            start_new_session=True,
            preexec_fn=_follow_parent,  # noqa: PLW1509 one call into libc, and no threads here
        )
        child = Child(name, process)
        self._children.append(child)
        if process.stdout is not None:
            os.set_blocking(process.stdout.fileno(), False)
        return child

    def _close(self, child: Child) -> None:
        self._children.remove(child)
        if child.process.stdout is not None:
            child.process.stdout.close()

    def _look(self) -> None:
        if self._interrupted:
            raise KeyboardInterrupt
        self._read()
        time.sleep(_PAUSE)

    def _read(self) -> None:
        for child in self._children:
            if child.process.stdout is None:
                continue
            while chunk := _available(child.process.stdout.fileno()):
                *lines, child.unfinished = (child.unfinished + chunk).split(b"\n")
                for line in lines:
                    self.tell(child.name, line.decode(errors="replace"))


def _available(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except BlockingIOError:
        return b""


def _told(child: Child) -> str:
    return f"{child.name} ended with status {child.process.returncode}"


def _follow_parent() -> None:
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
