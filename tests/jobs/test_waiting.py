"""Jobs wait for others by their handles, and hear of ends that no worker writes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction

from django_resque import JobHandle, Plugin, chain, group, job, results
from django_resque.control.failures import retry_failures
from django_resque.exceptions import ArgumentError, DependencyError, JobFailed
from django_resque.jobs import waiting
from django_resque.wire.payload import Payload
from django_resque.wire.relations import Membership, related
from tests.hands import Hands

if TYPE_CHECKING:
    import redis

    from django_resque import Job
    from django_resque.store import Store
    from tests.conftest import Configure


@pytest.fixture
def hands(resque_store: Store) -> Hands:
    """A worker."""
    return Hands(resque_store)


@pytest.fixture
def note(resque_store: Store, events: list[object]) -> Job[..., Any]:
    """A job that notes what it is given, and fails at will."""

    @job(name="note", queue="q", result_ttl=60)
    def note(what: str, fails: int = 0) -> str:
        events.append(what)
        if events.count(what) <= fails:
            raise ValueError(what)
        return what

    return note


def test_after_one(note: Job[..., Any], hands: Hands, events: list[object]) -> None:
    """A job waits until another has succeeded, and then is like any other."""
    first = note.enqueue("first")
    second = note.using(depends_on=first).enqueue("second")

    assert ("queued", "waiting") == (first.status, second.status)
    assert "note" == hands.one()
    assert ("succeeded", "queued") == (first.status, second.status)
    hands.all()
    assert ["first", "second"] == events
    assert "second" == second.wait(1)
    assert second.record is not None
    assert second.record.queued_at is not None
    assert second.record.queued_at >= first.record.ended_at  # type: ignore[operator, union-attr]


def test_after_several(note: Job[..., Any], hands: Hands, events: list[object]) -> None:
    """A job waits for chains, groups and jobs, whether they have ended already or not."""
    before = note.enqueue("before")
    hands.all()
    chained = chain(note.s("a"), note.s("b")).enqueue()
    together = group(note.s("c"), callback=note.s("d")).enqueue()
    note.using(depends_on=[before, chained, together, before]).enqueue("last")
    hands.all()

    assert "last" == events[-1]
    assert {"before", "a", "b", "c", "d", "last"} == set(events)
    assert 6 == len(events)


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize(
    ("on_failure", "status"),
    [("wait", "waiting"), ("continue", "succeeded"), ("cancel", "cancelled")],
)
def test_failure(
    note: Job[..., Any],
    hands: Hands,
    resque_store: Store,
    on_failure: Any,
    status: str,
    *,
    ended: bool,
) -> None:
    """The policy decides, whether the other failed before or after; a retry may make it good."""
    first = note.enqueue("first", 1)
    if ended:
        hands.all()
    second = note.using(depends_on=first, on_failure=on_failure).enqueue("second")
    hands.all()

    assert status == second.status
    if on_failure == "cancel":
        with pytest.raises(JobFailed, match="was cancelled: A job that it waited for did not"):
            second.wait(1)
    retry_failures(resque_store)
    hands.all()
    assert ("cancelled" if on_failure == "cancel" else "succeeded") == second.status


def test_failure_early_in_a_chain(note: Job[..., Any], hands: Hands) -> None:
    """Who waits for the end of a chain hears when one of its jobs fails."""
    chained = chain(note.s("a", 9), note.s("b"), note.s("c")).enqueue()
    last = note.using(depends_on=chained, on_failure="cancel").enqueue("last")
    further = note.using(depends_on=last, on_failure="continue").enqueue("further")
    hands.all()

    assert ["failed", "waiting", "waiting"] == [each.status for each in chained.jobs]
    assert ("cancelled", "succeeded") == (last.status, further.status)


def test_failure_earlier_in_a_chain(note: Job[..., Any], hands: Hands) -> None:
    """A chain that stopped before anybody waited for its end is told of all the same."""
    chained = chain(note.s("a", 1), note.s("b"), note.s("c")).enqueue()
    hands.all()
    assert chained.last.is_cut_off
    assert not chained.jobs[0].is_cut_off
    dropped = note.using(depends_on=chained, on_failure="cancel").enqueue("dropped")
    further = note.using(depends_on=chained, on_failure="continue").enqueue("further")
    patient = note.using(depends_on=chained).enqueue("patient")
    hands.all()

    assert ("cancelled", "succeeded") == (dropped.status, further.status)
    assert "waiting" == patient.status


def test_cancelling(note: Job[..., Any], hands: Hands, events: list[object]) -> None:
    """What waits, and what others wait for, can be called off; those others hear of it."""
    first = note.enqueue("first")
    second = note.using(depends_on=first).enqueue("second")
    third = note.using(depends_on=second, on_failure="cancel").enqueue("third")
    assert second.cancel()
    assert not second.cancel()
    assert ("cancelled", "cancelled") == (second.status, third.status)

    fourth = note.using(depends_on=first, on_failure="cancel").enqueue("fourth")
    assert first.cancel()
    assert "cancelled" == fourth.status
    assert [] == hands.all() == events


def test_cancelling_together(note: Job[..., Any], hands: Hands, events: list[object]) -> None:
    """A chain is called off wherever it is, and a group with what is left of it."""
    chained = chain(note.s("a"), note.s("b")).enqueue()
    hands.one()
    assert chained.cancel()
    assert not chained.cancel()

    together = group(note.s("c"), note.s("d"), callback=note.s("e"), on_failure="cancel").enqueue()
    assert together.cancel()
    hands.all()
    assert ["a"] == events

    member = note.enqueue("f")
    together = group(note.s("g"), callback=note.s("h"), on_failure="continue").enqueue()
    member = together.members[0]  # type: ignore[assignment]
    assert results.get(str(member.id), "q").cancel()
    hands.all()
    assert ["a", "f", "h"] == events


def test_by_id(note: Job[..., Any], hands: Hands) -> None:
    """Handles made from ids do as well."""
    first = note.enqueue("first")
    second = note.using(depends_on=JobHandle.for_id(str(first.id), "q")).enqueue("second")

    found = JobHandle.for_id(str(second.id))
    assert "waiting" == found.status
    hands.all()
    assert "second" == found.wait(1)
    third = note.using(depends_on=results.get("nowhere")).enqueue("third")
    assert results.get(str(third.id)).cancel()


def test_refused(note: Job[..., Any], resque_store: Store, redis_client: redis.Redis) -> None:
    """Who would wait in vain is told so."""

    class Veto(Plugin):
        def before_enqueue(self, payload: Payload, queue: str) -> bool:
            del payload, queue
            return False

    @job(name="plain", queue="q")
    def plain() -> None: ...

    @job(name="vetoed", queue="q", result_ttl=60, plugins=[Veto()])
    def vetoed() -> None: ...

    with pytest.raises(DependencyError, match=r"plain keeps no results.*result_ttl"):
        note.using(depends_on=plain.enqueue())
    with pytest.raises(DependencyError, match="vetoed was refused by a before_enqueue hook"):
        note.using(depends_on=[vetoed.enqueue()])
    with pytest.raises(ArgumentError, match="on_failure='never'"):
        note.using(on_failure="never")  # type: ignore[arg-type]
    gone = note.enqueue("gone")
    redis_client.delete("resque:queue:q")
    with pytest.raises(DependencyError, match="it is nowhere"):
        note.using(depends_on=gone).enqueue("x")
    waits = note.using(depends_on=note.enqueue("there"))
    with pytest.raises(ArgumentError, match="delayed or waits"):
        waits.enqueue_in(timedelta(1), "x")
    assert 0 == resque_store.relations.count()


@pytest.mark.django_db(transaction=True)
def test_transaction(note: Job[..., Any], hands: Hands, events: list[object]) -> None:
    """A job may wait for one of the same transaction."""
    with transaction.atomic():
        first = note.enqueue("first")
        second = note.using(depends_on=first).enqueue("second")
        assert "unknown" == second.status
    assert "waiting" == second.status
    hands.all()

    assert ["first", "second"] == events


def test_many(note: Job[..., Any], hands: Hands, events: list[object]) -> None:
    """Many can wait for one, and the first of a chain as well."""
    first = note.enqueue("first")
    waits = note.using(depends_on=first, at_front=True)
    waits.enqueue_many([("a",), ("b",)])
    chain(waits.s("c"), note.s("d")).enqueue()
    hands.all()

    assert "first" == events[0]
    assert ["a", "b", "c", "d"] == sorted(events[1:])  # type: ignore[type-var]


def test_inline(note: Job[..., Any], events: list[object], resque_settings: Configure) -> None:
    """Inline, all that a job could wait for has ended."""
    resque_settings(INLINE=True)
    first = note.enqueue("first")
    second = note.using(depends_on=first).enqueue("second")

    assert ["first", "second"] == events
    assert "second" == second.result()


def test_called_off_without_redis(
    resque_settings: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody can tell that a group was cancelled, its members are performed."""
    del monkeypatch
    resque_settings(URL="unix:///nonexistent/redis.sock")

    mark = Membership("g", "m", "cancel")
    assert not waiting.is_called_off(related(Payload("a"), (), mark))


def test_bytes(note: Job[..., Any], resque_store: Store, hands: Hands) -> None:
    """The payload is in its queue what it would have been without waiting, but for the time."""
    first = note.enqueue("first")
    second = note.using(depends_on=first).s("é") | note.s("then")
    handle = second.enqueue()
    hands.one()

    (raw,) = resque_store.queues.peek("q", count=9)
    found = Payload.decode(raw)
    expected = Payload("note", ["é"], {**handle.jobs[0].payload.extras})
    assert found.queued_at != expected.queued_at
    expected.extras["queue_time"] = found.extras["queue_time"]
    assert expected.encode() == raw
