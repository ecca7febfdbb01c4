"""The process title, in Ruby Resque's form: part of the protocol.

A Ruby worker that starts on this host looks for ``resque-<digit>`` in ``ps`` and strikes off
every worker of its queues whose process does not bear it.
"""

from __future__ import annotations

import os
import time

import setproctitle

from django_resque.version import __version__
from django_resque.wire.printable import printable

_MAX_TITLE = 240


class Procline:
    """Sets the title of this process."""

    def __init__(self, program: str = "resque") -> None:
        """Put ``RESQUE_PROCLINE_PREFIX`` and the program's name before every title."""
        prefix = os.environ.get("RESQUE_PROCLINE_PREFIX", "")
        self._head = f"{prefix}{program}-{__version__}: "
        self._shown = ""

    def show(self, text: str) -> None:
        """Show what the process is doing now."""
        if text != self._shown:
            setproctitle.setproctitle(self._head + printable(text, _MAX_TITLE))
            self._shown = text

    def waiting(self, queues: list[str]) -> None:
        """Show that a worker waits for jobs from these queues."""
        self.show(f"Waiting for {','.join(queues)}")

    def paused(self) -> None:
        """Show that a worker takes no jobs."""
        self.show("Paused")

    def forked(self, pid: int) -> None:
        """Show which child performs the worker's job."""
        self.show(f"Forked {pid} at {int(time.time())}")

    def processing(self, queue: str, name: str | None) -> None:
        """Show the job being performed, in the process that performs it."""
        self.show(f"Processing {queue} since {int(time.time())} [{name or 'No Name'}]")
