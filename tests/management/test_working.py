"""Workers take their options from argv, else from Resque's environment, else by default."""

from __future__ import annotations

import logging
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management.base import CommandError

from django_resque import job
from django_resque.jobs.registry import registry
from django_resque.management.working import WorkingCommand
from tests.e2e.running import ELSEWHERE, alive, push
from tests.management.commands import run
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

    from django_resque.process.options import WorkerOptions
    from tests.conftest import Configure
from tests.e2e.running import Project


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither the environment of who runs the tests nor the log of a command lasts."""
    for name in ELSEWHERE:
        monkeypatch.delenv(name, raising=False)
    package = logging.getLogger("django_resque")
    handlers, level = package.handlers[:], package.level
    yield
    package.handlers[:], package.level = handlers, level


class Shown(Exception):
    """Carries the options that a worker would have been started with."""

    def __init__(self, working: WorkerOptions) -> None:
        """Carry them."""
        self.working = working


class Showing(WorkingCommand):
    """Starts no worker."""

    def work(self, working: WorkerOptions, options: dict[str, Any]) -> int:
        """Tell the options instead."""
        del options
        raise Shown(working)


def worker_options(*argv: str) -> WorkerOptions:
    """Return the options that argv and the environment make."""
    with pytest.raises(Shown) as shown:
        Showing().run_from_argv(["manage.py", "resque_work", "--skip-checks", *argv])
    return shown.value.working


def test_defaults(resque_settings: Configure) -> None:
    """Without any option but the queues, a worker works as Ruby's does."""
    del resque_settings
    options = worker_options("--queues", "critical,high")

    assert ("critical", "high") == options.queues.wanted
    assert (5.0, False, None, None, 1) == (
        options.interval,
        options.burst,
        options.max_jobs,
        options.max_idle,
        options.jobs_per_fork,
    )
    assert (True, False, 4.0, 0.0, False, False) == (
        options.fork,
        options.term_child,
        options.term_timeout,
        options.pre_shutdown_timeout,
        options.graceful_term,
        options.run_at_exit_hooks,
    )


@pytest.mark.parametrize(
    "case",
    [
        ("INTERVAL", "0.5", ["--interval", "2"], "interval", (0.5, 2.0)),
        ("INTERVAL", "0", ["--interval", "2"], "burst", (True, False)),
        ("JOBS_PER_FORK", "10", ["--jobs-per-fork", "3"], "jobs_per_fork", (10, 3)),
        ("FORK_PER_JOB", "false", ["--no-fork"], "fork", (False, False)),
        ("FORK_PER_JOB", "no", ["--no-fork"], "fork", (True, False)),
        ("TERM_CHILD", "1", ["--term-child"], "term_child", (True, True)),
        ("RESQUE_TERM_TIMEOUT", "9", ["--term-timeout", "1"], "term_timeout", (9.0, 1.0)),
        (
            "RESQUE_PRE_SHUTDOWN_TIMEOUT",
            "9",
            ["--pre-shutdown-timeout", "1"],
            "pre_shutdown_timeout",
            (9.0, 1.0),
        ),
        ("GRACEFUL_TERM", "1", ["--graceful-term"], "graceful_term", (True, True)),
        ("RUN_AT_EXIT_HOOKS", "1", ["--run-at-exit-hooks"], "run_at_exit_hooks", (True, True)),
    ],
)
def test_environment(
    resque_settings: Configure, monkeypatch: pytest.MonkeyPatch, case: tuple[Any, ...]
) -> None:
    """Each option has its environment name, and argv goes before it."""
    del resque_settings
    variable, value, argv, attribute, expected = case
    monkeypatch.setenv(variable, value)
    lines: list[list[str]] = [[], argv]
    found = [getattr(worker_options("--queues", "q", *line), attribute) for line in lines]

    assert list(expected) == found


@pytest.mark.parametrize(
    ("environment", "argv", "expected"),
    [
        ({"QUEUE": "a"}, [], ("a",)),
        ({"QUEUE": "a", "QUEUES": "b,c"}, [], ("b", "c")),
        ({"QUEUES": "b,c"}, ["--queue", "d"], ("d",)),
    ],
)
def test_queues(
    resque_settings: Configure,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    argv: list[str],
    expected: tuple[str, ...],
) -> None:
    """QUEUES goes before QUEUE, and argv before both."""
    del resque_settings
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert expected == worker_options(*argv).queues.wanted


