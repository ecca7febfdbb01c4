"""Jobs that wait for others: outside of the queues, until those have ended as they should."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import StoreError
from django_resque.store.commander import TellingUncertainty
from django_resque.store.scripts import Script
from django_resque.wire import timestamps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.store.commander import Command, Commander, Word
    from django_resque.store.keys import Keys

TTL = 30 * 86_400
"""Seconds without any change after which a job that waits is forgotten (as in ending.lua)."""
_WAIT = Script("wait")
_DROP = Script("drop")
_TELL = Script("tell")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that is to wait: under its id, with the bytes for its queue in two halves.

    The time at which it goes there stands between them; None for ``tail`` if it tells no time.
    """

    id: str
    queue: str
    head: bytes
    tail: bytes | None
    on_failure: str = "wait"
    jobs: Sequence[str] = ()
    """The ids of the jobs that will not be performed if it is dropped: its own and what follows."""
    record: bytes = b""
    """What is kept of it if it is dropped; empty for nothing."""
    ttl: float = 0.0
    """Seconds that this is kept."""
    group: str = ""
    """The job that waits for this one as a member of its group."""
    member: str = ""
    at_front: bool = False

    def fields(self) -> list[Word]:
        """Return names and values of the hash."""
        words: list[Word] = ["queue", self.queue, "head", self.head, "on_failure", self.on_failure]
        words += ["jobs", " ".join(self.jobs)]
        if self.tail is not None:
            words += ["tail", self.tail]
        if self.record:
            words += ["record", self.record, "ttl", max(1, round(self.ttl * 1000))]
        if self.group:
            words += ["group", self.group, "member", self.member]
        if self.at_front:
            words += ["side", "front"]
        return words


@dataclass(frozen=True, slots=True)
class Found:
    """A job that waits, as it was found: whatever lies there, in bytes."""

    id: str
    changed: float
    """When something of it changed last, in seconds since 1970."""
    fields: dict[bytes, bytes]
    """Empty for what has expired, or is no hash."""
    open: list[bytes]
    """Some of those it waits for."""
    open_count: int


