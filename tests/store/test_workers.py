"""A worker's registration, signs of life and claims, and the step from job to job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from django_resque.exceptions import StoreError, StoreUnavailable
from django_resque.store.workers import Ending, Look, StepReply
from django_resque.wire import timestamps
from django_resque.wire.worker import Reservation

if TYPE_CHECKING:
    import redis

    from django_resque.embedded import EmbeddedServer
    from django_resque.store import Store
    from django_resque.store.commander import Command

_ID = "host~0123456789ab:42:q"
_CLAIM = f"resque:worker:{_ID}"
_RUN_AT = "2026-11-21T04:48:58Z"


def step(
    store: Store,
    queues: str = "q",
    *,
    rid: str = "r2",
    ending: Ending | None = None,
    known: frozenset[str] | None = None,
) -> StepReply:
    """Take a step over queues separated by commas, as a worker that is registered."""
    store.commander.exchange([("SET", store.keys.started(_ID), "then", "NX")])
    look = Look(queues.split(",") if queues else (), known)
    return store.workers.step(_ID, look, ending=ending, rid=rid, run_at=_RUN_AT)


def claimed(rid: str, queue: str, payload: bytes) -> bytes:
    """Return the claim as it should stand."""
    head = f'{{"rid":"{rid}","queue":"{queue}","run_at":"{_RUN_AT}","payload":'
    return head.encode() + payload + b"}"


# Claiming


def test_empty(store: Store) -> None:
    """Without a job nothing is claimed."""
    assert StepReply("empty", finished=False, errors=[]) == step(store)


def test_claim(store: Store, redis_client: redis.Redis) -> None:
    """A job is moved from its queue into the claim, its bytes untouched."""
    payload = b'{"class": "x",\t"args":[12345678901234567890,[],{},1.0,"\\u00e9"]}'
    store.queues.push("q", payload)

    expected = StepReply("job", finished=False, errors=[], claim=claimed("r2", "q", payload))
    assert expected == step(store)
    assert expected.claim == redis_client.get(_CLAIM)
    assert 0 == store.queues.size("q")


def test_timed(store: Store) -> None:
    """A claim tells when it was made, by the clock of Redis, if it is asked for."""
    store.workers.register(_ID, "then")
    store.queues.push_many("q", [b"1", b"2"])
    before = store.workers.now() * 1_000_000
    made = []
    for number in range(2):
        rid, ending = f"r{number + 1}", Ending(f"r{number}", [("INCRBY", "counter", 1)])
        reply = store.workers.step(_ID, Look(("q",)), ending=ending, rid=rid, timed=True)
        made.append(Reservation.decode(_ID, reply.claim))

    assert [b"1", b"2"] == [each.payload for each in made]
    assert before < made[0].claimed < made[1].claimed < before + 60_000_000
    assert b"1" == store.commander.call("GET", "counter")


def test_order(store: Store) -> None:
    """Queues are taken from in their order, each from its front."""
    for queue, payload in (("low", b"3"), ("high", b"1"), ("low", b"4"), ("high", b"2")):
        store.queues.push(queue, payload)

    taken = []
    for number in range(4):
        ending = Ending(f"r{number}")
        reply = step(store, "high,low", rid=f"r{number + 1}", ending=ending)
        taken.append(json.loads(reply.claim)["payload"])

    assert [1, 2, 3, 4] == taken


def test_repeated(store: Store) -> None:
    """A call repeated with its rid returns the claim it made."""
    store.queues.push_many("q", [b"1", b"2"])
    ending = Ending("r1", [("INCRBY", "counter", 1)])
    first = step(store, rid="r1")
    second = step(store, ending=ending)

    again = step(store, ending=ending)

    assert (first.status, first.claim) != (again.status, again.claim)
    assert (second.status, second.claim) == (again.status, again.claim)
    assert again.finished
    assert b"1" == store.commander.call("GET", "counter")
    assert 0 == store.queues.size("q")


def test_in_the_way(store: Store) -> None:
    """A claim that is neither to be finished nor asked for is returned and stays."""
    store.queues.push_many("q", [b"1", b"2"])
    held = step(store, rid="r1").claim

    for ending in (None, Ending("r0", [("INCRBY", "counter", 1)])):
        assert StepReply("stale", finished=False, errors=[], claim=held) == step(
            store, ending=ending
        )
    assert 1 == store.queues.size("q")
    assert store.commander.call("GET", "counter") is None


def test_rid_prefix(store: Store, redis_client: redis.Redis) -> None:
    """A rid that merely begins like the claim's is another one."""
    redis_client.set(_CLAIM, claimed("r22", "q", b"1"))

    assert "stale" == step(store, rid="r2").status


