"""What stands between the claim of a job and its beginning: nothing, for most of them."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from django_resque.exceptions import AccessDenied, DecodeError, StoreError, StoreUnavailable
from django_resque.execution.settle import registered_job
from django_resque.jobs.limits import terms_of
from django_resque.jobs.registry import registry
from django_resque.store.limits import Terms
from django_resque.wire.failure import digest
from django_resque.wire.lock import Lock
from django_resque.wire.payload import Payload, stamped_unknown, unknown_since
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.store import Store
    from django_resque.store.commander import Command
    from django_resque.store.limits import Admittance
    from django_resque.wire.worker import Reservation

logger = logging.getLogger(__name__)


_ASK_AGAIN = 5.0  # seconds until a job whose class is not known is looked at once more
_MOST_NAME = 200


class Admission:
    """Lets the jobs begin that a worker has claimed, or parks them until they may."""

    def __init__(self, store: Store, park_unknown: float, expect: Callable[[float], None]) -> None:
        """Park jobs of unknown classes for ``park_unknown`` seconds before they may fail.

        ``expect`` is told in how many seconds a parked job may have its turn.
        """
        self._store = store
        self._park_unknown = park_unknown
        self._expect = expect

    @property
    def parks(self) -> bool:
        """Whether it ever parks a job: then claims are to tell when they were made."""
        return bool(self._park_unknown) or any(job.is_limited for job in registry)

    def admits(self, reservation: Reservation) -> bool:
        """Tell whether a claimed job may begin; if not, it is claimed no more.

        Raises StoreUnavailable when Redis is away; ask again then.
        """
        try:
            admittance = self._admittance(reservation)
        except (StoreUnavailable, AccessDenied):
            raise
        except StoreError as error:
            # Better a limit that does not hold than a worker that does not work.
            logger.error(  # noqa: TRY400 the traceback tells nothing
                "A job of queue %s begins whatever its limit, whose keys are spoilt: %s",
                printable(reservation.queue),
                error,
                extra={"event": "job.unlimited", "queue": printable(reservation.queue)},
            )
            return True
        if admittance is None:
            return True
        if admittance.status == "parked":
            self._expect(admittance.wait)
        return admittance.status == "admitted"

    def _admittance(self, reservation: Reservation) -> Admittance | None:
        """Ask a limit, if there is one; None if nothing stands in the way, as for most jobs."""
        job = registered_job(reservation.payload)
        if job is None:
            return self._park(reservation) if self._park_unknown else None
        commands: list[Command] = []
        if job.unique == "until_start" and (lock := Lock.find(reservation.payload)):
            commands = self._store.locks.releasing(lock)
        terms = terms_of(job, Payload.decode(reservation.payload)) if job.is_limited else None
        if terms is None and not commands:
            return None
        return self._store.limits.admit(reservation, terms or Terms(), commands)

    def _park(self, reservation: Reservation) -> Admittance | None:
        """Park a job whose class is not known here, unless it has waited long enough."""
        try:
            payload = Payload.decode(reservation.payload)
        except DecodeError:
            return None
        now = time.time()
        raw, since = reservation.payload, unknown_since(payload, now)
        if since is None:
            raw, since = stamped_unknown(raw, now), now
        left = since + self._park_unknown - now
        if left <= 0:
            return None
        name = payload.name
        if len(name) > _MOST_NAME or not name.isprintable():
            name = digest(name.encode(errors="backslashreplace"))
        return self._store.limits.park(reservation, f"unknown:{name}", raw, min(_ASK_AGAIN, left))
