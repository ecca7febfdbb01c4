"""Delayed items: a list under each timestamp at which some are due, as resque-scheduler has it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from django_resque.store.commander import TellingUncertainty
from django_resque.store.lists import MOST_BYTES, find_digest, find_digests, read_window
from django_resque.store.locks import Locks
from django_resque.store.scripts import Script

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django_resque.store.commander import Command, Commander, Word
    from django_resque.store.keys import Keys
    from django_resque.store.lists import Window

Timestamp = int | str
"""Seconds since 1970; as text where it was read, for other clients may have written anything."""

_DELAY = Script("delay")
_TAKE = Script("take")
_SWEEP = Script("sweep")
# Items written, timestamps or items read in one step: bounds what one holds up in Redis.
_CHUNK = 500
_MOST_SWEPT = 10_000  # looked at in one step, while which Redis serves nobody else
_FAR = 2**40  # beyond every rank, and a number that Redis can read


@dataclass(frozen=True, slots=True)
class Taking:
    """One item to be taken from its timestamp, and the commands that go with that.

    If Redis refuses one of the commands, the item stays. So the one that pushes it comes last.
    """

    item: bytes
    commands: Sequence[Command] = ()


@dataclass(frozen=True, slots=True)
class Swept:
    """One item with the place where it was read."""

    rank: int
    """How many timestamps are earlier."""
    at: str
    """Its timestamp."""
    index: int
    """How many items of that are before it."""
    item: bytes


class Delayed:
    """Lays items under timestamps, reads them and takes them away; every item is bytes."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._keys = keys
        self._locks = Locks(commander, keys)

    def push(self, item: bytes, at: int) -> None:
        """Let an item be due at a timestamp, in one atomic step.

        Raises EnqueueUncertain when the connection breaks before Redis answered.
        """
        self.push_many([(item, at)])

    def push_many(self, items: Iterable[tuple[bytes, int]]) -> None:
        """Let many items be due, each at its timestamp, some hundred in one atomic step.

        Raises EnqueueUncertain when the connection breaks before Redis answered.
        """
        pairs = iter(items)
        prefixes: list[Word] = [self._keys.delayed(""), self._keys.timestamps(b"")]
        queued = 0
        while chunk := list(islice(pairs, _CHUNK)):
            words: list[Word] = [word for item, at in chunk for word in (at, item)]
            with TellingUncertainty(queued):
                self._commander.script(_DELAY, [self._keys.delayed_schedule], prefixes + words)
            queued += len(chunk)

    def delaying(self, item: bytes, at: int) -> list[Command]:
        """Return the commands that let an item be due, for an ending or a :class:`Taking`."""
        # The list last: no item must lie where no schedule leads to it.
        return [
            ("ZADD", self._keys.delayed_schedule, at, at),
            ("SADD", self._keys.timestamps(item), f"delayed:{at}"),
            ("RPUSH", self._keys.delayed(at), item),
        ]

    def due(self, now: float, skip: int = 0, count: int = 1) -> list[str]:
        """Return the earliest ``count`` timestamps up to ``now``, after ``skip`` of these."""
        return list(
            map(
                _text,
                self._commander.call(
                    *("ZRANGEBYSCORE", self._keys.delayed_schedule, "-inf", now),
                    *("LIMIT", skip, count),
                ),
            )
        )

    def take(
        self,
        at: Timestamp,
        takings: Sequence[Taking],
        *,
        master: str = "",
        exact: bool = False,
    ) -> list[int | str] | None:
        """Take items from a timestamp, each with its commands, in one atomic step.

        Returns for each 1; 0 if it was not there (any more); or why Redis refused its commands.
        A timestamp without items is forgotten. Does nothing and returns None unless ``master``
        holds the master lock. ``exact`` keeps an equal item of the same timestamp findable.
        """
        words = self._taking_words(at, takings, master, exact=exact)
        return _results(self._commander.script(_TAKE, self._taking_keys(at), words))

    def take_each(
        self, takings: Sequence[tuple[Timestamp, Taking]], *, master: str = ""
    ) -> list[int | str] | None:
        """Take one item from each of several timestamps, each in a step, in two round trips.

        Returns for each what :meth:`take` does, or None if another has become the master.
        """
        if not takings:
            return []
        (at, taking), *others = takings
        # The first one makes sure that Redis has the script; the others need not.
        first = self.take(at, [taking], master=master)
        commands: list[Command] = [
            (
                "EVALSHA",
                _TAKE.sha,
                3,
                *self._taking_keys(at),
                *self._taking_words(at, [each], master),
            )
            for at, each in others
        ]
        replies = self._commander.pipe(commands) if commands and first is not None else []
        results = [first, *map(_results, replies)]
        return None if None in results else [each[0] for each in results if each]

    def _taking_keys(self, at: Timestamp) -> list[Word]:
        keys = self._keys
        return [keys.scheduler_lock, keys.delayed_schedule, keys.delayed(at)]

    def _taking_words(
        self, at: Timestamp, takings: Sequence[Taking], master: str, *, exact: bool = False
    ) -> list[Word]:
        words: list[Word] = [master, at, self._keys.timestamps(b""), "1" if exact else "0"]
        for taking in takings:
            words += [taking.item, len(taking.commands)]
            for command in taking.commands:
                words += [len(command), *command]
        return words

    def remove(self, at: Timestamp, item: bytes) -> bool:
        """Remove one item of just these bytes from a timestamp; False if it is gone."""
        return self.take(at, [self.removing(item)], exact=True) == [1]

    def removing(self, item: bytes) -> Taking:
        """Return the taking of an item that goes nowhere: the lock it may have is free then."""
        return Taking(item, self._locks.dropping(item))

    def remove_many(self, at: Timestamp, items: Sequence[bytes]) -> int:
        """Remove one item of each of these bytes from a timestamp; return how many went."""
        removed = 0
        for start in range(0, len(items), _CHUNK):
            takings = [self.removing(item) for item in items[start : start + _CHUNK]]
            removed += (self.take(at, takings) or []).count(1)
        return removed

    def remove_equal(self, item: bytes) -> int:
        """Remove every item of just these bytes, wherever it lies; return how many went.

        Only those are found whose client keeps the index: django-resque, Ruby and node-resque do.
        """
        members = self._commander.call("SMEMBERS", self._keys.timestamps(item))
        removed = 0
        for at in sorted(_text(member).removeprefix("delayed:") for member in members):
            while self.remove(at, item):
                removed += 1
            # What another client left in the index leads nowhere.
            self._commander.call("SREM", self._keys.timestamps(item), f"delayed:{at}")
        return removed

    def has(self, item: bytes) -> bool:
        """Tell whether an item of just these bytes lies anywhere, as far as the index tells."""
        (reply,) = self._commander.exchange([("SCARD", self._keys.timestamps(item))])
        return isinstance(reply, int) and reply > 0

    def timestamp_count(self) -> int:
        """Return how many timestamps have items."""
        return int(self._commander.call("ZCARD", self._keys.delayed_schedule))

    def timestamps(self, start: int = 0, count: int = 20) -> list[str]:
        """Return up to ``count`` timestamps from position ``start``, the earliest first."""
        if count < 1:
            return []
        end = start + count - 1
        return list(
            map(_text, self._commander.call("ZRANGE", self._keys.delayed_schedule, start, end))
        )

    def sizes(self, timestamps: Sequence[Timestamp]) -> list[int]:
        """Return how many items each timestamp has, in one round trip."""
        commands: list[Command] = [("LLEN", self._keys.delayed(at)) for at in timestamps]
        # exchange: a key that is no list must not hide the others; it has no items.
        replies = self._commander.exchange(commands) if commands else []
        return [size if isinstance(size, int) else 0 for size in replies]

    def tops(self, timestamps: Sequence[Timestamp]) -> list[tuple[int, bytes | None]]:
        """Return size and first item of several timestamps, in one round trip."""
        commands: list[Command] = []
        for at in timestamps:
            commands += [("LLEN", self._keys.delayed(at)), ("LINDEX", self._keys.delayed(at), 0)]
        replies = self._commander.exchange(commands) if commands else []
        good = [None if isinstance(reply, Exception) else reply for reply in replies]
        return [(size or 0, raw) for size, raw in zip(good[::2], good[1::2], strict=True)]

    def size(self, most: int | None = None) -> int:
        """Return how many items there are, at the ``most`` earliest timestamps or at all."""
        total = start = 0
        while most is None or start < most:
            chunk = self.timestamps(start, _CHUNK if most is None else min(_CHUNK, most - start))
            if not chunk:
                break
            total += sum(self.sizes(chunk))
            start += len(chunk)
        return total

    def window(
        self, at: Timestamp, start: int = 0, count: int = 1, *, most_bytes: int = MOST_BYTES
    ) -> Window:
        """Read a bounded part of a timestamp's items in one round trip."""
        key = self._keys.delayed(at)
        return read_window(self._commander, key, start, count, most_bytes=most_bytes)

    def find_digest(self, at: Timestamp, digest: str, hint: int = 0) -> tuple[int, bytes] | None:
        """Return position and bytes of a timestamp's item with this SHA-1, seen at ``hint``."""
        return find_digest(self._commander, self._keys.delayed(at), digest, hint)

    def find_digests(
        self, at: Timestamp, addresses: Sequence[tuple[str, int]]
    ) -> list[tuple[int, bytes] | None]:
        """Find several of a timestamp's items by SHA-1 and position, in two round trips."""
        return find_digests(self._commander, self._keys.delayed(at), addresses)

    def sweep(
        self, start: int = 0, skip: int = 0, count: int = 5000, *, most_bytes: int = MOST_BYTES
    ) -> tuple[list[Swept], tuple[int, int] | None]:
        """Read the items of one timestamp after the other, in one round trip.

        Begins after the ``start`` earliest timestamps and ``skip`` items of the next one. Returns
        the same pair to go on from as well; None at the end.
        """
        words: list[Word] = [self._keys.delayed(""), min(max(0, start), _FAR)]
        words += [min(max(0, skip), _FAR), min(count, _MOST_SWEPT), most_bytes]
        rank, index, flat = self._commander.script(_SWEEP, [self._keys.delayed_schedule], words)
        swept = [
            Swept(place, _text(at), position, item)
            for place, at, position, item in zip(*(flat[each::4] for each in range(4)), strict=True)
        ]
        return swept, None if rank < 0 else (rank, index)

    def scan(self) -> Iterator[tuple[str, bytes]]:
        """Iterate over all items with their timestamps, the earliest first, in bounded pieces.

        What changes meanwhile may be missed.
        """
        score, seen = b"-inf", 0
        while True:
            found = self._commander.call(
                "ZRANGEBYSCORE",
                *(self._keys.delayed_schedule, score, "+inf", "WITHSCORES", "LIMIT", seen, _CHUNK),
            )
            pairs = _pairs(found)
            if not pairs:
                return
            # Two timestamps of one score, such as 7 and 7.0, may stand in two pieces.
            seen = sum(each == pairs[-1][1] for _, each in pairs) + (
                seen if pairs[0][1] == pairs[-1][1] == score else 0
            )
            score = pairs[-1][1]
            yield from self._scan_each([_text(member) for member, _ in pairs])

    def _scan_each(self, timestamps: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        tops = self.tops(timestamps)  # most have one item, so this is often all
        for at, (size, first) in zip(timestamps, tops, strict=True):
            if size == 1 and first is not None:
                yield at, first
                continue
            start: int | None = 0
            while size and start is not None:
                read = self.window(at, start, _CHUNK)
                yield from ((at, item) for item in read.items)
                start = read.next


def _results(reply: Any) -> list[int | str] | None:
    if reply is None:
        return None
    return [each if isinstance(each, int) else _text(each) for each in reply]


def _pairs(found: Sequence[bytes] | Sequence[Sequence[bytes]]) -> list[tuple[bytes, bytes]]:
    # RESP3 answers in pairs, RESP2 in a flat list.
    flat = [each for pair in found for each in (pair if isinstance(pair, list) else (pair,))]
    scores = [each if isinstance(each, bytes) else repr(each).encode() for each in flat[1::2]]
    return list(zip(flat[::2], scores, strict=True))  # type: ignore[arg-type]  # bytes both


def _text(value: bytes) -> str:
    # surrogateescape: what is no UTF-8 must lead back to its own key.
    return value.decode(errors="surrogateescape")
