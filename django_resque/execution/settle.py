"""Turns an outcome into the one atomic ending of a job, and strikes workers off."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import DecodeError
from django_resque.execution.endings import closing, leaving, returning
from django_resque.execution.following import following
from django_resque.execution.outcome import Failed, Requeued, Retrying
from django_resque.execution.verdict import judge_loss
from django_resque.failures.base import StoredBackend
from django_resque.jobs.masking import masked_record
from django_resque.jobs.registry import registry
from django_resque.store.workers import Ending
from django_resque.wire import timestamps
from django_resque.wire.payload import Payload
from django_resque.wire.worker import Reservation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django_resque.execution.outcome import Outcome
    from django_resque.execution.verdict import Verdict
    from django_resque.failures.base import FailureBackend
    from django_resque.jobs.definition import Job
    from django_resque.store import Store
    from django_resque.store.commander import Command
    from django_resque.wire.failure import FailureRecord

logger = logging.getLogger(__name__)


def ending(
    store: Store,
    backends: Sequence[FailureBackend],
    reservation: Reservation,
    outcome: Outcome,
    *,
    started: Any = None,
) -> Ending:
    """Return all that is written when the claim ends: failure record, counters and the rest.

    ``started`` is what php-resque's status packet of the job has under that word.
    """
    name = job_name(reservation.payload)
    commands: list[Command] = []
    if not isinstance(outcome, Requeued):  # which is not the end of a performance that counts
        commands += store.stats.raising("processed", reservation.worker)
        commands += store.history.finishing(reservation.queue)
    if (failed := _recorded(outcome)) is not None:
        commands += _recording(store, backends, _record(reservation, outcome, failed))
        commands += store.stats.raising("failed", reservation.worker)
    commands += returning(store, reservation, outcome)
    commands += closing(store, reservation, outcome, name, started)
    commands += following(store, reservation, outcome, name)
    return Ending(reservation.rid, commands)


def giving_back(store: Store, reservation: Reservation) -> Ending:
    """Return the ending of a claim whose job has not begun: it is the next in its queue again."""
    pushing = store.queues.pushing(reservation.queue, [reservation.payload], at_front=True)
    leave = leaving(store, reservation, registered_job(reservation.payload), begun=False)
    return Ending(reservation.rid, [*pushing, *leave])


def tell(backends: Sequence[FailureBackend], reservation: Reservation, outcome: Outcome) -> None:
    """Let the failure backends that are foreign code know, if an outcome leaves a failure.

    One that raises keeps no other from it.
    """
    failed = _recorded(outcome)
    if failed is None:
        return
    record = _record(reservation, outcome, failed)
    for backend in backends:
        with _keeping_on(backend, reservation.queue):
            backend.save(masked_record(record) if backend.masked else record)


def unregister(
    store: Store,
    backends: Sequence[FailureBackend],
    worker: str,
    failed: Failed,
    *,
    claim: bytes | None,
    heartbeat: str | None = None,
) -> tuple[bool, Reservation | None, Verdict]:
    """Strike a worker off, ending the job it holds, if any, as ``failed``.

    Unless the job is to be performed again after such a loss. Does nothing if its claim is no
    longer ``claim`` or its heartbeat no longer ``heartbeat`` (None: whichever). Returns whether
    it was struck off, what it held, and what became of that.
    """
    reservation = None
    outcome: Verdict = failed
    commands: list[Command] = []
    if claim is not None:
        reservation = _reservation(worker, claim)
        outcome = judge_loss(store, reservation, failed)
        if (recorded := _recorded(outcome)) is not None:
            record = _record(reservation, outcome, recorded)
            commands = _recording(store, backends, record)
            commands.append(("INCRBY", store.keys.stat("failed"), 1))
        commands += returning(store, reservation, outcome)
        name = job_name(reservation.payload)
        commands += closing(store, reservation, outcome, name)
        commands += following(store, reservation, outcome, name)
    struck = store.workers.strike(worker, claim=claim, commands=commands, heartbeat=heartbeat)
    return struck, reservation if struck else None, outcome


@lru_cache(maxsize=2)  # a worker asks when a job begins, and again when it tells how it ended
def job_name(payload: bytes) -> str | None:
    """Return the name of the job a payload asks for; None if the payload cannot tell."""
    try:
        return Payload.decode(payload).name
    except DecodeError:
        return None


def registered_job(payload: bytes) -> Job[..., Any] | None:
    """Return the job that a payload asks for; None if it is not known here."""
    name = job_name(payload)
    return registry.find(name) if name else None


def held_job(worker: str, claim: bytes | None) -> str | None:
    """Return the name of the job a claim is for; None without a claim or a readable name."""
    return job_name(_reservation(worker, claim).payload) if claim is not None else None


def _recorded(outcome: Outcome) -> Failed | None:
    """Return the failure that an outcome leaves behind; None if it leaves none."""
    if isinstance(outcome, Retrying):
        return outcome.failed if outcome.is_recorded else None
    return outcome if isinstance(outcome, Failed) else None


def _record(reservation: Reservation, outcome: Outcome, failed: Failed) -> FailureRecord:
    """Return the record of a failure; one of several attempts says which, and of the next."""
    extras: dict[str, Any] = {}
    if isinstance(outcome, Retrying):
        at = timestamps.now() + timedelta(seconds=outcome.delay)
        extras = {"attempt": outcome.attempt - 1, "will_retry": timestamps.failed_at(at)}
    elif (attempt := _attempt(reservation.payload)) > 1:
        extras = {"attempt": attempt}
    return failed.record(reservation, **extras)


def _attempt(raw: bytes) -> int:
    if b'"attempt"' not in raw:
        return 1
    try:
        return Payload.decode(raw).attempt
    except DecodeError:
        return 1


def _recording(
    store: Store, backends: Sequence[FailureBackend], record: FailureRecord
) -> list[Command]:
    commands: list[Command] = []
    for backend in backends:
        if isinstance(backend, StoredBackend):
            with _keeping_on(backend, record.queue):
                commands += backend.recording(record, store)
    return commands


@contextmanager
def _keeping_on(backend: FailureBackend, queue: str) -> Iterator[None]:
    """Let what one backend raises keep none of the others from being told."""
    try:
        yield
    except Exception:
        logger.exception(
            "Failure backend %s could not save a failure",
            type(backend).__name__,
            extra={"event": "failure.untold", "queue": queue},
        )


def _reservation(worker: str, claim: bytes) -> Reservation:
    try:
        return Reservation.decode(worker, claim)
    except DecodeError:
        # An unreadable claim of another client: its bytes are the only trace of the job.
        return Reservation(worker, "", "", claim)
