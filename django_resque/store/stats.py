"""Counters: ``stat:processed``, ``stat:failed``, and the same of each worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        return self._read([self._keys.stat(name, worker) for name in names])

    def of_workers(self, names: Sequence[str], workers: Sequence[str]) -> list[tuple[int, ...]]:
        """Return the named counters of each worker, in one round trip."""
        values = self._read([self._keys.stat(name, worker) for worker in workers for name in names])
        return [tuple(values[at : at + len(names)]) for at in range(0, len(values), len(names))]

    def raising(self, name: str, worker: str) -> list[Command]:
        """Return the commands that raise a counter by one, in total and for the worker."""
        return [
            ("INCRBY", self._keys.stat(name), 1),
            ("INCRBY", self._keys.stat(name, worker), 1),
        ]

    def _read(self, keys: Sequence[str]) -> list[int]:
        return [_number(value) for value in self._commander.call("MGET", *keys)] if keys else []


def _number(value: Any) -> int:
    try:
        return int(value or 0)
    except ValueError:
        # Whatever another client left there, a counter is shown and not a traceback.
        return 0
