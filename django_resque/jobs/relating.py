"""From chains and groups to bytes in queues, all of one in the same step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_resque import wiring
from django_resque.conf import get_settings
from django_resque.exceptions import ArgumentError
from django_resque.jobs.commit import after_commit
from django_resque.jobs.encoding import encode
from django_resque.jobs.enqueueing import (
    begin_statuses,
    enqueue_payloads,
    hooks_of,
    perform_inline,
    tell_enqueued,
)
from django_resque.jobs.handles import JobHandle
from django_resque.jobs.plugins import lets_pass
from django_resque.jobs.together import ChainHandle, GroupHandle
from django_resque.jobs.waiting import let_wait
from django_resque.wire.codec import MAX_DEPTH, too_deep
from django_resque.wire.relations import Link, Membership, related

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.jobs.definition import Job
    from django_resque.store.commander import Command
    from django_resque.wire.payload import Payload
    from django_resque.wire.relations import OnFailure

MOST_LINKS = 100
"""The most jobs of a chain: each payload carries those that follow."""
MOST_MEMBERS = 10_000
"""The most members of a group: they are enqueued in one step, in which Redis does nothing else."""
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """One job of a chain that is about to be enqueued."""

    job: Job[..., Any]
    payload: Payload
    takes_result: bool = False

    @property
    def link(self) -> Link:
        """The form in which the payload of the job before it carries it."""
        queue = self.job.queue or get_settings().default_queue
        return Link(queue, self.payload, self.takes_result)


def enqueue_chain(steps: Sequence[Step]) -> ChainHandle:
    """Enqueue the first job, which carries the others; return a handle on each."""
    if steps[0].takes_result:
        raise ArgumentError(f"{steps[0].job.name} takes a result, and no job comes before it")
    job, payload = steps[0].job, _joined(steps)
    (first,) = enqueue_payloads(job, [payload])
    return ChainHandle(_handles(first, steps))


def enqueue_group(
    members: Sequence[Sequence[Step]], callback: Sequence[Step], on_failure: OnFailure
) -> GroupHandle:
    """Enqueue the members and let the callback wait for them, in one step; return a handle.

    A member that a hook refuses is none.
    """
    last = callback[0]
    final = _joined(callback)
    encode(final, last.job.parameters.names)
    found = [
        _member(place, steps, str(final.id), on_failure) for place, steps in enumerate(members)
    ]
    enqueued = [each for each in found if each.handle]
    first = JobHandle(last.link.queue, final, follows=True)
    if get_settings().inline:
        for each in enqueued:
            perform_inline(each.job, [each.raw], [each.handle.payload], each.handle.queue)
        perform_inline(last.job, [final.encode()], [final], first.queue)
    else:

        def push() -> None:
            for each in enqueued:
                begin_statuses(each.job, [each.handle.payload])
            names = [each.name for each in enqueued]
            let_wait(
                final,
                first.queue,
                on_failure=on_failure,
                members=names,
                pushes=_pushes(enqueued),
                at_front=last.job.at_front,
            )
            for each in enqueued:
                tell_enqueued(each.job, [each.handle.payload], each.handle.queue)

        after_commit(push, last.job.on_commit)
    handles = [each.whole for each in found]
    return GroupHandle(tuple(handles), _handles(first, callback)[-1], first)


@dataclass(frozen=True, slots=True)
class _Member:
    job: Job[..., Any]
    name: str
    raw: bytes
    handle: JobHandle
    whole: JobHandle | ChainHandle


def _member(place: int, steps: Sequence[Step], group: str, on_failure: OnFailure) -> _Member:
    name = steps[-1].payload.id or str(place)
    job, membership = steps[0].job, Membership(group, name, on_failure)
    payload, queue = _joined(steps, membership), steps[0].link.queue
    raw = encode(payload, job.parameters.names)
    plugins = hooks_of(job)
    if plugins:
        passes = lets_pass(plugins, "before_enqueue", payload, queue)
        # Encoded anew, because a hook may have added to the extras.
        raw = encode(payload, job.parameters.names)
        handle = JobHandle(queue, payload, vetoed=not passes)
    else:
        handle = JobHandle(queue, payload)
    handles = _handles(handle, steps, membership)
    return _Member(job, name, raw, handle, ChainHandle(handles) if len(handles) > 1 else handle)


def _joined(steps: Sequence[Step], membership: Membership | None = None) -> Payload:
    """Return the payload of the first of these jobs, which carries the others."""
    payload = related(steps[0].payload, [step.link for step in steps[1:]], membership)
    # A claim stands around the payload.
    if len(steps) > 1 and too_deep([payload.args, payload.extras], MAX_DEPTH - 1):
        raise ArgumentError(
            f"{payload.name}: what follows it has arguments that are nested too deep"
        )
    return payload


def _handles(
    first: JobHandle, steps: Sequence[Step], membership: Membership | None = None
) -> tuple[JobHandle, ...]:
    handles = [first]
    for place, step in enumerate(steps[1:], 1):
        handles.append(
            JobHandle(
                step.link.queue,
                _joined(steps[place:], membership),
                vetoed=first.vetoed,
                follows=True,
                before=handles[-1],
            )
        )
    return tuple(handles)


def _pushes(members: Sequence[_Member]) -> list[Command]:
    queues: dict[tuple[str, bool], list[bytes]] = {}
    for each in members:
        queues.setdefault((each.handle.queue, each.job.at_front), []).append(each.raw)
    commands: list[Command] = []
    for (queue, at_front), payloads in queues.items():
        # LPUSH turns the order around, in a command and from one command to the next.
        items = payloads[::-1] if at_front else payloads
        for start in range(0, len(items), _CHUNK):
            chunk = items[start : start + _CHUNK]
            commands += wiring.store().queues.pushing(queue, chunk, at_front=at_front)
    return commands
