"""What a retry puts into the queue, and what it leaves in the failed list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque.exceptions import DecodeError
from django_resque.jobs.encoding import encode
from django_resque.jobs.registry import registry
from django_resque.store.failures import Change
from django_resque.wire import timestamps
from django_resque.wire.failure import INVALID_PAYLOAD, FailureRecord, stamped
from django_resque.wire.payload import Payload, requeued
from django_resque.wire.queue_name import check_queue_name

if TYPE_CHECKING:
    from collections.abc import Sequence


def retrying(
    record: bytes, index: int, *, to: str = "", args: list[Any] | None = None, remove: bool = False
) -> Change:
    """Return the change of a failed list that retries a record.

    Raises DecodeError for what cannot be performed, InvalidQueueName for where it cannot go,
    ArgumentError for ``args`` that cannot take the place of its own.
    """
    failure = FailureRecord.decode(record)
    raw = failure.payload
    payload = Payload.decode(raw)
    if raw == INVALID_PAYLOAD:
        raise DecodeError("the payload of this failure is not readable", record)
    queue = to or failure.queue
    check_queue_name(queue)
    if args is not None:
        raw = _with_arguments(payload, args)
    now = timestamps.now()
    mark = b"" if remove else stamped(record, timestamps.failed_at(now))
    # Dated anew, else it would pass for one that has waited since it was enqueued first.
    return Change(record, index, mark, requeued(raw, now, anew=True), queue)


def _with_arguments(payload: Payload, args: list[Any]) -> bytes:
    names: Sequence[str] = ()
    job = registry.find(payload.name)
    if job is not None:
        job.parameters.unpack(args)
        names = job.parameters.names
    return encode(Payload(payload.name, args, payload.extras), names)
