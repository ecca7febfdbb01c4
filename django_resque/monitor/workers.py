"""What there is to see of workers, ours and those of other clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django_resque.exceptions import DecodeError
from django_resque.jobs.queues import QueuedJob
from django_resque.wire import timestamps
from django_resque.wire.worker import Reservation, WorkerId

if TYPE_CHECKING:
    from datetime import datetime

    from django_resque.store import Store


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """One registered worker, as far as its client tells of it."""

    id: str
    identity: WorkerId | None
    """The parts of its id; None if it is not readable."""
    state: Literal["idle", "working", "paused"]
    started: str
    """When it started, in the words of its client."""
    heartbeat: datetime | None
    silent_for: int | None
    """Seconds since its last heartbeat, by the clock of Redis; None if it gives none."""
    reservation: Reservation | None
    """The claim on its current job."""
    job: QueuedJob | None
    processed: int
    failed: int
    claim: bytes | None
    """The claim's exact bytes, by which the worker is struck off."""
    error: str = ""
    """What of it is not readable."""


def workers(store: Store) -> list[WorkerRow]:
    """Return all registered workers, sorted by id, in five round trips."""
    ids, beats, now = store.workers.signs_of_life()
    names = sorted(ids)
    paused = store.workers.all_paused()
    columns = zip(
        names,
        store.workers.claims(names),
        store.workers.started(names),
        store.stats.of_workers(("processed", "failed"), names),
        strict=True,
    )
    rows = []
    for name, claim, started, (processed, failed) in columns:
        identity, reservation, job, beat, errors = _read(name, claim, beats.get(name))
        rows.append(
            WorkerRow(
                id=name,
                identity=identity,
                state="working" if claim else "paused" if paused else "idle",
                started=started or "",
                heartbeat=beat,
                silent_for=None if beat is None else max(0, now - int(beat.timestamp())),
                reservation=reservation,
                job=job,
                processed=processed,
                failed=failed,
                claim=claim,
                error="; ".join(errors),
            )
        )
    return rows


def _read(
    name: str, claim: bytes | None, heartbeat: str | None
) -> tuple[WorkerId | None, Reservation | None, QueuedJob | None, datetime | None, list[str]]:
    errors: list[str] = []
    identity = reservation = job = None
    try:
        identity = WorkerId.parse(name)
    except DecodeError as error:
        errors.append(str(error))
    if claim:
        try:
            reservation = Reservation.decode(name, claim)
        except DecodeError as error:
            errors.append(str(error))
        else:
            job = QueuedJob.read(reservation.queue, 0, reservation.payload)
    beat = timestamps.parse(heartbeat) if heartbeat else None
    if heartbeat and beat is None:
        errors.append("heartbeat is not a date")
    return identity, reservation, job, beat, errors
