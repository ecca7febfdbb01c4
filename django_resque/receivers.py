"""Our own signal receivers: connections kept apart from forks and jobs, and one log record a job.

They run around every fork and every job, so they do next to nothing when nothing is open.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.core.cache import caches
from django.db import Error, connections
from django.db.backends.signals import connection_created

from django_resque import signals, wiring
from django_resque.exceptions import DecodeError
from django_resque.execution.outcome import Expired, Failed, Requeued, Retrying, Skipped
from django_resque.execution.settle import job_name
from django_resque.jobs.masking import masked_text
from django_resque.wire.payload import Payload
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.dispatch import Signal

    from django_resque.execution.outcome import Outcome
    from django_resque.wire.worker import Reservation

logger = logging.getLogger(__name__)


def connect() -> None:
    """Connect all receivers; calling it again changes nothing."""
    receivers: list[tuple[Signal, Callable[..., None]]] = [
        (signals.forking, close_before_fork),
        (signals.job_finished, log_job),
        (signals.before_first_fork, log_start),
        (signals.before_pause, log_pause),
        (signals.after_pause, log_resumption),
        (signals.shutdown, log_stop),
        (signals.worker_exit, log_exit),
        (connection_created, watch_connections),
    ]
    for signal, receive in receivers:
        signal.connect(receive, dispatch_uid=_uid(receive))
    watch_connections()


def watch_connections(**_: Any) -> None:
    """See to database connections around jobs from now on, until a fork finds that none is open.

    In a process without any, a job is to cost nothing for them, not even a look.
    """
    for signal, receive in _watching():
        signal.connect(receive, dispatch_uid=_uid(receive))


def close_before_fork(**_: Any) -> None:
    """Close all that a child would share with its parent: two ends on one socket garble both."""
    _check_health()
    _close_databases()
    if not _is_database_open():
        for signal, receive in _watching():
            signal.disconnect(dispatch_uid=_uid(receive))
    caches.close_all()
    wiring.disconnect()


def forget_inherited_pools(**_: Any) -> None:
    """Drop, in the child, database pools that came along after all, without a word to the server.

    Another receiver may have opened one between our closing and the fork.
    """
    for connection in _pooled_connections():
        # Kept, never closed: closing would end the parent's sessions and wait for its threads.
        pools = connection._connection_pools  # noqa: SLF001 Django has no public name for it
        _inherited.append(pools.copy())
        pools.clear()


def prepare_connections(**_: Any) -> None:
    """Give the job connections that work, and a clean record of queries."""
    _check_health()
    for connection in connections.all(initialized_only=True):
        connection.queries_log.clear()
        _close_if_old(connection)


def release_connections(**_: Any) -> None:
    """Close connections that the job broke or that are past ``CONN_MAX_AGE``."""
    for connection in connections.all(initialized_only=True):
        _close_if_old(connection)


def close_at_exit(**_: Any) -> None:
    """Say goodbye to the database servers, which log a connection that merely vanishes."""
    _close_databases()


def log_job(*, reservation: Reservation, outcome: Outcome, **_: Any) -> None:
    """Log how a job ended: one line, without its arguments, and an error without its secrets."""
    level = _LEVELS.get(type(outcome), logging.INFO)
    if not logger.isEnabledFor(level):
        return
    queue = printable(reservation.queue)
    job = printable(job_name(reservation.payload) or "(invalid payload)")
    event, text, words = _ending(outcome, reservation.payload)
    extra = {"event": event, "queue": queue, "job": job}
    extra["worker"] = printable(reservation.worker)
    logger.log(level, f"%s from queue %s {text}", job, queue, *words, extra=extra)  # noqa: G004 one of the texts below


def _ending(outcome: Outcome, raw: bytes) -> tuple[str, str, tuple[Any, ...]]:
    """Return the event, the text and its arguments with which the log tells of an outcome."""
    if isinstance(outcome, Failed):
        error = printable(_masked(outcome.error, raw), 500)
        return "job.failed", "failed: %s: %s", (printable(outcome.exception), error)
    if isinstance(outcome, Retrying):
        when = f"in {outcome.delay:.0f} s" if outcome.delay else "at once"
        words = (when, outcome.attempt, outcome.most, printable(outcome.failed.exception))
        return "job.retried", "failed, retried %s (attempt %s of %s): %s", words
    if isinstance(outcome, Requeued):
        return "job.requeued", "was stopped with its worker and is queued again", ()
    if isinstance(outcome, Expired):
        return "job.expired", "was dropped: it had waited %.0f s", (outcome.waited,)
    if isinstance(outcome, Skipped):
        return "job.skipped", "was left unperformed by a hook", ()
    return "job.performed", "was performed", ()


def _masked(error: str, raw: bytes) -> str:
    try:
        payload = Payload.decode(raw)
    except DecodeError:
        return error
    return masked_text(error, payload)


def log_start(*, sender: Any, **_: Any) -> None:
    """Log that a worker begins, and by its id on which queues."""
    _log_worker("Worker %s starts", "worker.started", sender)


def log_pause(*, sender: Any, **_: Any) -> None:
    """Log that a worker was told to take no jobs."""
    _log_worker("Worker %s is paused", "worker.paused", sender)


def log_resumption(*, sender: Any, **_: Any) -> None:
    """Log that a worker takes jobs again."""
    _log_worker("Worker %s goes on", "worker.resumed", sender)


def log_stop(*, sender: Any, **_: Any) -> None:
    """Log that a worker was told to leave."""
    _log_worker("Worker %s was told to leave", "worker.stopping", sender)


def log_exit(*, sender: Any, **_: Any) -> None:
    """Log that a worker leaves."""
    _log_worker("Worker %s leaves", "worker.left", sender)


def _log_worker(message: str, event: str, worker: Any) -> None:
    shown = printable(worker.id)
    logger.info(message, shown, extra={"event": event, "worker": shown})


def _watching() -> list[tuple[Signal, Callable[..., None]]]:
    return [
        (signals.forked, forget_inherited_pools),
        (signals.performing, prepare_connections),
        (signals.performed, release_connections),
        (signals.performer_exit, close_at_exit),
    ]


def _is_database_open() -> bool:
    # A pool may open connections at any time, in threads of its own.
    if any(settings["OPTIONS"].get("pool") for settings in connections.settings.values()):
        return True
    opened = connections.all(initialized_only=True)
    return any(each.connection is not None for each in opened)


def _uid(receive: Callable[..., None]) -> str:
    return f"django_resque.{receive.__name__}"


def _close_databases() -> None:
    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block:
            continue  # the transaction of a test, around a worker that it runs by itself
        if connection.connection is not None:
            with suppress(Error):
                connection.close()
        connection.queries_log.clear()
    for connection in _pooled_connections():
        connection.close_pool()


def _close_if_old(connection: BaseDatabaseWrapper) -> None:
    if connection.connection is not None and not connection.in_atomic_block:
        # What cannot even be closed any more is gone; the next query opens another.
        with suppress(Error):
            connection.close_if_unusable_or_obsolete()


def _check_health() -> None:
    """Let Django try a connection kept from an earlier job before the next job uses it.

    The server may have closed it meanwhile, and that is no fault of the job. It costs one ping
    in each job that queries, on each connection that outlives its job.
    """
    unchecked = [
        settings for settings in connections.settings.values() if not settings["CONN_HEALTH_CHECKS"]
    ]
    if unchecked:
        for settings in unchecked:
            settings["CONN_HEALTH_CHECKS"] = True
        connection: Any
        for connection in connections.all(initialized_only=True):
            connection.health_check_enabled = True
        for connection in _pooled_connections():
            connection.close_pool()


def _pooled_connections() -> Iterator[Any]:
    """Iterate over the connections whose backend has a pool open.

    A pool belongs to the process, so it counts although this thread never used its connection.
    """
    for alias, settings in connections.settings.items():
        if settings["OPTIONS"].get("pool"):
            connection = connections[alias]
            if getattr(connection, "_connection_pools", None):
                yield connection


_LEVELS = {Failed: logging.ERROR, Expired: logging.WARNING}
_inherited: list[dict[Any, Any]] = []
