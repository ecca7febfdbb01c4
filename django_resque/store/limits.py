"""Limits of how many jobs work at once or begin in a while, and the jobs that wait for them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django_resque.store.locks import Locks
from django_resque.store.scripts import Script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.store.commander import Command, Commander, Word
    from django_resque.store.keys import Keys
    from django_resque.wire.worker import Reservation

_ADMIT = Script("admit")
_LET_IN = Script("let_in")
_REMOVE = Script("remove")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a limit allows; jobs that share its name share it."""

    limit: str = ""
    """Its name; empty for no limit."""
    most: int = 0
    """How many may be at work at once; 0 for any number."""
    count: int = 0
    """How many may begin in each ``span``; 0 for any number."""
    span: float = 0.0
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Admittance:
    """What became of a claimed job.

    It was ``admitted``; ``parked``, to have its turn after so many seconds; or its claim is
    ``gone``.
    """

    status: Literal["admitted", "parked", "gone"]
    wait: float


class Limits:
    """Lets claimed jobs begin or parks them, and lets them go back to their queues."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._keys = keys
        self._locks = Locks(commander, keys)
        self._prefix = f"{keys.namespace}:"

    def admit(
        self, reservation: Reservation, terms: Terms, commands: Sequence[Command] = ()
    ) -> Admittance:
        """Let a claimed job begin, with these commands, if its limit allows it; else park it.

        Jobs wait in the order of their claims, as far as these tell when they were made.

        To repeat a call whose reply was lost takes no second place.
        """
        return self._admit(reservation, terms, reservation.payload, 0, commands)

    def park(self, reservation: Reservation, limit: str, payload: bytes, wait: float) -> Admittance:
        """Park a claimed job as ``payload`` for so many seconds, under the name of a limit."""
        return self._admit(reservation, Terms(limit), payload, wait, ())

    def leaving(self, limit: str, rid: str) -> list[Command]:
        """Return the command that gives up a job's place and lets the next one in."""
        return [("resque.leave", self._prefix, limit, rid)]

    def forgetting(self, limit: str, rid: str) -> list[Command]:
        """Return the command that forgets that a job began, for one that has not after all."""
        return [("ZREM", self._keys.rate(limit), rid)]

    def let_in(self) -> float | None:
        """Let those jobs go back to the head of their queues that may begin by now.

        Returns in how many seconds to do so again; None if no job waits.
        """
        wait = self._commander.script(_LET_IN, [self._keys.parked_limits], [self._prefix])
        return None if wait < 0 else wait / 1000

    def parked(self, most: int = 1000) -> dict[str, int]:
        """Return how many jobs wait for each limit, of those that are to be looked at first."""
        # exchange: a key of a wrong type tells of no limits.
        (names,) = self._commander.exchange([("ZRANGE", self._keys.parked_limits, 0, most - 1)])
        if not isinstance(names, list):
            return {}
        limits = [name.decode(errors="surrogateescape") for name in names]
        commands: list[Command] = [("LLEN", self._keys.parked(limit)) for limit in limits]
        # exchange: a key that is no list must not hide the others.
        sizes = self._commander.exchange(commands) if commands else []
        pairs = zip(limits, sizes, strict=True)
        return {limit: size if isinstance(size, int) else 0 for limit, size in pairs}

    def holds(self, terms: Terms, queue: str, payload: bytes) -> bool:
        """Tell whether a payload of just these bytes waits for its limit."""
        key = self._keys.parked(terms.limit)
        # exchange: a key that is no list holds nothing.
        (reply,) = self._commander.exchange([("LPOS", key, _item(terms, queue, payload))])
        return isinstance(reply, int)

    def remove(self, terms: Terms, queue: str, payload: bytes) -> bool:
        """Remove a parked payload, and free the lock that it may have; False if it is gone."""
        commands = self._locks.dropping(payload)
        words: list[Word] = [1, _item(terms, queue, payload), len(commands)]
        for command in commands:
            words += [len(command), *command]
        return bool(self._commander.script(_REMOVE, [self._keys.parked(terms.limit)], words))

    def running(self, limit: str) -> int:
        """Return how many places of a limit are taken, those of dead workers included."""
        return int(self._commander.call("HLEN", self._keys.running(limit)))

    def _admit(
        self,
        reservation: Reservation,
        terms: Terms,
        payload: bytes,
        wait: float,
        commands: Sequence[Command],
    ) -> Admittance:
        words: list[Word] = [self._prefix, reservation.worker, reservation.rid, terms.limit]
        words += [terms.most, terms.count, _milliseconds(terms.span), _milliseconds(wait)]
        words += [reservation.queue, payload, reservation.claimed, len(commands)]
        for command in commands:
            words += [len(command), *command]
        keys = [self._keys.worker(reservation.worker)]
        status, milliseconds = self._commander.script(_ADMIT, keys, words)
        return Admittance(status.decode(), milliseconds / 1000)


def _milliseconds(seconds: float) -> int:
    return math.ceil(seconds * 1000)


def _item(terms: Terms, queue: str, payload: bytes) -> bytes:
    name = queue.encode(errors="surrogateescape")
    head = (terms.most, terms.count, _milliseconds(terms.span), len(name), name, payload)
    return b"%d %d %d %d:%b%b" % head
