"""Jobs that use the ORM: no connection crosses a fork, and none that was lost fails a job."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pymysql
import pytest

from django_resque.wire.payload import Payload
from tests.e2e.databases.servers import MariaDB, Postgres, Server, SQLite
from tests.polling import eventually
from tests.requiring import require

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

    from django_resque.embedded import EmbeddedServer

_ROOT = Path(__file__).resolve().parents[2]
KEPT: dict[str, Any] = {"CONN_MAX_AGE": None}
# A larger pool would wait longer for its next connection when it has lost all it had.
POOL: dict[str, Any] = {"OPTIONS": {"pool": {"min_size": 1, "max_size": 2}}}
# How libraries and servers say that two processes spoke over one connection, or that it was gone.
GARBLED = re.compile(
    r"bad record mac|gone away|lost connection|server closed|out of sync|\w*Error\b|Traceback",
    re.IGNORECASE,
)


class Project:
    """The project in one test: its databases, and its commands on the private Redis."""

    def __init__(self, server: Server, redis_server: EmbeddedServer, folder: Path) -> None:
        """Use a database of ``server``; what commands print goes to ``folder``."""
        self.server = server
        self.databases: dict[str, Any] = {"default": server.settings}
        self.receivers = ""
        self._redis = redis_server
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command."""
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.e2e.databases.settings",
            "DATABASES_OF_PROJECT": json.dumps(self.databases),
            "REDIS_OF_PROJECT": self._redis.url,
            "RECEIVERS_OF_PROJECT": self.receivers,
        }
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "django", *words],
                cwd=_ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._running.append(process)
        return process

    def run(self, *words: str) -> None:
        """Run a command to its end."""
        status = self.start(*words).wait(60)
        assert not status, self.log

    @property
    def log(self) -> str:
        """What commands have printed."""
        return (self._folder / "log").read_text(errors="replace")

    def push(self, job: str, *numbers: int) -> None:
        """Enqueue a job, once for each number."""
        with self._redis.client() as client:
            name = f"tests.e2e.databases.jobs.{job}"
            client.sadd("resque:queues", "q")
            client.rpush("resque:queue:q", *(Payload(name, [each]).encode() for each in numbers))

    def await_processed(self, number: int) -> None:
        """Wait until that many jobs have ended, and see that none has failed."""
        with self._redis.client() as client:
            expected = str(number).encode()
            eventually(lambda: client.get("resque:stat:processed") == expected, 20)
            failed: list[Any] = client.lrange("resque:failed", 0, -1)
            assert [] == failed

    def stop(self) -> None:
        """End what still runs."""
        for process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(20)


def _postgres() -> Server | None:
    try:
        return Postgres()
    except psycopg.OperationalError:
        return None


def _mariadb() -> Server | None:
    try:
        return MariaDB()
    except pymysql.OperationalError:
        return None


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server | None]]:
    """Give a fresh database on each server that is there; None for the others."""
    found = {
        "sqlite": SQLite(tmp_path_factory.mktemp("sqlite")),
        "postgres": _postgres(),
        "mariadb": _mariadb(),
    }
    yield found
    for server in found.values():
        if server is not None:
            server.close()


@pytest.fixture
def project(
    kind: str,
    servers: dict[str, Server | None],
    redis_server: EmbeddedServer,
    tmp_path: Path,
) -> Iterator[Project]:
    """Give the project on the server of this kind, its table empty."""
    server = servers[kind]
    require(server, f"a {kind} server on 127.0.0.1", variable="RESQUE_REQUIRE_DATABASES")
    assert server
    project = Project(server, redis_server, tmp_path)
    if not server.migrated:
        project.run("migrate", "--run-syncdb", "--verbosity", "0")
        server.migrated = True
    server.query("DELETE FROM databases_note")
    yield project
    project.stop()


def _words(value: object) -> str:
    if isinstance(value, dict):
        return "kept" if value == KEPT else "pool" if value == POOL else "closing"
    return str(value).strip("-").replace(" ", "-") or "plain"


# Receivers that use the database in the worker leave a connection open there.
FIRST, EACH, AFTER = "before_first_fork", "before_fork job_finished", "job_finished"


@pytest.mark.parametrize(
    ("kind", "database", "options", "receivers"),
    [
        ("sqlite", KEPT, "", EACH),
        ("sqlite", KEPT, "--jobs-per-fork 10", FIRST),
        ("sqlite", KEPT, "--no-fork", ""),
        ("postgres", KEPT, "", FIRST),
        ("postgres", KEPT, "", EACH),
        ("postgres", KEPT, "--jobs-per-fork 10", AFTER),
        ("postgres", KEPT, "--no-fork", FIRST),
        ("postgres", KEPT, "--jobs-per-fork 10", ""),
        ("postgres", {}, "", EACH),
        ("postgres", POOL, "", FIRST),
        ("postgres", POOL, "", EACH),
        ("postgres", POOL, "--jobs-per-fork 10", AFTER),
        ("postgres", POOL, "--no-fork", FIRST),
        ("mariadb", KEPT, "", FIRST),
        ("mariadb", KEPT, "", EACH),
        ("mariadb", KEPT, "--jobs-per-fork 10", AFTER),
        ("mariadb", KEPT, "--no-fork", FIRST),
        ("mariadb", KEPT, "--jobs-per-fork 10", ""),
        ("mariadb", {}, "", EACH),
    ],
    ids=_words,
)
def test_no_connection_crosses_a_fork(
    project: Project, database: dict[str, Any], options: str, receivers: str
) -> None:
    """Every job does its work, and no two processes ever speak on one session of the server."""
    project.databases["default"] = {**project.server.settings, **database}
    project.receivers = receivers
    jobs = range(1, 61)
    project.push("note", *jobs)
    project.run("resque_work", "--queues", "q", "--burst", *options.split())
    project.await_processed(len(jobs))
    notes = project.server.notes()
    assert list(jobs) == [number for number, _, _ in notes if number]
    pairs = {(pid, session) for _, pid, session in notes}
    if project.server.list_sessions:
        assert len({session for _, session in pairs}) == len(pairs)
        if options and database is KEPT and not receivers:
            # A process that performs several jobs keeps its connection, as it was told to.
            assert len({pid for pid, _ in pairs}) == len(pairs)
    assert not GARBLED.search(project.log), project.log


