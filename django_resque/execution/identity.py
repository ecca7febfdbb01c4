"""This process' name among all workers on all machines, and whether a namesake still lives."""

from __future__ import annotations

import hashlib
import os
import re
import socket
from functools import lru_cache
from pathlib import Path

from django_resque.wire.worker import WorkerId

FOREIGN_TTL = 300.0
"""Seconds of silence after which another client's worker is dead: Ruby's own limit.

Ruby beats once a minute only; clients that never beat are never dead.
"""

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


def new_worker_id(queues: str) -> WorkerId:
    """Return the id for a worker in this process.

    Its token is the machine's mark and four random hex digits, so that neither containers of
    one name nor a pid used again can be taken for one another.
    """
    return WorkerId(hostname(), os.getpid(), queues, machine() + os.urandom(2).hex())


def new_scheduler_id() -> str:
    """Return the name by which a scheduler in this process holds the master lock.

    ``host:pid`` is Ruby's form; the token keeps a pid that is used again from passing for it.
    """
    return f"{hostname()}~{machine()}{os.urandom(2).hex()}:{os.getpid()}"


def hostname() -> str:
    """Return this host's name in the characters that a worker id can hold."""
    name = _UNFIT.sub("-", socket.gethostname())[:200].strip("-")
    return name or "unknown"


@lru_cache(maxsize=1)
def machine() -> str:
    """Return the mark of this boot of this machine and pid namespace: eight hex digits.

    Where the system does not tell (it is not Linux), the mark is random: then nobody is ever
    taken for a neighbour whose pids can be checked.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_bytes()
        namespace = Path("/proc/self/ns/pid").readlink()
    except OSError:
        return os.urandom(4).hex()
    return hashlib.sha256(boot + os.fsencode(namespace)).hexdigest()[:8]


def is_here(worker: WorkerId) -> bool:
    """Tell whether a worker's pid is a number of this machine and pid namespace."""
    return bool(worker.token) and worker.machine == machine() and worker.host == hostname()


def is_silent(worker: WorkerId | None, seconds: float, ttl: float) -> bool:
    """Tell whether a worker without a sign of life for that long is dead: ``ttl`` is for ours."""
    ours = worker is not None and bool(worker.token)
    return seconds > (ttl if ours else FOREIGN_TTL)


def died_here(worker: WorkerId) -> bool:
    """Tell whether a worker is known to be dead because it ran here and its pid is gone."""
    return is_here(worker) and not is_running(worker.pid)


def is_running(pid: int) -> bool:
    """Tell whether a process of this pid runs on this machine.

    One that ended and waits for its parent to notice does not: where a container's first process
    buries nobody, it would wait for ever.
    """
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):  # no process has so large a pid
        return False
    except PermissionError:
        pass  # somebody else's
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return True  # this system, or this user, is not told
    return state != b"Z"
