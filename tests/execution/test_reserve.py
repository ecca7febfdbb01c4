"""One step settles and reserves; a lost reply loses no job and settles none twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from django_resque.exceptions import StoreUnavailable
from django_resque.execution.outcome import Succeeded
from django_resque.execution.queue_names import QueuePatterns
from django_resque.execution.reserve import Answer, Reserver
from django_resque.execution.settle import ending, giving_back
from django_resque.store import Store
from django_resque.store.commander import Command, PooledCommander
from django_resque.store.connection import from_url
from tests.claims import WORKER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import redis

    from django_resque.embedded import EmbeddedServer
    from django_resque.wire.worker import Reservation


class LossyCommander(PooledCommander):
    """Carries commands out, and loses the reply when told to."""

    losing = 0

    def exchange(self, commands: Sequence[Command]) -> list[Any]:
        """Exchange; then perhaps fail."""
        replies = super().exchange(commands)
        if self.losing:
            self.losing -= 1
            raise StoreUnavailable("cut", uncertain=True)
        return replies


@pytest.fixture
def commander(redis_server: EmbeddedServer) -> Iterator[LossyCommander]:
    """A commander on the private server."""
    commander = LossyCommander(from_url(redis_server.url)())
    yield commander
    commander.close()


@pytest.fixture
def store(commander: LossyCommander) -> Store:
    """A store through that commander."""
    return Store(commander, "resque")


def reserver(store: Store, queues: str = "q") -> Reserver:
    """Return a reserver for these queues, of a registered worker."""
    store.workers.register(WORKER, "then")
    return Reserver(store, WORKER, QueuePatterns.parse(queues.split(",")))


def push(store: Store, *items: bytes, queue: str = "q") -> None:
    """Enqueue items."""
    store.queues.push_many(queue, items)


def reserved(answer: Answer) -> Reservation:
    """Return the reservation that there must be."""
    assert "job" == answer.status
    assert answer.reservation is not None
    return answer.reservation


def processed(store: Store) -> int:
    """Return how many jobs have been settled."""
    return store.stats.get("processed")[0]


def succeed(store: Store, reserving: Reserver, claim: Reservation) -> None:
    """Have the claim settled as a success with the next step."""
    reserving.settle(ending(store, [], claim, Succeeded()))


def test_reserve(store: Store, redis_client: redis.Redis) -> None:
    """The first item of the first queue that has any is claimed."""
    push(store, b"one", b"two", queue="low")
    reserving = reserver(store, "high,low")

    claim = reserved(reserving.next())

    assert ("low", b"one", WORKER) == (claim.queue, claim.payload, claim.worker)
    assert claim.encode() == redis_client.get(f"resque:worker:{WORKER}")
    assert [b"two"] == store.queues.peek("low", count=9)


def test_empty(store: Store) -> None:
    """Without a job there is nothing to settle either."""
    assert Answer("empty", None, None, []) == reserver(store).next()


def test_step(store: Store) -> None:
    """A step settles the last job and reserves the next, each under a rid of its own."""
    push(store, b"one", b"two")
    reserving = reserver(store)
    first = reserved(reserving.next())
    succeed(store, reserving, first)
    assert reserving.unsettled

    answer = reserving.next()

    assert not reserving.unsettled
    assert answer.settled
    second = reserved(answer)
    assert (b"two", True) == (second.payload, second.rid != first.rid)
    assert 1 == processed(store)


def test_flush(store: Store, redis_client: redis.Redis) -> None:
    """Settling alone takes no job."""
    push(store, b"one", b"two")
    reserving = reserver(store)
    succeed(store, reserving, reserved(reserving.next()))

    assert Answer("done", None, True, []) == reserving.flush()
    assert Answer("done", None, None, []) == reserving.flush()
    assert 1 == processed(store)
    assert 1 == store.queues.size("q")
    assert not redis_client.exists(f"resque:worker:{WORKER}")


def test_fenced(store: Store, redis_client: redis.Redis) -> None:
    """A claim that somebody else has ended is not settled again, and that is told."""
    push(store, b"one", b"two")
    reserving = reserver(store)
    succeed(store, reserving, reserved(reserving.next()))
    redis_client.delete(f"resque:worker:{WORKER}")

    answer = reserving.next()

    assert answer.settled is False
    assert b"two" == reserved(answer).payload
    assert 0 == processed(store)


def test_refused(store: Store, redis_client: redis.Redis) -> None:
    """What Redis refuses of an ending is told, and the rest is written."""
    push(store, b"one")
    redis_client.rpush("resque:stat:processed", "no counter")
    reserving = reserver(store)
    succeed(store, reserving, reserved(reserving.next()))

    answer = reserving.flush()

    assert answer.settled
    assert ["WRONGTYPE"] == [error.split()[0].lstrip("-") for error in answer.errors]
    assert [1] == store.stats.get("processed", worker=WORKER)
    assert [] == reserving.flush().errors


def test_lost_claim(store: Store, commander: LossyCommander) -> None:
    """A claim whose reply got lost is the one that the next call returns."""
    push(store, b"one", b"two")
    reserving = reserver(store)
    commander.losing = 3
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            reserving.next()

    assert b"one" == reserved(reserving.next()).payload
    assert [b"two"] == store.queues.peek("q", count=9)


def test_lost_step(store: Store, commander: LossyCommander) -> None:
    """A step whose reply got lost has settled once and reserved once."""
    push(store, b"one", b"two", b"three")
    reserving = reserver(store)
    succeed(store, reserving, reserved(reserving.next()))
    commander.losing = 2
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            reserving.next()

    answer = reserving.next()

    assert (True, b"two") == (answer.settled, reserved(answer).payload)
    assert 1 == processed(store)
    assert 1 == store.queues.size("q")


def test_lost_then_leaving(store: Store, commander: LossyCommander) -> None:
    """A worker that leaves instead of asking again is given what it holds, to give it back."""
    push(store, b"one", b"two")
    reserving = reserver(store)
    succeed(store, reserving, reserved(reserving.next()))
    commander.losing = 1
    with pytest.raises(StoreUnavailable):
        reserving.next()

    answer = reserving.flush()

    assert (True, b"two") == (answer.settled, reserved(answer).payload)
    reserving.settle(giving_back(store, reserved(answer)))
    assert Answer("done", None, True, []) == reserving.flush()
    assert [b"two"] == store.queues.peek("q", count=9)
    assert 1 == processed(store)


def test_lost_nothing(store: Store, commander: LossyCommander) -> None:
    """A lost reply that told of no job leaves nothing to give back."""
    reserving = reserver(store)
    commander.losing = 1
    with pytest.raises(StoreUnavailable):
        reserving.next()
    push(store, b"one")

    assert Answer("done", None, None, []) == reserving.flush()
    assert b"one" == reserved(reserving.next()).payload


def test_lost_flush(store: Store, commander: LossyCommander) -> None:
    """Settling again after a lost reply settles nothing twice."""
    push(store, b"one")
    reserving = reserver(store)
    succeed(store, reserving, reserved(reserving.next()))
    commander.losing = 1
    with pytest.raises(StoreUnavailable):
        reserving.flush()
    assert reserving.unsettled

    reserving.flush()

    assert not reserving.unsettled
    assert 1 == processed(store)


def test_paused(store: Store) -> None:
    """While all workers pause, the last job is settled and none is taken."""
    push(store, b"one", b"two")
    reserving = reserver(store)
    succeed(store, reserving, reserved(reserving.next()))
    store.workers.pause_all()

    assert Answer("paused", None, True, []) == reserving.next()
    assert 1 == processed(store)
    assert 1 == store.queues.size("q")


def test_patterns(store: Store) -> None:
    """With patterns, queues that appear and vanish are noticed in the same call."""
    reserving = reserver(store, "mail_*,!mail_slow")
    assert "empty" == reserving.next().status
    push(store, b"slow", queue="mail_slow")
    push(store, b"one", queue="mail_a")

    first = reserved(reserving.next())
    assert ("mail_a", b"one") == (first.queue, first.payload)
    assert ["mail_a"] == reserving.queues

    succeed(store, reserving, first)
    push(store, b"two", queue="mail_0")
    answer = reserving.next()
    assert (True, b"two") == (answer.settled, reserved(answer).payload)
    assert ["mail_0", "mail_a"] == reserving.queues
    assert 1 == processed(store)


def test_static_list(store: Store, redis_client: redis.Redis) -> None:
    """A plain list is looked into literally, also where the set does not know the queue."""
    redis_client.rpush("resque:queue:unknown", "one")

    assert b"one" == reserved(reserver(store, "q,unknown").next()).payload


@pytest.mark.parametrize(
    "name", [b"caf\xc3\xa9", b"\xff\xfe", b"a b", b'quo"te', b"new\nline", b"7:x"]
)
def test_names(store: Store, redis_client: redis.Redis, name: bytes) -> None:
    """A queue of any name is found and worked off, as other clients may name them."""
    redis_client.sadd("resque:queues", name)
    redis_client.rpush(b"resque:queue:" + name, b"one")

    claim = reserved(reserver(store, "*").next())

    assert b"one" == claim.payload
    assert name.decode(errors="backslashreplace") == claim.queue


@pytest.mark.parametrize("queues", ["a,b,c", "*"])
def test_look_first(store: Store, queues: str) -> None:
    """Told to look into one queue first, it does so once, also while replies get lost."""
    for queue in ("a", "b", "c"):
        push(store, *(b"%s%d" % (queue.encode(), number) for number in range(3)), queue=queue)
    reserving = reserver(store, queues)
    taken = []

    for first in ("b", "", "c", "nowhere", ""):
        if first:
            reserving.look_first(first)
        claim = reserved(reserving.next())
        taken.append(claim.payload)
        succeed(store, reserving, claim)

    assert [b"b0", b"a0", b"c0", b"a1", b"a2"] == taken


def test_look_first_into_a_new_queue(store: Store) -> None:
    """A queue that has just come into being is looked into first where a pattern matches it."""
    push(store, b"old", queue="a")
    reserving = reserver(store, "*")
    push(store, b"new", queue="b")

    reserving.look_first("b")

    assert b"new" == reserved(reserving.next()).payload


def test_look_first_waits(store: Store, commander: LossyCommander) -> None:
    """What was asked for is not forgotten over a lost reply, an order or a pause of all."""
    push(store, b"1", queue="a")
    push(store, b"2", queue="b")
    reserving = reserver(store, "a,b")
    reserving.look_first("b")
    store.workers.pause_all()
    store.workers.order(WORKER, b"x")

    assert "orders" == reserving.next().status
    store.workers.take_orders(WORKER)
    assert "paused" == reserving.next().status
    store.workers.resume_all()
    commander.losing = 1
    with pytest.raises(StoreUnavailable):
        reserving.next()

    assert b"2" == reserved(reserving.next()).payload


def test_look_first_at_nothing(store: Store) -> None:
    """A look that finds the queue empty has been that look."""
    reserving = reserver(store, "a,b")
    reserving.look_first("b")
    assert "empty" == reserving.next().status
    push(store, b"1", queue="a")
    push(store, b"2", queue="b")

    assert b"1" == reserved(reserving.next()).payload


def test_orders(store: Store) -> None:
    """That there are orders is told, with what came of the job before."""
    push(store, b"1")
    push(store, b"2")
    reserving = reserver(store)
    succeed(store, reserving, reserved(reserving.next()))
    store.workers.order(WORKER, b"x")

    assert Answer("orders", None, True, []) == reserving.next()
    store.workers.take_orders(WORKER)
    assert b"2" == reserved(reserving.next()).payload


def test_timed(store: Store) -> None:
    """Where jobs may have to wait for a limit, their claims tell when they were made."""
    push(store, b"1", b"2")
    plain = reserver(store)
    claim = reserved(plain.next())
    assert 0 == claim.claimed
    plain.settle(ending(store, [], claim, Succeeded()))
    plain.flush()

    timed = Reserver(store, WORKER, QueuePatterns.parse(["q"]), timed=True)

    assert 0 < reserved(timed.next()).claimed