@pytest.mark.parametrize("payload", [b"", b"{oops", b"\xff\xfe", b'","payload":"x"}', b"null"])
def test_poison(store: Store, payload: bytes) -> None:
    """Bytes that are no payload are claimed like any others."""
    store.queues.push("q", payload)

    assert claimed("r2", "q", payload) == step(store).claim


def test_wrong_type(store: Store, redis_client: redis.Redis) -> None:
    """A queue whose key is no list hides none of the others."""
    redis_client.set("resque:queue:broken", "text")
    store.queues.push("q", b"1")

    assert "job" == step(store, "broken,q").status
    assert "empty" == step(store, "broken", rid="r3", ending=Ending("r2")).status


# Finishing


def test_finish(store: Store, redis_client: redis.Redis) -> None:
    """The ending is written, the claim goes, and another job is claimed."""
    store.queues.push_many("q", [b"1", b"2"])
    step(store, rid="r1")
    ending = Ending("r1", [("RPUSH", "list", b"\x00\xff", 5), ("INCRBY", "counter", 2)])

    reply = step(store, ending=ending)

    assert StepReply("job", finished=True, errors=[], claim=claimed("r2", "q", b"2")) == reply
    assert [b"\x00\xff", b"5"] == redis_client.lrange("list", 0, -1)
    assert b"2" == redis_client.get("counter")


def test_finish_only(store: Store, redis_client: redis.Redis) -> None:
    """Without a new rid nothing is claimed."""
    store.queues.push_many("q", [b"1", b"2"])
    step(store, rid="r1")

    assert StepReply("done", finished=True, errors=[]) == step(store, rid="", ending=Ending("r1"))
    assert not redis_client.exists(_CLAIM)
    assert 1 == store.queues.size("q")


@pytest.mark.parametrize(
    ("rid", "key", "value"),
    [
        ("", "", ""),
        ("r2", "", ""),
        ("r2", "resque:pause-all-workers", "true"),
        ("r2", f"resque:worker:{_ID}:settled", "another"),
    ],
)
def test_finish_repeated(
    store: Store, redis_client: redis.Redis, rid: str, key: str, value: str
) -> None:
    """Repeated after a lost reply, a step that took no job knows its ending, and writes none."""
    store.queues.push("q", b"1")
    step(store, rid="r1")
    if key:
        redis_client.set(key, value)
    ending = Ending("r1", [("INCRBY", "counter", 1)])

    first, second = step(store, rid=rid, ending=ending), step(store, rid=rid, ending=ending)

    assert first.finished
    assert first == second
    assert b"1" == redis_client.get("counter")
    assert 0 < redis_client.ttl(store.keys.settled(_ID)) <= 86_400


def test_finish_repeated_after_an_error(store: Store, redis_client: redis.Redis) -> None:
    """What was written before Redis refused the rest is known to be written."""
    store.queues.push("q", b"1")
    step(store, rid="r1")
    redis_client.rpush("resque:pause-all-workers", "no text")
    ending = Ending("r1", [("INCRBY", "counter", 1)])
    with pytest.raises(StoreError, match="pause-all-workers"):
        step(store, ending=ending)
    redis_client.delete("resque:pause-all-workers")

    assert step(store, ending=ending).finished
    assert b"1" == redis_client.get("counter")


def test_spoilt_mark_of_the_last_ending(store: Store, redis_client: redis.Redis) -> None:
    """Whatever somebody put there keeps no job from being settled."""
    redis_client.rpush(store.keys.settled(_ID), "spoilt")

    assert not step(store, ending=Ending("r0")).finished
    store.queues.push("q", b"1")
    step(store, rid="r1")
    assert step(store, ending=Ending("r1")).finished
    assert b"r1" == redis_client.get(store.keys.settled(_ID))


