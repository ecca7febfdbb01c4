"""Every signal in every state and mode of a real worker."""

from __future__ import annotations

import os
import random
import signal
from functools import partial
from signal import SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGSTOP, SIGTERM, SIGUSR1, SIGUSR2, Signals
from typing import TYPE_CHECKING

import pytest

from django_resque.embedded import EmbeddedServer
from tests.e2e.running import Project, alive, failures, push, stats
from tests.polling import eventually

if TYPE_CHECKING:
    from pathlib import Path

    import redis

_MODES = {
    "default": (),
    "term_child": ("--term-child",),
    "graceful": ("--graceful-term",),
    "no_fork": ("--no-fork",),
    "no_fork_term_child": ("--no-fork", "--term-child"),
}
_LEAVING = (SIGQUIT, SIGTERM, SIGINT, SIGHUP)
_SOON = 1.0  # seconds, though the interval is 60

# What a job at work meets with: it is finished, killed, or gets TermException.
_FINISHED, _KILLED, _TOLD = "finished", "killed", "told"
_AT_WORK = {
    ("default", SIGQUIT): _FINISHED,
    ("default", SIGTERM): _KILLED,
    ("default", SIGINT): _KILLED,
    ("default", SIGHUP): _KILLED,
    ("term_child", SIGQUIT): _FINISHED,
    ("term_child", SIGTERM): _TOLD,
    ("term_child", SIGINT): _TOLD,
    ("term_child", SIGHUP): _TOLD,
    ("graceful", SIGQUIT): _FINISHED,
    ("graceful", SIGTERM): _FINISHED,
    ("graceful", SIGINT): _KILLED,
    ("graceful", SIGHUP): _KILLED,
    ("no_fork", SIGQUIT): _FINISHED,
    ("no_fork", SIGTERM): _FINISHED,
    ("no_fork", SIGINT): _FINISHED,
    ("no_fork", SIGHUP): _FINISHED,
    ("no_fork_term_child", SIGQUIT): _FINISHED,
    ("no_fork_term_child", SIGTERM): _TOLD,
    ("no_fork_term_child", SIGINT): _TOLD,
    ("no_fork_term_child", SIGHUP): _TOLD,
}

_ERRORS: dict[str, list[str]] = {
    _FINISHED: [],
    _KILLED: ["django_resque.exceptions.DirtyExit"],
    _TOLD: ["django_resque.exceptions.TermException"],
}


def at_work(project: Project, client: redis.Redis, number: int = 1) -> int:
    """Give the worker a job that waits, and return the pid of the process it waits in."""
    push(client, "wait", number)
    return eventually(lambda: _pid_at_work(project, number))


def _pid_at_work(project: Project, number: int) -> int:
    for line in project.effects():
        word, noted, *rest = line.split()
        if (word, noted) == ("began", str(number)):
            return int(rest[0])
    return 0


def _is_so_far(project: Project, client: redis.Redis, performed: int) -> bool:
    """Tell whether so many jobs have been performed, or no more wait."""
    return len(project.effects()) >= performed or not client.llen("resque:queue:q")


def errors(client: redis.Redis) -> list[str]:
    """Return the exceptions of all failures."""
    return [record["exception"] for record in failures(client)]


def gone(client: redis.Redis) -> bool:
    """Tell whether no worker is known and no claim is held."""
    return not client.smembers("resque:workers") and not client.keys("resque:worker:*")


@pytest.mark.parametrize("number", _LEAVING)
@pytest.mark.parametrize("mode", _MODES)
def test_idle(project: Project, redis_client: redis.Redis, mode: str, number: Signals) -> None:
    """An idle worker leaves at once at any signal to leave, unregistered, with status 0."""
    worker = project.worker(*_MODES[mode])

    worker.signal(number)

    assert 0 == worker.wait(_SOON)
    assert gone(redis_client)


