"""Who may begin within a limit, who waits, and who comes back when."""

from __future__ import annotations

import itertools
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from django_resque.exceptions import StoreError
from django_resque.store.limits import Terms
from django_resque.store.workers import Ending, Look
from tests.claims import reservation
from tests.polling import eventually

if TYPE_CHECKING:
    import redis

    from django_resque.embedded import EmbeddedServer
    from django_resque.store import Store
    from django_resque.wire.worker import Reservation

TWO = Terms("few", most=2)
SLOW = Terms("slow", count=2, span=0.3)


def held(client: redis.Redis, number: int, queue: str = "q", *, again: bool = False) -> Reservation:
    """Return a claim that a worker of its own holds."""
    rid = f"r{number}" + "x" * again
    claim = reservation("job", number, worker=f"host:{number}:q", rid=rid, queue=queue)
    client.set(f"resque:worker:{claim.worker}", claim.encode())
    return claim


def admit(store: Store, client: redis.Redis, terms: Terms, *numbers: int) -> list[str]:
    """Return what becomes of the claims of several workers."""
    return [store.limits.admit(held(client, number), terms).status for number in numbers]


def end(store: Store, number: int, limit: str) -> None:
    """Let a job end that was admitted."""
    leaving = store.limits.leaving(limit, f"r{number}")
    reply = store.workers.step(
        f"host:{number}:q", Look(()), ending=Ending(f"r{number}", leaving), rid=""
    )
    assert (True, []) == (reply.finished, reply.errors)


def waiting(store: Store, queue: str = "q") -> list[bytes]:
    """Return what waits in a queue."""
    return store.queues.peek(queue, 0, 100)


def raw(number: int) -> bytes:
    """Return the payload of a claim."""
    return reservation("job", number).payload


def test_most(store: Store, redis_client: redis.Redis) -> None:
    """So many are admitted; the next are parked, and their claims are gone."""
    assert ["admitted", "admitted", "parked", "parked"] == admit(
        store, redis_client, TWO, *range(4)
    )

    assert {"few": 2} == store.limits.parked()
    assert 2 == store.limits.running("few")
    assert [1, 1, 0, 0] == [redis_client.exists(f"resque:worker:host:{n}:q") for n in range(4)]
    assert [] == waiting(store)
    assert 0 < redis_client.ttl("resque:running:few") <= 604_800
    # Another limit is not touched.
    assert ["admitted"] == admit(store, redis_client, Terms("other", most=2), 5)


def test_end(store: Store, redis_client: redis.Redis) -> None:
    """Each end lets one in, the first first, to the head of its queue; then all keys are gone."""
    admit(store, redis_client, TWO, *range(5))
    store.queues.push("q", b"behind")

    end(store, 0, "few")
    assert [raw(2), b"behind"] == waiting(store)
    end(store, 1, "few")
    assert [raw(3), raw(2), b"behind"] == waiting(store)
    assert {"few": 1} == store.limits.parked()

    store.queues.clear("q")
    assert ["admitted", "admitted"] == admit(store, redis_client, TWO, 2, 3)
    end(store, 2, "few")
    assert ["admitted"] == admit(store, redis_client, TWO, 4)
    end(store, 3, "few")
    end(store, 4, "few")
    assert {} == store.limits.parked()
    assert 0 == store.limits.running("few")
    assert not redis_client.exists("resque:parked", "resque:parked:few", "resque:running:few")


def test_nobody_overtakes(store: Store, redis_client: redis.Redis) -> None:
    """A place is kept for one that comes back: a newcomer waits behind it."""
    admit(store, redis_client, TWO, 0, 1, 2)
    end(store, 0, "few")

    assert ["parked"] == admit(store, redis_client, TWO, 9)
    assert ["admitted"] == admit(store, redis_client, TWO, 2)
    assert {"few": 1} == store.limits.parked()


def test_a_place_is_not_kept_for_ever(store: Store, redis_client: redis.Redis) -> None:
    """When it did not come, its place is given to another, and it waits like others."""
    admit(store, redis_client, TWO, 0, 1, 2)
    end(store, 0, "few")
    names: list[Any] = redis_client.hkeys("resque:running:few")
    (name,) = [each for each in names if each.startswith(b"=")]
    assert int(redis_client.hget("resque:running:few", name) or 0) > time.time() * 1000
    redis_client.hset("resque:running:few", name, 1)

    assert ["admitted", "parked"] == admit(store, redis_client, TWO, 9, 2)