def test_fenced(store: Store, redis_client: redis.Redis) -> None:
    """The ending of a claim that is gone is not written."""
    reply = step(store, rid="", ending=Ending("r1", [("INCRBY", "counter", 1)]))

    assert StepReply("done", finished=False, errors=[]) == reply
    assert not redis_client.exists("counter")


def test_errors(store: Store, redis_client: redis.Redis) -> None:
    """A command that Redis refuses is told and keeps no other from being written."""
    store.queues.push("q", b"1")
    step(store, rid="r1")
    redis_client.set("text", "x")
    commands = [("INCRBY", "text", 1), ("RPUSH", "text", 1), ("INCRBY", "counter", 1)]

    reply = step(store, ending=Ending("r1", commands))

    assert ("empty", True) == (reply.status, reply.finished)
    assert ["ERR", "WRONGTYPE"] == [error.lstrip("-").split()[0] for error in reply.errors]
    assert b"1" == redis_client.get("counter")


@pytest.mark.parametrize(
    ("value", "is_released"), [(b"me", True), (b"other", False), (None, False)]
)
def test_release_in_an_ending(
    store: Store, redis_client: redis.Redis, value: bytes | None, *, is_released: bool
) -> None:
    """An ending gives up what its job owns, and nothing that has another owner by now."""
    store.queues.push("q", b"1")
    step(store, rid="r1")
    if value is not None:
        redis_client.set("lock", value)
    commands: list[Command] = [("resque.release", "lock", "me"), ("INCRBY", "counter", 1)]

    assert [] == step(store, ending=Ending("r1", commands)).errors
    assert (None if is_released else value) == redis_client.get("lock")
    assert b"1" == redis_client.get("counter")


def test_keep_in_an_ending(store: Store, redis_client: redis.Redis) -> None:
    """What a job owns is kept longer; what has another owner expires when it would."""
    store.queues.push("q", b"1")
    step(store, rid="r1")
    redis_client.set("mine", "me", ex=10)
    redis_client.set("other", "you", ex=10)
    commands: list[Command] = [("resque.keep", key, "me", 60_000) for key in ("mine", "other")]

    assert [] == step(store, ending=Ending("r1", commands)).errors
    assert [True, False] == [redis_client.ttl(key) > 10 for key in ("mine", "other")]


def test_refused_operation(store: Store, redis_client: redis.Redis) -> None:
    """An operation that Redis refuses is told and keeps nothing else from being written."""
    store.queues.push("q", b"1")
    step(store, rid="r1")
    redis_client.set("resque:running:few", "spoilt")
    commands: list[Command] = [
        ("resque.leave", "resque:", "few", "r1"),
        ("resque.release", "resque:running:few", "me"),
        ("INCRBY", "counter", 1),
    ]

    (error,) = step(store, ending=Ending("r1", commands)).errors

    assert "WRONGTYPE" in error
    assert b"1" == redis_client.get("counter")


# Pauses


@pytest.mark.parametrize("value", ["true", "TRUE", "True\n", " true "])
def test_pause_all(store: Store, redis_client: redis.Redis, value: str) -> None:
    """While all workers pause, a job is finished but none is claimed."""
    store.queues.push_many("q", [b"1", b"2"])
    step(store, rid="r1")
    redis_client.set("resque:pause-all-workers", value)

    assert StepReply("paused", finished=True, errors=[]) == step(store, ending=Ending("r1"))
    assert 1 == store.queues.size("q")


@pytest.mark.parametrize("value", ["false", "", "1", "untrue"])
def test_no_pause(store: Store, redis_client: redis.Redis, value: str) -> None:
    """Any other value is no pause."""
    store.queues.push("q", b"1")
    redis_client.set("resque:pause-all-workers", value)

    assert "job" == step(store).status


def test_pause_switch(store: Store) -> None:
    """The switch reads as it was set."""
    assert not store.workers.all_paused()
    store.workers.pause_all()
    assert store.workers.all_paused()
    store.workers.resume_all()
    assert not store.workers.all_paused()