@pytest.mark.parametrize("number", _LEAVING)
def test_paused(project: Project, redis_client: redis.Redis, number: Signals) -> None:
    """A paused worker leaves at once as well, and leaves the jobs where they are."""
    worker = project.worker()
    worker.signal(SIGUSR2)
    worker.await_title("Paused")
    push(redis_client, "ok", 1)

    worker.signal(number)

    assert 0 == worker.wait(_SOON)
    assert gone(redis_client)
    assert 1 == redis_client.llen("resque:queue:q")


@pytest.mark.parametrize(("mode", "number"), _AT_WORK)
def test_working(project: Project, redis_client: redis.Redis, mode: str, number: Signals) -> None:
    """A job at work is finished, killed or told, as signal and mode say; its process is gone."""
    worker = project.worker(*_MODES[mode])
    pid = at_work(project, redis_client)
    push(redis_client, "ok", 2)
    meaning = _AT_WORK[mode, number]

    worker.signal(number)
    if meaning == _FINISHED:
        project.release()
    assert 0 == worker.wait(2.0)

    assert not alive(pid)
    assert gone(redis_client)
    assert 1 == redis_client.llen("resque:queue:q")
    expected = _ERRORS[meaning]
    assert expected == errors(redis_client)
    assert (1, len(expected)) == stats(redis_client)
    assert ("ok 1" in project.effects()) == (meaning == _FINISHED)
    assert ("term 1" in project.effects()) == (meaning == _TOLD)


@pytest.mark.parametrize("number", _LEAVING)
def test_redis_gone(tmp_path: Path, number: Signals) -> None:
    """A worker that waits for Redis to come back leaves at once as well."""
    with EmbeddedServer() as server, Project(tmp_path, server.url) as project:
        worker = project.worker()
        server.kill()
        # Well into the back-off, where one wait takes seconds.
        eventually(lambda: worker.asleep_for(0.5))
        assert "trying again" in worker.log

        worker.signal(number)

        assert 0 == worker.wait(_SOON)


def test_redis_gone_at_work(tmp_path: Path) -> None:
    """Told to leave while a job's end cannot be written, a worker tries on, tells and leaves."""
    with EmbeddedServer() as server, Project(tmp_path, server.url) as project:
        worker = project.worker("--no-fork")
        with server.client() as client:
            at_work(project, client)
        server.kill()
        project.release()
        project.await_effect("ok 1")

        worker.signal(SIGTERM)

        assert 75 == worker.wait(7.0)
        assert "ended as Succeeded, unrecorded" in worker.log


def test_redis_gone_finish(tmp_path: Path) -> None:
    """Told to finish while Redis is away, a worker waits for it and settles its job."""
    server = EmbeddedServer("--appendonly", "yes")
    with server, Project(tmp_path, server.url) as project:
        worker = project.worker()
        with server.client() as client:
            at_work(project, client)
        server.kill()
        worker.signal(SIGQUIT)
        project.release()
        project.await_effect("ok 1")
        eventually(lambda: not worker.children)
        assert worker.alive

        server.start()

        assert 0 == worker.wait(8.0)
        with server.client() as client:
            assert (1, 0) == stats(client)
            assert gone(client)


@pytest.mark.parametrize(
    ("mode", "meaning"),
    [("default", _KILLED), ("term_child", _TOLD), ("graceful", _KILLED), ("no_fork", _FINISHED)],
)
def test_kill_job(project: Project, redis_client: redis.Redis, mode: str, meaning: str) -> None:
    """USR1 ends the job at work, if a child performs it, and the worker goes on."""
    worker = project.worker(*_MODES[mode])
    worker.signal(SIGUSR1)
    pid = at_work(project, redis_client)

    worker.signal(SIGUSR1)
    if meaning == _FINISHED:
        project.release()
    push(redis_client, "ok", 2)
    project.await_effect("ok 2")

    eventually(lambda: pid == worker.pid or not alive(pid))  # told, it leaves by itself
    assert _ERRORS[meaning] == errors(redis_client)
    worker.signal(SIGQUIT)
    assert 0 == worker.wait()


