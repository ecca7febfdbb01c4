"""How an idle worker waits: Redis announces the next push, and a timed look stands behind it."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_resque.process.performers import Attend
    from django_resque.store.link import Link

_POLL_UNTRACKED = 1.0  # seconds between looks when Redis does not announce pushes
_LEAST_HELD, _MOST_HELD = 0.001, 0.1  # seconds to hold back after pushes that others took


class Watch:
    """Waits between two looks at queues that were empty."""

    def __init__(self, link: Link, interval: float, attend: Attend) -> None:
        """Listen on ``link``; look after ``interval`` seconds even if nothing was announced."""
        self._link = link
        self._interval = interval
        self._attend = attend
        self._armed = False
        self._held = 0.0

    @property
    def armed(self) -> bool:
        """Whether the next look is to make Redis announce the next push."""
        return self._armed and self._link.tracking

    def reset(self) -> None:
        """Begin anew: there was a job, a pause, or another connection."""
        self._armed, self._held = False, 0.0

    def wait(self, until: float) -> None:
        """Wait for an announcement, the next timed look, a signal, or until the given time."""
        if self._link.tracking and not self._armed:
            # The look just taken asked for no announcement; the next one does.
            self._armed = True
            return
        if self._link.heard():
            self._hold_back()
            return
        pause = self._interval if self._link.tracking else min(_POLL_UNTRACKED, self._interval)
        pause = max(0.01, pause) * random.uniform(0.9, 1.1)  # noqa: S311 spreads the workers' looks
        until = min(until, time.monotonic() + pause)
        descriptor = self._link.fileno()
        heard = self._attend(until, () if descriptor is None else (descriptor,))
        if not heard and time.monotonic() < until:
            self._hold_back()

    def _hold_back(self) -> None:
        """Somebody pushed; others may be quicker. Each miss in a row holds this worker back more.

        Without it, every push would set all idle workers upon Redis at once.
        """
        if self._held:
            self._attend(time.monotonic() + random.uniform(0, self._held))  # noqa: S311
        self._held = min(_MOST_HELD, max(_LEAST_HELD, 2 * self._held))
