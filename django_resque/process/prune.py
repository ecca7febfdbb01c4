"""Finds workers that died without a word and ends their jobs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.exceptions import DecodeError, PruneDeadWorkerDirtyExit
from django_resque.execution.identity import died_here, is_silent
from django_resque.execution.outcome import Failed
from django_resque.execution.settle import held_job, job_name, unregister
from django_resque.wire import timestamps
from django_resque.wire.printable import printable
from django_resque.wire.worker import WorkerId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.execution.verdict import Verdict
    from django_resque.failures.base import FailureBackend
    from django_resque.store import Store
    from django_resque.wire.worker import Reservation

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pruned:
    """A worker that was struck off, and the job it held, if any, with how that job ended."""

    worker: str
    reservation: Reservation | None
    outcome: Verdict


def prune(
    store: Store,
    backends: Sequence[FailureBackend],
    ttl: float,
    *,
    own: str = "",
    listening: float = float("inf"),
) -> list[Pruned]:
    """Strike off every dead worker but ``own``; its job, if it held one, fails.

    One of ours is dead when its pid on this machine is gone, or after ``ttl`` seconds of
    silence; a worker of another client after Ruby's own limit. Silence counts for no longer than
    the ``listening`` seconds for which it could have been heard. However many processes
    prune at once, and whatever the worker does if it is alive after all, a job ends once.
    """
    ids, beats, now = store.workers.signs_of_life()
    dead = [
        worker
        for worker in sorted(ids | beats.keys())
        if worker != own and _is_dead(worker, beats.get(worker), now, ttl, listening)
    ]
    pruned = [
        strike(store, backends, worker, claim, beats.get(worker, ""))
        for worker, claim in zip(dead, store.workers.claims(dead), strict=True)
    ]
    return [row for row in pruned if row is not None]


def strike(
    store: Store,
    backends: Sequence[FailureBackend],
    worker: str,
    claim: bytes | None,
    heartbeat: str | None,
) -> Pruned | None:
    """Strike one dead worker off; None if it turned out to be otherwise meanwhile."""
    failed = Failed.from_exception(PruneDeadWorkerDirtyExit(worker, held_job(worker, claim)))
    struck, reservation, outcome = unregister(
        store, backends, worker, failed, claim=claim, heartbeat=heartbeat
    )
    if not struck:
        return None
    _log(worker, reservation, outcome)
    return Pruned(worker, reservation, outcome)


def _log(worker: str, reservation: Reservation | None, outcome: Verdict) -> None:
    extra = {"event": "worker.pruned", "worker": printable(worker)}
    if reservation is None:
        logger.warning("Pruned dead worker %s", extra["worker"], extra=extra)
        return
    extra["queue"] = printable(reservation.queue)
    extra["job"] = printable(job_name(reservation.payload) or "(invalid payload)")
    logger.error(
        "Pruned dead worker %s; its job %s from queue %s %s",
        extra["worker"],
        extra["job"],
        extra["queue"],
        "failed" if isinstance(outcome, Failed) else "is performed again",
        extra=extra,
    )


def _is_dead(worker: str, heartbeat: str | None, now: int, ttl: float, listening: float) -> bool:
    try:
        identity = WorkerId.parse(worker)
    except DecodeError:
        identity = None
    if identity is not None and died_here(identity):
        return True
    beat = timestamps.parse(heartbeat) if heartbeat else None
    if beat is None:
        return False
    return is_silent(identity, min(now - beat.timestamp(), listening), ttl)