def test_queue_paused(store: Store) -> None:
    """A paused queue is passed over, others are not."""
    store.queues.push("high", b"1")
    store.queues.push("low", b"2")
    store.queues.pause("high")

    assert claimed("r2", "low", b"2") == step(store, "high,low").claim
    assert "empty" == step(store, "high,low", rid="r3", ending=Ending("r2")).status

    store.queues.resume("high")
    assert "job" == step(store, "high,low", rid="r3").status


# Orders


def test_orders(store: Store, redis_client: redis.Redis) -> None:
    """Orders are taken once, in their order, and expire if nobody takes them."""
    for order in (b"1", b"\xff", b"3"):
        store.workers.order(_ID, order)

    assert 50 < redis_client.ttl(f"{_CLAIM}:orders") <= 60
    assert [b"1", b"\xff", b"3"] == store.workers.take_orders(_ID)
    assert [] == store.workers.take_orders(_ID)
    assert not redis_client.exists(f"{_CLAIM}:orders")


def test_many_orders(store: Store) -> None:
    """Of too many orders the newest are kept."""
    for number in range(110):
        store.workers.order(_ID, b"%d" % number)

    assert [b"%d" % number for number in range(10, 110)] == store.workers.take_orders(_ID)


@pytest.mark.parametrize("paused", [False, True])
def test_told_of_orders(store: Store, paused: bool) -> None:
    """A step tells of orders before it takes a job, in a pause too; the ending is written."""
    store.queues.push_many("q", [b"1", b"2"])
    step(store, rid="r1")
    store.workers.order(_ID, b"x")
    if paused:
        store.workers.pause_all()

    assert StepReply("orders", finished=True, errors=[]) == step(store, ending=Ending("r1"))
    assert 1 == store.queues.size("q")

    store.workers.take_orders(_ID)
    assert ("paused" if paused else "job") == step(store).status


def test_claim_before_orders(store: Store) -> None:
    """A claim whose reply got lost is told of first: its job is not to wait."""
    store.queues.push("q", b"1")
    claim = step(store).claim
    store.workers.order(_ID, b"x")

    assert ("job", claim) == (step(store).status, step(store).claim)


def test_orders_of_wrong_type(store: Store, redis_client: redis.Redis) -> None:
    """A key that is no list holds no orders, and does not stay to be told of again."""
    redis_client.set(f"{_CLAIM}:orders", "x")

    assert "orders" == step(store).status
    assert [] == store.workers.take_orders(_ID)
    assert "empty" == step(store).status


# Patterns


def test_set_unchanged(store: Store) -> None:
    """With patterns, the step goes ahead while the queues are those that are known."""
    for name in ("a", "b b", "c:1", "dé"):
        store.queues.push(name, b"1")

    assert "job" == step(store, "a", known=frozenset({"a", "b b", "c:1", "dé"})).status


@pytest.mark.parametrize(
    "known",
    [
        frozenset(),
        frozenset({"a"}),
        frozenset({"a", "x"}),
        frozenset({"a", "b", "x"}),
        frozenset({"a1:b", ""}),
    ],
)
def test_set_changed(store: Store, known: frozenset[str]) -> None:
    """Any difference is told with the names, and no job is claimed; the ending is written."""
    store.queues.push("a", b"1")
    step(store, "a", rid="r1")
    store.queues.push("b", b"1")
    names = frozenset({"a", "b"})

    reply = step(store, "a,b", known=known, ending=Ending("r1"))

    assert StepReply("queues", finished=True, errors=[], queues=names) == reply
    assert 1 == store.queues.size("b")


# Refusals


def test_script_flushed(store: Store, redis_client: redis.Redis) -> None:
    """A server that has forgotten the script is given it again."""
    store.queues.push("q", b"1")
    redis_client.script_flush()

    assert "job" == step(store).status


