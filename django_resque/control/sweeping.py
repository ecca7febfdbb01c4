"""Retrying or removing all failures that match, step by step, however many there are."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from django_resque.control.retrying import retrying
from django_resque.exceptions import DecodeError, InvalidQueueName, StoreUnavailable
from django_resque.reading.failures import FailureRow
from django_resque.store.failures import Change
from django_resque.wire.failure import digest
from django_resque.wire.queue_name import check_queue_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.reading.failure_filter import FailureFilter
    from django_resque.store import Store

Verb = Literal["retry", "remove"]

_WINDOW = 200  # failures read and changed in one go: some milliseconds for Redis
_NEAR = 500  # how far a failure that has moved since it was read is looked for
_CURSOR = re.compile(r"(retry|remove)-(\d{1,15})-(\d{1,15})-(\d{1,15})-(\d{1,15})-([0-9a-f]*)")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sweep has come since its beginning."""

    done: int
    """Failures retried or removed."""
    refused: int
    """Failures that match but cannot be retried; they stay as they are."""
    examined: int
    """Failures looked at, matching or not."""
    total: int
    """Failures to look at in all."""
    cursor: str | None
    """What to go on with; None when all were looked at."""


def sweep(
    store: Store,
    verb: Verb,
    list: str,  # noqa: A002 the row's own word
    filter: FailureFilter,  # noqa: A002
    *,
    to: str = "",
    cursor: str | None = None,
    seconds: float = 1.0,
    limit: int | None = None,
) -> Progress:
    """Retry or remove the failures of a list that match, for about so many seconds.

    Call it again with the ``cursor`` it returns until that is None. A retry begins with the
    oldest and marks each as retried; it leaves out those that were, unless the filter asks for
    them. ``to`` is a queue for all of them. A removal begins with the newest. What fails meanwhile
    is no part of it. ``limit`` bounds how many failures one call looks at.

    Raises InvalidQueueName for ``to``, and DecodeError for what is no cursor of this verb.
    """
    deadline = time.monotonic() + seconds
    if to:
        check_queue_name(to)
    sweeping = _Sweep(store, list, filter, to)
    at = sweeping.resume(_parsed(cursor, verb)) if cursor else sweeping.begin(verb)
    left = float("inf") if limit is None else limit
    while not at.is_over and left > 0:
        before = at.examined
        at = sweeping.step(at, int(min(left, _WINDOW)))
        left -= at.examined - before
        if time.monotonic() >= deadline:
            break
    following = None if at.is_over else at.text
    return Progress(at.done, at.refused, at.examined, at.end, following)


@dataclass(frozen=True, slots=True)
class _Cursor:
    verb: Verb
    position: int
    """Index of the next record; for a removal, which goes downwards, the index above it."""
    end: int
    """Length of the list at the beginning: what comes later is no part of the sweep."""
    done: int = 0
    refused: int = 0
    newest: str = ""
    """Digest of the last record of a retry, whose moving tells that older ones were removed."""

    @property
    def examined(self) -> int:
        return self.position if self.verb == "retry" else self.end - self.position

    @property
    def is_over(self) -> bool:
        return self.examined >= self.end

    @property
    def text(self) -> str:
        parts = (self.verb, self.position, self.end, self.done, self.refused, self.newest)
        return "-".join(map(str, parts))


def _parsed(cursor: str, verb: Verb) -> _Cursor:
    match = _CURSOR.fullmatch(cursor)
    if match is None or match[1] != verb:
        raise DecodeError("the cursor is malformed", cursor.encode(errors="backslashreplace"))
    position, end, done, refused = map(int, match.groups()[1:5])
    return _Cursor(verb, min(position, end), end, done, refused, match[6])


@dataclass(frozen=True, slots=True)
class _Sweep:
    store: Store
    name: str
    filter: FailureFilter
    to: str

    def begin(self, verb: Verb) -> _Cursor:
        newest = self.store.failures.window(self.name)
        if verb == "remove":
            return _Cursor(verb, newest.total, newest.total)
        address = digest(newest.items[0]) if newest.items else ""
        return _Cursor(verb, 0, newest.total, newest=address)

    def resume(self, at: _Cursor) -> _Cursor:
        if not at.newest:
            return at
        # Where records were removed meanwhile, the others are nearer to the head by now.
        found = self.store.failures.find_digest(self.name, at.newest, at.end - 1)
        gone = max(0, at.end - 1 - found[0]) if found else 0
        return replace(at, position=max(0, at.position - gone), end=at.end - gone)

    def step(self, at: _Cursor, room: int) -> _Cursor:
        """Look at some records and change those that match."""
        failures = self.store.failures
        if at.verb == "retry":
            read = failures.window_from(self.name, at.position, min(room, at.end - at.position))
            position = at.position + len(read.items)
        else:
            read = failures.window(self.name, at.position, room)
            position = read.start + 1 - len(read.items)
        if not read.items:  # somebody has cleared what was left
            return replace(at, position=0) if at.verb == "remove" else replace(at, end=at.position)
        rows = [FailureRow.read(self.name, index, raw) for index, raw in read.indexed()]
        changes, refused = self._changes(at.verb, rows)
        done, unpushed = self._carry_out(changes)
        return replace(
            at, position=position, done=at.done + done, refused=at.refused + refused + unpushed
        )

    def _changes(self, verb: Verb, rows: Sequence[FailureRow]) -> tuple[Sequence[Change], int]:
        matching = [row for row in rows if self.filter.matches(row)]
        if verb == "remove":
            return [Change(row.raw, row.index) for row in matching], 0
        if self.filter.state != "retried":
            matching = [row for row in matching if not row.retried_at]
        changes = []
        for row in matching:
            try:
                changes.append(retrying(row.raw, row.index, to=self.to))
            except (DecodeError, InvalidQueueName):
                continue
        return changes, len(matching) - len(changes)

    def _carry_out(self, changes: Sequence[Change]) -> tuple[int, int]:
        """Return how many were changed, and how many could not be pushed."""
        done = refused = 0
        moved = []
        for change, result in zip(
            changes, self.store.failures.change(self.name, changes), strict=True
        ):
            if isinstance(result, StoreUnavailable):
                raise result
            if result is False:
                moved.append(change)
            done += result is True
            refused += isinstance(result, Exception)
        again = []
        for change in moved:
            found = self.store.failures.find_digest(
                self.name, digest(change.record), change.index, within=_NEAR
            )
            if found:  # else somebody was quicker
                again.append(replace(change, index=found[0]))
        if again:
            results = self.store.failures.change(self.name, again)
            done += results.count(True)
            refused += sum(isinstance(result, Exception) for result in results)
        return done, refused
