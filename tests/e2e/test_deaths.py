"""However a job dies, it leaves one failure that says why, and its worker works on."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.e2e.running import alive, failures, push, push_raw, stats
from tests.polling import eventually

if TYPE_CHECKING:
    import redis

    from tests.e2e.running import Project

_DIRTY, _TIMEOUT, _MEMORY = "DirtyExit", "JobTimeout", "MemoryLimitExceeded"


def work_off(project: Project, *options: str) -> str:
    """Work all queues off and return the log."""
    worker = project.start("resque_work", "--queues", "*", "--burst", *options)
    assert 0 == worker.wait(30)
    return worker.log


@pytest.mark.parametrize(
    "case",
    [
        ("leave", [0], _DIRTY, ["exited with status 0 before the job ended", "peak memory"]),
        ("leave", [3], _DIRTY, ["exited with status 3", "CPU"]),
        ("die", [9], _DIRTY, ["SIGKILL (signal 9)", "possibly out of memory", "peak memory"]),
        ("die", [11], _DIRTY, ["SIGSEGV (signal 11)"]),
        ("burn", [0.2, 60], _DIRTY, ["SIGKILL", "CPU 0."]),
        ("oversleep", [], _TIMEOUT, ["after its timeout of 0.5 s"]),
        ("busy_in_c", [], _TIMEOUT, ["after its timeout of 0.5 s", "CPU"]),
        ("never_give_up", [], _TIMEOUT, ["after its timeout of 0.5 s"]),
        ("tidy_up", [], _TIMEOUT, ["after its timeout of 0.5 s"]),
        ("leak", [], _MEMORY, ["its max_memory is 150 MB"]),
        ("close_descriptors", [], _DIRTY, ["exited with status"]),
    ],
)
def test_one_telling_failure(
    project: Project, redis_client: redis.Redis, case: tuple[str, list[object], str, list[str]]
) -> None:
    """The failure names the signal, the status, the limit, and what the process had used."""
    job, args, exception, parts = case
    payload = push(redis_client, job, *args)
    push(redis_client, "ok", 1)

    log = work_off(project, "--term-timeout", "0.5")

    (failure,) = failures(redis_client)
    assert f"django_resque.exceptions.{exception}" == failure["exception"]
    assert [] == [part for part in parts if part not in failure["error"]]
    assert payload.decode().startswith('{"class":"' + failure["payload"]["class"])
    assert ("ok 1" in project.effects(), stats(redis_client)) == (True, (2, 1))
    assert f"tests.e2e.project.jobs.{job} from queue q failed" in log


def test_timeout_shows_where(project: Project, redis_client: redis.Redis) -> None:
    """A job that can still answer shows where it was, may clean up, and tells one reason to all."""
    project.resque["FAILURE_BACKEND"] = ["redis", "log"]
    push(redis_client, "tidy_up")

    log = work_off(project)

    (failure,) = failures(redis_client)
    assert any("in tidy_up" in line for line in failure["backtrace"])
    assert ["tidied"] == project.effects()
    assert "JobTimeout" in log
    assert "TermException" not in log


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"{oops",
        b'"text"',
        b"[1,2]",
        b"5",
        b"\xff\xfe",
        b'{"class":"tests.e2e.project.jobs.ok","args":[1',
        b'{"args":[1]}',
        b'{"class":null,"args":[1]}',
        b'{"class":"","args":[1]}',
        b'{"class":"tests.e2e.project.jobs.ok","args":{"a":1}}',
        b'{"class":"tests.e2e.project.jobs.ok","args":[NaN]}',
        b'{"class":"tests.e2e.project.jobs.ok","args":[1e999]}',
        b'{"class":"tests.e2e.project.jobs.ok","args":' + b"[" * 200 + b"]" * 200 + b"}",
        b'{"class":"tests.e2e.project.jobs.ok","args":[' + b"9" * 5000 + b"]}",
        b'{"class":"tests.e2e.project.jobs.ok","args":[1,2,3]}',
        b'{"class":"os.system","args":["true"]}',
        b'{"class":"\\ud800\\u0000\\u001b[2J","args":[]}',
    ],
)
def test_hostile_payload(project: Project, redis_client: redis.Redis, payload: bytes) -> None:
    """What no job can be made of is one failure with all its bytes, and the next job runs."""
    push_raw(redis_client, payload)
    push(redis_client, "ok", 1)

    work_off(project)

    (failure,) = failures(redis_client)
    assert failure["error"]
    assert ["ok 1"] == project.effects()
    assert (2, 1) == stats(redis_client)


def test_grandchildren(project: Project, redis_client: redis.Redis) -> None:
    """What a dead job left running dies with it; what a living one left keeps nobody waiting."""
    push(redis_client, "leave_grandchild")
    push(redis_client, "keep_grandchild", 1)

    work_off(project)

    left, kept = [int(line.split()[1]) for line in project.effects() if "grandchild" in line]
    eventually(lambda: not alive(left))
    assert alive(kept)
    os.kill(kept, signal.SIGKILL)
    assert ("ok 1" in project.effects(), stats(redis_client)) == (True, (2, 1))


@pytest.mark.parametrize("options", [(), ("--jobs-per-fork", "5"), ("--no-fork",)])
def test_job_forks_and_returns(
    project: Project, redis_client: redis.Redis, options: tuple[str, ...]
) -> None:
    """Where a job forks and both processes return, one of them answers, each job once."""
    for number in range(3):
        push(redis_client, "fork_and_return", number)
        push(redis_client, "fail", str(number))

    work_off(project, *options)

    assert [f"ok {number}" for number in range(3)] == [
        line for line in project.effects() if line.startswith("ok")
    ]
    assert (6, 3) == stats(redis_client)
    assert ["0", "1", "2"] == [failure["error"] for failure in failures(redis_client)]


def test_large_payload(project: Project, redis_client: redis.Redis) -> None:
    """Ten megabytes of arguments reach the job, and a failure record if it fails."""
    push(redis_client, "take", "x" * 10_000_000)
    payload = push(redis_client, "fail", "x" * 10_000_000)

    work_off(project)

    assert ["took 10000000"] == project.effects()
    (raw,) = redis_client.lrange("resque:failed", 0, -1)
    assert isinstance(raw, bytes)
    assert payload in raw


def test_struck_off_before(project: Project, redis_client: redis.Redis) -> None:
    """A worker that another client struck off while idle is known again before its next job.

    Killed with that job, it leaves the failure that any other leaves. Its next sign of life by
    itself would be too late.
    """
    project.resque |= {"HEARTBEAT_INTERVAL": 100, "HEARTBEAT_TTL": 1000}
    worker = project.worker()
    (raw,) = redis_client.smembers("resque:workers")
    name = str(raw, "utf-8") if isinstance(raw, bytes) else raw
    # As Ruby does it.
    redis_client.srem("resque:workers", name)
    redis_client.delete(f"resque:worker:{name}", f"resque:worker:{name}:started")
    redis_client.hdel("resque:workers:heartbeat", name)
    redis_client.delete(f"resque:stat:processed:{name}", f"resque:stat:failed:{name}")

    push(redis_client, "wait", 1)
    eventually(project.effects)
    worker.kill_tree()
    project.worker()

    (failure,) = eventually(lambda: failures(redis_client))
    assert "django_resque.exceptions.PruneDeadWorkerDirtyExit" == failure["exception"]
    assert name == failure["worker"]
