"""The ground all contestants meet on: one server, one project, one clock."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from tests.benchmarks.project.work import STAMP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_resque.embedded import EmbeddedServer

PEERS_PROJECT = "tests.benchmarks.project.settings"
OUR_PROJECT = "tests.benchmarks.project.settings_resque"

_PATIENCE = 30.0  # seconds to wait for one mark


class Ground:
    """Starts contestants one at a time and reads the marks that their jobs leave."""

    def __init__(self, server: EmbeddedServer, url: str) -> None:
        """Use this server, which all reach by the URL, emptied for each contestant."""
        self.redis: redis.Redis = redis.Redis.from_url(url)
        self._output = server.directory / "output"
        self._marks_path = str(server.directory / "marks")
        os.mkfifo(self._marks_path)
        # Open for writing as well, so that it never ends while no job has it open.
        self._marks = os.open(self._marks_path, os.O_RDWR | os.O_NONBLOCK)
        self.environment = {
            **os.environ,
            "BENCHMARK_MARKS": self._marks_path,
            "BENCHMARK_URL": url,
            "PYTHONPATH": str(Path.cwd()),
        }

    def clear(self) -> None:
        """Empty the server and forget the marks of whoever was here before."""
        self.redis.flushall()
        while self._readable(0.0):
            os.read(self._marks, 65536)

    @contextmanager
    def running(self, settings: str, *arguments: str) -> Iterator[int]:
        """Run ``python -m <arguments>`` for the time of the block; gives its pid."""
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env={**self.environment, "DJANGO_SETTINGS_MODULE": settings},
            stdin=subprocess.DEVNULL,
            stdout=self._output.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process.pid
        finally:
            for pid in reversed(family(process.pid)):
                _kill(pid)
            process.wait()

    def next_mark(self) -> float:
        """Wait for a mark and return its moment on the monotonic clock, in seconds."""
        if not self._readable(_PATIENCE):
            last = self._output.read_text(errors="replace")[-2000:]
            msg = (
                f"No job left a mark within {_PATIENCE:g} seconds. The worker's last words:\n{last}"
            )
            raise TimeoutError(msg)
        (moment,) = STAMP.unpack(os.read(self._marks, STAMP.size))
        return float(moment)

    def _readable(self, timeout: float) -> bool:
        return bool(select.select([self._marks], [], [], timeout)[0])


def family(pid: int) -> list[int]:
    """Return the pids of a process and of all that descend from it."""
    pids = [pid]
    for each in pids:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            pids += map(int, _read(children).split())
    return pids


def memory(pid: int) -> float:
    """Return the memory of a process and its descendants, shared pages by share (PSS), in MB."""
    lines = [
        line
        for each in family(pid)
        for line in _read(Path(f"/proc/{each}/smaps_rollup")).splitlines()
        if line.startswith("Pss:")
    ]
    return sum(int(line.split()[1]) for line in lines) / 1024


def settled_memory(pid: int) -> float:
    """Return the memory of a process and its descendants once it no longer changes."""
    deadline = time.monotonic() + _PATIENCE
    before, now = 0.0, memory(pid)
    while abs(now - before) > 0.002 * now and time.monotonic() < deadline:
        time.sleep(0.5)
        before, now = now, memory(pid)
    return now


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process has just ended
        return ""


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
