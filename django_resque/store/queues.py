"""Queues: the set of their names and a list of payloads each."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import redis

from django_resque.exceptions import EnqueueUncertain
from django_resque.store.commander import TellingUncertainty, translate
from django_resque.store.lists import MOST_BYTES, find_digest, find_digests, read_window
from django_resque.store.locks import Locks
from django_resque.store.scripts import Script

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django_resque.store.commander import Command, Commander, Word
    from django_resque.store.keys import Keys
    from django_resque.store.lists import Window

_CLEAR = Script("clear")
_MOVE = Script("move")
_REMOVE = Script("remove")
# Items in one RPUSH, and in one LRANGE when a whole list is read: bounds what one command
# holds up in Redis and in our memory.
_CHUNK = 1000
_CHANGES = 100  # payloads searched for in one round trip: each search may go through a long list


class Queues:
    """Pushes, reads and removes payloads; every payload is bytes, every name text."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._keys = keys
        self._locks = Locks(commander, keys)

    def push(self, queue: str, payload: bytes, *, at_front: bool = False) -> None:
        """Append a payload and make the queue known, in one round trip.

        Raises EnqueueUncertain when the connection breaks before Redis answered, or only the
        second of the two was refused.
        """
        self._push(self.pushing(queue, [payload], at_front=at_front))

    def push_many(self, queue: str, payloads: Iterable[bytes], *, at_front: bool = False) -> None:
        """Append many payloads in their order, some thousand a round trip.

        Raises EnqueueUncertain as :meth:`push` does, and when only some of them are queued.
        """
        items = iter(payloads)
        if at_front:
            # LPUSH turns the order around, in a command and from one command to the next.
            items = iter(list(items)[::-1])
        queued = 0
        while chunk := list(islice(items, _CHUNK)):
            self._push(self.pushing(queue, chunk, at_front=at_front), queued)
            queued += len(chunk)

    def pushing(
        self, queue: str, payloads: Sequence[bytes], *, at_front: bool = False
    ) -> list[Command]:
        """Return the commands that push payloads: in Ruby's order, the set first."""
        return [
            ("SADD", self._keys.queues, queue),
            ("LPUSH" if at_front else "RPUSH", self._keys.queue(queue), *payloads),
        ]

    def _push(self, commands: Sequence[Command], queued: int = 0) -> None:
        with TellingUncertainty(queued):
            known, pushed = self._commander.exchange(commands)
            if isinstance(pushed, redis.ResponseError):
                raise translate(pushed)
            if isinstance(known, redis.ResponseError):
                text = f"{translate(known)}; queued all the same, though the queue may be unknown"
                raise EnqueueUncertain(text, uncertain=True)

    def names(self) -> list[str]:
        """Return the names of all known queues, sorted."""
        return sorted(_texts(self._commander.call("SMEMBERS", self._keys.queues)))

    def size(self, queue: str) -> int:
        """Return the number of payloads waiting in a queue."""
        return int(self._commander.call("LLEN", self._keys.queue(queue)))

    def sizes(self, queues: Sequence[str]) -> list[int]:
        """Return the sizes of several queues in one round trip."""
        if not queues:
            return []
        commands: list[Command] = [("LLEN", self._keys.queue(name)) for name in queues]
        # exchange: a key that is no list must not hide the others; it has no jobs.
        replies = self._commander.exchange(commands)
        return [size if isinstance(size, int) else 0 for size in replies]

    def tops(self, queues: Sequence[str]) -> list[tuple[int, bytes | None]]:
        """Return size and next payload of several queues in one round trip."""
        if not queues:
            return []
        commands: list[Command] = []
        for name in queues:
            commands += [("LLEN", self._keys.queue(name)), ("LINDEX", self._keys.queue(name), 0)]
        # exchange: a key that is no list must not hide the others; it has nothing to take.
        replies = self._commander.exchange(commands)
        good = [None if isinstance(reply, Exception) else reply for reply in replies]
        return [(size or 0, raw) for size, raw in zip(good[::2], good[1::2], strict=True)]

    def peek(self, queue: str, start: int = 0, count: int = 1) -> list[bytes]:
        """Return up to ``count`` payloads from position ``start``, the next one first."""
        if count < 1:
            return []
        end = start + count - 1
        return list(self._commander.call("LRANGE", self._keys.queue(queue), start, end))

    def scan(self, queue: str) -> Iterator[bytes]:
        """Iterate over all payloads of a queue, read in chunks; the list may change meanwhile."""
        start = 0
        while chunk := self.peek(queue, start, _CHUNK):
            yield from chunk
            start += len(chunk)

    def has(self, queue: str, payload: bytes) -> bool:
        """Tell whether a payload of just these bytes waits in a queue."""
        # exchange: a key that is no list has nothing.
        (reply,) = self._commander.exchange([("LPOS", self._keys.queue(queue), payload)])
        return isinstance(reply, int)

    def window(
        self, queue: str, start: int = 0, count: int = 1, *, most_bytes: int = MOST_BYTES
    ) -> Window:
        """Read a bounded part of a queue, the next payload first, in one round trip."""
        key = self._keys.queue(queue)
        return read_window(self._commander, key, start, count, most_bytes=most_bytes)

    def find_digest(self, queue: str, digest: str, hint: int) -> tuple[int, bytes] | None:
        """Return position and bytes of the payload with this SHA-1, seen at position ``hint``."""
        return find_digest(self._commander, self._keys.queue(queue), digest, hint)

    def find_digests(
        self, queue: str, addresses: Sequence[tuple[str, int]]
    ) -> list[tuple[int, bytes] | None]:
        """Find several payloads by SHA-1 and position, in two round trips."""
        return find_digests(self._commander, self._keys.queue(queue), addresses)

    def remove_items(self, queue: str, payloads: Sequence[bytes]) -> int:
        """Remove every occurrence of these exact payloads; return how many were removed."""
        return self._remove(queue, payloads, 0)

    def remove_each(self, queue: str, payloads: Sequence[bytes]) -> int:
        """Remove one occurrence of each of these payloads; return how many were removed."""
        return self._remove(queue, payloads, 1)

    def _remove(self, queue: str, payloads: Sequence[bytes], most: int) -> int:
        key = self._keys.queue(queue)
        removed = 0
        for chunk in _chunks(payloads):
            plain = [raw for raw in chunk if not self._locks.dropping(raw)]
            if plain:
                removed += sum(self._commander.pipe([("LREM", key, most, raw) for raw in plain]))
            if len(plain) < len(chunk):
                removed += self._remove_locked(key, chunk, most)
        return removed

    def _remove_locked(self, key: str, payloads: Sequence[bytes], most: int) -> int:
        """Remove those that have a lock, which is free again if they were still there."""
        words: list[Word] = [most]
        for raw in payloads:
            if commands := self._locks.dropping(raw):
                words += [raw, len(commands)]
                for command in commands:
                    words += [len(command), *command]
        return int(self._commander.script(_REMOVE, [key], words))

    def move(
        self, queue: str, payloads: Sequence[bytes], to: str, *, at_front: bool = False
    ) -> int:
        """Move one occurrence of each payload to the end of a queue, or in order to its front.

        Whatever happens, each lies in one of the two queues. Returns how many were there to move.
        """
        keys = [self._keys.queue(queue), self._keys.queues, self._keys.queue(to)]
        side = "front" if at_front else "back"
        # LPUSH turns the order around, in a script and from one to the next.
        items = list(payloads)[::-1] if at_front else payloads
        return sum(
            self._commander.script(_MOVE, keys, (to, side, *chunk)) for chunk in _chunks(items)
        )

    def clear(self, queue: str) -> int:
        """Delete all payloads of a queue that stays known; return how many there were."""
        return int(self._commander.script(_CLEAR, [self._keys.queue(queue)]))

    def remove(self, queue: str) -> int:
        """Forget a queue and delete all it holds; return how many payloads were deleted."""
        keys = self._keys
        known = [keys.queues, keys.paused_queues, keys.finished]
        return int(self._commander.script(_CLEAR, [keys.queue(queue), *known], [queue]))

    def pause(self, queue: str) -> bool:
        """Let no worker of ours take from the queue; return False if it was paused already."""
        return bool(self._commander.call("SADD", self._keys.paused_queues, queue))

    def resume(self, queue: str) -> bool:
        """End a queue's pause; return False if it was not paused."""
        return bool(self._commander.call("SREM", self._keys.paused_queues, queue))

    def is_paused(self, queue: str) -> bool:
        """Tell whether a queue is paused."""
        return bool(self._commander.call("SISMEMBER", self._keys.paused_queues, queue))

    def paused(self) -> list[str]:
        """Return the names of the paused queues, sorted."""
        return sorted(_texts(self._commander.call("SMEMBERS", self._keys.paused_queues)))


def _chunks(payloads: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(payloads), _CHANGES):
        yield payloads[start : start + _CHANGES]


def _texts(items: Iterable[bytes]) -> list[str]:
    # surrogateescape: a name that is no UTF-8, as others may write, must lead back to its own key.
    return [item.decode(errors="surrogateescape") for item in items]
