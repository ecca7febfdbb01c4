"""Workers: their registration, signs of life and claims, and the step from job to job."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django_resque.store.commander import or_nothing
from django_resque.store.link import ARM
from django_resque.store.scripts import Script
from django_resque.wire import timestamps
from django_resque.wire.codec import dumps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django_resque.store.commander import Command, Commander, Word
    from django_resque.store.keys import Keys

_REGISTER = Script("register")
_STEP = Script("step")
_STRIKE = Script("strike")
_ORDERS_TTL = 60  # seconds: no order is to haunt a later day
_MOST_ORDERS = 100  # kept for one worker, the newest: it hears within a second
_WORKER_STATS = ("processed", "failed")


@dataclass(frozen=True, slots=True)
class Ending:
    """What is written when the claim ``rid`` ends: all of it, once, or nothing."""

    rid: str
    commands: Sequence[Command] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """The queues that one look covers, in order; with patterns, ``known`` are all there are."""

    queues: Sequence[str]
    known: frozenset[str] | None = None
    names: tuple[bytes, ...] = field(init=False)
    watched: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Encode once what every step over these queues sends."""
        object.__setattr__(self, "names", tuple(map(_json_name, self.queues)))
        watched = b""
        if self.known is not None:
            known = [name.encode(errors="surrogateescape") for name in self.known]
            watched = b"*" + b"".join(b"%d:%s" % (len(name), name) for name in known)
        object.__setattr__(self, "watched", watched)


@dataclass(frozen=True, slots=True)
class StepReply:
    """What a step did.

    ``status`` is job, stale, queues, forgotten, orders, paused, empty or done. ``finished`` tells
    whether the ending was written; ``errors`` are Redis' refusals of single commands of it.
    ``claim`` comes with job and stale, ``queues`` with queues.
    """

    status: str
    finished: bool
    errors: list[str]
    claim: bytes = b""
    queues: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Beat:
    """A sign of life that was given."""

    at: int
    """When, by the clock of Redis, in epoch seconds."""
    look_in: float | None
    """In how many seconds somebody is to look at what waits for a limit
    (``store.limits.let_in``); None if nothing does."""


