"""Unique jobs: marks a payload with its lock, and pushes it only if the lock was free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque.exceptions import ArgumentError
from django_resque.jobs.grouping import canonical, group
from django_resque.jobs.moments import timestamp
from django_resque.jobs.registry import registry
from django_resque.store.locks import Locking
from django_resque.wire import delayed, timestamps
from django_resque.wire.codec import dumps
from django_resque.wire.lock import KEY, Lock, lock_name
from django_resque.wire.status import WAITING, StatusPacket, tracked_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from django_resque.jobs.definition import Job
    from django_resque.jobs.handles import JobHandle
    from django_resque.store import Store
    from django_resque.store.commander import Command
    from django_resque.wire.payload import Payload


def mark(job: Job[..., Any], payload: Payload) -> None:
    """Let the payload of a job name its lock, if it is unique.

    Raises ArgumentError if ``unique_by`` makes nothing of its arguments.
    """
    if not job.unique:
        return
    if job.unique_by is None:
        # As a worker will read them: a tuple is a list by then.
        call = dumps(canonical(payload.args))
    else:
        call = group("unique_by", job.unique_by, job.parameters, payload.args)
    payload.extras[KEY] = lock_name(job.name, call)


def push_unique(
    store: Store,
    job: Job[..., Any],
    queue: str,
    pushes: Sequence[tuple[JobHandle, bytes]],
    due: datetime | None,
) -> None:
    """Push those whose lock is free, each with its lock in one step; lay them by until ``due``.

    The handles of the others learn whose duplicates they are.
    """
    locked: list[tuple[JobHandle, Locking]] = []
    for handle, raw in pushes:
        lock = Lock.of(handle.payload)
        if lock is None:  # a hook has taken its id away
            raise ArgumentError(f"{job.name} is unique, and its payload bears no id")
        commands: list[Command] = []
        if job.php_status:
            commands += store.statuses.beginning(waiting_packets([handle.payload]))
        if due is not None:
            commands += store.delayed.delaying(
                delayed.encode(handle.payload, queue), timestamp(due)
            )
        else:
            commands += store.queues.pushing(queue, [raw], at_front=job.at_front)
        locked.append((handle, Locking(lock, commands)))
    if job.at_front:
        locked.reverse()  # for each goes before those that were pushed before it
    waiting = (due - timestamps.now()).total_seconds() if due is not None else 0.0
    owners = store.locks.take([locking for _, locking in locked], job.unique_for + waiting)
    for (handle, locking), owner in zip(locked, owners, strict=True):
        if owner != locking.lock.owner and handle.fate is not None:
            handle.fate.duplicate_of = owner


def waiting_packets(payloads: Sequence[Payload]) -> Iterator[tuple[str, bytes]]:
    """Iterate over php-resque's status packets of jobs that are about to wait, and their names."""
    now = int(timestamps.now().timestamp())
    for payload in payloads:
        if (name := tracked_id(payload)) is not None:
            yield name, StatusPacket(WAITING, now, now).encode()


def free_locks(store: Store, queue: str) -> int:
    """Remove from a queue what has a lock, which is free again, before all of it is removed.

    Returns how many. Where no job is unique the queue is not even read.
    """
    if not any(job.unique for job in registry):
        return 0
    locked = [raw for raw in store.queues.scan(queue) if Lock.find(raw)]
    return store.queues.remove_each(queue, locked)