def test_further_options(resque_settings: Configure) -> None:
    """What Resque has no name for is given on the command line."""
    del resque_settings
    options = worker_options("--queues", "q", "--burst", "--max-jobs", "3", "--max-idle", "2.5")

    assert (True, 3, 2.5) == (options.burst, options.max_jobs, options.max_idle)


@pytest.mark.parametrize(
    "argv",
    [
        ["--interval", "-1"],
        ["--interval", "soon"],
        ["--interval", "inf"],
        ["--max-jobs", "0"],
        ["--jobs-per-fork", "1.5"],
        ["--nonsense"],
    ],
)
def test_wrong_options(
    resque_settings: Configure, argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong option ends the command with status 2 and a word on it."""
    del resque_settings
    with pytest.raises(SystemExit) as raised:
        Showing().run_from_argv(["manage.py", "resque_work", "--queues", "q", *argv])

    assert 2 == raised.value.code
    assert argv[0] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "--queues"),
        ({"QUEUES": "!a"}, "--queues"),
        ({"QUEUE": "a", "INTERVAL": "often"}, "INTERVAL is wrong: often is not a number of sec"),
        ({"QUEUE": "a", "INTERVAL": "nan"}, "INTERVAL is wrong: nan is not a number of seconds"),
        ({"QUEUE": "a", "JOBS_PER_FORK": "1.5"}, "JOBS_PER_FORK is wrong: 1.5 is not a whole num"),
        ({"QUEUE": "a", "JOBS_PER_FORK": "0"}, "JOBS_PER_FORK is wrong: 0 is too few"),
    ],
)
def test_wrong_environment(
    resque_settings: Configure,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    message: str,
) -> None:
    """A wrong environment is told by the variable's name, with status 2 as well."""
    del resque_settings
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(CommandError, match=message) as raised:
        run("resque_work")

    assert 2 == raised.value.returncode


def test_registry_is_printed(
    resque_settings: Configure,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With -v 2, a worker says which jobs it knows, and their queues."""
    resque_settings(DEFAULT_QUEUE="usual")
    monkeypatch.setattr(registry, "_jobs", {})
    job(name="Archive", queue="file_serve")(lambda: None)
    job(name="Mail")(lambda: None)

    worker_options("--queues", "q")
    assert "" == capsys.readouterr().out
    worker_options("--queues", "q", "-v", "2")

    expected = ["2 registered jobs:", "  Archive  (queue file_serve)", "  Mail  (queue usual)"]
    assert expected == capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("verbosity", "level"),
    [("0", logging.ERROR), ("1", logging.INFO), ("2", logging.INFO), ("3", logging.DEBUG)],
)
def test_log_level(resque_settings: Configure, verbosity: str, level: int) -> None:
    """Verbosity is the level of the log, which is shown unless the project shows it already."""
    del resque_settings
    worker_options("--queues", "q", "-v", verbosity)

    assert level == logging.getLogger("django_resque").level


def test_background(project: Project, redis_client: redis.Redis, tmp_path: Path) -> None:
    """In the background, a worker has a session of its own, and the pid file tells its pid."""
    pidfile = tmp_path / "worker.pid"
    starter = project.start(
        "resque_work", "--queues", "q", "--background", "--pidfile", str(pidfile)
    )
    assert 0 == starter.wait()
    eventually(lambda: pidfile.exists() and pidfile.read_text())
    pid = int(pidfile.read_text())
    try:
        push(redis_client, "ok", 1)
        project.await_effect("ok 1")
        assert pid != starter.pid
        stat = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
        session, terminal = int(stat[3]), int(stat[4])
        assert session not in (pid, starter.pid)
        assert 0 == terminal
        refused = project.start("resque_work", "--queues", "q", "--pidfile", str(pidfile))
        assert 73 == refused.wait()
        assert f"running process {pid}" in refused.log
    finally:
        os.kill(pid, signal.SIGQUIT)
        eventually(lambda: not alive(pid))
    assert not pidfile.exists()