def test_full(full_server: EmbeddedServer, full_store: Store) -> None:
    """With no memory left jobs are still claimed and finished, failures recorded."""
    store = full_store
    store.workers.register(_ID, "then")
    store.queues.push_many("q", [b"1", b"2", b"3"])
    with full_server.client() as client:
        client.config_set("maxmemory", "1")
        ending = Ending("r1", [*store.stats.raising("processed", _ID), ("RPUSH", "failed", "x")])
        with pytest.raises(StoreUnavailable, match="maxmemory"):
            store.queues.push("q", b"4")

        assert "job" == step(store, rid="r1").status
        reply = step(store, ending=ending)

        assert ("job", True, []) == (reply.status, reply.finished, reply.errors)
        assert [b"x"] == client.lrange("failed", 0, -1)
        assert [1] == store.stats.get("processed")
        assert "job" == step(store, rid="r3", ending=Ending("r2")).status
        assert "empty" == step(store, rid="r4", ending=Ending("r3")).status


def test_register_full(full_server: EmbeddedServer, full_store: Store) -> None:
    """A worker can begin when there is no memory left: it is there to free some."""
    with full_server.client() as client:
        client.config_set("maxmemory", "1")

        full_store.workers.register(_ID, "then")

    assert [_ID] == full_store.workers.ids()


def test_orders_full(full_server: EmbeddedServer, full_store: Store) -> None:
    """A worker hears what it was told when there is no memory left."""
    full_store.workers.order(_ID, b"1")
    full_store.workers.order(_ID, b"2")
    with full_server.client() as client:
        client.config_set("maxmemory", "1")

        assert [b"1", b"2"] == full_store.workers.take_orders(_ID)
        assert [] == full_store.workers.take_orders(_ID)


def test_replica(redis_server: EmbeddedServer, store: Store, redis_client: redis.Redis) -> None:
    """A server that became a replica is unavailable, not empty."""
    store.workers.register(_ID, "then")
    store.queues.push("q", b"1")
    redis_client.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(StoreUnavailable):
            step(store)
    finally:
        redis_client.replicaof("NO", "ONE")

    assert "job" == step(store).status


def test_forgotten(store: Store, redis_client: redis.Redis) -> None:
    """A worker that was struck off ends its job, but takes none until it is registered again.

    Nobody would know of that job if the worker died with it.
    """
    store.queues.push_many("q", [b"1", b"2"])
    step(store, rid="r1")
    # What every client does to strike a worker off, but for the claim.
    redis_client.srem("resque:workers", _ID)
    redis_client.delete(f"resque:worker:{_ID}:started")
    store.workers.order(_ID, b"{}")
    ending = Ending("r1", [("INCRBY", "counter", 1)])

    reply = store.workers.step(_ID, Look(("q",)), ending=ending, rid="r2")

    assert StepReply("forgotten", finished=True, errors=[]) == reply
    assert b"1" == redis_client.get("counter")
    assert 1 == store.queues.size("q")
    store.workers.register(_ID, "then")
    assert "orders" == store.workers.step(_ID, Look(("q",)), ending=None, rid="r2").status


@pytest.mark.parametrize("name", ["pause-all-workers", "queues:paused", "queues"])
def test_others_of_wrong_type(store: Store, redis_client: redis.Redis, name: str) -> None:
    """A key that somebody spoilt is named; whether there is a job to take cannot be told."""
    redis_client.rpush("resque:queue:q", b"1")
    redis_client.hset(f"resque:{name}", "x", "y")

    with pytest.raises(StoreError, match=f"WRONGTYPE.*\\(resque:{name}\\)"):
        step(store, known=frozenset({"q"}))
    assert 1 == store.queues.size("q")


def test_claim_of_wrong_type(store: Store, redis_client: redis.Redis) -> None:
    """A claim key that somebody spoilt is told, not guessed at."""
    redis_client.rpush(_CLAIM, "x")

    with pytest.raises(StoreError, match="WRONGTYPE"):
        step(store)


# Registration


