"""Performs one reserved job in this process and says what came of it; writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque import signals
from django_resque.exceptions import ArgumentError, DecodeError, UnknownJob
from django_resque.execution.outcome import Expired, Failed, Skipped, Succeeded, failure_in
from django_resque.execution.settle import tell
from django_resque.execution.verdict import ask_about, judge
from django_resque.jobs.current import become_current_in_process
from django_resque.jobs.encoding import encode_value
from django_resque.jobs.performing import perform_job, run_on_failure
from django_resque.jobs.registry import registry
from django_resque.jobs.waiting import is_called_off
from django_resque.wire import timestamps
from django_resque.wire.payload import Payload
from django_resque.wire.relations import hands_on, may_be_related
from django_resque.wire.status import tracked_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.execution.outcome import Outcome
    from django_resque.execution.verdict import Verdict
    from django_resque.failures.base import FailureBackend
    from django_resque.jobs.definition import Job
    from django_resque.wire.worker import Reservation

MOST_VALUE = 1_000_000
"""The most bytes of a value that are kept."""
_MOST_TEXT = 10_000


def perform(reservation: Reservation, backends: Sequence[FailureBackend]) -> Outcome:
    """Run the hooks and the function of a reserved job; never raises, whatever the job does.

    Failure backends that are foreign code are told here, where they cannot harm the worker.
    """
    outcome = _perform(reservation)
    tell(backends, reservation, outcome)
    return outcome


def mourn(
    reservation: Reservation,
    outcome: Verdict,
    backends: Sequence[FailureBackend],
    *,
    ask: bool = False,
) -> Verdict:
    """Run the hooks and foreign backends for a job whose process died, and return its outcome.

    ``ask`` asks its policy first, which only knows now what that is.
    """
    if ask and isinstance(outcome, Failed):
        outcome = ask_about(reservation, outcome)
    failed = failure_in(outcome)
    try:
        payload = Payload.decode(reservation.payload)
        job = registry.get(payload.name)
    except (DecodeError, UnknownJob):
        pass  # no hooks are known; the backends are told all the same
    else:
        if failed is not None:
            is_retried = failed is not outcome
            error = failed.as_exception()
            run_on_failure(job, error, payload, reservation.queue, is_retried=is_retried)
    tell(backends, reservation, outcome)
    return outcome


def _perform(reservation: Reservation) -> Outcome:
    verdict: Verdict | None = None
    try:
        payload = Payload.decode(reservation.payload)
        job = registry.get(payload.name)
        if job.ttl is not None and (waited := _waited(payload)) > job.ttl:
            return Expired(round(waited, 3))
        is_related = may_be_related(reservation.payload)
        if is_related and is_called_off(payload):
            return Skipped()

        def is_retried(error: BaseException) -> bool:
            nonlocal verdict
            verdict = judge(job, payload, Failed.from_exception(error), error)
            return not isinstance(verdict, Failed)

        signals.performing.send(None, reservation=reservation)
        try:
            queue = reservation.queue
            performed = perform_job(job, payload, queue, is_retried, become_current_in_process)
        finally:
            signals.performed.send(None, reservation=reservation)
    except BaseException as error:  # noqa: BLE001 SystemExit and TermException are failures too
        return verdict or Failed.from_exception(error)
    if not performed:
        return Skipped()
    return _succeeded(job, payload, performed.value, is_handed_on=is_related and hands_on(payload))


def _waited(payload: Payload) -> float:
    queued_at = payload.queued_at
    return (timestamps.now() - queued_at).total_seconds() if queued_at else 0.0


def _succeeded(job: Job[..., Any], payload: Payload, value: Any, *, is_handed_on: bool) -> Outcome:
    is_kept = job.result_ttl is not None and payload.id is not None
    if not is_kept and not is_handed_on and tracked_id(payload) is None:
        return Succeeded()
    known, fault = b"", ""
    try:
        known = encode_value(value)
    except ArgumentError as error:
        fault = str(error)[:_MOST_TEXT]
    if len(known) > MOST_VALUE:
        fault = f"the returned value has {len(known)} bytes as JSON; {MOST_VALUE} can be kept"
    if fault and is_handed_on:
        # Without it the next one of the chain cannot be performed, and somebody must know.
        return Failed.from_exception(ArgumentError(f"{fault}; the next job of the chain needs it"))
    return Succeeded(fault=fault) if fault else Succeeded(known.decode())
