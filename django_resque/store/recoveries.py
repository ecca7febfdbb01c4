"""How often the same payload was recovered from workers that were lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.wire.failure import digest

if TYPE_CHECKING:
    from django_resque.store.commander import Command, Commander
    from django_resque.store.keys import Keys

TTL = 72 * 3600
"""Seconds without a recovery after which they are counted anew."""


class Recoveries:
    """Counts the recoveries of each payload, apart from the payload, which stays as it is."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._keys = keys

    def count(self, queue: str, payload: bytes) -> int:
        """Return how often a payload of that queue was recovered lately."""
        (reply,) = self._commander.exchange([("GET", self._key(queue, payload))])
        try:
            return int(reply or 0)
        except (TypeError, ValueError):
            return 0

    def counting(self, queue: str, payload: bytes) -> list[Command]:
        """Return the commands that count one more."""
        key = self._key(queue, payload)
        return [("INCR", key), ("EXPIRE", key, TTL)]

    def forgetting(self, queue: str, payload: bytes) -> list[Command]:
        """Return the command that forgets them, for a job that has ended."""
        return [("DEL", self._key(queue, payload))]

    def _key(self, queue: str, payload: bytes) -> str:
        name = queue.encode(errors="surrogatepass")
        return self._keys.recoveries(digest(name + b"\n" + payload))