def test_register(store: Store, redis_client: redis.Redis) -> None:
    """A worker becomes known and alive, with Redis' time as text."""
    store.workers.register(_ID, "2026-11-21 04:48:58 +0000")

    assert [_ID] == store.workers.ids()
    assert ["2026-11-21 04:48:58 +0000"] == store.workers.started([_ID])
    beat = redis_client.hget("resque:workers:heartbeat", _ID)
    assert isinstance(beat, bytes)
    written = timestamps.parse(beat.decode())
    assert written is not None
    assert 2 > store.workers.now() - written.timestamp() >= 0
    assert beat.decode() == store.workers.heartbeats()[_ID]


def test_register_again(store: Store, redis_client: redis.Redis) -> None:
    """Registered again it keeps its start, and is back if it had been forgotten."""
    store.workers.register(_ID, "then")
    redis_client.delete("resque:workers", "resque:workers:heartbeat")

    store.workers.register(_ID, "now")

    assert ["then"] == store.workers.started([_ID])
    assert ([_ID], [_ID]) == (store.workers.ids(), list(store.workers.heartbeats()))


def test_signs_of_life(store: Store) -> None:
    """All that tells the living from the dead comes in one answer."""
    store.workers.register(_ID, "then")

    ids, beats, now = store.workers.signs_of_life()

    assert ({_ID}, {_ID}) == (ids, set(beats))
    assert 2 > store.workers.now() - now >= 0


def test_vitals(store: Store, redis_client: redis.Redis) -> None:
    """What workers tell of themselves is read for those asked for, and stays without news."""
    store.workers.register(_ID, "then", b"well")
    store.workers.register(_ID, "then")
    store.workers.register("host~00:1:q", "then", b"\xff")
    store.workers.register("ruby:1:q", "then")

    assert {_ID: b"well"} == store.workers.vitals_of(["ruby:1:q", _ID])
    assert {} == store.workers.vitals_of([])
    assert 2 == redis_client.hlen("resque:workers:vitals")


def test_vitals_of_wrong_type(store: Store, redis_client: redis.Redis) -> None:
    """Where somebody spoilt the key, workers live and die all the same."""
    redis_client.set("resque:workers:vitals", "x")

    store.workers.register(_ID, "then", b"well")

    assert {} == store.workers.vitals_of([_ID])
    assert store.workers.strike(_ID, claim=None)
    assert [] == store.workers.ids()


def test_vitals_left_behind(store: Store, redis_client: redis.Redis) -> None:
    """What is left of workers that another client has struck off goes with the next beat."""
    redis_client.hset("resque:workers:vitals", mapping={"host~01:2:q": "x", "host~01:3:q": "x"})

    store.workers.register(_ID, "then", b"well")

    assert {_ID.encode(): b"well"} == redis_client.hgetall("resque:workers:vitals")


def test_nobody(store: Store) -> None:
    """Without workers there is nothing to read."""
    assert [] == store.workers.ids()
    assert {} == store.workers.heartbeats()
    assert [] == store.workers.claims([])
    assert [None] == store.workers.claims([_ID])
    assert [None] == store.workers.started([_ID])


def test_one_bad_key(store: Store, redis_client: redis.Redis) -> None:
    """A claim of a wrong type hides no other worker's."""
    redis_client.rpush("resque:worker:bad", "x")
    redis_client.set(_CLAIM, "claim")

    assert [None, b"claim"] == store.workers.claims(["bad", _ID])


def test_foreign_bytes(store: Store, redis_client: redis.Redis) -> None:
    """A worker whose id is no UTF-8 is read, and struck off, like any other."""
    raw = b"h\xff:1:q"
    redis_client.sadd("resque:workers", raw)
    redis_client.set(b"resque:worker:" + raw, "claim")
    (worker,) = store.workers.ids()

    assert [b"claim"] == store.workers.claims([worker])
    assert store.workers.strike(worker, claim=b"claim")
    assert [] == redis_client.keys()


# Striking off


