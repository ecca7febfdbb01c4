"""Gives a worker's signs of life, from its loop or, where nothing is forked, from a thread."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django_resque.exceptions import StoreError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django_resque.store import Store
    from django_resque.wire.vitals import Vitals

logger = logging.getLogger(__name__)

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
        vitals: Callable[[], Vitals],
    ) -> None:
        """Beat for ``worker``, which started at the time written as ``started``.

        A thread beats through ``thread_store``, for the connection of ``store`` is the loop's.
        ``vitals`` is asked with each beat how the worker is.
        """
        self._store, self._thread_store = store, thread_store
        self._worker, self._started = worker, started
        self._interval = interval
        self._vitals = vitals
        self.due = 0.0
        """The monotonic time of the next beat."""
        self._sample_due = 0.0

    def beat(self) -> None:
        """Give a sign of life now. Raises StoreUnavailable; the next beat is then due soon."""
        self.due = time.monotonic() + min(1.0, self._interval)
        self._register(self._store)
        self.due = time.monotonic() + self._interval

    def beat_if_due(self) -> bool:
        """Give a sign of life if it is time; tell whether one was given."""
        if time.monotonic() < self.due:
            return False
        self.beat()
        return True

    def hurry(self) -> None:
        """Let the next beat be due now: there is something to tell."""
        self.due = 0.0

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
        store.workers.register(self._worker, self._started, self._vitals().encode())
        if time.monotonic() >= self._sample_due:
            self._sample(store)

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
