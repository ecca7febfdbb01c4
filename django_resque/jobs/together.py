"""The handles on chains and groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_resque.jobs.handles import JobHandle

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class ChainHandle:
    """What enqueueing a chain gives back; false when a hook refused its first job."""

    jobs: tuple[JobHandle, ...]
    """Its jobs in their order."""

    @property
    def last(self) -> JobHandle:
        """The last job, whose end is the chain's."""
        return self.jobs[-1]

    def __bool__(self) -> bool:
        """Tell whether the chain was let through."""
        return bool(self.jobs[0])

    def wait(self, timeout: float | None = None) -> Any:
        """Wait for the last job as :meth:`JobHandle.wait` does, and return what it returned.

        If one before it fails, that one may be retried and the chain go on: so this waits on.
        """
        return self.last.wait(timeout)

    def cancel(self) -> bool:
        """Take the chain out of its queue, so that none of what is left is performed.

        False if a worker has one of its jobs, or none is left.
        """
        return any(job.cancel() for job in self.jobs)


@dataclass(frozen=True, slots=True)
class GroupHandle:
    """What enqueueing a group gives back."""

    members: tuple[JobHandle | ChainHandle, ...]
    """The handles of its members, in their order."""
    callback: JobHandle
    """The job that is performed when all members are done; of a chain there, the last one."""
    first: JobHandle
    """The job that waits for the members: the first one of a chain, else the callback itself."""

    def wait(self, timeout: float | None = None) -> Any:
        """Wait for the callback as :meth:`JobHandle.wait` does, and return what it returned."""
        return self.callback.wait(timeout)

    def cancel(self) -> bool:
        """Drop the callback while it waits; False if it does not any more.

        With the policy ``cancel``, members that are still in queues are left unperformed.
        """
        return self.first.cancel()


Awaited = JobHandle | ChainHandle | GroupHandle
"""What a job can wait for."""


def awaited(handles: Awaited | Sequence[Awaited]) -> tuple[JobHandle, ...]:
    """Return the jobs whose ends are those of these handles, each once."""
    if isinstance(handles, (JobHandle, ChainHandle, GroupHandle)):
        handles = [handles]
    found = [_end(handle) for handle in handles]
    return tuple({handle.id or id(handle): handle for handle in found}.values())


def _end(handle: Awaited) -> JobHandle:
    if isinstance(handle, ChainHandle):
        return handle.last if handle else handle.jobs[0]
    return handle.callback if isinstance(handle, GroupHandle) else handle