def test_strike(store: Store, redis_client: redis.Redis) -> None:
    """Everything of a worker goes at once, and its job's ending is written."""
    store.workers.register(_ID, "then", b"well")
    redis_client.set(_CLAIM, "claim")
    redis_client.set(store.keys.settled(_ID), "r1")
    store.workers.order(_ID, b"x")
    store.commander.pipe(store.stats.raising("processed", _ID))
    store.commander.pipe(store.stats.raising("failed", _ID))

    assert store.workers.strike(_ID, claim=b"claim", commands=[("RPUSH", "failed", b"\xff")])
    assert [] == redis_client.keys(f"*{_ID}*")
    assert {} == store.workers.vitals_of([_ID])
    assert [] == store.workers.ids()
    assert {} == store.workers.heartbeats()
    assert [b"\xff"] == redis_client.lrange("failed", 0, -1)
    assert [1, 1] == store.stats.get("processed", "failed")


def test_strike_releases(store: Store, redis_client: redis.Redis) -> None:
    """The ending of a job that is struck off with its worker gives up what the job owns."""
    redis_client.set(_CLAIM, "claim")
    redis_client.set("lock", "me")

    assert store.workers.strike(_ID, claim=b"claim", commands=[("resque.release", "lock", "me")])
    assert not redis_client.exists("lock")


def test_strike_once(store: Store, redis_client: redis.Redis) -> None:
    """Whoever comes second writes nothing."""
    store.workers.register(_ID, "then")
    redis_client.set(_CLAIM, "claim")

    struck = [
        store.workers.strike(_ID, claim=b"claim", commands=[("RPUSH", "failed", "x")])
        for _ in range(3)
    ]

    assert [True, False, False] == struck
    assert 1 == redis_client.llen("failed")


def test_strike_unknown(store: Store, redis_client: redis.Redis) -> None:
    """A worker of which nothing is left, or was ever known, is not struck off."""
    store.workers.register(_ID, "then")

    assert [True, False] == [store.workers.strike(_ID, claim=None) for _ in range(2)]
    store.workers.order(_ID, b"x")
    redis_client.set(store.keys.settled(_ID), "r1")
    assert not store.workers.strike(_ID, claim=None)
    assert not store.workers.strike("host:1:q", claim=None, commands=[("RPUSH", "failed", "x")])
    assert not redis_client.exists("failed")


@pytest.mark.parametrize("claim", [None, b"other", b"claim and more"])
def test_strike_changed_claim(store: Store, redis_client: redis.Redis, claim: bytes | None) -> None:
    """A worker that holds another claim than was read is left alone."""
    store.workers.register(_ID, "then")
    redis_client.set(_CLAIM, "claim")

    assert not store.workers.strike(_ID, claim=claim, commands=[("RPUSH", "failed", "x")])
    assert [_ID] == store.workers.ids()
    assert not redis_client.exists("failed")


def test_strike_changed_heartbeat(store: Store, redis_client: redis.Redis) -> None:
    """A worker that gave a sign of life since is left alone; without one, absence counts."""
    store.workers.register(_ID, "then")
    beat = store.workers.heartbeats()[_ID]

    assert not store.workers.strike(_ID, claim=None, heartbeat="before")
    assert not store.workers.strike(_ID, claim=None, heartbeat="")
    assert store.workers.strike(_ID, claim=None, heartbeat=beat)

    redis_client.sadd("resque:workers", _ID)
    assert store.workers.strike(_ID, claim=None, heartbeat="")


def test_holding(store: Store, redis_client: redis.Redis) -> None:
    """Who holds a claim is told without reading it; an empty one and a wrong type are none."""
    redis_client.mset({"resque:worker:a:1:*": "x" * 1000, "resque:worker:b:1:*": ""})
    redis_client.rpush("resque:worker:c:1:*", "x")

    assert [True, False, False, False] == store.workers.holding(
        ["a:1:*", "b:1:*", "c:1:*", "d:1:*"]
    )
    assert [] == store.workers.holding([])


def test_claim_heads(store: Store, redis_client: redis.Redis) -> None:
    """No more of a claim is read than asked for; an empty one and a wrong type are none."""
    redis_client.mset({"resque:worker:a:1:*": "x" * 1000, "resque:worker:b:1:*": ""})
    redis_client.rpush("resque:worker:c:1:*", "x")

    names = ["a:1:*", "b:1:*", "c:1:*", "d:1:*"]
    assert [b"x" * 10, None, None, None] == store.workers.claim_heads(names, 10)
    assert [] == store.workers.claim_heads([], 10)
