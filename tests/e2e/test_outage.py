"""Redis goes, restarts, refuses, or loses replies: workers wait, go on, and count right."""

from __future__ import annotations

import time
from signal import SIGQUIT
from typing import TYPE_CHECKING

import pytest

from django_resque.embedded import EmbeddedServer
from tests.e2e.proxy import Proxy
from tests.e2e.running import Project, alive, failures, push, stats
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import redis

_JOBS = 150


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """A server of the test's own, which remembers what it acknowledged when it is killed."""
    with EmbeddedServer("--appendonly", "yes") as server:
        yield server


@pytest.fixture
def client(server: EmbeddedServer) -> Iterator[redis.Redis]:
    """Another program's connection, which redis-py opens anew as often as need be."""
    with server.client() as client:
        yield client


@pytest.fixture
def project(server: EmbeddedServer, tmp_path: Path) -> Iterator[Project]:
    """The project, led to that server."""
    with Project(tmp_path, server.url) as project:
        yield project


def push_many(client: redis.Redis, jobs: int = _JOBS) -> None:
    """Enqueue jobs, of which each tenth fails."""
    for number in range(jobs):
        if number % 10:
            push(client, "ok", number)
        else:
            push(client, "fail", str(number))


def await_effects(project: Project, number: int) -> None:
    """Wait until so many jobs have left an effect."""
    eventually(lambda: len(project.effects()) >= number, timeout=20)


def all_settled(client: redis.Redis, jobs: int = _JOBS) -> bool:
    """Tell whether so many jobs have come to an end."""
    return stats(client)[0] >= jobs


def account(project: Project, client: redis.Redis, jobs: int = _JOBS) -> None:
    """Check that each job was performed once and ended once."""
    failed = sorted(int(record["error"]) for record in failures(client))
    done = sorted(int(line.split()[1]) for line in project.effects())

    assert list(range(0, jobs, 10)) == failed
    assert [number for number in range(jobs) if number % 10] == done
    assert (jobs, len(failed)) == stats(client)


def test_restart_while_idle(project: Project, server: EmbeddedServer, client: redis.Redis) -> None:
    """An idle worker waits for Redis to come back, and is there again, the same process."""
    worker = project.worker()
    server.kill()
    eventually(lambda: "trying again" in worker.log)

    server.start()
    push(client, "ok", 1)

    project.await_effect("ok 1")
    eventually(lambda: stats(client) == (1, 0))
    assert "Redis answers again" in worker.log
    (known,) = client.smembers("resque:workers")
    assert f":{worker.pid}:".encode() in known


def test_restart_at_work(project: Project, server: EmbeddedServer, client: redis.Redis) -> None:
    """A job that ends while Redis is away is settled when it is back, before any other begins."""
    project.worker()
    push(client, "wait", 1)
    push(client, "ok", 2)
    eventually(project.effects)
    server.kill()
    project.release()
    project.await_effect("ok 1")

    server.start()

    project.await_effect("ok 2")
    eventually(lambda: stats(client) == (2, 0))
    assert ["ok 1", "ok 2"] == project.effects()[1:]


def test_long(project: Project, server: EmbeddedServer, client: redis.Redis) -> None:
    """However long Redis was away, who comes back first takes none of the others for dead."""
    project.resque |= {"HEARTBEAT_INTERVAL": 0.2, "HEARTBEAT_TTL": 1.0}
    workers = [project.worker() for _ in range(4)]
    for number in range(4):
        push(client, "wait", number)
    await_effects(project, 4)
    server.kill()
    began = time.monotonic()
    eventually(lambda: time.monotonic() - began > 4.0)

    server.start()

    eventually(lambda: all("Redis answers again" in worker.log for worker in workers), timeout=20)
    project.release()
    eventually(lambda: stats(client) == (4, 0))
    assert [] == failures(client)
    assert 4 == client.scard("resque:workers")


def test_restarts(project: Project, server: EmbeddedServer, client: redis.Redis) -> None:
    """Killed and started again in the midst of work, Redis makes no job lost or done twice."""
    push_many(client)
    workers = [project.worker("--interval", "1") for _ in range(2)]
    for done in (20, 40, 60, 80, 100):
        await_effects(project, done)
        server.kill()
        server.start()

    eventually(lambda: all_settled(client), timeout=20)
    account(project, client)
    assert all(worker.alive for worker in workers)


def test_connections_killed(project: Project, server: EmbeddedServer, client: redis.Redis) -> None:
    """A server that keeps closing connections slows work down and does no other harm."""
    push_many(client)
    worker = project.start("resque_work", "--queues", "*", "--jobs-per-fork", "10")
    killed = 0

    def kill_all() -> bool:
        nonlocal killed
        killed += client.execute_command("CLIENT", "KILL", "TYPE", "NORMAL", "SKIPME", "YES")
        return all_settled(client)

    eventually(kill_all, timeout=30)

    assert killed > 10
    account(project, client)
    assert worker.alive