class Relations:
    """Lets jobs wait for others, tells them of ends, and drops and reads what waits."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._keys = keys

    def wait(
        self,
        waiting: Waiting,
        *,
        members: Sequence[str] = (),
        after: Sequence[str] = (),
        pushes: Sequence[Command] = (),
    ) -> tuple[str, list[str]]:
        """Let a job wait, and push what comes with it, in one atomic step.

        It waits for the ``members`` of its group, which tell of their ends themselves, and for
        the jobs ``after`` which it comes, by their ids. Returns ``waiting``, or ``queued`` or
        ``cancelled`` if those have ended already, and the ids of the jobs of which nothing is
        kept. Raises EnqueueUncertain when the connection breaks before Redis answered.
        """
        keys = self._keys
        queues = dict.fromkeys(command[1] for command in pushes if command[0] != "SADD")
        script_keys: list[Word] = [
            keys.waiting_job(waiting.id),
            keys.waiting_open(waiting.id),
            keys.waiting,
            *queues,
            keys.queue(waiting.queue),
        ]
        words: list[Word] = [self._prefix, _now(), waiting.id]
        for each in (waiting.fields(), members, after):
            words += [len(each), *each]
        with TellingUncertainty():
            state, errors, unknown = self._commander.script(
                _WAIT, script_keys, words + _ending(pushes)
            )
        if errors:
            raise StoreError(f"Redis refuses the command: {_text(errors[0])}")
        return _text(state), list(map(_text, unknown))

    def ending(
        self, *, is_done: bool, jobs: Sequence[str], group: str = "", member: str = ""
    ) -> list[Command]:
        """Return the operation that tells of an end those that wait for it.

        Of the ends of ``jobs``, by their ids, and of the ``member`` that they are of a group.
        """
        if not jobs and not group:
            return []
        outcome = "done" if is_done else "failed"
        return [("resque.ended", self._prefix, _now(), outcome, group, member, *jobs)]

    def tell(
        self, *, is_done: bool, jobs: Sequence[str], group: str = "", member: str = ""
    ) -> None:
        """Tell of an end that no worker writes, such as that of a job that was cancelled."""
        commands = self.ending(is_done=is_done, jobs=jobs, group=group, member=member)
        if commands:
            self._commander.script(_TELL, (), _ending(commands))

    def drop(self, job: str) -> bool:
        """Drop a job that waits and tell those that wait for it; False if it does not wait."""
        words = (self._prefix, _now(), job)
        return bool(self._commander.script(_DROP, [self._keys.waiting_job(job)], words))

    def has(self, job: str) -> bool:
        """Tell whether a job waits for others."""
        (reply,) = self._commander.exchange([("HGET", self._keys.waiting_job(job), "state")])
        return bool(reply == b"waiting")

    def is_called_off(self, group: str, member: str) -> bool:
        """Tell whether a group was cancelled before that member of it had failed."""
        key = self._keys.waiting_job(group)
        (reply,) = self._commander.exchange([("HMGET", key, "state", f"failed:{member}")])
        return isinstance(reply, list) and reply == [b"cancelled", None]

    def count(self) -> int:
        """Return how many jobs wait for others."""
        (reply,) = self._commander.exchange([("ZCARD", self._keys.waiting)])
        return reply if isinstance(reply, int) else 0

    def page(self, start: int = 0, count: int = 50, most_open: int = 20) -> list[Found]:
        """Return a page of the jobs that wait, in two round trips; the latest change first.

        Of those that each waits for, up to about ``most_open`` are told.
        """
        if count < 1:
            return []
        start = max(0, start)
        ranged = ("ZREVRANGE", self._keys.waiting, start, start + count - 1, "WITHSCORES")
        (reply,) = self._commander.exchange([ranged])
        ids = _pairs(reply) if isinstance(reply, list) else []
        commands: list[Command] = []
        for each, _ in ids:
            open_key = self._keys.waiting_open(each)
            commands += [
                ("HGETALL", self._keys.waiting_job(each)),
                ("SRANDMEMBER", open_key, most_open),
                ("SCARD", open_key),
            ]
        # exchange: a key of a wrong type must not hide the others.
        replies = self._commander.exchange(commands) if commands else []
        return [
            Found(each, changed, _hash(told), _list(some), size if isinstance(size, int) else 0)
            for (each, changed), told, some, size in zip(
                ids, replies[::3], replies[1::3], replies[2::3], strict=True
            )
        ]

    @property
    def _prefix(self) -> str:
        return f"{self._keys.namespace}:"


def _now() -> float:
    return timestamps.epoch(timestamps.now())


def _ending(commands: Sequence[Command]) -> list[Word]:
    words: list[Word] = [len(commands)]
    for command in commands:
        words += [len(command), *command]
    return words


def _pairs(reply: list[Any]) -> list[tuple[str, float]]:
    # RESP3 answers in pairs, RESP2 in a flat list.
    flat = [each for pair in reply for each in (pair if isinstance(pair, list) else (pair,))]
    return [(_text(each), float(score)) for each, score in zip(flat[::2], flat[1::2], strict=True)]


def _hash(reply: Any) -> dict[bytes, bytes]:
    # RESP3 answers a hash as a mapping, RESP2 as a flat list.
    if isinstance(reply, dict):
        return reply
    return dict(zip(reply[::2], reply[1::2], strict=True)) if isinstance(reply, list) else {}


def _list(reply: Any) -> list[bytes]:
    return sorted(reply) if isinstance(reply, (list, set)) else []


def _text(value: bytes) -> str:
    # surrogateescape: an id that is no UTF-8 must lead back to its own key.
    return value.decode(errors="surrogateescape")
