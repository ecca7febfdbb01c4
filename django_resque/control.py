"""What operators do: pause and resume, retry and clear failures, remove workers."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from django_resque.exceptions import (
    DecodeError,
    DirtyExit,
    FailureNotFound,
    InvalidQueueName,
    WorkerElsewhere,
    WorkerNotFound,
)
from django_resque.execution.identity import is_here
from django_resque.execution.outcome import Failed
from django_resque.execution.perform import mourn
from django_resque.execution.settle import unregister
from django_resque.jobs.queues import remove_from
from django_resque.wire import timestamps
from django_resque.wire.failure import INVALID_PAYLOAD, FailureRecord, stamped
from django_resque.wire.payload import Payload
from django_resque.wire.queue_name import check_queue_name
from django_resque.wire.worker import WorkerId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.failures.base import FailureBackend
    from django_resque.store import Store

_TITLE = re.compile(rb"resque-[0-9][^ ]*: ")
_UNREADABLE = FailureRecord("", b"", "", "", [], "", "")


def pause_all(store: Store) -> None:
    """Let no worker take another job: ours, and those of Ruby."""
    store.workers.pause_all()


def resume_all(store: Store) -> None:
    """End the pause of all workers."""
    store.workers.resume_all()


def pause_queue(store: Store, queue: str) -> bool:
    """Let no worker of ours take from a queue; False if it was paused already."""
    if queue not in store.queues.names():  # one that another client made may have any name
        check_queue_name(queue)
    return store.queues.pause(queue)


def resume_queue(store: Store, queue: str) -> bool:
    """End the pause of a queue; False if it was not paused."""
    return store.queues.resume(queue)


def remove_queue(store: Store, queue: str) -> int:
    """Forget a queue with all jobs in it; return how many there were."""
    return store.queues.remove(queue)


def remove_job(store: Store, queue: str, id_: str) -> bool:
    """Remove the job with this id from a queue; False if it does not wait there (any more)."""
    return remove_from(store, queue, id_)


def retry_failure(
    store: Store, name: str, record: bytes, index: int, *, to: str = "", remove: bool = False
) -> str:
    """Enqueue what failed again, to its own queue or another; return the queue.

    ``record`` is the exact bytes in the failed list ``name``, ``index`` where they were seen. The
    record is marked as retried, or removed, in the same step: whoever comes second with the same
    bytes, be it by a double click, gets FailureNotFound. Raises DecodeError for what cannot be
    performed and InvalidQueueName for where it cannot go; the record stays then.
    """
    failure = FailureRecord.decode(record)
    raw = failure.payload
    Payload.decode(raw)
    if raw == INVALID_PAYLOAD:
        raise DecodeError("the payload of this failure is not readable", record)
    queue = to or failure.queue
    check_queue_name(queue)
    if remove:
        done = store.failures.remove(name, record, index, payload=raw, queue=queue)
    else:
        mark = stamped(record, timestamps.failed_at(timestamps.now()))
        done = store.failures.replace(name, record, index, mark, payload=raw, queue=queue)
    if not done:
        raise FailureNotFound("The failure is gone: it was retried or removed meanwhile")
    return queue


def retry_failures(store: Store, *, queue: str = "", to: str = "") -> tuple[int, int]:
    """Retry all failures, or those of one queue, that were not retried yet, the oldest first.

    Returns how many were, and how many cannot be retried; those stay as they are. What fails
    again meanwhile is not retried again.
    """
    retried = refused = 0
    for name in store.failures.lists():
        for index, record in store.failures.scan(name, oldest_first=True):
            failure = _decoded(record)
            if _was_retried(failure) or (queue and failure.queue != queue):
                continue
            try:
                retry_failure(store, name, record, index, to=to)
            except (DecodeError, InvalidQueueName):
                refused += 1
            except FailureNotFound:
                continue  # somebody else was quicker
            else:
                retried += 1
    return retried, refused


def remove_failure(store: Store, name: str, record: bytes, index: int) -> None:
    """Remove one failure, given by its exact bytes. Raises FailureNotFound if it is gone."""
    if not store.failures.remove(name, record, index):
        raise FailureNotFound("The failure is gone: it was retried or removed meanwhile")


def clear_failures(store: Store) -> int:
    """Remove all failures from all lists; return how many there were."""
    return sum(store.failures.clear(name) for name in store.failures.lists())


def clear_retried(store: Store) -> int:
    """Remove the failures that were retried; return how many there were."""
    return sum(
        store.failures.remove(name, record, index)
        for name in store.failures.lists()
        for index, record in store.failures.scan(name)
        if _was_retried(_decoded(record))
    )


def remove_worker(store: Store, backends: Sequence[FailureBackend], worker: str) -> bool:
    """Strike a worker off; the job it holds, if any, fails. Tell whether it held one.

    A worker of ours that is alive registers again with its next heartbeat, and its job ends with
    this failure whatever comes of it. Raises WorkerNotFound.
    """
    while True:
        (claim,) = store.workers.claims([worker])
        failed = Failed.from_exception(
            DirtyExit(f"Worker {worker} was removed while the job was being processed")
        )
        struck, reservation = unregister(store, backends, worker, failed, claim=claim)
        if struck:
            if reservation is not None:
                mourn(reservation, failed, backends)
            return reservation is not None
        if (worker not in store.workers.ids()) and worker not in store.workers.heartbeats():
            raise WorkerNotFound(f"No worker {worker} is registered")


def kill_worker(store: Store, backends: Sequence[FailureBackend], worker: str) -> bool:
    """Kill a worker's process, on this machine only, and strike it off, also if it died already.

    Tell whether it held a job, which fails. Raises WorkerElsewhere, and does nothing, for a
    process that is not certainly this worker of ours, WorkerNotFound.
    """
    registered = store.workers.ids()
    if worker not in registered:
        raise WorkerNotFound(f"No worker {worker} is registered")
    identity = WorkerId.parse(worker)
    if not is_here(identity):
        raise WorkerElsewhere(
            f"Worker {worker} does not run on this machine and pid namespace, or is not one of "
            "ours: kill it where it runs"
        )
    for other in registered:
        if other != worker and _same_process(identity, other):
            raise WorkerElsewhere(f"Process {identity.pid} may be that of {other} by now")
    _kill(identity.pid)
    return remove_worker(store, backends, worker)


def _same_process(identity: WorkerId, other: str) -> bool:
    try:
        parsed = WorkerId.parse(other)
    except DecodeError:
        return False
    same_machine = not parsed.token or parsed.machine == identity.machine
    return same_machine and (parsed.host, parsed.pid) == (identity.host, identity.pid)


def _kill(pid: int) -> None:
    try:
        # The descriptor stands for the process that is looked at, even if its pid is used again.
        descriptor = os.pidfd_open(pid)
        try:
            title = Path(f"/proc/{pid}/cmdline").read_bytes()
            if title and not _TITLE.search(title):
                raise WorkerElsewhere(f"Process {pid} is not a worker: its pid was used again")
            if title:  # a process that ended and waits for its parent has none
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        finally:
            os.close(descriptor)
    except (ProcessLookupError, FileNotFoundError):
        return
    except OSError as error:
        raise WorkerElsewhere(f"Process {pid} cannot be killed from here: {error}") from error


def _decoded(record: bytes) -> FailureRecord:
    try:
        return FailureRecord.decode(record)
    except DecodeError:
        return _UNREADABLE


def _was_retried(failure: FailureRecord) -> bool:
    return bool(failure.extras.get("retried_at"))
