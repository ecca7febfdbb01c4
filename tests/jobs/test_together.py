"""Handles on chains and groups stand for the jobs at whose ends they end."""

from __future__ import annotations

from django_resque.jobs.handles import JobHandle
from django_resque.jobs.together import ChainHandle, GroupHandle, awaited
from django_resque.wire.payload import Payload


def handle(job_id: str | None, *, vetoed: bool = False) -> JobHandle:
    """Return a handle."""
    return JobHandle("q", Payload("send", [], {"id": job_id}), vetoed=vetoed)


def test_awaited() -> None:
    """One waits for the last of a chain and the callback of a group, and for each once."""
    a, b, c = handle("a"), handle("b"), handle("c")
    chained = ChainHandle((a, b))
    together = GroupHandle((a, chained), c, c)

    assert (a,) == awaited(a)
    assert (b,) == awaited(chained)
    assert (c,) == awaited(together)
    assert (a, b, c) == awaited([a, chained, b, together, a])
    assert 2 == len(awaited([handle(None), handle(None)]))


def test_refused_chain() -> None:
    """A chain whose first job was refused is false, and that job tells why nobody can wait."""
    first = handle("a", vetoed=True)
    chained = ChainHandle((first, handle("b", vetoed=True)))

    assert not chained
    assert (first,) == awaited([chained])
    assert ChainHandle((handle("a"),))
