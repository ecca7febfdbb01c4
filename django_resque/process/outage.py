"""Times a worker's attempts while Redis is away, and tells of it now and then."""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING

from django_resque.process.mailbox import Backoff

if TYPE_CHECKING:
    from django_resque.exceptions import StoreError

logger = logging.getLogger(__name__)

_TELL_EVERY = 60.0  # seconds between two log lines of one outage


class Outage:
    """One worker's view of whether Redis answers."""

    def __init__(self, worker: str) -> None:
        """Begin with everything well."""
        self._worker = worker
        self._delays = Backoff(0.05, 5.0)
        self._told = float("-inf")
        self.away = False
        """Whether the last attempt failed."""

    def tell(self, error: StoreError) -> float:
        """Note a failed attempt; return how many seconds to wait before the next."""
        self.away = True
        now = time.monotonic()
        if now >= self._told + _TELL_EVERY:
            self._told = now
            logger.warning(
                "%s; trying again until it answers",
                str(error).rstrip("."),
                extra={"event": "worker.outage", "worker": self._worker},
            )
        return self._delays.step() * random.uniform(0.8, 1.2)  # noqa: S311 spreads the workers

    def over(self) -> None:
        """Note that Redis answers."""
        if self.away:
            self.away = False
            self._told = float("-inf")
            self._delays.reset()
            logger.warning(
                "Redis answers again",
                extra={"event": "worker.outage_over", "worker": self._worker},
            )
