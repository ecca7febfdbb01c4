"""Jobs with their arguments, to be put together: ``a.s(1) | b.s(2)`` and ``group(...)``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django_resque.exceptions import ArgumentError
from django_resque.jobs.limits import mark_limited
from django_resque.jobs.moments import waiting_since
from django_resque.jobs.relating import MOST_LINKS, MOST_MEMBERS, Step, enqueue_chain, enqueue_group
from django_resque.jobs.waiting import checked_policy

if TYPE_CHECKING:
    from django_resque.jobs.definition import Job
    from django_resque.jobs.handles import JobHandle
    from django_resque.jobs.together import ChainHandle, GroupHandle
    from django_resque.wire.relations import OnFailure

R_co = TypeVar("R_co", covariant=True)


class Part:
    """What a chain or a group is put together of: a signature or a chain."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Signature(Part, Generic[R_co]):
    """A job with arguments for one performance or many; made by :meth:`Job.s`."""

    job: Job[..., R_co]
    """The job, as :meth:`Job.using` may have set it up."""
    args: tuple[Any, ...] = ()
    """As they travel, without what the job before returns."""
    takes_result: bool = False
    """Whether what the job before it in a chain returns is its first argument."""

    def enqueue(self) -> JobHandle:
        """Enqueue this alone, as :meth:`Job.enqueue` does."""
        return enqueue_chain(chain(self).steps()).last

    def __or__(self, other: Part) -> Chain:
        """Let another job follow."""
        return chain(self, other)


@dataclass(frozen=True, slots=True)
class Chain(Part):
    """Jobs of which each is enqueued when the one before it has succeeded."""

    signatures: tuple[Signature[Any], ...]
    """Its jobs in their order."""

    def enqueue(self) -> ChainHandle:
        """Enqueue the first job, which carries the others with it; return a handle at once."""
        return enqueue_chain(self.steps())

    def __or__(self, other: Part) -> Chain:
        """Let another job follow."""
        return chain(self, other)

    def steps(self, *, with_id: bool = False) -> list[Step]:
        """Return new requests for the jobs, of which the first has an id if it must have one."""
        steps = []
        for place, each in enumerate(self.signatures):
            payload = each.job.request(
                list(each.args), waiting_since(), with_id=with_id and not place
            )
            if not each.takes_result:
                mark_limited(each.job, payload)
            steps.append(Step(each.job, payload, takes_result=each.takes_result))
        return steps


@dataclass(frozen=True, slots=True)
class Group:
    """Jobs, or chains of them, that are enqueued together, and one for when all are done."""

    members: tuple[Chain, ...]
    """What is enqueued together; a single job is a chain of one."""
    callback: Chain
    """What is enqueued when all members are done."""
    on_failure: OnFailure = "wait"
    """What becomes of the callback if a member does not succeed."""

    def enqueue(self) -> GroupHandle:
        """Enqueue all members in one step; return a handle at once."""
        members = [member.steps() for member in self.members]
        return enqueue_group(members, self.callback.steps(with_id=True), self.on_failure)


def chain(*parts: Part) -> Chain:
    """Put jobs one after the other: each is enqueued when the one before it has succeeded.

    Raises ArgumentError for what cannot stand there.
    """
    signatures: list[Signature[Any]] = []
    for part in parts:
        signatures += _chain(part).signatures
    if not 1 <= len(signatures) <= MOST_LINKS:
        raise ArgumentError(f"a chain has from 1 to {MOST_LINKS} jobs, not {len(signatures)}")
    for each in signatures[1:]:
        _check_free(each, "only the first job of a chain")
    return Chain(tuple(signatures))


def group(
    *members: Part,
    callback: Part,
    on_failure: OnFailure = "wait",
) -> Group:
    """Put jobs side by side, with a ``callback`` that is enqueued when all of them are done.

    A member that fails keeps the group open until it is retried and succeeds (``"wait"``), counts
    as done (``"continue"``), or has the callback dropped and the members that are still in queues
    left unperformed (``"cancel"``). Raises ArgumentError for what cannot stand there.
    """
    if not 1 <= len(members) <= MOST_MEMBERS:
        raise ArgumentError(f"a group has from 1 to {MOST_MEMBERS} members, not {len(members)}")
    chains = [_chain(member) for member in members]
    last = _chain(callback)
    for each in (*chains, last):
        first = each.signatures[0]
        _check_free(first, "no job of a group")
        if first.takes_result:
            raise ArgumentError(f"{first.job.name} takes a result, and no job comes before it")
    return Group(tuple(chains), last, checked_policy(on_failure))


def _check_free(signature: Signature[Any], which: str) -> None:
    if signature.job.depends_on:
        raise ArgumentError(f"{signature.job.name}: {which} can have depends_on")
    if signature.job.unique:
        raise ArgumentError(f"{signature.job.name}: {which} can be unique")


def _chain(part: Any) -> Chain:
    if isinstance(part, Chain):
        return part
    if isinstance(part, Signature):
        return Chain((part,))
    hint = "; chain jobs after its callback instead" if isinstance(part, Group) else ""
    raise ArgumentError(f"{part!r} is no job with its arguments, such as send.s(7){hint}")
