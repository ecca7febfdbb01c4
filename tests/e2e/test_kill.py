"""Whoever is killed and whenever: no job is lost, none begins twice, none ends twice."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.e2e.project.management.commands.herd import BOUNDARIES
from tests.e2e.running import children, failures, push, stats
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from tests.e2e.running import Project, Running

JOBS = int(os.environ.get("RESQUE_KILL_JOBS", "300"))
"""Jobs in each run of random kills: some hundred by default, thousands for a long run."""
PATIENCE = 20 + JOBS / 10
"""Seconds for such a run."""


def kill_tree(worker: int) -> None:
    """Kill a worker and its children."""
    for pid in (worker, *children(worker)):
        kill(pid)


def kill_child(worker: int) -> None:
    """Kill one of a worker's children."""
    for pid in children(worker)[:1]:
        kill(pid)


def kill(pid: int) -> None:
    """Kill a process, unless it is gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def all_done(client: redis.Redis) -> bool:
    """Tell whether nothing waits and nothing is claimed."""
    keys = client.scan_iter("resque:worker:*")
    claims = [key for key in keys if not key.endswith((b":started", b":settled"))]
    return not client.exists("resque:queue:q") and not claims


def account(project: Project, client: redis.Redis, jobs: int) -> Counter[str]:
    """Check that each of the jobs 1 to ``jobs`` came to one end; return how many failed of what."""
    begun = Counter(int(line.split()[1]) for line in project.effects())
    records = failures(client)
    failed = Counter(record["payload"]["args"][0] for record in records)
    kinds = Counter(record["exception"].rpartition(".")[2] for record in records)
    everyone = set(range(1, jobs + 1))

    assert set() == everyone - set(begun) - set(failed), "lost"
    assert {} == {number: times for number, times in begun.items() if times > 1}, "begun twice"
    assert {} == {number: times for number, times in failed.items() if times > 1}, "ended twice"
    assert set() == (set(begun) | set(failed)) - everyone
    # What a worker settled is counted as processed; what was left by a dead one is not.
    pruned = kinds["PruneDeadWorkerDirtyExit"]
    assert (jobs - pruned, len(records)) == stats(client)
    return kinds


def finish(herd: Running, client: redis.Redis, patience: float) -> None:
    """Wait until all jobs have ended, then end the workers."""
    eventually(lambda: all_done(client), patience, "jobs left")
    herd.signal(signal.SIGQUIT)
    herd.wait()


@pytest.mark.timeout(60 + 2 * PATIENCE)
@pytest.mark.parametrize("victim", [kill_tree, kill, kill_child], ids=["tree", "worker", "child"])
def test_random_kills(
    project: Project,
    redis_client: redis.Redis,
    victim: Callable[[int], None],
    record_property: Callable[[str, object], None],
) -> None:
    """Kills at random instants, many a second, while jobs are worked off."""
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    for number in range(1, JOBS + 1):
        push(redis_client, "work", number, 0.001)
    herd = project.start("herd")
    kills = 0

    def kill_one() -> bool:
        nonlocal kills
        workers = herd.children
        if workers and chance.random() < 0.2:
            victim(chance.choice(workers))
            kills += 1
        return not redis_client.exists("resque:queue:q")

    eventually(kill_one, PATIENCE, f"jobs left (seed {seed})")
    finish(herd, redis_client, PATIENCE)

    kinds = account(project, redis_client, JOBS)
    record_property("kills", kills)
    print(f"seed {seed}: {kills} kills, {JOBS} jobs, failures {dict(kinds)}")  # noqa: T201 the figures of a long run
    assert sum(kinds.values()) > 0, "no kill met a job: the test proves nothing"


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_kills_at_each_boundary(project: Project, redis_client: redis.Redis, boundary: str) -> None:
    """The worker dies between two given steps of a job's way, now and then."""
    jobs = 60
    for number in range(1, jobs + 1):
        push(redis_client, "ok", number)

    herd = project.start("herd", "--boundary", boundary)
    finish(herd, redis_client, 40)

    account(project, redis_client, jobs)
    assert "ended with signal 9" in herd.log, "no worker died: the test proves nothing"


@pytest.mark.parametrize("boundary", ["before step", "after step", "performed", "job_finished"])
def test_kills_between_attempts(project: Project, redis_client: redis.Redis, boundary: str) -> None:
    """Jobs that are retried, and outlive their workers, make all their attempts: none more ends."""
    jobs, attempts = 25, 3
    for number in range(1, jobs + 1):
        push(redis_client, "at_last", number)

    herd = project.start("herd", "--boundary", boundary)
    finish(herd, redis_client, 40)

    begun = {tuple(map(int, line.split()[1:])) for line in project.effects()}
    assert {(n, a) for n in range(1, jobs + 1) for a in range(1, attempts + 1)} == begun
    # Each attempt has one ending, however often it was begun.
    assert (jobs * attempts, 0) == stats(redis_client)
    assert [] == failures(redis_client)
    assert [] == redis_client.keys("resque:recoveries:*")
    assert "ended with signal 9" in herd.log, "no worker died: the test proves nothing"
