"""Processes that stand in for workers, for tests that kill them or must not."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from django_resque.execution.identity import hostname, machine
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def stand_in(title: str = "resque-0: Waiting for mail") -> Iterator[subprocess.Popen[bytes]]:
    """Run a process with ``title`` in its command line that waits, at most until the block ends."""
    process = subprocess.Popen([sys.executable, "-c", "input()", title], stdin=subprocess.PIPE)
    try:
        # For a moment after it began to run, a program has no command line yet.
        eventually(Path(f"/proc/{process.pid}/cmdline").read_bytes)
        yield process
    finally:
        process.kill()
        process.communicate()


def worker_id(pid: int, *, token: str = "0000") -> str:
    """Return the id that a worker of ours in process ``pid`` of this machine would have."""
    return f"{hostname()}~{machine()}{token}:{pid}:mail"
