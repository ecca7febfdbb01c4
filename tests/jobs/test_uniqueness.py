"""A unique job is enqueued once, until it begins or has ended."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction

from django_resque import Plugin, delayed, job, queues, signals, wiring
from django_resque.control import queues as control
from django_resque.exceptions import ArgumentError, ConfigurationError

if TYPE_CHECKING:
    import redis

    from django_resque.jobs.definition import Job
    from django_resque.store import Store
    from django_resque.wire.payload import Payload
    from tests.conftest import Configure

UNIQUE: dict[str, Any] = {"name": "work", "queue": "q", "unique": "until_end"}


def work(customer: Any, text: str = "", *, kind: Any = None) -> None:
    """Do nothing."""


@pytest.fixture(autouse=True)
def _settings(resque_settings: Configure) -> None:
    """Settings lead to the private server."""


@pytest.fixture
def store() -> Store:
    """The store that jobs are enqueued to."""
    return wiring.store()


@pytest.fixture
def once() -> Job[..., Any]:
    """A unique job."""
    return job(**UNIQUE)(work)


def test_duplicate(once: Job[..., Any], store: Store, redis_client: redis.Redis) -> None:
    """The second is not queued, its handle is false and tells of the first; another is."""
    first, second, other = once.enqueue(7), once.enqueue(7, ""), once.enqueue(7, "x")

    assert [True, True, True] == [bool(first), bool(second), bool(other)]  # "" is an argument
    again = once.enqueue(7)
    assert not again
    assert first.id == again.duplicate_of
    assert (None, False) == (first.duplicate_of, again.vetoed)
    assert 3 == store.queues.size("q")
    (raw, *_) = store.queues.peek("q")
    lock = json.loads(raw)["unique"]
    assert first.payload.encode() == raw
    assert first.id == store.locks.owner(lock)
    assert 3590 < redis_client.ttl(f"resque:unique:{lock}") <= 3600


def test_expiry(store: Store, redis_client: redis.Redis) -> None:
    """After ``unique_for`` another may be queued, whatever became of the first."""
    brief = job(**UNIQUE, unique_for=timedelta(seconds=100))(work)
    (raw,) = (brief.enqueue(7).payload.extras["unique"],)
    assert 90 < redis_client.ttl(f"resque:unique:{raw}") <= 100

    redis_client.delete(f"resque:unique:{raw}")

    assert brief.enqueue(7)


def test_unique_by(store: Store) -> None:
    """Some parameters, or a function, may tell what makes two calls alike."""
    by_name = job(**UNIQUE, unique_by="customer")(work)
    assert [True, False, True] == list(map(bool, by_name.enqueue_many([(7,), (7, "x"), (8,)])))
    store.commander.call("FLUSHALL")
    by_function = job(**UNIQUE, unique_by=lambda customer, **_: customer // 10)(work)
    assert [True, False, True] == [
        bool(by_function.enqueue(number, kind=number)) for number in (11, 12, 21)
    ]


def test_unique_by_nonsense(store: Store) -> None:
    """What tells nothing is told to whoever enqueues, or defines the job; nothing is queued."""
    with pytest.raises(ArgumentError, match="unique_by"):
        job(**UNIQUE, unique_by=lambda _customer: object())(work).enqueue(7)
    with pytest.raises(ConfigurationError, match="no parameter"):
        job(**UNIQUE, unique_by="costumer")(work)
    assert 0 == store.queues.size("q")


def test_many(once: Job[..., Any], store: Store) -> None:
    """Of equal calls that are enqueued together the first is queued, at the front the last."""
    handles = once.enqueue_many([(1,), (2,), (1,)])
    assert [True, True, False] == list(map(bool, handles))
    assert handles[0].id == handles[2].duplicate_of

    front = once.using(at_front=True).enqueue_many([(3,), (2,), (3,)])
    assert [False, False, True] == list(map(bool, front))
    assert [[3], [1], [2]] == [json.loads(raw)["args"] for raw in store.queues.peek("q", 0, 9)]


def test_delayed(once: Job[..., Any], store: Store, redis_client: redis.Redis) -> None:
    """A delayed job has its lock from the beginning, and for the time after it is due."""
    handle = once.enqueue_in(1000, 7)

    assert handle.id == once.enqueue(7).duplicate_of
    assert 1 == delayed.count()
    lock = handle.payload.extras["unique"]
    assert 4500 < redis_client.ttl(f"resque:unique:{lock}") <= 4600
    assert handle.cancel()
    assert once.enqueue_at(datetime.now(timezone.utc), 7)
    assert 1 == store.queues.size("q")


def test_hooks_and_signal(store: Store) -> None:
    """Of a duplicate nobody hears that it was enqueued."""
    told: list[Any] = []

    class Note(Plugin):
        """Notes what was enqueued."""

        def after_enqueue(self, payload: Payload, queue: str) -> None:
            """Note."""
            told.append(payload.id)

    def note(payloads: list[Payload], **_: Any) -> None:
        told.extend(payload.id for payload in payloads)

    noted = job(**UNIQUE, plugins=[Note()])(work)
    signals.job_enqueued.connect(note)
    try:
        first = noted.enqueue(7)
        noted.enqueue(7)
    finally:
        signals.job_enqueued.disconnect(note)
    assert [first.id, first.id] == told


def test_id_taken_away(store: Store) -> None:
    """A hook that takes away the id, by which the lock has an owner, is found out."""

    class Bare(Plugin):
        """Takes ids away."""

        def before_enqueue(self, payload: Payload, queue: str) -> None:
            """Take it."""
            payload.extras.clear()

    with pytest.raises(ArgumentError, match="bears no id"):
        job(**UNIQUE, plugins=[Bare()])(work).enqueue(7)


def test_removal_frees(once: Job[..., Any], store: Store) -> None:
    """Whichever way it is removed unperformed, another may be enqueued."""
    for remove in (
        lambda handle: handle.cancel(),
        lambda _handle: once.dequeue(7),
        lambda handle: queues.remove("q", handle.id),
        lambda _handle: queues.remove_queue("q"),
        lambda _handle: control.clear_queue(store, "q"),
        lambda _handle: control.remove_queue(store, "q"),
        lambda handle: control.remove_jobs(store, "q", [handle.payload.encode()]),
    ):
        handle = once.enqueue(7)
        assert handle
        assert remove(handle)
    assert once.enqueue(7)


def test_clearing_counts(once: Job[..., Any], store: Store) -> None:
    """All are counted that are cleared, whether they had a lock or not."""
    once.enqueue(7)
    store.queues.push_many("q", [b"1", b"2"])

    assert 3 == control.clear_queue(store, "q")


def test_inline(once: Job[..., Any], resque_settings: Configure) -> None:
    """Inline nothing waits, so each is performed."""
    resque_settings(INLINE=True)

    assert all([once.enqueue(7), once.enqueue(7)])


def test_status_packet(store: Store, redis_client: redis.Redis) -> None:
    """php-resque's packet is written for what is queued, and not for a duplicate."""
    tracked = job(**UNIQUE, php_status=True)(work)
    handles = [tracked.enqueue(7), tracked.enqueue(7)]

    assert [1, 0] == [redis_client.exists(f"resque:job:{each.id}:status") for each in handles]


@pytest.mark.django_db(transaction=True)
def test_commit(once: Job[..., Any]) -> None:
    """Whether it is a duplicate is known when the transaction has committed."""
    with transaction.atomic():
        first, second = once.enqueue(7), once.enqueue(7)
        assert second

    assert first
    assert first.id == second.duplicate_of
