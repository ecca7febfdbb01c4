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
    ArgumentError,
    DecodeError,
    JobFailed,
    JobNotFound,
    ResultLost,
    ResultNotReady,
    StoreUnavailable,
    WorkerElsewhere,
)
from django_resque.jobs.current import remembered_progress
from django_resque.jobs.delayed import find_in as find_delayed
from django_resque.jobs.encoding import encode_value
from django_resque.jobs.limits import terms_of
from django_resque.jobs.queues import find_in, remove_from
from django_resque.jobs.registry import registry
from django_resque.jobs.waiting import CANCELLED_TTL, tell_cancelled
from django_resque.wire import delayed, timestamps
from django_resque.wire.codec import loads
from django_resque.wire.order import Order
from django_resque.wire.payload import Payload
from django_resque.wire.result import Progress, ResultRecord
from django_resque.wire.worker import Reservation

if TYPE_CHECKING:
    from datetime import datetime

    from django_resque.jobs.performing import Performed
    from django_resque.store import Store
    from django_resque.store.limits import Terms

_NO_SUCCESS = ("failed", "skipped", "expired", "cancelled")
_LOOK_AGAIN = 10.0  # seconds of waiting after which a message that got lost does not matter
_AFTER_LOSS = 0.5  # seconds after which a connection that broke is opened again
_MOST_REMEMBERED = 1000
_MOST_DELAYED = 10_000  # items of one timestamp that are searched


