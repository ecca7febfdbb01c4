"""Judges failures: whether a job that failed, died or lost its worker is performed again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import DecodeError, PoisonJob, UnknownJob, WorkerStopped
from django_resque.execution.outcome import Failed, Requeued, Retrying
from django_resque.jobs.registry import registry
from django_resque.jobs.retry import MOST_ATTEMPTS, checked_delay
from django_resque.wire.payload import Payload

if TYPE_CHECKING:
    from django_resque.execution.outcome import Outcome
    from django_resque.jobs.definition import Job
    from django_resque.store import Store
    from django_resque.wire.worker import Reservation

logger = logging.getLogger(__name__)

Verdict = Failed | Retrying | Requeued
"""What becomes of a job that did not succeed."""


def judge(job: Job[..., Any], payload: Payload, failed: Failed, error: BaseException) -> Verdict:
    """Judge a failure by the job's policy, which may be foreign code: not in a worker itself."""
    if isinstance(error, WorkerStopped):
        return Requeued(failed)
    if job.retry is None:
        return failed
    try:
        delay = checked_delay(job.retry.delay(payload.attempt, error))
    except Exception:
        # Nothing may hide why the job failed.
        logger.exception(
            "The retry policy of %s raised, so the job is not performed again",
            job.name,
            extra={"event": "job.unjudged", "job": job.name},
        )
        return failed
    if delay is None or payload.attempt >= MOST_ATTEMPTS or not _is_writable(payload):
        return failed
    is_recorded = job.retry.record == "each"
    return Retrying(
        failed, round(delay, 3), payload.attempt + 1, job.retry.max_attempts, is_recorded
    )


def judge_death(reservation: Reservation, failed: Failed) -> Verdict | None:
    """Judge the end of a job whose process died, without running code of the application.

    None if its policy is such code: then whoever mourns is to :func:`ask_about` it.
    """
    known = _known(reservation)
    if known is None:
        return failed
    job, payload = known
    error = failed.as_exception()
    if job.retry is None or job.retry.is_data or isinstance(error, WorkerStopped):
        return judge(job, payload, failed, error)
    return None


def ask_about(reservation: Reservation, failed: Failed) -> Verdict:
    """Judge the end of a job whose process died by its policy, whatever that is."""
    known = _known(reservation)
    return failed if known is None else judge(*known, failed, failed.as_exception())


def judge_loss(store: Store, reservation: Reservation, failed: Failed) -> Verdict:
    """Judge the end of a job whose worker was lost, without running code of the application.

    A policy that is such code is not asked: the job fails.
    """
    known = _known(reservation)
    if known is None or not _has_way_back(reservation.queue):
        return failed
    job, _ = known
    if job.on_worker_loss != "requeue":
        return judge_death(reservation, failed) or failed
    times = store.recoveries.count(reservation.queue, reservation.payload)
    if times >= job.max_recoveries:
        return Failed.from_exception(PoisonJob(times + 1, failed.error))
    return Requeued(failed, is_counted=True)


def in_words(verdict: Verdict | None) -> str:
    """Return what became of a lost worker's job, for a line of output; empty if it had none."""
    if verdict is None:
        return ""
    return "its job failed" if isinstance(verdict, Failed) else "its job is performed again"


def verdict_in(outcome: Outcome) -> Verdict | None:
    """Return an outcome that is a verdict; None for one that is none."""
    return outcome if isinstance(outcome, (Failed, Retrying, Requeued)) else None


def _has_way_back(queue: str) -> bool:
    """Tell whether a claim, which may be that of any client, tells a queue to go back to."""
    try:
        queue.encode()
    except UnicodeEncodeError:
        return False
    return bool(queue.strip())


def _is_writable(payload: Payload) -> bool:
    try:
        payload.encode()
    except UnicodeEncodeError:
        return False  # a lone surrogate of another client, which only its own escape can carry
    return True


def _known(reservation: Reservation) -> tuple[Job[..., Any], Payload] | None:
    try:
        payload = Payload.decode(reservation.payload)
        return registry.get(payload.name), payload
    except (DecodeError, UnknownJob):
        return None