class Workers:
    """Registers, watches and strikes off workers, and takes their steps; ids are text."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._keys = keys

    def step(
        self,
        worker: str,
        look: Look,
        *,
        ending: Ending | None,
        rid: str,
        run_at: str = "",
        armed: bool = False,
        timed: bool = False,
    ) -> StepReply:
        """Write an ending and claim the next payload as ``rid``, in one atomic step.

        Repeating a call whose reply was lost, with the same ending and rid, neither writes
        twice nor loses a payload. An empty ``rid`` writes the ending only. A worker that is not
        registered (any more) claims nothing. ``armed`` makes Redis announce the next push to
        these queues; ``timed`` notes in the claim when it was made.
        """
        keys = self._keys
        script_keys = [
            keys.worker(worker),
            keys.pause_all,
            keys.paused_queues,
            keys.queues,
            keys.orders(worker),
            keys.started(worker),
            keys.settled(worker),
            *map(keys.queue, look.queues),
        ]
        args: list[Word] = [ending.rid if ending else "", rid, f'"{run_at}"', look.watched]
        args.append("1" if timed else "")
        args += _ending_words(ending.commands if ending else ())
        args += look.names
        before = (ARM,) if armed else ()
        reply = self._commander.script(_STEP, script_keys, args, before=before)
        return _step_reply(*reply)

    def register(self, worker: str, started: str, vitals: bytes = b"") -> Beat:
        """Make a worker known and alive, again if need be; at every heartbeat as well.

        Redis may have been emptied or another worker have struck it off meanwhile. ``vitals``
        tell how it is.
        """
        keys = self._keys
        at = self.now()
        wait = self._commander.script(
            _REGISTER,
            [keys.workers, keys.heartbeats, keys.started(worker), keys.vitals, keys.parked_limits],
            [worker, timestamps.heartbeat(at), started, vitals],
        )
        return Beat(at, None if wait < 0 else wait / 1000)

    def now(self) -> int:
        """Return Redis' own time in epoch seconds: the clock of all heartbeats."""
        return int(self._commander.call("TIME")[0])

    def ids(self) -> list[str]:
        """Return the ids of all registered workers, sorted."""
        return sorted(map(_text, self._commander.call("SMEMBERS", self._keys.workers)))

    def heartbeats(self) -> dict[str, str]:
        """Return the last sign of life of each worker that gives any, by worker id."""
        return _mapping(self._commander.call("HGETALL", self._keys.heartbeats))

    def signs_of_life(self) -> tuple[set[str], dict[str, str], int]:
        """Return all ids, all heartbeats and Redis' time, in one round trip."""
        members, beats, time = self._commander.pipe(
            [("SMEMBERS", self._keys.workers), ("HGETALL", self._keys.heartbeats), ("TIME",)]
        )
        return set(map(_text, members)), _mapping(beats), int(time[0])

    def vitals_of(self, workers: Sequence[str]) -> dict[str, bytes]:
        """Return what those of these workers that are ours tell of themselves, by worker id."""
        if not workers:
            return {}
        # exchange: a key of a wrong type tells nothing, and must not hide the workers.
        (reply,) = self._commander.exchange([("HMGET", self._keys.vitals, *workers)])
        found = [None] * len(workers) if isinstance(reply, Exception) else reply
        pairs = zip(workers, found, strict=True)
        return {worker: raw for worker, raw in pairs if raw is not None}

    def claims(self, workers: Sequence[str]) -> list[bytes | None]:
        """Return the claim of each worker, None for an idle one."""
        return self._get_all([self._keys.worker(worker) for worker in workers])

    def claim_heads(self, workers: Sequence[str], limit: int) -> list[bytes | None]:
        """Return the first ``limit`` bytes of each worker's claim, None for an idle one."""
        keys = [self._keys.worker(worker) for worker in workers]
        commands: list[Command] = [("GETRANGE", key, 0, limit - 1) for key in keys]
        replies = self._commander.exchange(commands) if commands else []
        return [reply if isinstance(reply, bytes) and reply else None for reply in replies]

    def holding(self, workers: Sequence[str]) -> list[bool]:
        """Tell of each worker whether it holds a claim, without reading it."""
        keys = [self._keys.worker(worker) for worker in workers]
        replies = self._commander.exchange([("STRLEN", key) for key in keys]) if keys else []
        return [isinstance(reply, int) and reply > 0 for reply in replies]

    def started(self, workers: Sequence[str]) -> list[str | None]:
        """Return when each worker started, as its client wrote it."""
        values = self._get_all([self._keys.started(worker) for worker in workers])
        return [None if value is None else _text(value) for value in values]

    def strike(
        self,
        worker: str,
        *,
        claim: bytes | None,
        commands: Sequence[Command] = (),
        heartbeat: str | None = None,
    ) -> bool:
        """Remove all traces of a worker and write the ending of its job, in one atomic step.

        Does nothing and returns False if the worker no longer holds just this ``claim``, its
        ``heartbeat`` (unless None) has changed, or nothing is known of it: so one death is
        recorded once, however many notice it.
        """
        keys = self._keys
        struck, _errors = self._commander.script(
            _STRIKE,
            [
                keys.workers,
                keys.heartbeats,
                keys.vitals,
                keys.orders(worker),
                keys.settled(worker),
                keys.worker(worker),
                keys.started(worker),
                *(keys.stat(name, worker) for name in _WORKER_STATS),
            ],
            [
                worker,
                heartbeat or "",
                claim or b"",
                "0" if heartbeat is None else "1",
                *_ending_words(commands),
            ],
        )
        return bool(struck)

    def order(self, worker: str, order: bytes) -> None:
        """Tell a worker something; it is forgotten after a while if the worker does not hear."""
        key = self._keys.orders(worker)
        self._commander.pipe(
            [
                ("MULTI",),
                ("RPUSH", key, order),
                ("LTRIM", key, -_MOST_ORDERS, -1),
                ("EXPIRE", key, _ORDERS_TTL),
                ("EXEC",),
            ]
        )

    def take_orders(self, worker: str) -> list[bytes]:
        """Return what a worker was told since it asked last, the oldest first, and forget it."""
        key = self._keys.orders(worker)
        # No transaction, for which there is no room at maxmemory.
        (found,) = self._commander.exchange([("LPOP", key, _MOST_ORDERS)])
        if isinstance(found, Exception) and or_nothing(found) is None:
            # A key that is no list holds no orders; its being there must not be told for ever.
            self._commander.call("DEL", key)
            return []
        return list(found or ())

    def pause_all(self) -> None:
        """Let every worker, of any client that honours it, take no further job."""
        self._commander.call("SET", self._keys.pause_all, "true")

    def resume_all(self) -> None:
        """End the pause of all workers."""
        self._commander.call("DEL", self._keys.pause_all)

    def all_paused(self) -> bool:
        """Tell whether all workers are to pause."""
        value = self._commander.call("GET", self._keys.pause_all)
        return value is not None and value.strip().lower() == b"true"

    def _get_all(self, keys: Sequence[str]) -> list[Any]:
        # Single GETs rather than MGET: one key of a wrong type must not hide the others.
        replies = self._commander.exchange([("GET", key) for key in keys]) if keys else []
        return [None if isinstance(reply, Exception) else reply for reply in replies]


def _json_name(name: str) -> bytes:
    # A name that is no UTF-8 can still be worked on; in the claim it is spelt with escapes.
    raw = name.encode(errors="surrogateescape")
    return dumps(raw.decode(errors="backslashreplace"))


def _ending_words(commands: Sequence[Command]) -> list[Word]:
    words: list[Word] = [len(commands)]
    for command in commands:
        words.append(len(command))
        words.extend(command)
    return words


def _step_reply(
    status: bytes, finished: int, errors: Iterable[bytes], last: Any = None
) -> StepReply:
    name = status.decode()
    claim = last if name in ("job", "stale") else b""
    queues = frozenset(map(_text, last)) if name == "queues" else frozenset()
    return StepReply(name, bool(finished), [_text(error) for error in errors], claim, queues)


def _mapping(reply: Mapping[bytes, bytes] | Sequence[bytes]) -> dict[str, str]:
    # RESP3 answers a hash as a mapping, RESP2 as a flat list.
    pairs = reply.items() if hasattr(reply, "items") else zip(reply[::2], reply[1::2], strict=True)
    return {_text(key): _text(value) for key, value in pairs}


def _text(value: bytes) -> str:
    # surrogateescape: an id that is no UTF-8 must lead back to its own key.
    return value.decode(errors="surrogateescape")
