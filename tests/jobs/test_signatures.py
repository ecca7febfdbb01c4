"""Signatures are jobs with arguments, put together in chains and groups."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import Chain, Signature, chain, group, job
from django_resque.exceptions import ArgumentError
from django_resque.jobs.relating import MOST_LINKS, MOST_MEMBERS

if TYPE_CHECKING:
    from django_resque import Job
    from django_resque.store import Store


@pytest.fixture
def send(resque_store: Store) -> Job[..., Any]:
    """A job."""

    @job(name="send", queue="q", result_ttl=60)
    def send(first: Any, second: int = 2, *, urgent: bool = False) -> None: ...

    return send


def test_arguments(send: Job[..., Any]) -> None:
    """Arguments are put in place and checked at once; later changes do not count."""
    changed = [1]
    signature = send.s(changed, urgent=True)
    changed.append(2)

    assert ([1], {"**": {"urgent": True}}) == signature.args
    assert (3,) == send.taking(3).args
    for wrong in ({1}, object()):
        with pytest.raises(ArgumentError):
            send.s(wrong)
    with pytest.raises(ArgumentError):
        send.s()
    with pytest.raises(ArgumentError):
        send.taking(1, 2)


def test_immutable(send: Job[..., Any]) -> None:
    """A signature never contains itself: nothing of it can be changed."""
    signature = send.s(1)
    chained = signature | signature

    with pytest.raises(FrozenInstanceError):
        chained.signatures = (signature,)  # type: ignore[misc]
    assert Chain((signature, signature)) == chained
    assert chain(chained, signature) == signature | chained == chained | signature


def test_alone(send: Job[..., Any], resque_store: Store) -> None:
    """A signature can be enqueued alone, and again, each time as another job."""
    signature = send.s(7)

    first, second = signature.enqueue(), signature.enqueue()

    assert first.id != second.id
    assert [[7], [7]] == [first.payload.args, second.payload.args]
    assert 2 == resque_store.queues.size("q")


def test_bounds(send: Job[..., Any]) -> None:
    """Chains and groups have sizes."""
    signature = send.s(1)
    assert MOST_LINKS == len(chain(*[signature] * MOST_LINKS).signatures)
    for parts in ([], [signature] * (MOST_LINKS + 1)):
        with pytest.raises(ArgumentError, match="a chain has from 1 to 100 jobs"):
            chain(*parts)
    for parts in ([], [signature] * (MOST_MEMBERS + 1)):
        with pytest.raises(ArgumentError, match="a group has from 1 to 10000 members"):
            group(*parts, callback=signature)


def test_unique(resque_store: Store) -> None:
    """What is enqueued by an ending takes no lock, so a unique job can only begin a chain."""

    @job(name="once", queue="q", unique="until_end", result_ttl=60)
    def once() -> None: ...

    with pytest.raises(ArgumentError, match="only the first job of a chain can be unique"):
        chain(once.s(), once.s())
    with pytest.raises(ArgumentError, match="no job of a group can be unique"):
        group(once.s(), callback=once.s())
    with pytest.raises(ArgumentError, match="a unique job cannot wait"):
        once.using(depends_on=once.enqueue())
    assert not once.s().enqueue()
    assert 1 == resque_store.queues.size("q")


def test_refused(send: Job[..., Any]) -> None:
    """What cannot stand somewhere is refused, with a reason."""
    signature = send.s(1)
    waits = send.using(depends_on=send.enqueue(1)).s(1)
    together = group(signature, callback=signature)

    with pytest.raises(ArgumentError, match=r"send.s\(7\)"):
        chain(signature, send)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="chain jobs after its callback instead"):
        signature | together  # type: ignore[operator]
    with pytest.raises(ArgumentError, match="only the first job of a chain can have depends_on"):
        signature | waits
    for members, callback in (([waits], signature), ([signature], waits)):
        with pytest.raises(ArgumentError, match="no job of a group can have depends_on"):
            group(*members, callback=callback)
    for members, callback in (([send.taking()], signature), ([signature], send.taking())):
        with pytest.raises(ArgumentError, match="no job comes before it"):
            group(*members, callback=callback)
    with pytest.raises(ArgumentError, match='give it "wait", "continue" or "cancel"'):
        group(signature, callback=signature, on_failure="explode")  # type: ignore[arg-type]
    assert isinstance(signature, Signature)
