"""Chains and groups reach their queues as one, and each job in its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction

from django_resque import Plugin, Retry, chain, group, job, signals
from django_resque.control.failures import retry_failures
from django_resque.exceptions import ArgumentError, StoreError
from django_resque.wire.payload import Payload
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
def add(resque_store: Store, events: list[object]) -> Job[..., Any]:
    """A job that notes and keeps a sum."""

    @job(name="add", queue="q", result_ttl=60)
    def add(*numbers: int) -> int:
        events.append(sum(numbers))
        return sum(numbers)

    return add


@pytest.fixture
def shaky(resque_store: Store, events: list[object]) -> Job[..., Any]:
    """A job that fails until it is asked the third time."""

    @job(name="shaky", queue="q", retry=Retry(2, backoff=0))
    def shaky() -> str:
        events.append("try")
        if events.count("try") < 3:
            raise ValueError(events)
        return "made it"

    return shaky


def test_chain(add: Job[..., Any], hands: Hands, events: list[object]) -> None:
    """Each is enqueued when the one before has succeeded, with its value where it takes it."""
    handle = (add.s(1, 2) | add.taking(10) | add.using(queue="low").s(5)).enqueue()

    assert ["queued", "waiting", "waiting"] == [each.status for each in handle.jobs]
    assert "add" == hands.one()
    assert ["succeeded", "queued", "waiting"] == [each.status for each in handle.jobs]
    hands.all()
    assert [3, 13, 5] == events
    assert 5 == handle.wait(1)
    assert ["q", "q", "low"] == [each.queue for each in handle.jobs]
    assert 3 == len({each.id for each in handle.jobs})


def test_chain_leaves_nothing(
    add: Job[..., Any], hands: Hands, redis_client: redis.Redis, resque_store: Store
) -> None:
    """What follows lies in the payload alone, behind what Ruby reads."""
    (add.s(1) | add.using(queue="low").s(2)).enqueue()

    (raw,) = resque_store.queues.peek("q", count=9)
    assert raw.startswith(b'{"class":"add","args":[1],"id":"')
    assert {b"resque:queues", b"resque:queue:q"} == set(redis_client.keys())
    hands.all()
    assert 0 == resque_store.relations.count()


def test_retried_in_the_middle(
    add: Job[..., Any],
    shaky: Job[..., Any],
    hands: Hands,
    events: list[object],
    resque_store: Store,
) -> None:
    """A retry, by its policy or from the failed list, keeps the rest of a chain and the group."""
    done = add.using(queue="done").s(9)
    handle = group(add.s(1) | shaky.s() | add.s(2), add.s(3), callback=done).enqueue()

    hands.all()
    assert [1, 3, "try", "try"] == events
    assert "waiting" == handle.callback.status
    assert (1, 0) == retry_failures(resque_store)
    hands.all()

    assert ["try", 2, 9] == events[4:]
    assert 9 == handle.wait(1)


@pytest.mark.usefixtures("resque_store")
def test_value_that_cannot_be_handed_on(hands: Hands, redis_client: redis.Redis) -> None:
    """A job whose value the next one needs fails if that value is no JSON: nothing is lost."""

    @job(name="odd", queue="q")
    def odd(value: Any = None) -> Any:
        return {value}

    (odd.s(1) | odd.taking()).enqueue()

    assert ["odd"] == hands.all()
    (raw,) = redis_client.lrange("resque:failed", 0, -1)
    assert b"which JSON cannot carry" in raw
    assert b"the next job of the chain needs it" in raw


@pytest.mark.parametrize(
    ("on_failure", "after"),
    [("wait", [1, "fail", 3]), ("continue", [1, "fail", 3, 9]), ("cancel", [1, "fail"])],
)
def test_group(
    add: Job[..., Any], hands: Hands, events: list[object], on_failure: Any, after: list[object]
) -> None:
    """The callback comes after all members, by the policy for one that fails."""

    @job(name="fail", queue="q")
    def fail() -> None:
        events.append("fail")
        raise ValueError

    members = [add.s(1), fail.s(), add.s(3)]
    handle = group(*members, callback=add.s(9), on_failure=on_failure).enqueue()
    assert "waiting" == handle.callback.status

    hands.all()

    assert after == events
    if on_failure == "cancel":
        assert ["cancelled", "skipped"] == [handle.callback.status, handle.members[2].status]  # type: ignore[union-attr]
        assert not handle.cancel()


def test_group_of_chains(add: Job[..., Any], hands: Hands, events: list[object]) -> None:
    """Members and callback may be chains: the last of each counts, and the first one waits."""
    chained = add.s(1) | add.s(2)
    handle = group(chained, add.s(3), callback=add.s(9) | add.s(10)).enqueue()

    assert ["waiting", "waiting"] == [handle.first.status, handle.callback.status]
    hands.all()

    assert [1, 3, 2, 9, 10] == events
    assert 10 == handle.wait(1)


def test_without_ids(hands: Hands, resque_settings: Configure, events: list[object]) -> None:
    """Groups of jobs without ids are counted by their places; the callback has one always."""
    resque_settings(JOB_IDS=False)

    @job(name="note", queue="q")
    def note(what: str) -> None:
        events.append(what)

    handle = group(note.s("a"), note.s("b") | note.s("c"), callback=note.s("d")).enqueue()
    assert [None, True] == [handle.members[0].id, handle.callback.id is not None]  # type: ignore[union-attr]
    hands.all()

    assert ["a", "b", "c", "d"] == events


def test_large_group(add: Job[..., Any], resque_store: Store) -> None:
    """Thousands of members are enqueued in their order, in one step."""
    handle = group(*[add.s(number) for number in range(2500)], callback=add.s()).enqueue()

    assert 2500 == resque_store.queues.size("q")
    args = [Payload.decode(raw).args[0] for raw in resque_store.queues.peek("q", count=2500)]
    assert list(range(2500)) == args
    (found,) = resque_store.relations.page()
    assert (2500, handle.callback.id) == (found.open_count, found.id)


def test_front(add: Job[..., Any], resque_store: Store) -> None:
    """Members that go to the front keep their order there."""
    add.enqueue(0)
    first = add.using(at_front=True)
    group(first.s(1), first.s(2), callback=add.s()).enqueue()

    raws = resque_store.queues.peek("q", count=9)
    assert [[1], [2], [0]] == [Payload.decode(raw).args for raw in raws]


@pytest.mark.django_db(transaction=True)
def test_transaction(add: Job[..., Any], resque_store: Store) -> None:
    """All goes out after the commit, or nothing."""
    with transaction.atomic():
        chain(add.s(1), add.s(2)).enqueue()
        group(add.s(3), add.s(4), callback=add.s(5)).enqueue()
        assert (0, 0) == (resque_store.queues.size("q"), resque_store.relations.count())
    assert (3, 1) == (resque_store.queues.size("q"), resque_store.relations.count())

    with transaction.atomic():
        group(add.s(3), callback=add.s(5)).enqueue()
        transaction.set_rollback(True)
    assert (3, 1) == (resque_store.queues.size("q"), resque_store.relations.count())


def test_hooks(hands: Hands, events: list[object]) -> None:
    """Hooks of enqueueing run for the first of a chain and the members of a group."""

    class Veto(Plugin):
        def before_enqueue(self, payload: Payload, queue: str) -> bool:
            payload.extras["mark"] = queue
            return payload.args != ["no"]

        def after_enqueue(self, payload: Payload, queue: str) -> None:
            events.append(("enqueued", payload.args[0]))

    @job(name="note", queue="q", plugins=[Veto()])
    def note(what: str) -> None:
        events.append(what)

    told: list[int] = []

    def tell(payloads: list[Payload], **_: Any) -> None:
        told.append(len(payloads))

    signals.job_enqueued.connect(tell)
    try:
        handle = group(note.s("a") | note.s("b"), note.s("no"), callback=note.s("c")).enqueue()
    finally:
        signals.job_enqueued.disconnect(tell)
    assert [True, False] == [bool(each) for each in handle.members]
    hands.all()
    assert [("enqueued", "a"), "a", "b", "c"] == events
    assert [1] == told

    refused = chain(note.s("no"), note.s("a")).enqueue()
    assert not refused
    assert not any(refused.jobs)
    assert [] == hands.all()


def test_refused_by_redis(
    add: Job[..., Any], resque_store: Store, redis_client: redis.Redis
) -> None:
    """Where one of a group cannot be pushed, none is."""
    redis_client.set("resque:queue:bad", "x")

    with pytest.raises(StoreError):
        group(add.s(1), add.using(queue="bad").s(2), callback=add.s(3)).enqueue()

    assert (0, 0) == (resque_store.queues.size("q"), resque_store.relations.count())


def test_inline(add: Job[..., Any], events: list[object], resque_settings: Configure) -> None:
    """Inline, all is performed at once, in order."""
    resque_settings(INLINE=True)

    handle = chain(add.s(1), add.taking(1)).enqueue()
    assert 2 == handle.last.result()
    together = group(add.s(5) | add.s(6), add.s(7), callback=add.s(8)).enqueue()

    assert [1, 2, 5, 6, 7, 8] == events
    assert 8 == together.callback.result()


def test_status_packets(resque_store: Store, redis_client: redis.Redis) -> None:
    """Members with status packets have theirs from the beginning."""

    @job(name="told", queue="q", php_status=True)
    def told() -> None: ...

    group(told.s(), told.s(), callback=told.s()).enqueue()

    assert 2 == len(redis_client.keys("resque:job:*:status"))


def test_depth(add: Job[..., Any]) -> None:
    """Arguments that are nested too deep for where they stand are refused at once."""
    deep: list[Any] = []
    for _ in range(95):
        deep = [deep]
    add.s(deep).enqueue()

    with pytest.raises(ArgumentError, match="nested too deep"):
        chain(add.s(1), add.s(deep)).enqueue()


def test_first_takes_nothing(add: Job[..., Any]) -> None:
    """What takes a result must come after a job."""
    with pytest.raises(ArgumentError, match="no job comes before it"):
        add.taking(1).enqueue()
