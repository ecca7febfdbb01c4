"""The latest retries, for those who watch: a list that never grows beyond its length."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_resque.store.commander import Command, Commander
    from django_resque.store.keys import Keys

MOST = 200
"""How many retries are remembered."""


class Retries:
    """Remembers the latest retries; each is bytes."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._keys = keys

    def noting(self, document: bytes) -> list[Command]:
        """Return the commands that remember one more."""
        key = self._keys.retried
        return [("LPUSH", key, document), ("LTRIM", key, 0, MOST - 1)]

    def latest(self, start: int = 0, count: int = 50) -> list[bytes]:
        """Return up to ``count`` retries, the newest first."""
        if count < 1:
            return []
        first = max(0, start)
        (reply,) = self._commander.exchange(
            [("LRANGE", self._keys.retried, first, first + count - 1)]
        )
        # A key that is no list holds no retries.
        return list(reply) if isinstance(reply, list) else []
