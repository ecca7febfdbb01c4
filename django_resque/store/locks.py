"""Locks of unique jobs: each has an owner and an expiry, so that none outlives a killed worker."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from django_resque.store.commander import TellingUncertainty
from django_resque.store.scripts import Script
from django_resque.wire.lock import Lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django_resque.store.commander import Command, Commander, Word
    from django_resque.store.keys import Keys

_LOCK = Script("lock")
_CHUNK = 500  # locks taken in one step: bounds what one holds up in Redis


@dataclass(frozen=True, slots=True)
class Locking:
    """One lock to be taken, and the commands that go with that, the one that pushes last."""

    lock: Lock
    commands: Sequence[Command] = ()


class Locks:
    """Takes and frees the locks of unique jobs."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._keys = keys

    def take(self, lockings: Iterable[Locking], ttl: float) -> list[str]:
        """Take locks, each with its commands, some hundred in one atomic step.

        Returns the owner of each: another one where it was taken already, and nothing was done.
        Raises EnqueueUncertain when the connection breaks before Redis answered.
        """
        owners: list[str] = []
        queued = 0
        items = iter(lockings)
        while chunk := list(islice(items, _CHUNK)):
            words: list[Word] = [_milliseconds(ttl)]
            for each in chunk:
                words += [each.lock.name, each.lock.owner, len(each.commands)]
                for command in each.commands:
                    words += [len(command), *command]
            with TellingUncertainty(queued):
                found = self._commander.script(_LOCK, [self._keys.lock("")], words)
            names = [owner.decode(errors="surrogateescape") for owner in found]
            queued += sum(each.lock.owner == name for each, name in zip(chunk, names, strict=True))
            owners += names
        return owners

    def owner(self, name: str) -> str | None:
        """Return who has a lock; None if it is free."""
        (reply,) = self._commander.exchange([("GET", self._keys.lock(name))])
        return reply.decode(errors="surrogateescape") if isinstance(reply, bytes) else None

    def releasing(self, lock: Lock) -> list[Command]:
        """Return the command that frees a lock if it still has this owner."""
        return [("resque.release", self._keys.lock(lock.name), lock.owner)]

    def keeping(self, lock: Lock, ttl: float) -> list[Command]:
        """Return the command that lets a lock expire later, if it still has this owner."""
        key = self._keys.lock(lock.name)
        return [("resque.keep", key, lock.owner, _milliseconds(ttl))]

    def dropping(self, raw: bytes) -> list[Command]:
        """Return the commands that go with the removal of a payload, or of a delayed item."""
        lock = Lock.find(raw)
        return self.releasing(lock) if lock else []


def _milliseconds(seconds: float) -> int:
    return max(1, math.ceil(seconds * 1000))
