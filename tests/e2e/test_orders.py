"""Orders through Redis are obeyed by real workers in every state; an idle one does not poll."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from django_resque.control.workers import (
    hurry,
    kill_job,
    pause_worker,
    resume_worker,
    stop_worker,
)
from django_resque.exceptions import JobNotFound
from django_resque.wire.order import Order
from tests.e2e.running import failures, push, stats
from tests.polling import eventually

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from tests.e2e.running import Project

_SOON = 4.0  # seconds; a second is meant, and the machine may be busy


@pytest.fixture
def store(resque_store: Store) -> Store:
    """The store that operators work on."""
    return resque_store


def registered(store: Store) -> str:
    """Return the id of the worker that there is."""
    (worker,) = store.workers.ids()
    return worker


def at_work(project: Project, client: redis.Redis) -> None:
    """Give the worker a job that waits, and wait until it has begun."""
    push(client, "wait", 1)
    eventually(lambda: any(line.startswith("began 1") for line in project.effects()))


def rid(store: Store) -> str:
    """Return the rid of the claim that the worker has."""
    (claim,) = store.workers.claims([registered(store)])
    return str(json.loads(claim or b"{}").get("rid", ""))


def state(store: Store) -> str:
    """Return what the worker says of itself."""
    (raw,) = store.workers.vitals_of(store.workers.ids()).values()
    return str(json.loads(raw)["state"])


def commands(client: redis.Redis) -> int:
    """Return how many commands the server has carried out."""
    return int(client.info("stats")["total_commands_processed"])


def test_idle(project: Project, store: Store, redis_client: redis.Redis) -> None:
    """An idle worker sleeps until it is told: to pause, to go on, to leave."""
    project.resque |= {"HEARTBEAT_INTERVAL": 60, "HEARTBEAT_TTL": 120}
    worker = project.worker()
    eventually(lambda: worker.asleep_for(0.5))
    before = commands(redis_client)
    eventually(lambda: worker.asleep_for(2.5))
    assert 1 == commands(redis_client) - before

    pause_worker(store, registered(store))
    eventually(lambda: "Paused" in worker.title, _SOON)
    eventually(lambda: state(store) == "paused", _SOON)
    push(redis_client, "ok", 1)

    resume_worker(store, registered(store))
    eventually(lambda: "ok 1" in project.effects(), _SOON)
    eventually(lambda: worker.asleep_for(2.0))

    stop_worker(store, registered(store))
    assert 0 == worker.wait(_SOON)
    assert [] == redis_client.keys("resque:worker*")


@pytest.mark.parametrize("mode", [(), ("--jobs-per-fork", "10")])
def test_at_work(
    project: Project, store: Store, redis_client: redis.Redis, mode: tuple[str, ...]
) -> None:
    """A worker at work hears while its job runs, and obeys when that has ended."""
    worker = project.worker(*mode)
    at_work(project, redis_client)
    push(redis_client, "ok", 2)

    pause_worker(store, registered(store))
    eventually(lambda: state(store) == "paused", _SOON)
    resume_worker(store, registered(store))
    eventually(lambda: state(store) == "working", _SOON)
    stop_worker(store, registered(store))
    eventually(lambda: state(store) == "stopping", _SOON)
    project.release()

    assert 0 == worker.wait(_SOON)
    assert (1, 0) == stats(redis_client)
    assert 1 == redis_client.llen("resque:queue:q")


def test_paused(project: Project, store: Store, redis_client: redis.Redis) -> None:
    """A paused worker hears that it is to leave."""
    worker = project.worker()
    pause_worker(store, registered(store))
    worker.await_title("Paused")

    stop_worker(store, registered(store))

    assert 0 == worker.wait(_SOON)


def test_all_paused(project: Project, store: Store, redis_client: redis.Redis) -> None:
    """While all workers are paused, or there is no queue, one hears all the same."""
    worker = project.worker()
    store.workers.pause_all()
    worker.await_title("Paused")
    eventually(lambda: worker.asleep_for(0.3))

    stop_worker(store, registered(store))

    assert 0 == worker.wait(_SOON)


@pytest.mark.parametrize("mode", [(), ("--term-child",)])
def test_kill(
    project: Project, store: Store, redis_client: redis.Redis, mode: tuple[str, ...]
) -> None:
    """The job that is meant fails, the worker goes on, and the next job is not hit."""
    project.worker(*mode)
    at_work(project, redis_client)
    meant = rid(store)
    push(redis_client, "wait", 2)

    kill_job(store, registered(store), meant)

    (failure,) = eventually(lambda: failures(redis_client), _SOON)
    assert [1] == failure["payload"]["args"]
    name = "TermException" if mode else "DirtyExit"
    assert f"django_resque.exceptions.{name}" == failure["exception"]
    assert ("SIGTERM" if mode else "(sent by its worker on request)") in failure["error"]

    # A second click comes too late, whether it is noticed or not.
    eventually(lambda: any(line.startswith("began 2") for line in project.effects()))
    with pytest.raises(JobNotFound):
        kill_job(store, registered(store), meant)
    store.workers.order(registered(store), Order("kill", rid=meant).encode())
    key = store.keys.orders(registered(store))
    eventually(lambda: not redis_client.exists(key), _SOON)
    project.release()
    eventually(lambda: stats(redis_client) == (2, 1), _SOON)
    assert "ok 2" in project.effects()


def test_no_fork(project: Project, store: Store, redis_client: redis.Redis) -> None:
    """A worker that does not fork hears when its job has ended."""
    worker = project.worker("--no-fork")
    at_work(project, redis_client)
    push(redis_client, "ok", 2)
    kill_job(store, registered(store), rid(store))
    stop_worker(store, registered(store))

    project.release()

    assert 0 == worker.wait(_SOON)
    assert (1, 0) == stats(redis_client)
    assert 1 == redis_client.llen("resque:queue:q")


def test_untracked(project: Project, store: Store, redis_client: redis.Redis) -> None:
    """Where Redis does not announce pushes, an idle worker hears with its next look."""
    redis_client.execute_command(
        "ACL", "SETUSER", "worker", "on", ">right", "~*", "&*", "+@all", "-client|tracking"
    )
    project.resque |= {"USERNAME": "worker", "PASSWORD": "right"}
    worker = project.worker()
    assert "looking for jobs once a second" in worker.log

    stop_worker(store, registered(store))

    assert 0 == worker.wait(_SOON)


def test_hurry(project: Project, store: Store, redis_client: redis.Redis) -> None:
    """A job that is to run now comes next, though its queue is the last one."""
    project.worker(queues="high,low")
    for number in (1, 2):
        push(redis_client, "wait", number, queue="high")
    eventually(lambda: any(line.startswith("began 1") for line in project.effects()))
    push(redis_client, "ok", 3, queue="low")

    assert 1 == hurry(store, "low")

    project.release()
    eventually(lambda: stats(redis_client) == (3, 0), _SOON)
    done = [line for line in project.effects() if line.startswith("ok")]
    assert ["ok 1", "ok 3", "ok 2"] == done


def test_during_an_outage(project: Project, store: Store, redis_client: redis.Redis) -> None:
    """A worker whose questions fail finishes its job, and hears when it can again."""
    worker = project.worker()
    at_work(project, redis_client)
    told = registered(store)
    redis_client.execute_command("ACL", "SETUSER", "default", "-lpop")
    try:
        eventually(lambda: "trying again until it answers" in worker.log)
        project.release()
        eventually(lambda: stats(redis_client) == (1, 0))
        assert worker.alive
        stop_worker(store, told)
    finally:
        redis_client.execute_command("ACL", "SETUSER", "default", "+lpop")

    assert 0 == worker.wait(8.0)


def anything(value: Any) -> bytes:
    """Return what is no order."""
    return json.dumps(value).encode()


def test_garbage(project: Project, store: Store, redis_client: redis.Redis) -> None:
    """Whatever is sent, the worker goes on, says so, and obeys what it can read."""
    worker = project.worker()
    key = store.keys.orders(registered(store))
    redis_client.rpush(key, b"\xff", anything(None), anything({"kind": "explode"}))
    eventually(lambda: worker.log.count("cannot be read") == 3, _SOON)
    redis_client.set(key, "x")
    eventually(lambda: not redis_client.exists(key), _SOON)

    stop_worker(store, registered(store))

    assert 0 == worker.wait(_SOON)
