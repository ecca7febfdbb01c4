"""Performs one reserved job in this process and says what came of it; writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque import signals
from django_resque.exceptions import DecodeError, UnknownJob
from django_resque.execution.outcome import Failed, Skipped, Succeeded
from django_resque.execution.settle import tell
from django_resque.jobs.performing import perform_job, run_on_failure
from django_resque.jobs.registry import registry
from django_resque.wire.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.execution.outcome import Outcome
    from django_resque.failures.base import FailureBackend
    from django_resque.wire.worker import Reservation


def perform(reservation: Reservation, backends: Sequence[FailureBackend]) -> Outcome:
    """Run the hooks and the function of a reserved job; never raises, whatever the job does.

    Failure backends that are foreign code are told here, where they cannot harm the worker.
    """
    outcome = _perform(reservation)
    if isinstance(outcome, Failed):
        tell(backends, reservation, outcome)
    return outcome


def mourn(reservation: Reservation, failed: Failed, backends: Sequence[FailureBackend]) -> None:
    """Run the ``on_failure`` hooks and foreign backends for a job whose process died."""
    try:
        payload = Payload.decode(reservation.payload)
        job = registry.get(payload.name)
    except (DecodeError, UnknownJob):
        pass  # no hooks are known; the backends are told all the same
    else:
        run_on_failure(job, failed.as_exception(), payload, reservation.queue)
    tell(backends, reservation, failed)


def _perform(reservation: Reservation) -> Outcome:
    try:
        payload = Payload.decode(reservation.payload)
        job = registry.get(payload.name)
        signals.performing.send(None, reservation=reservation)
        try:
            performed = perform_job(job, payload, reservation.queue)
        finally:
            signals.performed.send(None, reservation=reservation)
    except BaseException as error:  # noqa: BLE001 SystemExit and TermException are failures too
        return Failed.from_exception(error)
    return Succeeded() if performed else Skipped()