@pytest.mark.parametrize("mode", ["default", "no_fork"])
def test_pause(project: Project, redis_client: redis.Redis, mode: str) -> None:
    """USR2 lets the job at work end and takes no other until CONT."""
    worker = project.worker(*_MODES[mode])
    at_work(project, redis_client)
    worker.signal(SIGUSR2)
    push(redis_client, "ok", 2)
    project.release()
    worker.await_title("Paused")

    eventually(lambda: (1, 0) == stats(redis_client), message="not settled during the pause")
    assert 1 == redis_client.llen("resque:queue:q")
    assert ["ok 1"] == project.effects()[1:]
    assert 1 == len(redis_client.smembers("resque:workers"))

    worker.signal(SIGCONT)
    project.await_effect("ok 2")


def test_pause_idle(project: Project, redis_client: redis.Redis) -> None:
    """USR2 and CONT are obeyed at once by an idle worker; CONT to one at work does nothing."""
    worker = project.worker()
    worker.signal(SIGCONT)
    push(redis_client, "ok", 0)
    project.await_effect("ok 0")
    # Not at once after the other: of two that wait together, the system delivers USR2 first.
    worker.signal(SIGUSR2)
    worker.await_title("Paused")
    push(redis_client, "ok", 1)
    worker.signal(SIGCONT)
    project.await_effect("ok 1")


@pytest.mark.parametrize("value", ["true", " TRUE\n"])
def test_pause_key(project: Project, redis_client: redis.Redis, value: str) -> None:
    """The key that pauses all workers is noticed at once, when it comes and when it goes."""
    worker = project.worker()
    redis_client.set("resque:pause-all-workers", value)
    worker.await_title("Paused")
    push(redis_client, "ok", 1)
    assert 1 == redis_client.llen("resque:queue:q")

    redis_client.delete("resque:pause-all-workers")
    project.await_effect("ok 1")


def test_second_term(project: Project, redis_client: redis.Redis) -> None:
    """A second TERM does not wait for a job that ignores the first."""
    worker = project.worker("--term-child", "--term-timeout", "60")
    push(redis_client, "ignore_term", 1)
    eventually(lambda: _pid_at_work(project, 1))
    worker.signal(SIGTERM)
    project.await_effect("term 1")
    assert worker.alive

    worker.signal(SIGTERM)

    assert 0 == worker.wait(_SOON)
    assert _ERRORS[_KILLED] == errors(redis_client)


def test_term_timeout(project: Project, redis_client: redis.Redis) -> None:
    """A job that ignores TERM is killed when the time for it is over."""
    worker = project.worker("--term-child", "--term-timeout", "0.3")
    push(redis_client, "ignore_term", 1)
    eventually(lambda: _pid_at_work(project, 1))

    worker.signal(SIGTERM)

    assert 0 == worker.wait(2.0)
    assert "term 1" in project.effects()
    assert _ERRORS[_KILLED] == errors(redis_client)


def test_pre_shutdown_timeout(project: Project, redis_client: redis.Redis) -> None:
    """A job that ends within the time before TERM is not told of the end."""
    worker = project.worker("--term-child", "--pre-shutdown-timeout", "30")
    at_work(project, redis_client)

    worker.signal(SIGTERM)
    project.release()

    assert 0 == worker.wait(2.0)
    assert (1, 0) == stats(redis_client)


def test_storm(project: Project, redis_client: redis.Redis) -> None:
    """Signals by the hundred, in any order, end a worker once and lose nothing."""
    worker = project.worker("--term-child")
    for number in range(20):
        push(redis_client, "ok", number)
    for _ in range(100):
        if worker.alive:
            worker.signal(SIGUSR2, SIGCONT, SIGQUIT, SIGUSR1, SIGINT, SIGTERM)

    assert 0 == worker.wait(2.0)
    assert gone(redis_client)
    processed, failed = stats(redis_client)
    assert processed + redis_client.llen("resque:queue:q") == 20
    assert len(failures(redis_client)) == failed


