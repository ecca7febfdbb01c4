"""What else is written with the end of a job: its next attempt, its result, php-resque's status."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import DecodeError
from django_resque.execution.outcome import (
    Expired,
    Failed,
    Requeued,
    Retrying,
    Skipped,
    Succeeded,
    failure_in,
)
from django_resque.jobs.limits import terms_of
from django_resque.jobs.moments import timestamp
from django_resque.jobs.registry import registry
from django_resque.wire import delayed, status, timestamps
from django_resque.wire.lock import Lock
from django_resque.wire.payload import Payload, retried
from django_resque.wire.result import ResultRecord
from django_resque.wire.retry import RetryNote
from django_resque.wire.status import StatusPacket, tracked_id

if TYPE_CHECKING:
    from datetime import datetime

    from django_resque.execution.outcome import Outcome
    from django_resque.jobs.definition import Job
    from django_resque.store import Store
    from django_resque.store.commander import Command
    from django_resque.wire.result import Ended
    from django_resque.wire.worker import Reservation

_TEXT = 10_000  # characters of an error in a result


def returning(store: Store, reservation: Reservation, outcome: Outcome) -> list[Command]:
    """Return the commands that bring back a job which is to be performed again."""
    queue, raw = reservation.queue, reservation.payload
    if isinstance(outcome, Requeued):
        commands = store.queues.pushing(queue, [raw], at_front=True)
        if outcome.is_counted:
            commands += store.recoveries.counting(queue, raw)
        return commands
    if not isinstance(outcome, Retrying):
        return []
    at = timestamps.now() + timedelta(seconds=outcome.delay)
    try:
        payload = retried(Payload.decode(raw), outcome.attempt, at)
        payload.encode()
    except (DecodeError, UnicodeEncodeError):
        # No performer judges such a payload so, but a job may have written its answer itself.
        return store.queues.pushing(queue, [raw])
    if outcome.delay:
        commands = store.delayed.delaying(delayed.encode(payload, queue), timestamp(at))
    else:
        commands = store.queues.pushing(queue, [payload.encode()])
    return commands + store.retries.noting(_note(reservation, payload, outcome, at).encode())


def closing(
    store: Store, reservation: Reservation, outcome: Outcome, name: str | None, started: Any = None
) -> list[Command]:
    """Return the commands that tell what came of a job to those who keep track of it.

    ``name`` is the job's; ``started`` is what its status packet had under that word, if it has
    one. For jobs that nobody tracks, nothing is written and next to nothing done.
    """
    raw = reservation.payload
    job = registry.find(name) if name else None
    has_result = job is not None and job.result_ttl is not None
    has_recoveries = job is not None and job.on_worker_loss == "requeue"
    commands = unlocking(store, raw, outcome, job) + leaving(store, reservation, job)
    if has_recoveries and not isinstance(outcome, Requeued):
        commands += store.recoveries.forgetting(reservation.queue, raw)
    if not has_result and not may_be_tracked(raw):
        return commands
    try:
        payload = Payload.decode(raw)
    except DecodeError:
        return commands
    if has_result and job is not None and job.result_ttl is not None and payload.id is not None:
        record = _result(payload, payload.id, reservation, outcome)
        value = outcome.value.encode() if isinstance(outcome, Succeeded) else b""
        waiting = record.retry - (record.ended or record.retry) if record.retry else 0.0
        ttl = job.result_ttl + waiting
        commands += store.results.recording(payload.id, record.encode(value), ttl)
    tracked = tracked_id(payload)
    if tracked is not None:
        commands += _status(store, tracked, payload, outcome, started)
    return commands


def unlocking(
    store: Store, raw: bytes, outcome: Outcome, job: Job[..., Any] | None
) -> list[Command]:
    """Return the command that frees the lock of a unique job, or keeps it for the next attempt."""
    lock = Lock.find(raw)
    if lock is None:
        return []
    if isinstance(outcome, (Retrying, Requeued)):
        waiting = outcome.delay if isinstance(outcome, Retrying) else 0.0
        return store.locks.keeping(lock, waiting + job.unique_for) if job else []
    return store.locks.releasing(lock)


def leaving(
    store: Store, reservation: Reservation, job: Job[..., Any] | None, *, begun: bool = True
) -> list[Command]:
    """Return the commands that give up the place of a job in its limit, if it has one."""
    if job is None or not job.is_limited:
        return []
    try:
        terms = terms_of(job, Payload.decode(reservation.payload))
    except DecodeError:
        return []
    if terms is None:
        return []
    commands = [] if begun else store.limits.forgetting(terms.limit, reservation.rid)
    return commands + store.limits.leaving(terms.limit, reservation.rid)


def may_be_tracked(raw: bytes) -> bool:
    """Tell cheaply whether a payload may be one that php-resque keeps track of."""
    return b'"prefix"' in raw and b'"id"' in raw


def tracked_name(raw: bytes) -> str | None:
    """Return the name under which php-resque may track a payload; None for one not like its."""
    try:
        return tracked_id(Payload.decode(raw))
    except DecodeError:
        return None


def _status(
    store: Store, tracked: str, payload: Payload, outcome: Outcome, started: Any
) -> list[Command]:
    updated = int(timestamps.now().timestamp())
    if started is None and payload.queued_at is not None:
        started = int(payload.queued_at.timestamp())
    if isinstance(outcome, (Retrying, Requeued)):
        packet = StatusPacket(status.WAITING, updated, started)
        return store.statuses.returning(tracked, packet.encode())
    if isinstance(outcome, (Succeeded, Skipped)):
        packet = StatusPacket(status.COMPLETE, updated, started)
        value = outcome.value.encode() if isinstance(outcome, Succeeded) else b""
        return store.statuses.ending(tracked, packet.encode(value))
    packet = StatusPacket(status.FAILED, updated, started)
    return store.statuses.ending(tracked, packet.encode())


def _result(payload: Payload, id_: str, reservation: Reservation, outcome: Outcome) -> ResultRecord:
    now = timestamps.now()
    failed = failure_in(outcome)
    began = timestamps.parse(reservation.run_at)
    exception, error = (failed.exception, failed.error[:_TEXT]) if failed else ("", "")
    if isinstance(outcome, Succeeded):
        error = outcome.fault
    elif isinstance(outcome, Expired):
        error = f"It waited {outcome.waited:.0f} s in its queue"
    retry = None
    if isinstance(outcome, Retrying):
        retry = timestamps.epoch(now + timedelta(seconds=outcome.delay))
    elif isinstance(outcome, Requeued):
        retry = timestamps.epoch(now)
    return ResultRecord(
        id=id_,
        status=_ENDS[type(outcome)],
        job=payload.name,
        queue=_text(reservation.queue),
        exception=_text(exception),
        error=_text(error),
        attempt=payload.attempt,
        worker=_text(reservation.worker),
        queued=timestamps.epoch(payload.queued_at) if payload.queued_at else None,
        started=timestamps.epoch(began) if began else None,
        ended=timestamps.epoch(now),
        retry=retry,
    )


def _note(reservation: Reservation, payload: Payload, outcome: Retrying, at: datetime) -> RetryNote:
    return RetryNote(
        timestamps.epoch(timestamps.now()),
        timestamps.epoch(at),
        payload.name,
        reservation.queue,
        outcome.attempt,
        outcome.most,
        payload.id or "",
        reservation.worker,
        outcome.failed.exception,
        outcome.failed.error,
    )


def _text(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


_ENDS: dict[type[Outcome], Ended] = {
    Succeeded: "succeeded",
    Skipped: "skipped",
    Failed: "failed",
    Retrying: "retrying",
    Requeued: "retrying",
    Expired: "expired",
}