def test_lost_reply(store: Store, redis_client: redis.Redis) -> None:
    """To ask again takes no second place; to ask for a claim that is gone takes none."""
    claim = held(redis_client, 0)

    answers = [store.limits.admit(claim, TWO).status for _ in range(3)]
    assert ["admitted"] * 3 == answers
    assert 1 == store.limits.running("few")
    assert "gone" == store.limits.admit(reservation("job", rid="r9"), TWO).status
    assert 1 == store.limits.running("few")


def test_dead_workers(store: Store, redis_client: redis.Redis) -> None:
    """Whoever's claim is gone has no place; those who wait come in when somebody looks."""
    admit(store, redis_client, TWO, 0, 1, 2)
    assert 5 < (store.limits.let_in() or 0) <= 10

    redis_client.delete("resque:worker:host:0:q")
    redis_client.zadd("resque:parked", {"few": 0})

    assert store.limits.let_in() is None
    assert [raw(2)] == waiting(store)
    assert ["admitted", "parked"] == admit(store, redis_client, TWO, 2, 3)


def test_a_newcomer_lets_those_in_who_wait(store: Store, redis_client: redis.Redis) -> None:
    """Where places were freed by a death, they belong to those who waited first."""
    admit(store, redis_client, TWO, 0, 1, 2)
    redis_client.delete("resque:worker:host:0:q")

    assert ["parked"] == admit(store, redis_client, TWO, 3)
    assert [raw(2)] == waiting(store)


def test_rate(store: Store, redis_client: redis.Redis) -> None:
    """So many begin in each span; the next waits for its turn, which Redis' clock tells."""
    assert ["admitted", "admitted"] == admit(store, redis_client, SLOW, 0, 1)
    parked = store.limits.admit(held(redis_client, 2), SLOW)

    assert "parked" == parked.status
    assert 0 < parked.wait <= 0.3
    assert 0 < (store.workers.register("host:7:q", "then").look_in or 0) <= 0.3
    assert 0 < (store.limits.let_in() or 0) <= 0.3
    eventually(lambda: store.limits.let_in() is None, 5, "it never had its turn")
    assert [raw(2)] == waiting(store)
    assert ["admitted"] == admit(store, redis_client, SLOW, 2)
    eventually(lambda: not redis_client.exists("resque:rate:slow"), 5, "a key without an end")
    assert store.workers.register("host:7:q", "then").look_in is None


def test_rate_of_one_that_did_not_begin(store: Store, redis_client: redis.Redis) -> None:
    """A job that goes back unbegun is not counted."""
    once = Terms("once", count=1, span=60.0)
    admit(store, redis_client, once, 0)
    store.commander.pipe(store.limits.forgetting("once", "r0"))

    assert ["admitted", "parked"] == admit(store, redis_client, once, 1, 2)


@pytest.mark.parametrize("numbers", list(itertools.permutations([1, 2, 3])))
def test_order_of_claims(store: Store, redis_client: redis.Redis, numbers: tuple[int, ...]) -> None:
    """Whichever of several workers is the first to park its job, they wait as they were claimed."""
    one = Terms("one", most=1)
    admit(store, redis_client, one, 0)
    for number in numbers:
        claim = replace(held(redis_client, number), claimed=1795236538000000 + number)
        store.limits.admit(claim, one)

    assert 0 < redis_client.pttl(store.keys.claimed("one")) <= 60_000
    came = []
    for number in range(3):
        end(store, (0, 1, 2)[number], "one")
        came += waiting(store)
        redis_client.delete("resque:queue:q")
        admit(store, redis_client, one, number + 1)
    assert [raw(1), raw(2), raw(3)] == came


def test_order_of_those_that_do_not_tell(store: Store, redis_client: redis.Redis) -> None:
    """A claim that does not tell when it was made is the last; so is that of a later day."""
    one = Terms("one", most=1)
    admit(store, redis_client, one, 0, 1)
    claimed = [9_000_000_000, 1_000_000_000, 0, 8_000_000_000]
    for number, moment in enumerate(claimed, 2):
        store.limits.admit(replace(held(redis_client, number), claimed=moment), one)

    items = store.commander.call("LRANGE", store.keys.parked("one"), 0, -1)
    assert [1, 3, 2, 4, 5] == [json.loads(item.partition(b":q")[2])["args"][0] for item in items]
    # Nothing is remembered of those that were claimed a minute before the last.
    assert 2 == redis_client.zcard(store.keys.claimed("one"))


def test_park(store: Store, redis_client: redis.Redis) -> None:
    """What is parked for a time comes back after it, as the bytes it was parked with."""
    claim = held(redis_client, 0, "mail")

    assert "parked" == store.limits.park(claim, "unknown:x", b"other", 0.05).status
    assert [] == waiting(store, "mail")
    eventually(lambda: store.limits.let_in() is None, 5, "it never came back")
    assert [b"other"] == waiting(store, "mail")
    assert ["mail"] == store.queues.names()