def test_from_the_terminal(project: Project, redis_client: redis.Redis) -> None:
    """What a terminal sends to the whole group reaches the worker, and no job past it."""
    worker = project.worker()
    at_work(project, redis_client)

    os.killpg(worker.pid, SIGQUIT)
    project.release()

    assert 0 == worker.wait(2.0)
    assert (1, 0) == stats(redis_client)


def test_frozen(project: Project, redis_client: redis.Redis) -> None:
    """A worker that stood still until it was taken for dead ends nothing twice, and goes on."""
    project.resque |= {"HEARTBEAT_INTERVAL": 0.2, "HEARTBEAT_TTL": 2}
    frozen = project.worker(queues="a")
    push(redis_client, "wait", 1, queue="a")
    eventually(project.effects)
    frozen.signal(SIGSTOP)
    project.worker(queues="b")
    eventually(lambda: failures(redis_client))

    frozen.signal(SIGCONT)
    project.release()
    push(redis_client, "ok", 2, queue="a")

    project.await_effect("ok 2")
    eventually(lambda: stats(redis_client) == (1, 1))
    assert "its claim was gone" in frozen.log
    assert ["django_resque.exceptions.PruneDeadWorkerDirtyExit"] == errors(redis_client)
    eventually(lambda: redis_client.scard("resque:workers") == 2)


@pytest.mark.parametrize("seed", range(3))
def test_quit_any_time(project: Project, redis_client: redis.Redis, seed: int) -> None:
    """QUIT at a random moment of a busy worker loses no job, fails none and is obeyed."""
    for number in range(200):
        push(redis_client, "ok", number)
    worker = project.start("resque_work", "--queues", "q")
    moment = random.Random(seed).randrange(1, 100)
    eventually(lambda: len(project.effects()) >= moment)

    worker.signal(SIGQUIT)

    assert 0 == worker.wait(2.0)
    waiting = redis_client.llen("resque:queue:q")
    assert (200 - waiting, 0) == stats(redis_client)
    assert 200 - waiting == len(project.effects()) == len(set(project.effects()))
    assert gone(redis_client)


@pytest.mark.parametrize("mode", ["default", "term_child", "graceful"])
def test_term_any_time(project: Project, redis_client: redis.Redis, mode: str) -> None:
    """TERM at random moments, again and again, loses no job and fails only those at work."""
    for number in range(200):
        push(redis_client, "ok", number)
    chance = random.Random(mode)
    terms = 0
    while redis_client.llen("resque:queue:q"):
        moment = len(project.effects()) + chance.randrange(1, 60)
        worker = project.start("resque_work", "--queues", "q", *_MODES[mode])
        eventually(partial(_is_so_far, project, redis_client, moment))
        worker.signal(SIGTERM)
        terms += 1
        assert 0 == worker.wait(6.0)

    begun = [int(line.split()[1]) for line in project.effects()]
    failed = [record["payload"]["args"][0] for record in failures(redis_client)]
    assert set(range(200)) == set(begun) | set(failed)
    assert len(begun) == len(set(begun))
    assert (200, len(set(failed))) == stats(redis_client)
    assert len(failed) <= (0 if mode == "graceful" else terms)
    assert gone(redis_client)


def test_clean_child(project: Project, redis_client: redis.Redis) -> None:
    """A child has its own group and none of its worker's handlers, masks and descriptors."""
    worker = project.worker()
    push(redis_client, "tell_environment")
    eventually(lambda: len(project.effects()) == 5)
    default = signal.Handlers.SIG_DFL

    notes = dict(line.split(" ", 1) for line in project.effects())
    assert int(notes.pop("pid")) != worker.pid
    assert notes == {
        "handlers": f"{default} {default}",
        "mask": "[]",
        "wakeup": "-1",
        "group": "True",
    }
