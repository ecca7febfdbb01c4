"""Failures: the lists of records."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_resque.store.commander import Command, Commander
    from django_resque.store.keys import Keys


class Failures:
    """Reads and changes failed lists."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._keys = keys

    def recording(self, record: bytes, name: str) -> list[Command]:
        """Return the commands that append a record to the failed list ``name``."""
        append: Command = ("RPUSH", self._keys.failed_list(name), record)
        if name == "failed":
            return [append]
        return [("SADD", self._keys.failed_queues, name), append]