def test_lost_replies(project: Project, server: EmbeddedServer, client: redis.Redis) -> None:
    """Replies lost after their command was carried out lose no job and count none twice."""
    push_many(client, 60)
    with Proxy(project.folder, server.socket, cut=0.2, seed=7) as proxy:
        project.resque["URL"] = proxy.url
        worker = project.worker("--interval", "1")
        eventually(lambda: all_settled(client, 60), timeout=30)
        cuts, proxy.cut = proxy.cuts, 0.0
        worker.signal(SIGQUIT)
        assert 0 == worker.wait()

    assert cuts > 5
    assert "claim was gone" not in worker.log
    account(project, client, 60)
    assert not client.smembers("resque:workers")


def test_silence(project: Project, server: EmbeddedServer, client: redis.Redis) -> None:
    """A connection over which nothing comes any more is given up, and work goes on."""
    project.resque["OPTIONS"] = {"socket_timeout": 0.3}
    with Proxy(project.folder, server.socket) as proxy:
        project.resque["URL"] = proxy.url
        worker = project.worker("--interval", "1")
        proxy.silent.set()
        eventually(lambda: "trying again" in worker.log)
        push(client, "ok", 1)
        proxy.silent.clear()

        project.await_effect("ok 1")
        eventually(lambda: stats(client) == (1, 0))
        worker.signal(SIGQUIT)
        assert 0 == worker.wait()


def test_cut_off_alone(project: Project, server: EmbeddedServer, client: redis.Redis) -> None:
    """A job that another worker may be given is stopped by the one that Redis does not hear."""
    project.resque |= {"HEARTBEAT_INTERVAL": 0.2, "HEARTBEAT_TTL": 3}
    project.resque["OPTIONS"] = {"socket_timeout": 0.3}
    with Proxy(project.folder, server.socket) as proxy:
        project.resque["URL"] = proxy.url
        cut_off = project.worker()
        push(client, "insist", 1)
        (began,) = eventually(project.effects)
        proxy.silent.set()
        project.resque["URL"] = server.url
        project.worker("--interval", "0.2")

        eventually(lambda: len(project.effects()) == 2, 20, "a second beginning")
        assert not alive(int(began.split()[2]))
        project.release()
        eventually(lambda: stats(client) == (1, 0))
        assert 1 == project.effects().count("ok 1")
        assert "its job was stopped" in cut_off.log

        proxy.silent.clear()
        eventually(lambda: "its claim was gone" in cut_off.log)
        assert (1, 0) == stats(client)


@pytest.mark.parametrize("busy", [False, True])
def test_read_only(
    project: Project, server: EmbeddedServer, client: redis.Redis, busy: bool
) -> None:
    """A server that became a replica is waited for, with a word on it, and nothing is lost."""
    worker = project.worker("--interval", "0.2", queues="q")
    if busy:
        push(client, "wait", 0)
        eventually(project.effects)
    client.replicaof("127.0.0.1", "1")
    project.release()
    eventually(lambda: "read only replica" in worker.log)
    assert (0, 0) == stats(client)

    client.replicaof("NO", "ONE")
    push(client, "ok", 1)

    project.await_effect("ok 1")
    eventually(lambda: stats(client) == (1 + busy, 0))


def test_full(project: Project, server: EmbeddedServer, client: redis.Redis) -> None:
    """A Redis without memory is worked off, failures and all, by workers that begin only then."""
    push_many(client, 30)
    client.config_set("maxmemory", "1")

    worker = project.worker()

    eventually(lambda: all_settled(client, 30))
    account(project, client, 30)
    assert 1 == client.scard("resque:workers")
    worker.signal(SIGQUIT)
    assert 0 == worker.wait()
    assert 0 == client.scard("resque:workers")


def test_flushed(project: Project, server: EmbeddedServer, client: redis.Redis) -> None:
    """A Redis that has lost everything, scripts too, is used as if nothing had happened."""
    project.resque |= {"HEARTBEAT_INTERVAL": 0.2, "HEARTBEAT_TTL": 10}
    worker = project.worker()
    client.flushall()
    client.script_flush()

    push(client, "ok", 1)

    project.await_effect("ok 1")
    eventually(lambda: client.scard("resque:workers") == 1)
    eventually(lambda: stats(client) == (1, 0))
    assert worker.alive


def test_quiet_wait(project: Project, server: EmbeddedServer) -> None:
    """However long Redis is away, the log has one line on it, and the wait costs nothing."""
    worker = project.worker()
    server.kill()
    eventually(lambda: "trying again" in worker.log)
    used, began = worker.processor_time, time.monotonic()

    eventually(lambda: time.monotonic() - began > 2.0)

    assert worker.processor_time - used < 0.3
    assert 1 == worker.log.count("trying again")
