"""The job at work, as its own code sees it: ``get_current_job().progress(3, 10)``."""

from __future__ import annotations

import logging
import time
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

from django_resque import wiring
from django_resque.conf import get_settings
from django_resque.exceptions import ArgumentError, StoreError
from django_resque.wire import timestamps
from django_resque.wire.codec import dumps
from django_resque.wire.result import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.jobs.definition import Job
    from django_resque.wire.payload import Payload

logger = logging.getLogger(__name__)

WRITE_EVERY = 0.25
"""Seconds between two writes of progress; what is told in between is written with a later one."""
PROGRESS_TTL = 86_400.0
"""Seconds that the progress of a job without a ``result_ttl`` can be seen, from the last sign."""
MOST_META = 100_000
"""The most bytes of ``meta``."""


class CurrentJob:
    """The job that is being performed; nothing of it costs anything until it is used."""

    __slots__ = ("_due", "_job", "_payload", "_told", "meta", "queue")

    def __init__(self, job: Job[..., Any], payload: Payload, queue: str) -> None:
        """Stand for one performance of ``job``."""
        self._job = job
        self._payload = payload
        self._due = 0.0
        self._told = _NOTHING_TOLD
        self.queue = queue
        """The queue it was taken from."""
        self.meta: dict[str, Any] = {}
        """What the job wants to be known of it; :meth:`save_meta` writes it."""

    @property
    def id(self) -> str | None:
        """Its id; None for a payload without one."""
        return self._payload.id

    @property
    def name(self) -> str:
        """The name of the job."""
        return self._job.name

    @property
    def args(self) -> list[Any]:
        """The arguments as they travelled."""
        return self._payload.args

    @property
    def attempt(self) -> int:
        """The number of this performance: 1 for the first, more for a retry."""
        return self._payload.attempt

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Tell how far the job is; call it as often as you like, few calls write anything.

        The last step, with ``done`` equal to ``total``, is always written. While Redis is away,
        the log has a warning, and the job goes on.
        """
        if not _is_number(done) or not (total is None or _is_number(total)):
            msg = f"progress({done!r}, {total!r}): give it numbers"
            raise ArgumentError(msg)
        self._tell(done, total, str(message), at_once=done == total)

    def heartbeat(self) -> None:
        """Tell that the job is alive in a step that makes no progress to speak of."""
        self._tell(self._told.done, self._told.total, self._told.message)

    def save_meta(self) -> None:
        """Write :attr:`meta`.

        Raises ArgumentError for what JSON cannot carry, StoreUnavailable when Redis is away.
        """
        try:
            size = len(dumps(self.meta))
        except (TypeError, ValueError, RecursionError) as error:
            msg = f"meta of {self.name}: {error}"
            raise ArgumentError(msg) from None
        if size > MOST_META:
            msg = f"meta of {self.name} has {size} bytes; {MOST_META} are the most"
            raise ArgumentError(msg)
        told = self._told
        self._tell(told.done, told.total, told.message, at_once=True, meta=dict(self.meta))

    def _tell(
        self,
        done: float | None,
        total: float | None,
        message: str,
        *,
        at_once: bool = False,
        meta: dict[str, Any] | None = None,
    ) -> None:
        known = self._told.meta if meta is None else meta
        at = timestamps.epoch(timestamps.now())
        self._told = Progress(done, total, message, at, known)
        if self.id is None or get_settings().inline:
            _remember(self.id, self._told)
            return
        now = time.monotonic()
        if not at_once and now < self._due:
            return
        self._due = now + WRITE_EVERY
        ttl = max(PROGRESS_TTL, self._job.result_ttl or 0.0)
        try:
            wiring.store().results.tell_progress(self.id, self._told.encode(), ttl)
        except StoreError as error:
            if meta is not None:
                raise
            # It is worth no failure; with the next step it is tried again.
            extra = {"event": "job.untold", "queue": self.queue, "job": self.name}
            logger.warning("Progress of %s could not be told: %s", self.name, error, extra=extra)


def get_current_job() -> CurrentJob | None:
    """Return the job that this code is performed for, in its threads too; None outside of any."""
    return _current.get() or _process.job


def become_current(job: CurrentJob) -> Callable[[], None]:
    """Let :func:`get_current_job` return this one here until what is returned is called."""
    return partial(_current.reset, _current.set(job))


def become_current_in_process(job: CurrentJob) -> Callable[[], None]:
    """Do as :func:`become_current` in the whole process, which performs nothing else meanwhile."""
    _process.job = job
    return _leave_process


def _leave_process() -> None:
    _process.job = None


def remembered_progress(id_: str) -> Progress | None:
    """Return the progress of a job that was performed inline in this process."""
    return _remembered.get(id_)


def _remember(id_: str | None, progress: Progress) -> None:
    if id_ is not None:
        _remembered.pop(id_, None)
        _remembered[id_] = progress
        while len(_remembered) > _MOST_REMEMBERED:
            del _remembered[next(iter(_remembered))]


class _Process:
    """What this process does; a context variable would cost every forked child page faults."""

    job: CurrentJob | None = None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _HUGE


_HUGE = 1e18
_MOST_REMEMBERED = 1000
_remembered: dict[str, Progress] = {}
_NOTHING_TOLD = Progress()
_process = _Process()
_current: ContextVar[CurrentJob | None] = ContextVar("django_resque_job", default=None)
