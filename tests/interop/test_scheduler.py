"""What resque-scheduler, php-resque and node-resque did in transcripts, done or read by us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from django_resque.control.delayed import cancel_equal, run_delayed
from django_resque.schedule.delayed import transfer_due
from django_resque.schedule.recurring import Recurrence
from django_resque.wire import delayed
from django_resque.wire.payload import Payload
from django_resque.wire.schedule import ScheduleEntry
from tests.interop.transcript import Snapshot, transcript

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store

SCHEDULER = "scheduler5.0.0"
DUE = 2_100_000_000


def every_key(client: Any) -> dict[str, tuple[str, Any]]:
    """Return all keys in the form of a snapshot."""
    found: dict[str, tuple[str, Any]] = {}
    reply: Any
    for raw in client.keys("*"):
        name, kind = raw.decode(), client.type(raw).decode()
        if kind == "list":
            reply = [each.decode() for each in client.lrange(raw, 0, -1)]
        elif kind == "set":
            reply = sorted(each.decode() for each in client.smembers(raw))
        elif kind == "zset":
            pairs = client.zrange(raw, 0, -1, withscores=True)
            reply = [[member.decode(), score] for member, score in pairs]
        elif kind == "hash":
            reply = {key.decode(): each.decode() for key, each in client.hgetall(raw).items()}
        else:
            reply = client.get(raw)
        found[name] = (kind, reply)
    return found


def snapshots(client: str, scenario: str) -> dict[str, dict[str, tuple[str, Any]]]:
    """Return the snapshots of a transcript by their titles, their sets sorted."""
    return {
        each.title: {
            name: (kind, sorted(value) if kind == "set" else value)
            for name, (kind, value) in each.keys.items()
        }
        for each in transcript(client, scenario).events
        if isinstance(each, Snapshot)
    }


def item(*args: Any) -> bytes:
    """Return an item for the queue of the transcripts."""
    return delayed.encode(Payload("Mailer", list(args)), "high")


def test_enqueue_at(resque_store: Store, redis_client: redis.Redis) -> None:
    """Step by step the same keys, but that an empty timestamp is forgotten at once."""
    expected = snapshots(SCHEDULER, "enqueue-at")
    store = resque_store
    store.delayed.push(item(1, {"a": 2}), 1999999999)
    store.delayed.push(item(2), 1999999999)
    store.delayed.push(item(2), 2000000000)
    assert expected["three delayed"] == every_key(redis_client)

    assert 2 == cancel_equal(store, item(2))
    removed = expected["after remove_delayed_in_queue"]
    kind, schedule = removed["resque:delayed_queue_schedule"]
    removed["resque:delayed_queue_schedule"] = (kind, schedule[:1])
    assert removed == every_key(redis_client)

    assert 1 == run_delayed(store, "1999999999", [item(1, {"a": 2})])
    assert expected["final"] == every_key(redis_client)


def test_the_same_commands(resque_store: Store) -> None:
    """What an ending sends for a delayed item are Ruby's commands, if in another order."""
    sent = [
        tuple(word.decode() for word in each.words)
        for each in transcript(SCHEDULER, "enqueue-at").sent
    ][:3]
    ours = [
        tuple(
            (word if isinstance(word, bytes) else str(word).encode()).decode() for word in command
        )
        for command in resque_store.delayed.delaying(item(1, {"a": 2}), 1999999999)
    ]

    assert sorted(sent) == sorted((name.lower(), *words) for name, *words in ours)


def test_run(resque_store: Store, redis_client: redis.Redis) -> None:
    """From what the transcript's run began with, we come to the same end."""
    for each in transcript(SCHEDULER, "run").sent:
        if each.connection == "harness":
            redis_client.execute_command(*each.words)
    master = resque_store.schedules.look("me:1", 60).holder

    assert 2 == sum(transfer_due(resque_store, master, 1795236877))
    resque_store.schedules.release(master)

    assert snapshots(SCHEDULER, "run")["final"] == every_key(redis_client)


@pytest.mark.parametrize("client", ["node", "php"])
def test_what_others_delayed(client: str, resque_store: Store, redis_client: redis.Redis) -> None:
    """Items of node-resque and php-resque go to their queues as payloads of the same meaning."""
    for each in transcript(client, "delayed").sent:
        if each.name in ("rpush", "sadd", "zadd"):
            redis_client.execute_command(*each.words)
    master = resque_store.schedules.look("me:1", 60).holder

    assert 1 == sum(transfer_due(resque_store, master, DUE))
    (queue,) = resque_store.queues.names()
    (raw,) = resque_store.queues.peek(queue)

    expected = {
        "node": ("math", b'{"class":"add","args":[1]}'),
        "php": ("php", b'{"class":"My_Job","args":[{"a":1}]}'),
    }
    assert expected[client] == (queue, raw)
    assert 0 == resque_store.delayed.timestamp_count()
    assert [] == redis_client.keys("resque:timestamps:*")


def test_persistent_schedule(resque_store: Store, redis_client: redis.Redis) -> None:
    """A schedule is set, read by the master and removed as in the transcript."""
    expected = snapshots(SCHEDULER, "persistent-schedule")
    entry = ScheduleEntry("nightly", "Mailer", cron="0 3 * * *", queue="high", args=[1])
    resque_store.schedules.set("nightly", entry.encode())
    assert expected["after set_schedule"] == every_key(redis_client)

    recurrence = Recurrence(resque_store, "me:1", ())
    recurrence.load()
    assert 1 == len(recurrence)
    assert 0 == redis_client.exists("resque:schedules_changed")

    resque_store.schedules.remove("nightly")
    assert expected["final"] == every_key(redis_client)


def test_the_master_lock(resque_store: Store, redis_client: redis.Redis) -> None:
    """It is the key that Ruby's script sets, and what it holds has Ruby's form."""
    keys = {each.words[1] for each in transcript(SCHEDULER, "run").sent if each.name == "setnx"}
    resque_store.schedules.look("web1~50e7c95d73be:411", 60)

    assert keys == set(redis_client.keys("*lock"))
    assert "web1~50e7c95d73be:411" == resque_store.schedules.master()
