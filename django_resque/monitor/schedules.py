"""What there is to see of recurring jobs: when they are due, and what came of their runs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from django_resque.conf import get_settings
from django_resque.exceptions import DecodeError, ResqueError
from django_resque.schedule.entries import prepared
from django_resque.schedule.rules import next_times, rule_of
from django_resque.wire import timestamps
from django_resque.wire.schedule import ScheduleEntry, ScheduleRun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django_resque.schedule.rules import Rule
    from django_resque.store import Store
    from django_resque.store.schedules import ScheduleState

_PREVIEW = 5


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One recurring job."""

    name: str
    source: Literal["settings", "redis"]
    """Whether it stands in the settings, or was set at run time."""
    entry: ScheduleEntry | None
    """What recurs; None if it is not readable."""
    raw: bytes
    """Its document as it lies in Redis, or would."""
    enabled: bool
    """Whether it is switched on."""
    queue: str = ""
    """The queue it goes to; empty if that cannot be told."""
    words: str = ""
    """Its rule in words."""
    next_runs: list[datetime] = field(default_factory=list)
    """When it is due next; nothing while it is off."""
    last_run: datetime | None = None
    """When it was enqueued last, by whichever scheduler."""
    runs: list[ScheduleRun] = field(default_factory=list)
    """Its last runs, the newest first."""
    error: str = ""
    """Why it cannot be followed."""
    args: Sequence[Any] | None = None
    """What its job is given; None if it cannot be enqueued from here."""


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """Some of what recurs, by name."""

    rows: list[ScheduleRow]
    total: int
    """How many there are to page through."""


def schedules(store: Store, now: float | None = None) -> list[ScheduleRow]:
    """Return all that recurs, of the settings and of Redis, sorted, in five round trips."""
    return _rows(store, _found(store.schedules.all()), time.time() if now is None else now)


def schedule_page(store: Store, query: str = "", start: int = 0, count: int = 50) -> SchedulePage:
    """Return a page of what recurs, in six round trips; ``query`` is a part of the names.

    Each row tells one time at which it is due next.
    """
    fixed = {entry.name for entry in get_settings().schedule}
    sought = query.casefold()
    names = {name for name in fixed.union(store.schedules.names()) if sought in name.casefold()}
    page = sorted(names)[max(0, start) : max(0, start) + count]
    found = _found(store.schedules.documents([name for name in page if name not in fixed]))
    kept = {name: found[name] for name in page if name in found}
    return SchedulePage(_rows(store, kept, time.time(), preview=1), len(names))


def schedule(store: Store, name: str, now: float | None = None) -> ScheduleRow | None:
    """Return one recurring job by its name; None if there is none."""
    raw = store.schedules.get(name)
    found = _found({} if raw is None else {name: raw})
    kept = {name: found[name]} if name in found else {}
    return next(iter(_rows(store, kept, time.time() if now is None else now)), None)


def scheduler_master(store: Store) -> str:
    """Return the name of the scheduler that is the master; empty if there is none."""
    return store.schedules.master()


_Found = tuple[Literal["settings", "redis"], bytes, "ScheduleEntry | DecodeError"]


def _found(dynamic: dict[str, bytes]) -> dict[str, _Found]:
    found: dict[str, _Found] = {}
    for name, raw in dynamic.items():
        try:
            found[name] = ("redis", raw, ScheduleEntry.decode(name, raw))
        except DecodeError as error:
            found[name] = ("redis", raw, error)
    # The settings are followed where both have one name.
    for entry in get_settings().schedule:
        found[entry.name] = ("settings", entry.encode(), entry)
    return dict(sorted(found.items()))


def _rows(
    store: Store, found: dict[str, _Found], now: float, preview: int = _PREVIEW
) -> list[ScheduleRow]:
    names = list(found)
    states = store.schedules.states(names)
    runs = store.schedules.runs(names)
    off, last = store.schedules.off(), store.schedules.last_enqueued()
    return [
        _row(
            name,
            each,
            now=now,
            state=state,
            runs=_readable(raws),
            off=name in off,
            last=last.get(name, ""),
            preview=preview,
        )
        for (name, each), state, raws in zip(found.items(), states, runs, strict=True)
    ]


def _row(
    name: str,
    found: _Found,
    *,
    now: float,
    state: ScheduleState,
    runs: list[ScheduleRun],
    off: bool,
    last: str,
    preview: int,
) -> ScheduleRow:
    source, raw, entry = found
    if isinstance(entry, DecodeError):
        return ScheduleRow(name, source, None, raw, not off, runs=runs, error=str(entry))
    enabled = entry.enabled and not off
    queue, words, error = entry.queue, entry.cron or entry.every, ""
    upcoming: list[datetime] = []
    args: Sequence[Any] | None = None
    try:
        rule = rule_of(entry)
        words = rule.words
        upcoming = _upcoming(rule, state, now, preview) if enabled else []
        ready = prepared(entry)
        queue, args = ready.queue, ready.args
    except ResqueError as problem:
        error = str(problem)
    ran = timestamps.parse(last) if last else None
    return ScheduleRow(
        name, source, entry, raw, enabled, queue, words, upcoming, ran, runs, error, args
    )


def _upcoming(rule: Rule, state: ScheduleState, now: float, count: int) -> list[datetime]:
    known = state.rule == rule.text and state.due.isdecimal()
    return next_times(rule, int(state.due) if known else int(now), now, count)


def _readable(raws: Sequence[bytes]) -> list[ScheduleRun]:
    runs = []
    for raw in raws:
        try:
            runs.append(ScheduleRun.decode(raw))
        except DecodeError:
            continue  # somebody's garbage tells of no run
    return runs
