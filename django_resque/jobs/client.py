"""Enqueueing and dequeueing by name, also of jobs that other programs perform."""

from __future__ import annotations

from functools import lru_cache
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, overload

from django_resque.conf import get_settings
from django_resque.exceptions import ArgumentError, NoQueueError
from django_resque.jobs.arguments import Parameters
from django_resque.jobs.definition import Job, P
from django_resque.jobs.registry import registry
from django_resque.wire.queue_name import check_queue_name

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from django_resque.jobs.handles import JobHandle

_ANY_POSITIONAL = Signature([Parameter("args", Parameter.VAR_POSITIONAL)])


@overload
def enqueue(job: Job[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> JobHandle: ...
@overload
def enqueue(job: str, /, *args: Any, **kwargs: Any) -> JobHandle: ...
def enqueue(job: Job[..., Any] | str, /, *args: Any, **kwargs: Any) -> JobHandle:
    """Enqueue a registered job, given itself or its name, to its own queue.

    Raises NoQueueError for a name that is not registered here: :func:`enqueue_to` takes any.
    """
    return job_named(job).enqueue(*args, **kwargs)


@overload
def enqueue_to(queue: str, job: Job[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> JobHandle: ...
@overload
def enqueue_to(queue: str, job: str, /, *args: Any, **kwargs: Any) -> JobHandle: ...
def enqueue_to(queue: str, job: Job[..., Any] | str, /, *args: Any, **kwargs: Any) -> JobHandle:
    """Enqueue a job to a queue of your choice, also one that only another program knows.

    Such a job takes positional arguments: ``enqueue_to("file_serve", "Archive", 44, "beer")``.
    """
    check_queue_name(queue)
    return job_named(job, queue).enqueue(*args, **kwargs)


@overload
def enqueue_at(
    moment: datetime, job: Job[P, Any], /, *args: P.args, **kwargs: P.kwargs
) -> JobHandle: ...
@overload
def enqueue_at(moment: datetime, job: str, /, *args: Any, **kwargs: Any) -> JobHandle: ...
def enqueue_at(
    moment: datetime, job: Job[..., Any] | str, /, *args: Any, **kwargs: Any
) -> JobHandle:
    """Let a registered job, given itself or its name, reach its own queue at an aware datetime."""
    return job_named(job).enqueue_at(moment, *args, **kwargs)


@overload
def enqueue_in(
    delay: timedelta | float, job: Job[P, Any], /, *args: P.args, **kwargs: P.kwargs
) -> JobHandle: ...
@overload
def enqueue_in(delay: timedelta | float, job: str, /, *args: Any, **kwargs: Any) -> JobHandle: ...
def enqueue_in(
    delay: timedelta | float, job: Job[..., Any] | str, /, *args: Any, **kwargs: Any
) -> JobHandle:
    """Let a registered job reach its own queue after a timedelta or a number of seconds."""
    return job_named(job).enqueue_in(delay, *args, **kwargs)


@overload
def enqueue_at_to(
    queue: str, moment: datetime, job: Job[P, Any], /, *args: P.args, **kwargs: P.kwargs
) -> JobHandle: ...
@overload
def enqueue_at_to(
    queue: str, moment: datetime, job: str, /, *args: Any, **kwargs: Any
) -> JobHandle: ...
def enqueue_at_to(
    queue: str, moment: datetime, job: Job[..., Any] | str, /, *args: Any, **kwargs: Any
) -> JobHandle:
    """Let a job, also one that only another program knows, reach this queue at a moment.

    The moment is an aware datetime.
    """
    check_queue_name(queue)
    return job_named(job, queue).enqueue_at(moment, *args, **kwargs)


@overload
def enqueue_in_to(
    queue: str, delay: timedelta | float, job: Job[P, Any], /, *args: P.args, **kwargs: P.kwargs
) -> JobHandle: ...
@overload
def enqueue_in_to(
    queue: str, delay: timedelta | float, job: str, /, *args: Any, **kwargs: Any
) -> JobHandle: ...
def enqueue_in_to(
    queue: str, delay: timedelta | float, job: Job[..., Any] | str, /, *args: Any, **kwargs: Any
) -> JobHandle:
    """Let a job, also one that only another program knows, reach this queue after a delay.

    The delay is a timedelta or a number of seconds.
    """
    check_queue_name(queue)
    return job_named(job, queue).enqueue_in(delay, *args, **kwargs)


def dequeue(
    job: Job[..., Any] | str, /, *args: Any, queue: str | None = None, **kwargs: Any
) -> int:
    """Remove a job from a queue where it waits with these arguments; return how many went.

    Without arguments, all that wait are removed, whatever theirs are. The queue is the job's
    own unless one is given; for a job with a parameter ``queue`` take :meth:`Job.dequeue`.
    """
    return job_named(job, queue).dequeue(*args, **kwargs)


def dequeue_delayed(job: Job[..., Any] | str, /, *args: Any, **kwargs: Any) -> int:
    """Remove a job where it is delayed with these arguments; return how many went.

    Without arguments, all that are delayed are removed, whatever theirs are.
    """
    # Which queue it was to go to plays no part, so a job of another program needs none.
    known = not isinstance(job, str) or job in registry
    return job_named(job, None if known else get_settings().default_queue).dequeue_delayed(
        *args, **kwargs
    )


def job_named(job: object, queue: str | None = None) -> Job[..., Any]:
    """Return the job, given itself or its name, set up for ``queue`` if one is given.

    For a name that is not registered here: a job that can be enqueued and dequeued, but not
    performed. Raises NoQueueError if it has no queue then.
    """
    if isinstance(job, str):
        found = registry.find(job)
        if found is None:
            return _elsewhere(job, queue)
        job = found
    elif not isinstance(job, Job):
        msg = f"{job!r} is not a job: decorate it with @job, or give the name of one"
        raise ArgumentError(msg)
    return job if queue is None else job.using(queue=queue)


@lru_cache(maxsize=256)
def _elsewhere(name: str, queue: str | None) -> Job[..., Any]:
    if not name.strip():
        raise ArgumentError("the name of a job must not be empty")
    if queue is None:
        near = registry.near(name)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        msg = (
            f"{name!r} is not a job registered here, so its queue is unknown.{hint} "
            "For a job of another program name the queue: enqueue_to(queue, ...), "
            "dequeue(..., queue=...) or --queue."
        )
        raise NoQueueError(msg)
    check_queue_name(queue)

    def unknown(*_args: Any) -> None:
        registry.get(name)

    # How the call is shown where it is refused.
    title = f"a job that is not registered here takes positional arguments only: {name}"
    return Job(unknown, name, Parameters(title, _ANY_POSITIONAL), queue)
