"""Results by the ids of jobs: ``from django_resque import results``."""

from __future__ import annotations

from django_resque.jobs.handles import JobHandle

__all__ = ["get"]


def get(id: str, queue: str = "") -> JobHandle:  # noqa: A002 the payload's own word
    """Return the handle on the job of that id: its status, its progress and what it returned.

    Name the ``queue`` if you know it: a job that keeps no result, or has not ended once, can be
    found in its queue only.
    """
    return JobHandle.for_id(id, queue)
