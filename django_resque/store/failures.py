"""Failures: lists of records, each addressed by the digest of its bytes, never by position."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import redis

from django_resque.store.commander import translate
from django_resque.store.lists import MOST_BYTES, find_digest, find_digests, read_window
from django_resque.store.scripts import Script
from django_resque.wire.failure import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django_resque.exceptions import StoreError
    from django_resque.store.commander import Command, Commander, Word
    from django_resque.store.keys import Keys
    from django_resque.store.lists import Window

MAIN = "failed"
"""The name of the one list that Resque uses by default."""

_CLEAR = Script("clear")
_FAILURE = Script("failure")
_CHUNK = 500  # records in one LRANGE when a whole list is read; a record may be some kilobytes
_ATTEMPTS = 20  # times a record that moves while it is looked up is looked up again


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of one record: it is replaced, or else removed."""

    record: bytes
    index: int
    """Where it was seen."""
    replacement: bytes = b""
    payload: bytes = b""
    """Pushed to ``queue`` in the same step, if there is one."""
    queue: str = ""


class Failures:
    """Reads failed lists and changes single records of them; records are bytes."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._keys = keys

    def recording(self, record: bytes, name: str) -> list[Command]:
        """Return the commands that append a record to the failed list ``name``."""
        append: Command = ("RPUSH", self._keys.failed_list(name), record)
        if name == MAIN:
            return [append]
        return [("SADD", self._keys.failed_queues, name), append]

    def lists(self) -> list[str]:
        """Return the names of the failed lists: the main one, then those per queue, sorted."""
        names = self._commander.call("SMEMBERS", self._keys.failed_queues)
        return [MAIN, *sorted(name.decode(errors="surrogateescape") for name in names)]

    def counts(self, names: Sequence[str]) -> list[int]:
        """Return the number of records in each list, in one round trip."""
        if not names:
            return []
        commands: list[Command] = [("LLEN", self._keys.failed_list(name)) for name in names]
        # exchange: a key that is no list must not hide the others; it has no records.
        replies = self._commander.exchange(commands)
        return [size if isinstance(size, int) else 0 for size in replies]

    def page(self, name: str, start: int, count: int) -> list[bytes]:
        """Return up to ``count`` records from index ``start``, the oldest first."""
        if count < 1:
            return []
        key = self._keys.failed_list(name)
        return list(self._commander.call("LRANGE", key, start, start + count - 1))

    def window(
        self,
        name: str,
        before: int | None = None,
        count: int = 1,
        *,
        most_bytes: int = MOST_BYTES,
    ) -> Window:
        """Read a bounded part of a failed list, the newest first, in one round trip.

        It begins with the record before index ``before``; None: with the newest of all.
        """
        start, most = -1, count
        if before is not None:
            start, most = before - 1, count if before > 0 else 0
        key = self._keys.failed_list(name)
        return read_window(self._commander, key, start, most, down=True, most_bytes=most_bytes)

    def window_from(self, name: str, start: int, count: int) -> Window:
        """Read a bounded part of a failed list from index ``start`` on, the oldest first."""
        return read_window(self._commander, self._keys.failed_list(name), start, count)

    def find_digest(
        self, name: str, digest: str, hint: int, *, within: int = 10_000
    ) -> tuple[int, bytes] | None:
        """Return index and bytes of the record with this SHA-1, seen at index ``hint``."""
        key = self._keys.failed_list(name)
        return find_digest(self._commander, key, digest, hint, within=within)

    def find_digests(
        self, name: str, addresses: Sequence[tuple[str, int]]
    ) -> list[tuple[int, bytes] | None]:
        """Find several records by SHA-1 and index, in two round trips."""
        return find_digests(self._commander, self._keys.failed_list(name), addresses)

    def scan(self, name: str, *, oldest_first: bool = False) -> Iterator[tuple[int, bytes]]:
        """Iterate over all records with their indexes, read in chunks, the newest first.

        From the end neither new records nor the removal of those already seen moves what is
        still to come. With ``oldest_first`` a removal meanwhile may let some be left out.
        """
        (end,) = self.counts([name])
        if oldest_first:
            for start in range(0, end, _CHUNK):
                chunk = self.page(name, start, min(_CHUNK, end - start))
                yield from enumerate(chunk, start)
            return
        while end > 0:
            start = max(0, end - _CHUNK)
            chunk = self.page(name, start, end - start)
            yield from zip(range(start + len(chunk) - 1, start - 1, -1), chunk[::-1], strict=True)
            end = start

    def find(self, name: str, prefix: str) -> Iterator[tuple[int, bytes]]:
        """Iterate over the records whose digest begins with ``prefix``, with their indexes."""
        for index, record in self.scan(name):
            if digest(record).startswith(prefix):
                yield index, record

    def replace(
        self,
        name: str,
        record: bytes,
        index: int,
        replacement: bytes,
        *,
        payload: bytes = b"",
        queue: str = "",
    ) -> bool:
        """Put another record in the place of one, and push ``payload``, in one atomic step.

        ``index`` is where it was seen and need not be right any more. Returns False, and changes
        nothing, if the record is gone: another has retried or removed it.
        """
        return self.carry_out(name, Change(record, index, replacement, payload, queue))

    def remove(
        self, name: str, record: bytes, index: int, *, payload: bytes = b"", queue: str = ""
    ) -> bool:
        """Remove a record, and push ``payload`` if there is one, in one atomic step.

        ``index`` is where it was seen and need not be right any more. False if it is gone.
        """
        return self.carry_out(name, Change(record, index, b"", payload, queue))

    def change(self, name: str, changes: Sequence[Change]) -> list[bool | StoreError]:
        """Change some records, and push their payloads, in one atomic step.

        Tells of each whether it was where it was seen, or why its payload could not be pushed;
        one that was not changed is as it was.
        """
        if not changes:
            return []
        queues = sorted({change.queue for change in changes if change.payload})
        keys: list[Word] = [self._keys.failed_list(name)]
        if queues:
            keys += [self._keys.queues, *(self._keys.queue(queue) for queue in queues)]
        words: list[Word] = []
        for each in changes:
            number = queues.index(each.queue) + 3 if each.payload else 0
            words += [digest(each.record), each.index, each.replacement]
            words += [each.payload, each.queue, number]
        replies = self._commander.script(_FAILURE, keys, words)
        return [
            translate(redis.ResponseError(reply.decode()))
            if isinstance(reply, bytes)
            else reply == 1
            for reply in replies
        ]

    def carry_out(self, name: str, change: Change) -> bool:
        """Change one record wherever it is by now, and push its payload, in one atomic step.

        False if it is gone. Raises StoreError, and changes nothing, if the push is refused.
        """
        address = digest(change.record)
        for _ in range(_ATTEMPTS):
            (done,) = self.change(name, [change])
            if isinstance(done, Exception):
                raise done
            if done:
                return True
            found = self.find_digest(name, address, change.index)
            if found is None:
                # Far away, or gone.
                every = self.scan(name)
                found = next((each for each in every if each[1] == change.record), None)
            if found is None:
                return False
            change = replace(change, index=found[0])
        return False

    def clear(self, name: str) -> int:
        """Remove all records of a list; return how many there were."""
        return int(self._commander.script(_CLEAR, [self._keys.failed_list(name)]))
