"""The primary dies, Sentinels promote its replica, and the same workers go on there."""

from __future__ import annotations

from contextlib import ExitStack
from signal import SIGQUIT
from typing import TYPE_CHECKING

import pytest

from django_resque.embedded import EmbeddedServer
from tests.e2e.running import Project, push, stats
from tests.polling import eventually
from tests.ports import free_port
from tests.sentinels import SERVICE, ask, watching

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import redis

_JOBS = 100


class Pair:
    """A primary, its replica, and three Sentinels that watch them."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        """Start them all and wait until a failover would succeed."""
        ports = free_port(), free_port()
        self.primary = stack.enter_context(EmbeddedServer("--port", str(ports[0])))
        replica = stack.enter_context(
            EmbeddedServer("--port", str(ports[1]), "--replicaof", "127.0.0.1", str(ports[0]))
        )
        self.before = stack.enter_context(self.primary.client())
        self.after = stack.enter_context(replica.client())
        eventually(lambda: self.after.info("replication")["master_link_status"] == "up")
        self.sentinels = stack.enter_context(
            watching(self.primary, ports[0], folder, count=3, silence=1.0)
        )
        for _, port in self.sentinels:
            eventually(lambda: self._is_ready(port), 30, "Sentinels that know of all")  # noqa: B023 asked at once

    def fail_over(self) -> None:
        """Kill the primary once its replica has all up to now; wait until that is promoted."""
        self.before.set("written", "after all the rest")
        assert 1 == self.before.wait(1, 5000), "the replica lags behind"
        self.primary.kill()
        eventually(lambda: self.after.role()[0] == b"master", 30, "a promotion")

    @staticmethod
    def _is_ready(port: int) -> bool:
        known = ask(port, "SENTINEL", "REPLICAS", SERVICE)
        return bool(known) and bool(ask(port, "SENTINEL", "CKQUORUM", SERVICE))


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Give a primary and what takes over from it."""
    with ExitStack() as stack:
        yield Pair(stack, tmp_path)


@pytest.fixture
def project(pair: Pair, tmp_path: Path) -> Iterator[Project]:
    """The project, led to whichever server the Sentinels call the primary."""
    with Project(tmp_path, "") as project:
        project.resque = {"SENTINELS": pair.sentinels, "SENTINEL_SERVICE": SERVICE}
        yield project


def known_workers(client: redis.Redis) -> int:
    """Return how many workers are registered."""
    return len(client.smembers("resque:workers"))


def test_failover(project: Project, pair: Pair) -> None:
    """One worker is idle and one is busy: the job ends once, and what comes after is done."""
    idle = project.worker(queues="other")
    busy = project.worker()
    push(pair.before, "wait", 1)
    eventually(project.effects)
    pair.fail_over()
    project.release()

    eventually(lambda: stats(pair.after) == (1, 0), timeout=20)
    for worker in (idle, busy):
        eventually(lambda: "Redis answers again" in worker.log, timeout=20)  # noqa: B023 asked at once
    push(pair.after, "ok", 2)
    push(pair.after, "ok", 3, queue="other")

    project.await_effect("ok 2")
    project.await_effect("ok 3")
    eventually(lambda: stats(pair.after) == (3, 0))
    assert ["ok 1", "ok 2", "ok 3"] == sorted(project.effects()[1:])
    assert 2 == known_workers(pair.after)
    for worker in (idle, busy):
        worker.signal(SIGQUIT)
        assert 0 == worker.wait()
    assert 0 == known_workers(pair.after)


def test_failover_in_full_work(project: Project, pair: Pair) -> None:
    """A backlog that the replica has too is worked off to its end.

    The new primary may lack the last writes, so that a job is run again; none is left out.
    """
    for number in range(_JOBS):
        push(pair.before, "ok", number)
    workers = [project.worker("--interval", "1") for _ in range(2)]
    eventually(lambda: len(project.effects()) > _JOBS / 4, timeout=20)

    pair.fail_over()

    everything = {f"ok {number}" for number in range(_JOBS)}
    eventually(lambda: everything == set(project.effects()), timeout=30)
    eventually(lambda: stats(pair.after) == (_JOBS, 0), timeout=20)
    assert all(worker.alive for worker in workers)
