"""Enqueues what recurs: each time once, whatever dies and whoever is the master."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django_resque import signals
from django_resque.exceptions import ConfigurationError, DecodeError, ResqueError
from django_resque.schedule.entries import prepared
from django_resque.store.schedules import Push, ScheduleState
from django_resque.wire import timestamps
from django_resque.wire.payload import Payload
from django_resque.wire.printable import printable
from django_resque.wire.schedule import ScheduleEntry, ScheduleRun

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django_resque.schedule.entries import Recurring
    from django_resque.store import Store
    from django_resque.wire.schedule import RunKind

logger = logging.getLogger(__name__)

GRACE = 60.0
"""Seconds that a run may be late before it counts as missed: a master may have to be replaced."""


class Recurrence:
    """The entries of a master: of the settings, and those that are kept in Redis.

    How far each has come stands in Redis and is compared in the step that enqueues it. So a time
    that a dead master has seen to is not seen to again, and one that it has not, is.
    """

    def __init__(self, store: Store, master: str, fixed: Iterable[ScheduleEntry]) -> None:
        """Enqueue as ``master``; ``fixed`` are the entries of the settings."""
        self._store = store
        self._master = master
        self._fixed = {entry.name: entry for entry in fixed}
        self._entries: dict[str, Recurring] = {}
        self._states: dict[str, ScheduleState] = {}
        self._ran_elsewhere: dict[str, int] = {}
        self._next: dict[str, float | None] = {}
        self._off: frozenset[str] = frozenset()
        self.loaded = False
        """Whether the entries are known."""

    def __len__(self) -> int:
        """Count the entries that can be enqueued."""
        return len(self._entries)

    def load(self) -> None:
        """Read what recurs and how far it has come, anew."""
        entries = dict(self._fixed)
        for name, raw in sorted(self._store.schedules.take_all().items()):
            if name in self._fixed:
                _complain(name, "the settings have a schedule of that name, which is followed")
                continue
            try:
                entries[name] = ScheduleEntry.decode(name, raw)
            except DecodeError as error:
                _complain(name, str(error))
        self._entries = {}
        for name, entry in entries.items():
            try:
                self._entries[name] = prepared(entry)
            except (ResqueError, ConfigurationError) as error:
                _complain(name, str(error))
        self.refresh()
        self.loaded = True

    def refresh(self) -> None:
        """Read how far each entry has come, for another may have been the master meanwhile."""
        names = list(self._entries)
        self._next.clear()
        self._states = dict(zip(names, self._store.schedules.states(names), strict=True))
        told = self._store.schedules.last_enqueued()
        moments = {name: timestamps.parse(text) for name, text in told.items()}
        self._ran_elsewhere = {
            name: int(moment.timestamp()) for name, moment in moments.items() if moment
        }

    def forget(self) -> None:
        """Forget all: another is the master."""
        self.loaded = False

    def enqueue_due(self, now: float, off: frozenset[str]) -> float | None:
        """Enqueue all that is due; return when something is due next, None if nothing ever is.

        ``off`` are the entries that rest. Returns ``now`` if another has become the master.
        """
        for name in self._off - off:
            # It goes on from when it was switched on.
            (self._states[name],) = self._store.schedules.states([name])
            self._next.pop(name, None)
        self._off = off
        for name, each in self._entries.items():
            due = self._next.get(name, now)
            if due is not None and due <= now:
                resting = name in off or not each.entry.enabled
                self._next[name] = self._see_to(each, now, resting=resting)
        return min((due for due in self._next.values() if due is not None), default=None)

    def _see_to(self, each: Recurring, now: float, *, resting: bool) -> float | None:
        state = self._states.get(each.name, ScheduleState())
        if state.rule != each.rule.text or not state.due.isdecimal():
            # New, or another rule than before: what that one would have been due is not missed.
            return self._advance(each, state, int(now), now)
        base = max(int(state.due), min(self._ran_elsewhere.get(each.name, 0), int(now)))
        last = each.rule.last(base, now)
        if last is None:
            return each.rule.next(base, now)
        if resting:
            return self._advance(each, state, last, now)
        if each.entry.missed == "skip" and now - last > GRACE:
            return self._advance(each, state, last, now, kind="missed")
        if each.entry.overlap == "skip" and self._still_there(state):
            return self._advance(each, state, last, now, kind="overlapped")
        return self._advance(each, state, last, now, kind="enqueued")

    def _advance(
        self,
        each: Recurring,
        state: ScheduleState,
        due: int,
        now: float,
        kind: RunKind | None = None,
    ) -> float | None:
        """Note that an entry has come as far as ``due``; return when it is due next."""
        after = ScheduleState(str(due), each.rule.text, state.payload, state.queue)
        run, push = b"", None
        if kind == "enqueued":
            payload, raw = each.payload(now)
            after = ScheduleState(str(due), each.rule.text, raw, each.queue)
            push = Push(each.queue, raw, self._store.queues.pushing(each.queue, [raw]))
            run = ScheduleRun(kind, due, payload.id or "", each.queue).encode()
        elif kind is not None:
            run = ScheduleRun(kind, due).encode()
        result = self._store.schedules.advance(
            *(self._master, each.name, state, after),
            run=run,
            push=push,
            enqueued_at=timestamps.started(timestamps.from_epoch(due) or timestamps.now()),
        )
        if result == 1:
            self._states[each.name] = after
            self._tell(each, kind, push)
            return each.rule.next(due, now)
        if isinstance(result, str):
            _complain(each.name, result)
            return now + GRACE / 6
        # Another has been quicker, or switched it off: see how far it is, and come again at once.
        (self._states[each.name],) = self._store.schedules.states([each.name])
        return now + 1.0 if result == -1 else now

    def _still_there(self, state: ScheduleState) -> bool:
        """Tell whether the run before waits in its queue or is being performed."""
        if not state.payload:
            return False
        # The queue first: what leaves it meanwhile is then found there or with its worker.
        if self._store.queues.has(state.queue, state.payload):
            return True
        workers = self._store.workers.ids()
        return any(state.payload in claim for claim in self._store.workers.claims(workers) if claim)

    def _tell(self, each: Recurring, kind: RunKind | None, push: Push | None) -> None:
        if kind is None:
            return
        logger.info(
            "Schedule %s: %s",
            printable(each.name),
            kind,
            extra={"event": "schedule.ran", "queue": each.queue, "job": each.entry.job},
        )
        if push is not None:
            payloads = [Payload.decode(push.payload)]
            signals.job_enqueued.send_robust(None, queue=each.queue, payloads=payloads)


def _complain(name: str, problem: str) -> None:
    logger.error(
        "Schedule %s cannot be followed: %s",
        printable(name),
        printable(problem, 500),
        extra={"event": "schedule.unfit"},
    )
