"""Limits of jobs: how many are performed at once, how many begin in a while, and for whom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import ArgumentError, ConfigurationError
from django_resque.jobs.grouping import group
from django_resque.store.limits import Terms
from django_resque.wire.failure import digest

if TYPE_CHECKING:
    from django_resque.jobs.definition import Job
    from django_resque.wire.payload import Payload

KEY = "limit"
"""The key of a payload under which stands for whom it is, where a function tells that."""

_RATE = re.compile(r"([0-9]{1,6})/([0-9]{0,6})([smhd])")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_MOST_COUNT = 10_000  # each of them is remembered for the whole span
_LONGEST_SPAN = 31 * 86_400.0
_MOST_NAME = 200  # characters of what is readable in a key


@dataclass(frozen=True, slots=True)
class Rate:
    """How many may begin in each span of so many seconds."""

    count: int
    span: float


def checked_rate(value: Any) -> Rate:
    """Return a rate in its final form. Raises ConfigurationError if it is none."""
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    if match:
        rate = Rate(int(match[1]), float(match[2] or 1) * _UNITS[match[3]])
        if 1 <= rate.count <= _MOST_COUNT and 0 < rate.span <= _LONGEST_SPAN:
            return rate
    raise ConfigurationError(
        f'@job(rate={value!r}): give it a text such as "10/m" or "1/30s": at most {_MOST_COUNT} '
        "in each second, minute, hour or day, or in so many of them, 31 days at most."
    )


def mark_limited(job: Job[..., Any], payload: Payload) -> None:
    """Write into a payload what its job's ``limit_by`` returns for it, if that is a function.

    Raises ArgumentError if the function returns what is no JSON.
    """
    if callable(job.limit_by):
        known = group("limit_by", job.limit_by, job.parameters, payload.args)
        payload.extras[KEY] = known.decode()


def terms_of(job: Job[..., Any], payload: Payload) -> Terms | None:
    """Return what limits a performance, without running code of the application; None for none."""
    if not job.is_limited:
        return None
    name = job.name
    if job.limit_by is not None and (whom := _whom(job, payload)):
        name += f":{whom}"
    if job.rate is None:
        return Terms(name, job.max_running or 0)
    return Terms(name, job.max_running or 0, job.rate.count, job.rate.span)


def _whom(job: Job[..., Any], payload: Payload) -> str:
    """Return what ``limit_by`` makes of a payload of any client; empty if that is not known."""
    whom = payload.extras.get(KEY)
    if isinstance(job.limit_by, tuple):
        try:
            whom = group("limit_by", job.limit_by, job.parameters, payload.args).decode()
        except ArgumentError:
            return ""  # it is to fail in a child, as others of the kind
    if not isinstance(whom, str):
        return ""
    raw = whom.encode(errors="backslashreplace")
    return whom if len(whom) <= _MOST_NAME and whom.isprintable() else digest(raw)
