"""Counters: ``stat:processed``, ``stat:failed``, and the same of each worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_resque.store.commander import Command, Commander
    from django_resque.store.keys import Keys


class Stats:
    """Reads Resque's counters and says how they are raised."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._keys = keys

    def get(self, *names: str, worker: str = "") -> list[int]:
        """Return the named counters, in total or of one worker, in one round trip."""
        keys = [self._keys.stat(name, worker) for name in names]
        return [int(value or 0) for value in self._commander.call("MGET", *keys)]

    def raising(self, name: str, worker: str) -> list[Command]:
        """Return the commands that raise a counter by one, in total and for the worker."""
        return [
            ("INCRBY", self._keys.stat(name), 1),
            ("INCRBY", self._keys.stat(name, worker), 1),
        ]
