"""What is kept of the jobs that ended: in Redis, or in this process of those performed inline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque import wiring
from django_resque.conf import get_settings
from django_resque.exceptions import ArgumentError, DecodeError
from django_resque.jobs.encoding import encode_value
from django_resque.wire import timestamps
from django_resque.wire.codec import loads
from django_resque.wire.result import ResultRecord

if TYPE_CHECKING:
    from django_resque.jobs.performing import Performed
    from django_resque.wire.payload import Payload

_MOST_REMEMBERED = 1000


def record_of(id_: str) -> ResultRecord | None:
    """Return what came so far of the job of that id; None if nothing is kept, or not readably."""
    if get_settings().inline:
        return _remembered.get(id_)
    raw = wiring.store().results.get(id_)
    try:
        return ResultRecord.decode(raw) if raw is not None else None
    except DecodeError:
        return None


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


_remembered: dict[str, ResultRecord] = {}
