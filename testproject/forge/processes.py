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
from typing import TYPE_CHECKING

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

    def run(self, *arguments: str) -> None:
        """Run a command to its end. Raises CalledProcessError if it fails."""
        subprocess.run([sys.executable, str(MANAGE), *arguments], check=True)  # noqa: S603 our own

    def start(self, name: str, *arguments: str) -> None:
        """Start a command that stays."""
        process = subprocess.Popen(  # noqa: S603 our own
            [sys.executable, "-u", str(MANAGE), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for the demonstration, which then stops each child in its turn.
            start_new_session=True,
            preexec_fn=_follow_parent,  # noqa: PLW1509 one call into libc, and no threads here
        )
        self._children.append(Child(name, process))
        if process.stdout is not None:
            os.set_blocking(process.stdout.fileno(), False)

    def watch(self, seconds: float) -> None:
        """Pass on what children write, for a time. Raises ChildProcessError when one ends."""
        deadline = time.monotonic() + seconds
        while True:
            ended = [child for child in self._children if child.process.poll() is not None]
            self._read()
            for child in ended:
                raise ChildProcessError(
                    f"{child.name} ended with status {child.process.returncode}"
                )
            if time.monotonic() > deadline:
                return
            time.sleep(_PAUSE)

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
            self._children.pop()
            if process.stdout is not None:
                process.stdout.close()

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


def _follow_parent() -> None:
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
