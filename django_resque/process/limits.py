"""Watches one job's time and memory from outside, where even C code cannot escape."""

from __future__ import annotations

import logging
import signal
import time
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import JobTimeout, MemoryLimitExceeded

if TYPE_CHECKING:
    from django_resque.jobs.definition import Job
    from django_resque.process.performer import Performer

logger = logging.getLogger(__name__)

_LOOK_AT_MEMORY = 0.25  # seconds between two looks at a job's memory
_NEVER = float("inf")


class Limits:
    """The limits of the job at work; ``term_timeout`` seconds lie between SIGTERM and SIGKILL."""

    def __init__(self, term_timeout: float) -> None:
        """Set no limits yet."""
        self._term_timeout = term_timeout
        self._timeout: float | None = None
        self._max_memory: int | None = None
        self._deadline = self._look = _NEVER

    def begin(self, job: Job[Any, Any] | None) -> None:
        """Let the limits of a job run from now; an unknown job has none."""
        self._timeout = job.timeout if job else None
        self._max_memory = job.max_memory if job else None
        now = time.monotonic()
        self._deadline = _NEVER if self._timeout is None else now + self._timeout
        self._look = _NEVER if self._max_memory is None else now

    def next_event(self) -> float:
        """Return the monotonic time at which :meth:`watch` has something to do."""
        return min(self._deadline, self._look)

    def watch(self, performer: Performer) -> None:
        """Stop a job that has gone past a limit: SIGTERM so that it can clean up, then SIGKILL."""
        now = time.monotonic()
        if now >= self._deadline:
            self._deadline = _NEVER
            performer.stop(
                [(0.0, signal.SIGTERM), (self._term_timeout, signal.SIGKILL)],
                JobTimeout(f"The job was stopped after its timeout of {self._timeout:g} s"),
            )
            performer.tick()
        if now >= self._look and self._max_memory is not None:
            self._look = now + _LOOK_AT_MEMORY
            used = performer.memory()
            if used is not None and used > self._max_memory:
                self._look = _NEVER
                text = f"The job was stopped at {_mb(used)} of memory; its max_memory is "
                performer.stop(
                    [(0.0, signal.SIGKILL)], MemoryLimitExceeded(text + _mb(self._max_memory))
                )
                performer.tick()


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:.0f} MB"
