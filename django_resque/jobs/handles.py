"""The handle on a job that was enqueued: how it is, what came of it, and how to call it off."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async

from django_resque import wiring
from django_resque.conf import get_settings
from django_resque.exceptions import (
    DecodeError,
    JobFailed,
    JobNotFound,
    ResultLost,
    ResultNotReady,
    StoreUnavailable,
    WorkerElsewhere,
)
from django_resque.jobs import whereabouts
from django_resque.jobs.current import remembered_progress
from django_resque.jobs.records import record_of
from django_resque.jobs.registry import registry
from django_resque.jobs.waiting import CANCELLED_TTL, tell_cancelled
from django_resque.wire import timestamps
from django_resque.wire.order import Order
from django_resque.wire.payload import Payload
from django_resque.wire.result import Progress, ResultRecord

if TYPE_CHECKING:
    from datetime import datetime


_NO_SUCCESS = ("failed", "skipped", "expired", "cancelled")
_LOOK_AGAIN = 10.0  # seconds of waiting after which a message that got lost does not matter
_AFTER_LOSS = 0.5  # seconds after which a connection that broke is opened again


@dataclass(slots=True)
class Fate:
    """What is known of a job only when it is pushed, which may be later than its handle."""

    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class JobHandle:
    """What enqueueing gives back at once.

    False when a ``before_enqueue`` hook refused the job, or when it is unique and one like it is
    there already.
    """

    queue: str
    """The queue that it goes to; empty if only its id is known."""
    payload: Payload
    """What goes there: name, arguments and further keys."""
    vetoed: bool = False
    """Whether a ``before_enqueue`` hook refused it."""
    due: datetime | None = None
    """When a delayed job reaches its queue; None for one that was to reach it at once."""
    from_id: bool = False
    """Whether it was made by :meth:`for_id`: then the payload's arguments are not known."""
    fate: Fate | None = field(default=None, compare=False)
    follows: bool = False
    """Whether it goes to its queue only after others have ended."""
    before: JobHandle | None = None
    """The job before it in its chain."""

    @classmethod
    def for_id(cls, id: str, queue: str = "") -> JobHandle:  # noqa: A002 the payload's own word
        """Return a handle on the job of that id.

        Name the ``queue`` if you know it: a job that keeps no result, or has not ended once, can
        be found in its queue only.
        """
        record = record_of(id)
        name = record.job if record else ""
        found = queue or (record.queue if record else "")
        return cls(found, Payload(name, [], {"id": id}), from_id=True)

    def __repr__(self) -> str:
        """Tell the job by name, id and queue, without its arguments: handles go into logs."""
        told = [self.payload.name, f"id={self.id}", f"queue={self.queue!r}"]
        if self.due is not None:
            told.append(f"due={self.due.isoformat()}")
        if self.vetoed:
            told.append("vetoed")
        return f"<JobHandle {' '.join(filter(None, told))}>"

    @property
    def id(self) -> str | None:
        """The job's id; None for a job that is enqueued without ids."""
        return self.payload.id

    def __bool__(self) -> bool:
        """Tell whether the job was let through to its queue; of a unique one, after the commit."""
        return not self.vetoed and (self.fate is None or self.fate.duplicate_of is None)

    @property
    def duplicate_of(self) -> str | None:
        """The id of the unique job that kept this one from its queue; None if none did."""
        return self.fate.duplicate_of if self.fate is not None else None

    @property
    def status(self) -> str:
        """How the job is: ``waiting``, ``queued``, ``running``, ``retrying``, or how it ended.

        ``succeeded``, ``failed``, ``skipped``, ``expired`` or ``cancelled``, and ``unknown`` if
        it is nowhere, such as when its result has expired.

        Costs one round trip for a job that keeps results and has ended, some more otherwise.
        """
        record = self.record
        if record is not None and record.is_final:
            return record.status
        return "unknown" if get_settings().inline else whereabouts.status(self, record)

    @property
    def is_cut_off(self) -> bool:
        """Whether a job before it in its chain has ended without success, and so stopped it."""
        before = self.before
        return before is not None and (before.status in _NO_SUCCESS or before.is_cut_off)

    @property
    def record(self) -> ResultRecord | None:
        """What came of it so far, with times and worker; None if nothing is kept."""
        return record_of(self.id) if self.id is not None else None

    @property
    def progress(self) -> Progress | None:
        """How far it says it is; None if it has not told, or long ago."""
        if self.id is None:
            return None
        if get_settings().inline:
            return remembered_progress(self.id)
        (raw,) = wiring.store().results.progress([self.id])
        try:
            return Progress.decode(raw) if raw is not None else None
        except DecodeError:
            return None

    def result(self) -> Any:
        """Return what the job returned.

        Raises JobFailed for one that did not succeed, ResultNotReady for one that has not ended
        or keeps no result, ResultLost if the value could not be kept.
        """
        record = self.record
        if record is None or not record.is_final:
            raise ResultNotReady(self._why_not_ready(record))
        if record.status != "succeeded":
            raise JobFailed(record.status, record.exception, record.error)
        if record.error:
            raise ResultLost(record.error)
        return record.value

    def wait(self, timeout: float | None = None) -> Any:
        """Wait until the job has ended and return what it returned.

        Redis tells when that is; nothing is asked again and again. Raises as :meth:`result`
        does: ResultNotReady when ``timeout`` seconds have passed.
        """
        record = self.record
        job = registry.find(self.payload.name)
        keeps_none = self.id is None or (job is not None and job.result_ttl is None)
        if get_settings().inline or keeps_none or (record is not None and record.is_final):
            return self.result()
        deadline = time.monotonic() + (math.inf if timeout is None else timeout)
        while (left := deadline - time.monotonic()) > 0:
            try:
                if self._listen(min(left, _LOOK_AGAIN)):
                    break
            except StoreUnavailable:
                # The connection broke, as it does when Redis is started again: once more, if
                # it is there.
                time.sleep(min(left, _AFTER_LOSS))
                self.record  # noqa: B018 raises StoreUnavailable if it is not
        return self.result()

    async def await_(self, timeout: float | None = None) -> Any:
        """Wait as :meth:`wait` does, from asynchronous code."""
        return await sync_to_async(self.wait, thread_sensitive=False)(timeout)

    def cancel(self) -> bool:
        """Remove the job from its queue, or where it is delayed or parked; False if it is gone.

        One that waits for others waits no longer. Those that wait for it are told. One that a
        worker has taken is not cancelled: :meth:`stop` it.
        """
        store = wiring.store()
        if whereabouts.waits_for_others(self) and store.relations.drop(str(self.id)):
            return True
        payload = whereabouts.payload_of(self)
        if not whereabouts.remove(self):
            return False
        if self.id is not None:
            job = registry.find(self.payload.name)
            cancelled = ResultRecord(
                self.id,
                "cancelled",
                job=self.payload.name,
                queue=self.queue,
                ended=timestamps.epoch(timestamps.now()),
            )
            ttl = (job.result_ttl if job else None) or CANCELLED_TTL
            store.results.record(self.id, cancelled.encode(), ttl)
        tell_cancelled(payload)
        return True

    def stop(self) -> None:
        """Kill the job where it runs: it fails, and its worker goes on.

        Raises JobNotFound if it does not run, WorkerElsewhere if its worker is none of ours,
        which cannot be told.
        """
        reservation = whereabouts.reservation_of(self.id)
        if reservation is None:
            raise JobNotFound(f"No worker has the job {self.id} now")
        workers = wiring.store().workers
        if not reservation.rid or not workers.vitals_of([reservation.worker]):
            raise WorkerElsewhere(
                f"Worker {reservation.worker} cannot be commanded through Redis: it is that of "
                "another client. Send its process a signal where it runs"
            )
        workers.order(reservation.worker, Order("kill", rid=reservation.rid).encode())

    def _listen(self, seconds: float) -> bool:
        """Wait for the end of the job, so many seconds at most; tell whether it came."""
        results = wiring.store().results
        with results.listening(self.id or "") as wait:
            deadline = time.monotonic() + seconds
            while True:
                # It may have ended before anybody listened.
                record = self.record
                if record is not None and record.is_final:
                    return True
                left = deadline - time.monotonic()
                if left <= 0 or not wait(left):
                    return False

    def _why_not_ready(self, record: ResultRecord | None) -> str:
        job = registry.find(self.payload.name)
        if self.id is None:
            return "The job has no id, so nobody knows what came of it; leave out ids=False"
        if record is None and job is not None and job.result_ttl is None:
            return f"{job.name} keeps no results; give it @job(result_ttl=...)"
        if record is not None:
            return f"The job {self.id} is performed again"
        return f"The job {self.id} has not ended, or its result has expired"