@pytest.mark.parametrize(
    ("kind", "database"), [("postgres", KEPT), ("postgres", POOL), ("mariadb", KEPT)], ids=_words
)
def test_no_connection_crosses_to_workers(project: Project, database: dict[str, Any]) -> None:
    """Nor do workers that a supervisor forked share what the import of the jobs left open."""
    project.databases["default"] = {**project.server.settings, **database}
    project.receivers = "import before_fork"
    jobs = range(1, 61)
    project.push("note", *jobs)
    project.run("resque_workers", "--count", "2", "--queues", "q", "--burst")
    project.await_processed(len(jobs))
    notes = project.server.notes()
    assert list(jobs) == sorted(number for number, _, _ in notes if number)
    pairs = {(pid, session) for _, pid, session in notes}
    assert len({session for _, session in pairs}) == len(pairs)
    assert not GARBLED.search(project.log), project.log


@pytest.mark.parametrize(
    ("kind", "database", "options", "receivers"),
    [
        ("postgres", KEPT, "", "before_fork"),
        ("postgres", KEPT, "--jobs-per-fork 10", ""),
        ("postgres", KEPT, "--no-fork", ""),
        ("postgres", POOL, "", "before_fork"),
        ("postgres", POOL, "--jobs-per-fork 10", ""),
        ("postgres", POOL, "--no-fork", ""),
        ("mariadb", KEPT, "", "before_fork"),
        ("mariadb", KEPT, "--jobs-per-fork 10", ""),
        ("mariadb", KEPT, "--no-fork", ""),
    ],
    ids=_words,
)
def test_lost_sessions_fail_no_job(
    project: Project, database: dict[str, Any], options: str, receivers: str
) -> None:
    """When the server ends all sessions between two jobs, the next job does not notice."""
    project.databases["default"] = {**project.server.settings, **database}
    project.receivers = receivers
    project.start("resque_work", "--queues", "q", "--interval", "60", *options.split())
    killed = 0
    for number in range(1, 6):
        project.push("note", number)
        project.await_processed(number)
        killed += project.server.kill_sessions()
    assert killed >= (5 if options else 0)
    assert [number for number, _, _ in project.server.notes() if number] == [1, 2, 3, 4, 5]
    assert not GARBLED.search(project.log), project.log


@pytest.mark.parametrize("options", ["--jobs-per-fork 10", "--no-fork"])
@pytest.mark.parametrize("kind", ["postgres", "mariadb"])
def test_idle_sessions_fail_no_job(project: Project, options: str) -> None:
    """When the server ends a session because it has been idle, the next job does not notice."""
    name, value = project.server.impatient
    project.databases["default"] = {**project.server.settings, **KEPT, "OPTIONS": {name: value}}
    project.start("resque_work", "--queues", "q", "--interval", "60", *options.split())
    project.push("note", 1)
    project.await_processed(1)
    assert project.server.sessions()
    eventually(lambda: not project.server.sessions())
    project.push("note", 2)
    project.await_processed(2)
    (_, first, _), (_, second, _) = project.server.notes()
    assert first == second


@pytest.mark.parametrize("options", ["--jobs-per-fork 10", "--no-fork"])
@pytest.mark.parametrize(
    ("kind", "job", "database"),
    [
        ("postgres", "note", {}),
        ("postgres", "leave_open", KEPT),
        ("mariadb", "note", {}),
        ("mariadb", "leave_open", KEPT),
    ],
    ids=_words,
)
def test_no_session_is_left_needlessly(
    project: Project, job: str, database: dict[str, Any], options: str
) -> None:
    """A connection past its age, or with a transaction left open, is closed after the job."""
    project.databases["default"] = {**project.server.settings, **database}
    project.start("resque_work", "--queues", "q", "--interval", "60", *options.split())
    project.push(job, 1)
    project.await_processed(1)
    eventually(lambda: not project.server.sessions())


@pytest.mark.parametrize("mess", ["leave_open", "break_transaction"])
@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mariadb"])
def test_what_a_job_leaves_open_fails_no_other(project: Project, mess: str) -> None:
    """A transaction that a job did not end is rolled back and out of the next job's way."""
    project.databases["default"] = {**project.server.settings, **KEPT}
    project.push(mess, 7)
    project.push("note", 8)
    project.run("resque_work", "--queues", "q", "--burst", "--no-fork")
    project.await_processed(2)
    assert [number for number, _, _ in project.server.notes()] == [8]


@pytest.mark.parametrize("kind", ["postgres", "mariadb"])
def test_on_commit_of_two_databases(
    project: Project, servers: dict[str, Server | None], redis_client: redis.Redis
) -> None:
    """A job enqueued in transactions on two servers waits for both, and for none rolled back."""
    other = servers["mariadb" if project.server is servers["postgres"] else "postgres"]
    require(other, "the other server", variable="RESQUE_REQUIRE_DATABASES")
    assert other
    project.databases["other"] = other.settings
    project.push("enqueue_in_transactions", 1)
    project.run("resque_work", "--queues", "q", "--burst")
    project.await_processed(1)
    expected = 1
    assert expected == redis_client.llen("resque:queue:later")
