"""How a worker parts from Redis: its last job settled and its name struck off, or not in time."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from django_resque.exceptions import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.process.claims import Claims
    from django_resque.process.orders import Orders
    from django_resque.store import Store

logger = logging.getLogger(__name__)

LAST_TRIES = 5.0
"""Seconds that a worker told to leave at once keeps trying to settle."""
_AT_ONCE = 1.0  # seconds within which an attempt fails whose connection is known to be broken
_NEVER = float("inf")


class Farewell:
    """Takes a worker's leave of Redis, for as long as the worker may take."""

    def __init__(
        self,
        worker: str,
        claims: Claims,
        orders: Orders,
        store: Store,
        wait_out: Callable[[StoreError, float], None],
    ) -> None:
        """Part for ``worker``; ``wait_out`` waits after an error, until a time at the latest."""
        self._worker = worker
        self._claims = claims
        self._orders = orders
        self._store = store
        self._wait_out = wait_out

    def settle(self) -> bool:
        """Settle the last job, however long Redis is away; False if a hurried worker gave up."""
        deadline = time.monotonic() + LAST_TRIES
        while self._claims.unsettled:
            try:
                self._claims.flush()
            except StoreError as error:
                if self._orders.hurried and time.monotonic() > deadline:
                    self._claims.give_up()
                    return False
                self._wait_out(error, deadline if self._orders.hurried else _NEVER)
        return True

    def unregister(self) -> None:
        """Strike the worker off, if Redis lets it; whoever prunes it does so otherwise."""
        for attempt in (1, 2):
            began = time.monotonic()
            try:
                self._claims.flush()
                self._store.workers.strike(self._worker, claim=None)
            except StoreError as error:
                # The first attempt may find no more than that the connection broke a while ago,
                # and finds it at once; where Redis does not answer, a second one only takes time.
                if attempt == 1 and time.monotonic() < began + _AT_ONCE:
                    continue
                extra = {"event": "worker.unregister", "worker": self._worker}
                logger.warning("Could not unregister: %s", error, extra=extra)
            return
