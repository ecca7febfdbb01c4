"""Lets jobs wait for others outside of the queues, and tells them of ends no worker writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque import wiring
from django_resque.exceptions import ArgumentError, DependencyError, StoreError
from django_resque.jobs.registry import registry
from django_resque.store.relations import Waiting
from django_resque.wire.codec import dumps
from django_resque.wire.relations import POLICIES, followers, membership_of
from django_resque.wire.result import ResultRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.jobs.handles import JobHandle
    from django_resque.store.commander import Command
    from django_resque.wire.payload import Payload
    from django_resque.wire.relations import OnFailure

CANCELLED_TTL = 86_400.0
"""Seconds that it is kept that a job was cancelled, if it keeps no results."""
_WHY_DROPPED = "A job that it waited for did not succeed, or it was cancelled while it waited"
_QUEUE_TIME = "queue_time"


def checked_policy(on_failure: Any) -> OnFailure:
    """Return a policy. Raises ArgumentError for what is none."""
    if on_failure not in POLICIES:
        raise ArgumentError(f'on_failure={on_failure!r}: give it "wait", "continue" or "cancel"')
    policy: OnFailure = on_failure
    return policy


def check_dependencies(handles: Sequence[JobHandle]) -> None:
    """Raise DependencyError if nobody would tell of the end of one of these jobs."""
    for handle in handles:
        name = handle.payload.name
        job = registry.find(name)
        if not handle:
            raise DependencyError(f"{name} was refused by a before_enqueue hook, so it never ends")
        if handle.id is None or (job is not None and job.result_ttl is None):
            raise DependencyError(
                f"{name} keeps no results, so nobody can tell when it has ended: "
                "give it @job(result_ttl=...)"
            )


def let_wait(
    payload: Payload,
    queue: str,
    *,
    on_failure: OnFailure,
    after: Sequence[JobHandle] = (),
    members: Sequence[str] = (),
    pushes: Sequence[Command] = (),
    at_front: bool = False,
) -> None:
    """Let a job wait for others, and push the members of its group with the same step.

    Raises DependencyError, and the job does not wait, if one of those ``after`` which it comes
    is nowhere.
    """
    relations = wiring.store().relations
    waiting = _waiting(payload, queue, on_failure, at_front=at_front)
    ids = [str(handle.id) for handle in after]
    _state, unknown = relations.wait(waiting, members=members, after=ids, pushes=pushes)
    if not unknown:
        return
    # Asked now and not before: it may have come to its end meanwhile, but then it has told so.
    lost = [each for each in after if each.id in unknown and not each.from_id]
    for handle in lost:
        if handle.is_cut_off:
            # It told so when nobody waited for it.
            relations.tell(is_done=False, jobs=[str(handle.id)])
        elif handle.status == "unknown" and relations.drop(waiting.id):
            raise DependencyError(
                f"{payload.name} cannot wait for {handle.payload.name} with the id {handle.id}: "
                "it is nowhere, and no result of it is kept any more"
            )


def tell_cancelled(payload: Payload) -> None:
    """Tell those that wait for a job that it was taken out of its queue."""
    group = membership_of(payload)
    wiring.store().relations.tell(
        is_done=False,
        jobs=_ids(payload),
        group=group.group if group else "",
        member=group.member if group else "",
    )


def is_called_off(payload: Payload) -> bool:
    """Tell whether a job is not to be performed because its group was cancelled."""
    group = membership_of(payload)
    if group is None or group.on_failure != "cancel":
        return False
    try:
        return wiring.store().relations.is_called_off(group.group, group.member)
    except StoreError:
        return False  # to perform it in vain is better than to leave it unperformed


def _waiting(payload: Payload, queue: str, on_failure: OnFailure, *, at_front: bool) -> Waiting:
    job = registry.find(payload.name)
    head, tail = _halves(payload)
    group = membership_of(payload)
    id_ = str(payload.id)
    record = ResultRecord(id_, "cancelled", payload.name, queue, error=_WHY_DROPPED)
    return Waiting(
        id_,
        queue,
        head,
        tail,
        on_failure,
        _ids(payload),
        record.encode(),
        (job.result_ttl if job else None) or CANCELLED_TTL,
        group.group if group else "",
        group.member if group else "",
        at_front,
    )


def _halves(payload: Payload) -> tuple[bytes, bytes | None]:
    """Return a payload's bytes before and behind the time at which it goes to its queue."""
    document = {"class": payload.name, "args": payload.args, **payload.extras}
    if _QUEUE_TIME not in document:
        return dumps(document), None
    names = list(document)
    at = names.index(_QUEUE_TIME)
    before = dumps({**{name: document[name] for name in names[:at]}, _QUEUE_TIME: 0})
    behind = dumps({name: document[name] for name in names[at + 1 :]})
    return before[: -len(b"0}")], b"}" if behind == b"{}" else b"," + behind[1:]


def _ids(payload: Payload) -> list[str]:
    ids = [payload.id, *(link.payload.id for link in followers(payload))]
    return [each for each in ids if each]
