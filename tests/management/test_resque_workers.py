"""``resque_workers`` keeps several workers alive and passes signals on."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from django_resque.management.commands import resque_workers
from tests.e2e.running import alive, children, failures, push, stats, title
from tests.polling import eventually

if TYPE_CHECKING:
    from typing import Any

    import redis

    from tests.conftest import Configure
    from tests.e2e.running import Project, Running


def start(project: Project, count: int, *options: str) -> Running:
    """Start workers and wait until all of them are idle."""
    supervisor = project.start(
        "resque_workers", "--count", str(count), "--queues", "*", "--interval", "60", *options
    )

    def all_wait() -> bool:
        assert supervisor.alive, supervisor.log
        waiting = [pid for pid in supervisor.children if "Waiting for" in title(pid)]
        return count == len(waiting)

    eventually(all_wait, message="workers not ready")
    return supervisor


def test_work_in_parallel(project: Project, redis_client: redis.Redis) -> None:
    """As many jobs run at once as there are workers, and all leave at QUIT when they are done."""
    supervisor = start(project, 3)
    for number in range(3):
        push(redis_client, "wait", number)
    eventually(lambda: 3 == sum(line.startswith("began") for line in project.effects()))

    supervisor.signal(signal.SIGQUIT)
    project.release()

    assert 0 == supervisor.wait()
    assert {"ok 0", "ok 1", "ok 2"} <= set(project.effects())
    assert (3, 0) == stats(redis_client)
    assert not redis_client.exists("resque:workers")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_leave_at_once(project: Project, redis_client: redis.Redis, number: signal.Signals) -> None:
    """TERM and Ctrl-C end all workers and their jobs; nothing runs on."""
    supervisor = start(project, 2)
    push(redis_client, "wait", 1)
    eventually(project.effects)
    everybody = [pid for child in supervisor.children for pid in (child, *children(child))]

    supervisor.signal(number)

    assert 0 == supervisor.wait()
    assert [] == [pid for pid in everybody if alive(pid)]
    assert ["django_resque.exceptions.DirtyExit"] == [
        record["exception"] for record in failures(redis_client)
    ]


def test_graceful_term(project: Project, redis_client: redis.Redis) -> None:
    """With GRACEFUL_TERM, jobs end at TERM as at QUIT, however long they take."""
    supervisor = start(project, 2, "--graceful-term", "--shutdown-timeout", "0")
    push(redis_client, "wait", 1)
    eventually(project.effects)
    idle = [pid for pid in supervisor.children if "Waiting for" in title(pid)]

    supervisor.signal(signal.SIGTERM)
    eventually(lambda: not any(map(alive, idle)), message="the idle worker did not leave")
    project.release()

    assert 0 == supervisor.wait()
    assert ("ok 1" in project.effects(), stats(redis_client)) == (True, (1, 0))


def test_graceful_term_and_ctrl_c(project: Project, redis_client: redis.Redis) -> None:
    """Ctrl-C stops jobs also with GRACEFUL_TERM, as it does for one worker and in Ruby."""
    supervisor = start(project, 1, "--graceful-term")
    push(redis_client, "wait", 1)
    eventually(project.effects)

    supervisor.signal(signal.SIGINT)

    assert 0 == supervisor.wait()
    assert ["django_resque.exceptions.DirtyExit"] == [
        record["exception"] for record in failures(redis_client)
    ]


@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        ((), 30.0),
        (("--term-timeout", "50"), 30.0),
        (("--term-child",), 34.0),
        (("--term-child", "--pre-shutdown-timeout", "60", "--term-timeout", "10"), 100.0),
        (("--term-child", "--shutdown-timeout", "5"), 5.0),
    ],
)
def test_shutdown_timeout(
    resque_settings: Configure,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    seconds: float,
) -> None:
    """No worker is killed before its jobs had the time that they were given."""
    del resque_settings
    given: list[float] = []

    class NoSupervisor:
        def __init__(self, *_: Any, shutdown_timeout: float, **__: Any) -> None:
            given.append(shutdown_timeout)

        def run(self) -> int:
            return 0

    monkeypatch.setattr(resque_workers, "Supervisor", NoSupervisor)

    call_command("resque_workers", "--queues", "q", *options)

    assert [seconds] == given


def test_ctrl_c(project: Project, redis_client: redis.Redis) -> None:
    """A terminal's Ctrl-C goes to the whole group, and each worker still hears of it once."""
    supervisor = start(project, 2, "--term-child", "--term-timeout", "30")
    push(redis_client, "wait", 1)
    eventually(project.effects)

    os.killpg(supervisor.pid, signal.SIGINT)

    assert 0 == supervisor.wait()
    # A worker that heard of it twice would have killed the job without letting it clean up.
    assert "term 1" in project.effects()
    assert ["django_resque.exceptions.TermException"] == [
        record["exception"] for record in failures(redis_client)
    ]


def test_count_from_the_environment(project: Project, redis_client: redis.Redis) -> None:
    """COUNT and QUEUE are Ruby's; with INTERVAL=0 all leave when there is nothing to do."""
    for number in range(4):
        push(redis_client, "ok", number)

    supervisor = project.start("resque_workers", COUNT="2", QUEUE="*", INTERVAL="0")

    assert 0 == supervisor.wait()
    assert {f"ok {number}" for number in range(4)} == set(project.effects())


def test_a_dead_worker_is_replaced(project: Project, redis_client: redis.Redis) -> None:
    """Another takes the place of a worker that was killed, and records what became of its job."""
    supervisor = start(project, 1)
    push(redis_client, "wait", 1)
    eventually(project.effects)
    (worker,) = supervisor.children

    os.kill(worker, signal.SIGKILL)

    eventually(lambda: redis_client.llen("resque:failed"), message="the job was not recorded")
    assert [worker] != eventually(lambda: supervisor.children)
    push(redis_client, "ok", 2)
    project.await_effect("ok 2")
    assert ["django_resque.exceptions.PruneDeadWorkerDirtyExit"] == [
        record["exception"] for record in failures(redis_client)
    ]


def test_workers_outlive_no_supervisor(project: Project, redis_client: redis.Redis) -> None:
    """When the supervisor is killed, its workers finish their jobs and leave."""
    supervisor = start(project, 2)
    workers = supervisor.children
    push(redis_client, "wait", 1)
    eventually(project.effects)

    supervisor.signal(signal.SIGKILL)
    supervisor.wait()
    project.release()

    eventually(lambda: not any(alive(pid) for pid in workers), message="workers still run")
    assert ("ok 1" in project.effects(), stats(redis_client)) == (True, (1, 0))


def test_pause_is_passed_on(project: Project, redis_client: redis.Redis) -> None:
    """USR2 pauses all workers, CONT lets them go on."""
    supervisor = start(project, 2)

    supervisor.signal(signal.SIGUSR2)
    eventually(lambda: all("Paused" in title(pid) for pid in supervisor.children))
    push(redis_client, "ok", 1)
    supervisor.signal(signal.SIGCONT)

    project.await_effect("ok 1")
