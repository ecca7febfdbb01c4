"""What follows from the end of a job: the next of its chain, and word to those that wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque.exceptions import DecodeError
from django_resque.execution.outcome import Requeued, Retrying, Succeeded
from django_resque.jobs.registry import registry
from django_resque.wire import timestamps
from django_resque.wire.codec import loads
from django_resque.wire.payload import Payload
from django_resque.wire.relations import followers, may_be_related, membership_of, next_link

if TYPE_CHECKING:
    from django_resque.execution.outcome import Outcome
    from django_resque.store import Store
    from django_resque.store.commander import Command
    from django_resque.wire.worker import Reservation


def following(
    store: Store, reservation: Reservation, outcome: Outcome, name: str | None
) -> list[Command]:
    """Return the commands that enqueue what follows, and let those know that wait for the job.

    ``name`` is the job's. For jobs that nobody follows or waits for, nothing is written and next
    to nothing done.
    """
    raw = reservation.payload
    job = registry.find(name) if name else None
    has_result = job is not None and job.result_ttl is not None
    if isinstance(outcome, (Retrying, Requeued)) or not (has_result or may_be_related(raw)):
        return []
    try:
        payload = Payload.decode(raw)
    except DecodeError:
        return []
    jobs = [payload.id] if has_result and _is_name(payload.id) else []
    group = membership_of(payload)
    commands: list[Command] = []
    if isinstance(outcome, Succeeded):
        link = next_link(payload, _value(outcome), timestamps.now())
        if link is not None:
            try:
                commands += store.queues.pushing(link.queue, [link.payload.encode()])
            except UnicodeEncodeError:
                return []  # a lone surrogate: none of our clients writes one
            group = None  # it tells of the last in the chain
    else:
        # None of those that were to follow succeeds either.
        jobs += [link.payload.id for link in followers(payload) if _is_name(link.payload.id)]
    return commands + store.relations.ending(
        is_done=isinstance(outcome, Succeeded),
        jobs=[job_id for job_id in jobs if job_id],
        group=group.group if group else "",
        member=group.member if group else "",
    )


def _value(outcome: Succeeded) -> Any:
    try:
        return loads(outcome.value.encode(), "value") if outcome.value else None
    except (DecodeError, UnicodeEncodeError):
        return None  # no performer answers so, but a job may have written its answer itself


def _is_name(job_id: str | None) -> bool:
    try:
        return bool(job_id and job_id.encode())
    except UnicodeEncodeError:
        return False
