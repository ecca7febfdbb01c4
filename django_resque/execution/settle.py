"""Turns an outcome into the one atomic ending of a job, and strikes workers off."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from django_resque.exceptions import DecodeError
from django_resque.execution.outcome import Failed
from django_resque.failures.base import StoredBackend
from django_resque.jobs.masking import masked_record
from django_resque.store.workers import Ending
from django_resque.wire.payload import Payload
from django_resque.wire.worker import Reservation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django_resque.execution.outcome import Outcome
    from django_resque.failures.base import FailureBackend
    from django_resque.store import Store
    from django_resque.store.commander import Command

logger = logging.getLogger(__name__)


def ending(
    store: Store, backends: Sequence[FailureBackend], reservation: Reservation, outcome: Outcome
) -> Ending:
    """Return all that is written when the claim ends: failure record and counters."""
    commands = store.stats.raising("processed", reservation.worker)
    if isinstance(outcome, Failed):
        commands += _recording(store, backends, reservation, outcome)
        commands += store.stats.raising("failed", reservation.worker)
    return Ending(reservation.rid, commands)


def giving_back(store: Store, reservation: Reservation) -> Ending:
    """Return the ending of a claim whose job has not begun: it is the next in its queue again."""
    pushing = store.queues.pushing(reservation.queue, [reservation.payload], at_front=True)
    return Ending(reservation.rid, pushing)


def tell(backends: Sequence[FailureBackend], reservation: Reservation, failed: Failed) -> None:
    """Let the failure backends that are foreign code know; one that raises keeps none from it."""
    record = failed.record(reservation)
    for backend in backends:
        with _keeping_on(backend, reservation):
            backend.save(masked_record(record) if backend.masked else record)


def unregister(
    store: Store,
    backends: Sequence[FailureBackend],
    worker: str,
    failed: Failed,
    *,
    claim: bytes | None,
    heartbeat: str | None = None,
) -> tuple[bool, Reservation | None]:
    """Strike a worker off, ending the job it holds, if any, as ``failed``.

    Does nothing if its claim is no longer ``claim`` or its heartbeat no longer ``heartbeat``
    (None: whichever). Returns whether it was struck off, and what it held.
    """
    reservation = None
    commands: list[Command] = []
    if claim is not None:
        reservation = _reservation(worker, claim)
        commands = _recording(store, backends, reservation, failed)
        commands.append(("INCRBY", store.keys.stat("failed"), 1))
    struck = store.workers.strike(worker, claim=claim, commands=commands, heartbeat=heartbeat)
    return struck, reservation if struck else None


@lru_cache(maxsize=2)  # a worker asks when a job begins, and again when it tells how it ended
def job_name(payload: bytes) -> str | None:
    """Return the name of the job a payload asks for; None if the payload cannot tell."""
    try:
        return Payload.decode(payload).name
    except DecodeError:
        return None


def held_job(worker: str, claim: bytes | None) -> str | None:
    """Return the name of the job a claim is for; None without a claim or a readable name."""
    return job_name(_reservation(worker, claim).payload) if claim is not None else None


def _recording(
    store: Store, backends: Sequence[FailureBackend], reservation: Reservation, failed: Failed
) -> list[Command]:
    record = failed.record(reservation)
    commands: list[Command] = []
    for backend in backends:
        if isinstance(backend, StoredBackend):
            with _keeping_on(backend, reservation):
                commands += backend.recording(record, store)
    return commands


@contextmanager
def _keeping_on(backend: FailureBackend, reservation: Reservation) -> Iterator[None]:
    """Let what one backend raises keep none of the others from being told."""
    try:
        yield
    except Exception:
        logger.exception(
            "Failure backend %s could not save a failure",
            type(backend).__name__,
            extra={"event": "failure.untold", "queue": reservation.queue},
        )


def _reservation(worker: str, claim: bytes) -> Reservation:
    try:
        return Reservation.decode(worker, claim)
    except DecodeError:
        # An unreadable claim of another client: its bytes are the only trace of the job.
        return Reservation(worker, "", "", claim)
