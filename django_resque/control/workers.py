"""What operators do to workers: pause, resume, stop, remove or kill them, and kill their jobs."""

from __future__ import annotations

import os
import re
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from django_resque.exceptions import (
    DecodeError,
    DirtyExit,
    JobNotFound,
    NoQueueError,
    WorkerElsewhere,
    WorkerNotFound,
)
from django_resque.execution.identity import is_here
from django_resque.execution.outcome import Failed
from django_resque.execution.perform import mourn
from django_resque.execution.queue_names import QueuePatterns
from django_resque.execution.settle import unregister
from django_resque.wire.order import Order
from django_resque.wire.vitals import Vitals
from django_resque.wire.worker import Reservation, WorkerId

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django_resque.execution.verdict import Verdict
    from django_resque.failures.base import FailureBackend
    from django_resque.store import Store

_TITLE = re.compile(rb"resque-[0-9][^ ]*: ")


def pause_all(store: Store) -> None:
    """Let no worker take another job: ours, and those of Ruby."""
    store.workers.pause_all()


def resume_all(store: Store) -> None:
    """End the pause of all workers."""
    store.workers.resume_all()


def pause_worker(store: Store, worker: str) -> None:
    """Let one worker of ours, on any machine, take no further job until it is resumed.

    Raises WorkerNotFound, and WorkerElsewhere for one that does not hear orders.
    """
    _tell(store, worker, Order("pause"))


def resume_worker(store: Store, worker: str) -> None:
    """End the pause of one worker. Raises as :func:`pause_worker` does."""
    _tell(store, worker, Order("resume"))


def stop_worker(store: Store, worker: str) -> None:
    """Let one worker leave after the job it has. Raises as :func:`pause_worker` does."""
    _tell(store, worker, Order("stop"))


def kill_job(store: Store, worker: str, rid: str) -> None:
    """Kill the job that a worker has claimed as ``rid``; it fails, and the worker goes on.

    Never another job that begins meanwhile. A worker with ``--no-fork`` cannot kill its job.
    Raises as :func:`pause_worker` does, and JobNotFound if the job has ended.
    """
    _check_hears(store, worker)
    (claim,) = store.workers.claims([worker])
    if not rid or _rid(worker, claim) != rid:
        raise JobNotFound(f"Worker {worker} does not have this job any more")
    store.workers.order(worker, Order("kill", rid=rid).encode())


def hurry(store: Store, queue: str) -> int:
    """Let the workers that take from a queue look there first, once, when they are free.

    Tells none where an idle one takes the next job anyway; returns how many were told.
    """
    able = [each for each in _hearing(store) if _takes_from(each[0], queue)]
    claims = store.workers.claims([worker for worker, _ in able])
    if any(
        claim is None and vitals.state not in ("paused", "stopping")
        for (_, vitals), claim in zip(able, claims, strict=True)
    ):
        return 0
    for worker, _ in able:
        store.workers.order(worker, Order("first", queue=queue).encode())
    return len(able)


def remove_worker(store: Store, backends: Sequence[FailureBackend], worker: str) -> Verdict | None:
    """Strike a worker off, and return what became of the job it held; None if it held none.

    The job fails, unless it is to be performed again after such a loss. A worker of ours that is
    alive registers again with its next heartbeat, and its job ends with this whatever comes of
    it. Raises WorkerNotFound.
    """
    while True:
        (claim,) = store.workers.claims([worker])
        failed = Failed.from_exception(
            DirtyExit(f"Worker {worker} was removed while the job was being processed")
        )
        struck, reservation, outcome = unregister(store, backends, worker, failed, claim=claim)
        if struck:
            if reservation is not None:
                mourn(reservation, outcome, backends)
            return outcome if reservation is not None else None
        if (worker not in store.workers.ids()) and worker not in store.workers.heartbeats():
            raise WorkerNotFound(f"No worker {worker} is registered")


def kill_worker(store: Store, backends: Sequence[FailureBackend], worker: str) -> Verdict | None:
    """Kill a worker's process, on this machine only, and strike it off, also if it died already.

    Returns what became of its job, as :func:`remove_worker` does. Raises WorkerElsewhere, and
    does nothing, for a process that is not certainly this worker of ours, WorkerNotFound.
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


def _tell(store: Store, worker: str, order: Order) -> None:
    _check_hears(store, worker)
    store.workers.order(worker, order.encode())


def _check_hears(store: Store, worker: str) -> None:
    if worker not in store.workers.ids():
        raise WorkerNotFound(f"No worker {worker} is registered")
    if not (_is_ours(worker) and store.workers.vitals_of([worker])):
        raise WorkerElsewhere(
            f"Worker {worker} cannot be commanded through Redis: it is that of another client, or "
            "of a django-resque that does not hear. Send its process a signal where it runs"
        )


def _hearing(store: Store) -> Iterator[tuple[str, Vitals]]:
    """Iterate over the workers that hear orders, with what they tell of themselves."""
    ours = list(filter(_is_ours, store.workers.ids()))
    for worker, raw in store.workers.vitals_of(ours).items():
        with suppress(DecodeError):
            yield worker, Vitals.decode(raw)


def _is_ours(worker: str) -> bool:
    try:
        return bool(WorkerId.parse(worker).token)
    except DecodeError:
        return False


def _takes_from(worker: str, queue: str) -> bool:
    try:
        patterns = QueuePatterns.parse(WorkerId.parse(worker).queues.split(","))
    except NoQueueError:
        return False
    return queue in patterns.expand([queue])


def _rid(worker: str, claim: bytes | None) -> str:
    try:
        return Reservation.decode(worker, claim).rid if claim is not None else ""
    except DecodeError:
        return ""


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
