"""What came of jobs, how far they are, and who waits for that."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from django_resque.store.commander import Command, Commander
    from django_resque.store.keys import Keys


class Results:
    """Writes and reads results and progress by the ids of jobs; documents are bytes."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._keys = keys

    def recording(self, job: str, document: bytes, ttl: float) -> list[Command]:
        """Return the commands that write a result and wake those who wait for it."""
        key = self._keys.result(job)
        return [("SET", key, document, "PX", _milliseconds(ttl)), ("PUBLISH", key, "ended")]

    def record(self, job: str, document: bytes, ttl: float) -> None:
        """Write a result and wake those who wait for it."""
        self._commander.pipe(self.recording(job, document, ttl))

    def get(self, job: str) -> bytes | None:
        """Return the result of a job; None if there is none (any more)."""
        return self.read([job])[0]

    def read(self, jobs: Sequence[str]) -> list[bytes | None]:
        """Return the results of several jobs in one round trip."""
        return self._get_all([self._keys.result(job) for job in jobs])

    def tell_progress(self, job: str, document: bytes, ttl: float) -> None:
        """Write how far a job is."""
        self._commander.call("SET", self._keys.progress(job), document, "PX", _milliseconds(ttl))

    def progress(self, jobs: Sequence[str]) -> list[bytes | None]:
        """Return how far several jobs are, in one round trip."""
        return self._get_all([self._keys.progress(job) for job in jobs])

    def listening(self, job: str) -> AbstractContextManager[Callable[[float], bool]]:
        """Listen for a job's result while the block runs.

        The block is given a function that waits for it, at most so many seconds, and tells
        whether it came. Read the result once more in the block, before waiting.
        """
        return self._commander.listening(self._keys.result(job))

    def _get_all(self, keys: Sequence[str]) -> list[bytes | None]:
        # exchange: a key of a wrong type tells nothing, and must not hide the others.
        replies = self._commander.exchange([("GET", key) for key in keys]) if keys else []
        return [reply if isinstance(reply, bytes) else None for reply in replies]


def _milliseconds(seconds: float) -> int:
    return max(1, math.ceil(seconds * 1000))
