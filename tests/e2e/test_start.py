"""How a worker starts: as a daemon, with a pid file, with a log of the project's own."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.e2e.running import alive, push, title
from tests.polling import eventually

if TYPE_CHECKING:
    import redis

    from tests.e2e.running import Project


def test_background(project: Project) -> None:
    """A daemon works on without a terminal, and its pid file says where."""
    path = project.folder / "worker.pid"
    project.environment["PIDFILE"] = str(path)
    starting = project.start("resque_work", "--queues", "*", "--background")

    status = starting.wait()
    eventually(lambda: path.exists() and "Waiting for" in title(int(path.read_text())))
    pid = int(path.read_text())

    try:
        assert (0, "") == (status, starting.log)
        # While there is a terminal, the second one can be told why it does not start.
        second = project.start("resque_workers", "--queues", "*", "--background")
        assert 73 == second.wait()
        assert f"{path} belongs to the running process {pid}" in second.log

        os.kill(pid, signal.SIGQUIT)
        eventually(lambda: not alive(pid))
        assert not path.exists()
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)  # the project knows nothing of a daemon


def test_pidfile_nowhere(project: Project) -> None:
    """A daemon whose pid file cannot be written does not start in silence."""
    path = project.folder / "nowhere" / "worker.pid"
    starting = project.start("resque_work", "--queues", "*", "--background", "--pidfile", str(path))

    assert 73 == starting.wait()
    assert str(path) in starting.log


def test_log_level(project: Project, redis_client: redis.Redis) -> None:
    """The level in LOGGING stands, unless the command line asks for another."""
    logging = {
        "version": 1,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "loggers": {"django_resque": {"handlers": ["console"], "level": "WARNING"}},
    }
    project.environment["PROJECT_LOGGING"] = json.dumps(logging)

    logs = []
    for options in ([], ["-v", "2"]):
        push(redis_client, "ok", 1)
        worker = project.start("resque_work", "--queues", "*", "--burst", *options)
        assert 0 == worker.wait()
        logs.append("was performed" in worker.log)

    assert [False, True] == logs
    assert 2 == len(project.effects())