def test_commands(store: Store, redis_client: redis.Redis) -> None:
    """What goes with a beginning is done when it begins, and not when it is parked."""
    one = Terms("one", most=1)
    for number in range(2):
        store.limits.admit(held(redis_client, number), one, [("INCRBY", "counter", 1)])
    store.limits.admit(held(redis_client, 2), Terms(), [("INCRBY", "counter", 1)])

    assert b"2" == redis_client.get("counter")


def test_nowhere_to_go(store: Store, redis_client: redis.Redis) -> None:
    """One whose queue is no list stays, and keeps the others from nothing."""
    redis_client.set("resque:queue:broken", "x")
    redis_client.set("resque:worker:host:1:q", "x")
    one = Terms("one", most=1)
    admit(store, redis_client, one, 0)
    store.limits.admit(held(redis_client, 1, "broken"), one)
    store.limits.admit(held(redis_client, 2), one)
    redis_client.lpush("resque:parked:one", "spoilt")

    end(store, 0, "one")

    assert [raw(2)] == waiting(store)
    assert {"one": 2} == store.limits.parked()


def test_spoilt_keys(store: Store, redis_client: redis.Redis) -> None:
    """A limit whose keys are of other types parks nothing, and hides no other."""
    redis_client.set("resque:running:few", "x")
    with pytest.raises(StoreError, match="WRONGTYPE"):
        admit(store, redis_client, TWO, 0)
    assert redis_client.exists("resque:worker:host:0:q")
    redis_client.delete("resque:running:few")
    one = Terms("one", most=1)
    admit(store, redis_client, one, 1, 2)
    redis_client.delete("resque:worker:host:1:q")
    redis_client.set("resque:parked:few", "x")
    redis_client.zadd("resque:parked", {"few": 0, "one": 1})

    assert store.limits.let_in() is not None
    assert [raw(2)] == waiting(store)
    assert {"few": 0} == store.limits.parked()
    redis_client.set("resque:parked", "x")
    assert store.workers.register("host:7:q", "then").look_in is None


def test_full(full_server: EmbeddedServer, full_store: Store) -> None:
    """With no memory left jobs are parked, looked at, and let in."""
    one = Terms("one", most=1)
    with full_server.client() as client:
        claims = [held(client, number) for number in range(3)]
        client.config_set("maxmemory", "1")

        found = [full_store.limits.admit(claim, one).status for claim in claims]
        client.config_set("maxmemory", "0")
        client.zadd("resque:parked", {"one": 0})
        client.config_set("maxmemory", "1")
        assert 1 < (full_store.limits.let_in() or 0)
        assert ["admitted", "parked", "parked"] == found
        end(full_store, 0, "one")

        assert [raw(1)] == waiting(full_store)
        assert {"one": 1} == full_store.limits.parked()


def test_spoilt_queues(store: Store, redis_client: redis.Redis) -> None:
    """Whatever lies where the names of the queues belong, what comes back is in its queue."""
    admit(store, redis_client, Terms("one", most=1), 0, 1)
    redis_client.delete("resque:queues", "resque:worker:host:0:q")
    redis_client.set("resque:queues", "x")
    redis_client.zadd("resque:parked", {"one": 0})

    assert store.limits.let_in() is None
    assert [raw(1)] == waiting(store)


def test_spoilt_in_the_middle(store: Store, redis_client: redis.Redis) -> None:
    """What was let in before a spoilt key was met is in its queue; the rest is looked at later."""
    admit(store, redis_client, Terms("one", most=1), 0, 1)
    redis_client.rpush("resque:parked:one", b"0 1 60000 1:q" + raw(2))
    redis_client.delete("resque:worker:host:0:q")
    redis_client.set("resque:rate:one", "x")
    redis_client.zadd("resque:parked", {"one": 0})

    assert 1 < (store.limits.let_in() or 0)
    assert [raw(1)] == waiting(store)
    assert {"one": 1} == store.limits.parked()


def test_spoilt_index(store: Store, redis_client: redis.Redis) -> None:
    """Nothing is parked where nobody would look for it."""
    redis_client.set("resque:parked", "x")
    claim = held(redis_client, 0)

    with pytest.raises(StoreError, match="WRONGTYPE"):
        store.limits.park(claim, "unknown:x", claim.payload, 1.0)
    assert claim.encode() == redis_client.get(f"resque:worker:{claim.worker}")
    assert not redis_client.exists("resque:parked:unknown:x")