@dataclass(slots=True)
class Fate:
    """What is known of a job only when it is pushed, which may be later than its handle."""

    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class JobHandle:
    """What enqueueing gives back at once.

    False when a ``before_enqueue`` hook refused the job, or one like it that is unique waits.
    """

    queue: str
    payload: Payload
    vetoed: bool = False
    due: datetime | None = None
    """When a delayed job reaches its queue; None for one that was to reach it at once."""
    from_id: bool = False
    """Whether it was made by :meth:`for_id`: then the payload's arguments are not known."""
    fate: Fate | None = field(default=None, compare=False, repr=False)
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
        record = _record(id)
        name = record.job if record else ""
        found = queue or (record.queue if record else "")
        return cls(found, Payload(name, [], {"id": id}), from_id=True)

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
        return "unknown" if get_settings().inline else self._status_on_its_way(record)

    @property
    def is_cut_off(self) -> bool:
        """Whether a job before it in its chain has ended without success, and so stopped it."""
        before = self.before
        return before is not None and (before.status in _NO_SUCCESS or before.is_cut_off)

    @property
    def record(self) -> ResultRecord | None:
        """What came of it so far, with times and worker; None if nothing is kept."""
        return _record(self.id) if self.id is not None else None

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
        if self._waits_for_others() and store.relations.drop(str(self.id)):
            return True
        payload = self._found_payload(store)
        removals = (self._remove_waiting, self._remove_delayed, self._remove_parked)
        if not any(remove(store) for remove in removals):
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
        reservation = self._reservation()
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

    def _reservation(self) -> Reservation | None:
        if self.id is None:
            return None
        workers = wiring.store().workers
        ids = workers.ids()
        mark = self.id.encode(errors="surrogateescape")
        for worker, claim in zip(ids, workers.claims(ids), strict=True):
            if claim is None or mark not in claim:
                continue
            try:
                reservation = Reservation.decode(worker, claim)
                if Payload.decode(reservation.payload).id == self.id:
                    return reservation
            except DecodeError:
                continue
        return None

    def _status_on_its_way(self, record: ResultRecord | None) -> str:
        # In the order of a job's way, so that one that goes on meanwhile is met all the same.
        if record is None:
            before = self.before.status if self.before is not None else "unknown"
            if self._waits_for_others():
                return "waiting"
            if self._waits():
                return "queued"
        if self._reservation() is not None:
            return "running"
        if (found := self.record) is not None:
            return found.status
        if self._waits_again(wiring.store()):
            return "retrying"
        comes_after = record is None and before not in ("succeeded", "unknown")
        return "waiting" if comes_after else "unknown"

    def _waits_for_others(self) -> bool:
        if self.id is None or not (self.follows or self.from_id):
            return False
        return wiring.store().relations.has(self.id)

    def _found_payload(self, store: Store) -> Payload:
        """Return the payload with all that it says of others."""
        found = None
        if self.from_id and self.id and self.queue:
            found = find_in(store, self.queue, self.id)
        return found.payload if found and found.payload else self.payload

    def _waits(self) -> bool:
        store = wiring.store()
        if self.from_id or self.follows:
            return bool(self.queue and self.id and find_in(store, self.queue, self.id))
        if store.queues.has(self.queue, self.payload.encode()):
            return True
        if self.due is not None and store.delayed.has(self._item()):
            return True
        terms = self._terms()
        raw = self.payload.encode()
        return terms is not None and store.limits.holds(terms, self.queue, raw)

    def _waits_again(self, store: Store) -> bool:
        """Tell whether a job that keeps no results waits for its next attempt."""
        if not self._may_be_retried() or self.id is None:
            return False
        return bool(find_in(store, self.queue, self.id) or find_delayed(store, self.id))

    def _may_be_retried(self) -> bool:
        job = registry.find(self.payload.name)
        return job is not None and job.retry is not None

    def _terms(self) -> Terms | None:
        """Return the limit that the job may wait for; None for none, or if that is not known."""
        job = registry.find(self.payload.name)
        return None if job is None or self.from_id else terms_of(job, self.payload)

    def _remove_parked(self, store: Store) -> bool:
        terms = self._terms()
        raw = self.payload.encode()
        return terms is not None and store.limits.remove(terms, self.queue, raw)

    def _item(self) -> bytes:
        return delayed.encode(self.payload, self.queue)

    def _remove_waiting(self, store: Store) -> bool:
        if not self.from_id and store.queues.remove_each(self.queue, [self.payload.encode()]):
            return True
        # One that is retried is not what it was, to the byte.
        return bool(self.queue and self.id and remove_from(store, self.queue, self.id))

    def _remove_delayed(self, store: Store) -> bool:
        if self.due is not None and store.delayed.remove_equal(self._item()):
            return True
        record = self.record
        if self.id is None:
            return False
        if record is None or record.retry is None:
            found = find_delayed(store, self.id) if self._may_be_retried() else None
            return found is not None and store.delayed.remove(found.timestamp, found.raw)
        at = math.ceil(record.retry)
        mark = self.id.encode(errors="surrogateescape")
        for each in (at, at - 1, at + 1):
            for item in store.delayed.window(each, 0, _MOST_DELAYED).items:
                if mark in item and _id_of(item) == self.id:
                    return store.delayed.remove(each, item)
        return False


def remember_result(payload: Payload, queue: str, performed: Performed) -> None:
    """Keep what came of a job that was performed inline in this process."""
    if payload.id is None:
        return
    value, error = None, ""
    try:
        value = loads(encode_value(performed.value))
    except ArgumentError as problem:
        error = str(problem)
    now = timestamps.epoch(timestamps.now())
    _remembered[payload.id] = ResultRecord(
        payload.id,
        "succeeded" if performed else "skipped",
        job=payload.name,
        queue=queue,
        value=value,
        error=error,
        queued=now,
        started=now,
        ended=now,
    )
    while len(_remembered) > _MOST_REMEMBERED:
        del _remembered[next(iter(_remembered))]


def _record(id_: str) -> ResultRecord | None:
    if get_settings().inline:
        return _remembered.get(id_)
    raw = wiring.store().results.get(id_)
    try:
        return ResultRecord.decode(raw) if raw is not None else None
    except DecodeError:
        return None


def _id_of(item: bytes) -> str | None:
    try:
        return Payload.decode(item).id
    except DecodeError:
        return None


_remembered: dict[str, ResultRecord] = {}
