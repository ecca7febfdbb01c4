"""What operators do to workers: pause and resume all, remove or kill one."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from django_resque.exceptions import DecodeError, DirtyExit, WorkerElsewhere, WorkerNotFound
from django_resque.execution.identity import is_here
from django_resque.execution.outcome import Failed
from django_resque.execution.perform import mourn
from django_resque.execution.settle import unregister
from django_resque.wire.worker import WorkerId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.failures.base import FailureBackend
    from django_resque.store import Store

_TITLE = re.compile(rb"resque-[0-9][^ ]*: ")


def pause_all(store: Store) -> None:
    """Let no worker take another job: ours, and those of Ruby."""
    store.workers.pause_all()


def resume_all(store: Store) -> None:
    """End the pause of all workers."""
    store.workers.resume_all()


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
