"""Gives a worker's signs of life, from its loop or, where nothing is forked, from a thread."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django_resque.exceptions import AccessDenied, StoreError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django_resque.store import Store
    from django_resque.wire.vitals import Vitals

logger = logging.getLogger(__name__)

_NEVER = float("inf")
_LOOK_AGAIN = 0.01  # seconds between two looks at least
_LOOK_AGAIN_SPOILT = 60.0  # seconds after a look that Redis refused
_SAMPLE_AGAIN = 60.0  # seconds after a sample that could not be taken


class Heart:
    """Registers a worker again and again, every ``interval`` seconds."""

    def __init__(
        self,
        store: Store,
        thread_store: Store,
        worker: str,
        started: str,
        *,
        interval: float,
        ttl: float,
        vitals: Callable[[], Vitals],
    ) -> None:
        """Beat for ``worker``, which started at the time written as ``started``.

        A thread beats through ``thread_store``, for the connection of ``store`` is the loop's.
        ``vitals`` is asked with each beat how the worker is. ``ttl`` is the silence after which
        workers are dead.
        """
        self._store, self._thread_store = store, thread_store
        self._worker, self._started = worker, started
        self._interval = interval
        self._vitals = vitals
        self._beat_due = 0.0
        self._look_due = _NEVER
        self._sample_due = 0.0
        # Redis tells whole seconds, so a gap, or a silence, may look one longer than it is.
        self._longest_gap = max(1.5 * interval + 1, ttl / 2)
        self._last_at: int | None = None  # by the clock of Redis, as the next
        self._unbroken_since = -_NEVER
        # Some time before others may take the worker for dead, and more than from beat to beat.
        self._lease = max(ttl - 1 - min(interval, ttl / 4), 1.5 * interval)
        self._heard_at = time.monotonic()

    @property
    def due(self) -> float:
        """The monotonic time of the next beat, or look at the jobs that wait for a limit."""
        return min(self._beat_due, self._look_due)

    @property
    def unbroken(self) -> float:
        """For how many seconds beats have followed one another; infinite if none ever failed to.

        Who has been silent before that may have been so because Redis was away, for all of us,
        or its clock went wrong.
        """
        return _NEVER if self._last_at is None else self._last_at - self._unbroken_since

    @property
    def lapsed(self) -> bool:
        """Whether the last sign of life is so long ago that others may soon take us for dead."""
        return time.monotonic() - self._heard_at > self._lease

    def beat(self) -> None:
        """Give a sign of life now. Raises StoreUnavailable; the next beat is then due soon."""
        self._beat_due = time.monotonic() + min(1.0, self._interval)
        try:
            self._register(self._store)
        except StoreUnavailable:
            self._last_at = self._last_at or 0  # so that the very first one that comes is late
            raise
        self._beat_due = time.monotonic() + self._interval

    def beat_if_due(self) -> bool:
        """Give a sign of life if it is time, and let parked jobs go; tell whether it was."""
        if time.monotonic() >= self._look_due:
            self._look(self._store)
        if time.monotonic() < self._beat_due:
            return False
        self.beat()
        return True

    def hurry(self) -> None:
        """Let the next beat be due now: there is something to tell."""
        self._beat_due = 0.0

    def expect(self, seconds: float) -> None:
        """Look in so many seconds at the latest at the jobs that wait for a limit."""
        self._look_due = min(self._look_due, time.monotonic() + seconds)

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Beat from a thread while the block keeps the loop busy.

        Only for a worker that never forks: a fork beside a thread may deadlock the child.
        """
        done = threading.Event()

        def keep_beating() -> None:
            while not done.wait(self._interval):
                try:
                    self._register(self._thread_store)
                except StoreError:
                    continue  # the next beat may pass; the loop reports the outage

        thread = threading.Thread(target=keep_beating, name="resque-heart", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _register(self, store: Store) -> None:
        began = time.monotonic()
        beat = store.workers.register(self._worker, self._started, self._vitals().encode())
        self._heard_at = began
        self._note(beat.at)
        if beat.look_in is not None:
            self.expect(beat.look_in)
            if not beat.look_in:
                self._look(store)
        if time.monotonic() >= self._sample_due:
            self._sample(store)

    def _note(self, at: int) -> None:
        """Note when a beat was given, and whether it followed the last as it should."""
        if self._last_at is not None and not 0 <= at - self._last_at <= self._longest_gap:
            self._unbroken_since = at
        self._last_at = at

    def _look(self, store: Store) -> None:
        """Let those jobs go back to their queues whose limit allows it by now."""
        self._look_due = time.monotonic() + 1.0  # should this fail
        try:
            wait = store.limits.let_in()
        except (StoreUnavailable, AccessDenied):
            raise
        except StoreError as error:
            # A sign of life, and the queues, count more than a key that somebody spoilt.
            self._look_due = time.monotonic() + _LOOK_AGAIN_SPOILT
            logger.warning(
                "Jobs that wait for a limit cannot be looked at: %s",
                error,
                extra={"event": "worker.unlooked", "worker": self._worker},
            )
            return
        self._look_due = _NEVER if wait is None else time.monotonic() + max(wait, _LOOK_AGAIN)

    def _sample(self, store: Store) -> None:
        """Take the sample of this minute, unless another worker has; a sign of life counts more."""
        wait = _SAMPLE_AGAIN
        try:
            wait = store.history.sample()
        except StoreUnavailable as error:
            logger.debug("No sample was taken: %s", error)  # an outage, as the next beat tells
        except StoreError as error:
            logger.warning(
                "No sample could be taken for the charts: %s",
                error,
                extra={"event": "worker.unsampled", "worker": self._worker},
            )
        self._sample_due = time.monotonic() + wait
