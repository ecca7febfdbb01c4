"""Schedules: who is the master, what recurs, and how far each has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_resque.store.commander import or_nothing
from django_resque.store.link import ARM
from django_resque.store.scripts import Script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.store.commander import Command, Commander, Word
    from django_resque.store.keys import Keys

KEPT_RUNS = 20
"""How many runs of each schedule are kept in its history."""
KEPT_FOR = 400 * 86_400
"""Seconds for which is kept how far a schedule has come: more than a year, for yearly ones."""

_LOOK = Script("look")
_RELEASE = Script("release")
_RECUR = Script("recur")


@dataclass(frozen=True, slots=True)
class SchedulerLook:
    """What a scheduler sees: who is the master, and what there is to do for it."""

    holder: str
    """Who holds the master lock; empty if nobody does."""
    expires: float
    """Seconds until the lock expires by itself; negative if it does not."""
    earliest: float | None
    """The score of the earliest delayed item."""
    changed: int
    """How many dynamic schedules changed since the master read them."""
    off: frozenset[str]
    """The schedules that are switched off."""


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """How far a schedule has come."""

    due: str = ""
    """The last time that was seen to; empty for one that was never seen."""
    rule: str = ""
    """The rule by which that was."""
    payload: bytes = b""
    """What was enqueued last."""
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Push:
    """What a run of a schedule enqueues."""

    queue: str
    payload: bytes
    commands: Sequence[Command]


class Schedules:
    """Keeps the master lock, the dynamic schedules and the state of all; documents are bytes."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._keys = keys

    # The master

    def look(self, master: str, ttl: float, *, armed: bool = False) -> SchedulerLook:
        """Take the master lock if nobody holds it, keep it if it is ours, and look around.

        An empty ``master`` looks only. ``armed`` makes Redis announce the next change of any of
        this.
        """
        keys = self._keys
        holder, left, earliest, changed, off = self._commander.script(
            _LOOK,
            [
                keys.scheduler_lock,
                keys.delayed_schedule,
                keys.schedules_changed,
                keys.schedules_off,
            ],
            [master, round(ttl * 1000)],
            before=(ARM,) if armed else (),
        )
        return SchedulerLook(
            _text(holder),
            left / 1000,
            float(earliest) if earliest else None,
            changed,
            frozenset(map(_text, off)),
        )

    def release(self, master: str) -> bool:
        """Give the master lock up; False if it was no longer ours."""
        return bool(self._commander.script(_RELEASE, [self._keys.scheduler_lock], [master]))

    def master(self) -> str:
        """Return who holds the master lock; empty if nobody does."""
        return _text(self._commander.call("GET", self._keys.scheduler_lock) or b"")

    # Dynamic schedules

    def all(self) -> dict[str, bytes]:
        """Return the documents of all dynamic schedules by their names."""
        return _mapping(self._commander.call("HGETALL", self._keys.schedules))

    def get(self, name: str) -> bytes | None:
        """Return the document of a dynamic schedule; None if there is none of that name."""
        found: bytes | None = self._commander.call("HGET", self._keys.schedules, name)
        return found

    def names(self) -> list[str]:
        """Return the names of all dynamic schedules; none where the key is no hash."""
        (reply,) = self._commander.exchange([("HKEYS", self._keys.schedules)])
        return [] if isinstance(reply, Exception) else list(map(_text, reply))

    def documents(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the documents of those of these schedules that there are, in one round trip."""
        if not names:
            return {}
        (reply,) = self._commander.exchange([("HMGET", self._keys.schedules, *names)])
        found = [] if isinstance(reply, Exception) else reply
        return {name: raw for name, raw in zip(names, found, strict=False) if raw is not None}

    def take_all(self) -> dict[str, bytes]:
        """Return the same to the master, and note that it knows of all changes so far."""
        # In this order no change is missed, without a transaction: for that there is no room at
        # maxmemory.
        deleted, found = self._commander.exchange(
            [("DEL", self._keys.schedules_changed), ("HGETALL", self._keys.schedules)]
        )
        or_nothing(deleted)
        return _mapping(or_nothing(found) or ())

    def set(self, name: str, document: bytes) -> None:
        """Keep a dynamic schedule, and let the master know."""
        self._commander.pipe(
            [
                ("MULTI",),
                ("HSET", self._keys.schedules, name, document),
                ("SADD", self._keys.schedules_changed, name),
                ("EXEC",),
            ]
        )

    def remove(self, name: str) -> bool:
        """Remove a dynamic schedule with all that is known of it; False if there was none."""
        keys = self._keys
        *_, replies = self._commander.pipe(
            [
                ("MULTI",),
                ("HDEL", keys.schedules, name),
                ("SADD", keys.schedules_changed, name),
                ("SREM", keys.schedules_off, name),
                ("HDEL", keys.last_enqueued, name),
                ("DEL", keys.schedule_state(name), keys.schedule_runs(name)),
                ("EXEC",),
            ]
        )
        return bool(replies[0] == 1)

    # Off and on

    def off(self) -> frozenset[str]:
        """Return the names of the schedules that are switched off."""
        return frozenset(map(_text, self._commander.call("SMEMBERS", self._keys.schedules_off)))

    def switch_off(self, name: str) -> bool:
        """Let a schedule rest; False if it rested already."""
        return bool(self._commander.call("SADD", self._keys.schedules_off, name))

    def switch_on(self, name: str) -> bool:
        """Let a schedule go on from now, as if it were new; False if it was on."""
        *_, (removed, _) = self._commander.pipe(
            [
                ("MULTI",),
                ("SREM", self._keys.schedules_off, name),
                ("HDEL", self._keys.schedule_state(name), "due", "rule"),
                ("EXEC",),
            ]
        )
        return bool(removed == 1)

    # Runs

    def states(self, names: Sequence[str]) -> list[ScheduleState]:
        """Return how far each schedule has come, in one round trip."""
        commands: list[Command] = [
            ("HMGET", self._keys.schedule_state(name), "due", "rule", "payload", "queue")
            for name in names
        ]
        # exchange: a key of a wrong type must not hide the others.
        replies = self._commander.exchange(commands) if commands else []
        return [_state(reply) for reply in replies]

    def last_enqueued(self) -> dict[str, str]:
        """Return when each schedule was enqueued last, by any scheduler, as that wrote it."""
        (reply,) = self._commander.exchange([("HGETALL", self._keys.last_enqueued)])
        found = {} if isinstance(reply, Exception) else _mapping(reply)
        return {name: _text(value) for name, value in found.items()}

    def advance(
        self,
        master: str,
        name: str,
        before: ScheduleState,
        after: ScheduleState,
        *,
        run: bytes = b"",
        push: Push | None = None,
        enqueued_at: str = "",
    ) -> int | str | None:
        """Note how far a schedule has come, and enqueue its job, in one atomic step.

        Returns 1; 0 if it is no longer as it was ``before``; -1 if it was switched off; or why
        Redis refused the push. Does nothing and returns None unless ``master`` is the master.
        """
        keys = self._keys
        words: list[Word] = [
            *(master, name, before.due, before.rule, after.due, after.rule),
            *(KEPT_FOR, KEPT_RUNS, run),
            *((push.payload, push.queue) if push else (b"", "")),
            enqueued_at,
        ]
        for command in push.commands if push else ():
            words += [len(command), *command]
        reply = self._commander.script(
            _RECUR,
            [
                keys.scheduler_lock,
                keys.schedule_state(name),
                keys.schedule_runs(name),
                keys.last_enqueued,
                keys.schedules_off,
            ],
            words,
        )
        return _text(reply) if isinstance(reply, bytes) else reply

    def run_by_hand(self, name: str, push: Push, run: bytes) -> None:
        """Enqueue a schedule's job now, beside its times, and keep that in its history."""
        state, runs = self._keys.schedule_state(name), self._keys.schedule_runs(name)
        self._commander.pipe(
            [
                ("MULTI",),
                *push.commands,
                ("HSET", state, "payload", push.payload, "queue", push.queue),
                ("EXPIRE", state, KEPT_FOR),
                ("LPUSH", runs, run),
                ("LTRIM", runs, 0, KEPT_RUNS - 1),
                ("EXPIRE", runs, KEPT_FOR),
                ("EXEC",),
            ]
        )

    def runs(self, names: Sequence[str], count: int = KEPT_RUNS) -> list[list[bytes]]:
        """Return the last runs of each schedule, the newest first, in one round trip."""
        commands: list[Command] = [
            ("LRANGE", self._keys.schedule_runs(name), 0, count - 1) for name in names
        ]
        replies = self._commander.exchange(commands) if commands else []
        return [[] if isinstance(reply, Exception) else list(reply) for reply in replies]


def _state(reply: Any) -> ScheduleState:
    if isinstance(reply, Exception):
        return ScheduleState()
    due, rule, payload, queue = (each or b"" for each in reply)
    return ScheduleState(_text(due), _text(rule), payload, _text(queue))


def _mapping(reply: Any) -> dict[str, bytes]:
    # RESP3 answers a hash as a mapping, RESP2 as a flat list.
    pairs = reply.items() if hasattr(reply, "items") else zip(reply[::2], reply[1::2], strict=True)
    return {_text(key): value for key, value in pairs}


def _text(value: bytes) -> str:
    # surrogateescape: a name that is no UTF-8 must lead back to itself.
    return value.decode(errors="surrogateescape")
