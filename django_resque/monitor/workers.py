"""What there is to see of workers, ours and those of other clients."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.exceptions import DecodeError
from django_resque.execution.identity import is_silent
from django_resque.jobs.queues import QueuedJob
from django_resque.wire import timestamps
from django_resque.wire.printable import printable
from django_resque.wire.vitals import Vitals
from django_resque.wire.worker import Reservation, WorkerId

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django_resque.store import Store
    from django_resque.wire.vitals import State

SILENT = "silent"
"""Among the states of a page: those whose heartbeat is so old that they pass for dead."""

_MOST_BYTES = 1_000_000  # of one claim; what is longer is told of, but not shown
_HEAD = 512  # bytes of a claim in which its time stands, whoever wrote it
_RUN_AT = re.compile(rb'"run_at"\s*:\s*("[^"\\]*"|[0-9]+)')
_CUT = re.compile(rb'(\{"rid":.*?),"payload":', re.DOTALL)


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """One registered worker, as far as its client tells of it."""

    id: str
    identity: WorkerId | None
    """The parts of its id; None if it is not readable."""
    state: State
    """``paused`` and ``stopping`` ones may still have a job to finish."""
    started: str
    """When it started, in the words of its client."""
    heartbeat: datetime | None
    silent_for: int | None
    """Seconds since its last heartbeat, by the clock of Redis; None if it gives none."""
    busy: bool
    """Whether it has a job, readable or not."""
    reservation: Reservation | None
    """The claim on its current job."""
    job: QueuedJob | None
    running_for: float | None
    """Seconds since it took the job, by the clock of Redis; None if the claim does not tell."""
    processed: int
    failed: int
    vitals: Vitals | None
    """What it tells of itself: those of other clients tell nothing."""
    error: str = ""
    """What of it is not readable."""

    @property
    def ours(self) -> bool:
        """Whether it is a worker of django-resque."""
        return self.identity is not None and bool(self.identity.token)

    @property
    def hears(self) -> bool:
        """Whether it takes orders: those of ours do that tell how they are."""
        return self.ours and self.vitals is not None

    def is_silent(self, ttl: float) -> bool:
        """Tell whether it passes for dead; one that never gives signs of life does not."""
        return self.silent_for is not None and is_silent(self.identity, self.silent_for, ttl)


@dataclass(frozen=True, slots=True)
class WorkersPage:
    """Some of the workers, and how many there are of which kind."""

    rows: list[WorkerRow]
    total: int
    """Workers that were looked for, on all pages."""
    states: Counter[str]
    """All workers by their state, with the dead as :data:`SILENT` only."""
    paused: bool
    """Whether all workers are told to pause."""


def workers(store: Store) -> list[WorkerRow]:
    """Return all registered workers, sorted by id, in six round trips."""
    look = _look(store)
    return list(_rows(store, look, sorted(look.ids)))


def workers_page(
    store: Store, ttl: float, *, text: str = "", state: str = "", start: int = 0, count: int = 100
) -> WorkersPage:
    """Return some workers, host by host, in eight round trips.

    Those whose id contains ``text`` and whose state is ``state``, each unless it is empty. What
    is read of those that are not on the page does not grow with their jobs.
    """
    look = _look(store)
    ordered = sorted(look.ids, key=_by_host)
    states = _states(store, look, ordered, ttl)
    wanted = text.lower()
    found = [
        name
        for name in ordered
        if state in ("", states[name]) and wanted in printable(name, len(name)).lower()
    ]
    rows = list(_rows(store, look, found[start : start + count]))
    return WorkersPage(rows, len(found), Counter(states.values()), look.paused)


def working(store: Store, start: int = 0, count: int = 100) -> WorkersPage:
    """Return some of the workers that have a job, the longest running first, in seven round trips.

    Those whose claim does not tell since when come first.
    """
    look = _look(store)
    names = sorted(look.ids)
    heads = zip(names, store.workers.claim_heads(names, _HEAD), strict=True)
    since = {name: _since(head) for name, head in heads if head}
    found = sorted(since, key=lambda name: (since[name], name))
    rows = [row for row in _rows(store, look, found[start : start + count]) if row.busy]
    return WorkersPage(rows, len(found), Counter(), look.paused)


def worker(store: Store, name: str) -> WorkersPage:
    """Return one worker, in six round trips; none if no such worker is registered (any more)."""
    look = _look(store)
    names = [name] if name in look.ids else []
    return WorkersPage(list(_rows(store, look, names)), len(names), Counter(), look.paused)


@dataclass(frozen=True, slots=True)
class _Look:
    ids: set[str]
    beats: dict[str, str]
    now: int
    paused: bool


def _look(store: Store) -> _Look:
    ids, beats, now = store.workers.signs_of_life()
    return _Look(ids, beats, now, store.workers.all_paused())


def _rows(store: Store, look: _Look, names: list[str]) -> Iterator[WorkerRow]:
    vitals = store.workers.vitals_of(names)
    columns = zip(
        names,
        store.workers.claim_heads(names, _MOST_BYTES),
        store.workers.started(names),
        store.stats.of_workers(("processed", "failed"), names),
        strict=True,
    )
    for name, claim, started, (processed, failed) in columns:
        errors: list[str] = []
        identity = _identity(name, errors)
        reservation, job = _held(name, claim, errors)
        beat, silent_for = _beat(look, name, errors)
        told = _vitals(vitals.get(name), errors)
        yield WorkerRow(
            id=name,
            identity=identity,
            state=_state(told, busy=bool(claim), paused=look.paused),
            started=started or "",
            heartbeat=beat,
            silent_for=silent_for,
            busy=bool(claim),
            reservation=reservation,
            job=job,
            running_for=_running_for(reservation, look.now),
            processed=processed,
            failed=failed,
            vitals=told,
            error="; ".join(errors),
        )


def _states(store: Store, look: _Look, names: list[str], ttl: float) -> dict[str, str]:
    vitals = store.workers.vitals_of(names)
    states: dict[str, str] = {}
    for name, busy in zip(names, store.workers.holding(names), strict=True):
        _, silent_for = _beat(look, name, [])
        if silent_for is not None and is_silent(_identity(name, []), silent_for, ttl):
            states[name] = SILENT
        else:
            states[name] = _state(_vitals(vitals.get(name), []), busy=busy, paused=look.paused)
    return states


def _state(vitals: Vitals | None, *, busy: bool, paused: bool) -> State:
    # What a worker says is as old as its heartbeat; whether it has a job is known for now.
    if vitals is not None and vitals.state in ("paused", "stopping"):
        return vitals.state
    if busy:
        return "working"
    return "paused" if paused else "idle"


def _identity(name: str, errors: list[str]) -> WorkerId | None:
    try:
        return WorkerId.parse(name)
    except DecodeError as error:
        errors.append(str(error))
        return None


def _by_host(name: str) -> tuple[bool, str, int, str]:
    identity = _identity(name, [])
    return (identity is None, *((identity.host, identity.pid) if identity else ("", 0)), name)


def _beat(look: _Look, name: str, errors: list[str]) -> tuple[datetime | None, int | None]:
    text = look.beats.get(name)
    beat = timestamps.parse(text) if text else None
    if text and beat is None:
        errors.append("heartbeat is not a date")
    return beat, None if beat is None else max(0, look.now - int(beat.timestamp()))


def _vitals(raw: bytes | None, errors: list[str]) -> Vitals | None:
    if raw is None:
        return None
    try:
        return Vitals.decode(raw)
    except DecodeError as error:
        errors.append(str(error))
        return None


def _held(
    name: str, claim: bytes | None, errors: list[str]
) -> tuple[Reservation | None, QueuedJob | None]:
    if not claim:
        return None, None
    cut = len(claim) >= _MOST_BYTES
    if cut:
        errors.append(f"claim is longer than {_MOST_BYTES} bytes")
        match = _CUT.match(claim)
        # Which claim it is must be known all the same, to kill its job and no other.
        claim = match[1] + b',"payload":null}' if match else b"{}"
    try:
        reservation = Reservation.decode(name, claim)
    except DecodeError as error:
        if not cut:
            errors.append(str(error))
        return None, None
    return reservation, None if cut else QueuedJob.read(reservation.queue, 0, reservation.payload)


def _since(head: bytes) -> float:
    match = _RUN_AT.search(head)
    moment = timestamps.parse(match[1].strip(b'"').decode(errors="replace")) if match else None
    return moment.timestamp() if moment else 0.0


def _running_for(reservation: Reservation | None, now: int) -> float | None:
    since = timestamps.parse(reservation.run_at) if reservation else None
    return max(0.0, now - since.timestamp()) if since else None
