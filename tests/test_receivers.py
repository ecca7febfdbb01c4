"""Connections stay apart from forks and jobs, and every ending of a job is one line in the log."""

from __future__ import annotations

import logging
from copy import deepcopy
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.db import InterfaceError, connections

from django_resque import receivers, signals, wiring
from django_resque.execution.outcome import Failed, Skipped, Succeeded
from django_resque.wire.worker import Reservation
from tests.requiring import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.dispatch import Signal
    from pytest_django import DjangoDbBlocker, Settings

    from django_resque.execution.outcome import Outcome
    from tests.conftest import Configure


AROUND_JOBS = (signals.forked, signals.performing, signals.performed, signals.performer_exit)


@pytest.fixture
def database(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """Give a connection to a database in a file, kept from job to job."""
    everything = deepcopy(dict(connections.settings))
    everything["spare"] = {
        **deepcopy(everything["default"]),
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": tmp_path / "spare.sqlite3",
        "OPTIONS": {},
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
    }
    monkeypatch.setattr(connections, "settings", everything)
    with django_db_blocker.unblock():
        connection: Any = connections["spare"]
        connection.ensure_connection()
        yield connection
        connection.close()
    del connections["spare"]


@pytest.fixture
def pooled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a PostgreSQL connection with a pool; no server is needed until it opens."""
    require(find_spec("psycopg_pool"), "psycopg_pool")
    everything = deepcopy(dict(connections.settings))
    everything["pooled"] = {
        **deepcopy(everything["default"]),
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "none",
        "HOST": "/nonexistent",
        "CONN_HEALTH_CHECKS": False,
        "CONN_MAX_AGE": 0,
        "OPTIONS": {"pool": {"min_size": 1}},
    }
    monkeypatch.setattr(connections, "settings", everything)
    connection: Any = connections["pooled"]
    assert connection.pool is not None
    receivers.watch_connections()  # as when the settings had a pool from the start
    yield connection
    connection._connection_pools.clear()
    del connections["pooled"]


def listeners(signal: Signal) -> int:
    """Return how many receivers a signal has."""
    return len(signal.receivers)


def test_the_app_connects_each_receiver_once() -> None:
    """Our receivers listen as soon as the app is installed, and no second time."""
    always = (signals.forking, signals.job_finished, signals.shutdown, signals.worker_exit)
    at_start = [listeners(signal) for signal in always]
    # Those around jobs may be gone: an earlier test may have forked with no database open.
    receivers.connect()
    connected = [listeners(signal) for signal in always + AROUND_JOBS]
    receivers.connect()

    assert apps.is_installed("django_resque")
    assert all(at_start)
    assert all(connected)
    assert [*at_start, *connected[len(at_start) :]] == connected
    assert connected == [listeners(signal) for signal in always + AROUND_JOBS]


@pytest.mark.parametrize("signal", [signals.forking, signals.performer_exit])
def test_connections_are_closed(database: Any, signal: Signal) -> None:
    """Before a fork, and before a child goes, no database connection is left open."""
    signal.send(None)

    assert database.connection is None


@pytest.mark.parametrize(
    "signal",
    [signals.forking, signals.performing, signals.performed, signals.performer_exit],
)
def test_a_transaction_of_a_test_is_left_alone(database: Any, signal: Signal) -> None:
    """A worker that runs inside a test case does not close the test's own transaction."""
    database.set_autocommit(False)
    database.in_atomic_block = True
    signal.send(None)
    database.in_atomic_block = False

    # Django keeps the closed connection of a transaction: only using it tells.
    assert database.connection.execute("SELECT 1").fetchone() == (1,)


def test_a_test_that_counts_its_queries_is_left_alone(database: Any) -> None:
    """A fork inside a test case does not forget the queries that the test counts."""
    database.force_debug_cursor = True
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
    database.in_atomic_block = True
    signals.forking.send(None)
    database.in_atomic_block = False

    assert 1 == len(database.queries_log)


@pytest.mark.parametrize("signal", [signals.forking, signals.performer_exit, signals.performed])
def test_a_connection_that_cannot_be_closed_stops_nothing(
    database: Any, monkeypatch: pytest.MonkeyPatch, signal: Signal
) -> None:
    """What is broken beyond closing is no reason to fail a job or stop a worker."""

    def fail(*_: Any) -> None:
        raise InterfaceError("connection already closed")

    with monkeypatch.context() as patch:
        patch.setattr(database, "close", fail)
        patch.setattr(database, "close_if_unusable_or_obsolete", fail)
        signal.send(None)


def test_nothing_is_opened_for_it(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no connection is open, none is opened around forks and jobs."""
    database.close()

    def fail() -> None:
        pytest.fail("a connection was opened")

    monkeypatch.setattr(database, "connect", fail)
    for signal in (signals.forking, *AROUND_JOBS):
        signal.send(None)


class Spy(LocMemCache):
    """A cache that counts how often it is closed."""

    closed = 0

    def close(self, **_: Any) -> None:
        """Count."""
        type(self).closed += 1


def test_caches_are_closed_before_a_fork(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache's connections are not shared either."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    monkeypatch.setattr(Spy, "closed", 0)
    caches["default"] = Spy("x", {})
    signals.forking.send(None)

    assert Spy.closed == 1


def test_our_own_connections_are_closed_before_a_fork(resque_settings: Configure) -> None:
    """The pool of enqueuing processes holds nothing that a child could inherit."""
    wiring.store().queues.names()
    commander: Any = wiring.store().commander
    (connection,) = commander.pool._available_connections
    signals.forking.send(None)

    assert connection._sock is None


def test_pools_are_closed_before_a_fork(pooled: Any) -> None:
    """A pool's threads and sockets do not survive a fork, so it is closed and made anew."""
    pool = pooled.pool
    signals.forking.send(None)

    assert {} == pooled._connection_pools
    assert pool is not pooled.pool


def test_without_connections_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process that has opened no connection since its fork, a job costs no look at any."""
    signals.forking.send(None)
    monkeypatch.setattr(type(connections), "all", None)

    for signal in AROUND_JOBS:
        signal.send(None)


def test_a_connection_opened_later_is_looked_after(database: Any) -> None:
    """One that the first job opens is seen to when that job ends, and from then on."""
    signals.forking.send(None)
    assert database.connection is None
    database.settings_dict["CONN_MAX_AGE"] = 0
    database.ensure_connection()
    signals.performed.send(None)

    assert database.connection is None


def test_inherited_pools_are_forgotten(pooled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child neither uses nor closes its parent's pool: either would disturb the parent."""
    pool = pooled.pool
    monkeypatch.setattr(pool, "close", lambda: pytest.fail("the parent's pool was closed"))
    signals.forked.send(None)

    assert {} == pooled._connection_pools
    assert pool is not pooled.pool
    assert any(pool in pools.values() for pools in receivers._inherited)


def test_pools_check_the_connections_they_lend(pooled: Any) -> None:
    """A pool made before the first job is replaced by one that checks; that one is kept."""
    unchecked = pooled.pool
    assert unchecked._check is None
    signals.performing.send(None)

    checked = pooled.pool
    assert checked is not unchecked
    assert checked._check is not None
    signals.performing.send(None)
    assert checked is pooled.pool


def test_a_connection_that_the_server_closed_never_fails_the_next_job(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next job's first query tries the kept connection, and opens another if need be."""
    signals.performing.send(None)
    kept = database.connection
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
    signals.performed.send(None)
    assert kept is database.connection  # CONN_MAX_AGE is None

    monkeypatch.setattr(database, "is_usable", lambda: False)
    signals.performing.send(None)
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    assert kept is not database.connection


def test_a_connection_is_tried_once_a_job(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job's further queries cost no further ping."""
    tries: list[int] = []

    def is_usable() -> bool:
        tries.append(1)
        return True

    monkeypatch.setattr(database, "is_usable", is_usable)
    signals.performing.send(None)
    for _ in range(3):
        with database.cursor() as cursor:
            cursor.execute("SELECT 1")

    assert [1] == tries


def test_a_connection_that_the_job_broke_is_closed(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an error of the database, a connection that no longer works is closed."""
    monkeypatch.setattr(database, "is_usable", lambda: False)
    database.errors_occurred = True
    signals.performed.send(None)

    assert database.connection is None


def test_a_connection_past_its_age_is_closed(database: Any) -> None:
    """By default, with CONN_MAX_AGE = 0, no connection outlives its job."""
    database.close()
    database.settings_dict["CONN_MAX_AGE"] = 0
    database.ensure_connection()
    signals.performed.send(None)

    assert database.connection is None


def test_queries_are_forgotten(database: Any) -> None:
    """Under DEBUG, the record of queries does not grow from job to job."""
    database.force_debug_cursor = True
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
    database.close()
    assert len(database.queries_log) == 1
    signals.performing.send(None)

    assert len(database.queries_log) == 0


def finish(outcome: Outcome, payload: bytes = b'{"class":"Mailer","args":["CANARY"]}') -> None:
    """Tell that a job ended."""
    reservation = Reservation("vm:1:high", "high", "", payload, "r")
    signals.job_finished.send(None, reservation=reservation, outcome=outcome)


@pytest.mark.parametrize(
    ("outcome", "level", "event", "text"),
    [
        (Succeeded(), logging.INFO, "job.performed", "Mailer from queue high was performed"),
        (
            Skipped(),
            logging.INFO,
            "job.skipped",
            "Mailer from queue high was left unperformed by a hook",
        ),
        (
            Failed("ValueError", "boom"),
            logging.ERROR,
            "job.failed",
            "Mailer from queue high failed: ValueError: boom",
        ),
    ],
)
def test_log(
    caplog: pytest.LogCaptureFixture, outcome: Outcome, level: int, event: str, text: str
) -> None:
    """Each ending is one record, with what log collectors need beside the text."""
    caplog.set_level(logging.DEBUG, "django_resque")
    finish(outcome)

    (record,) = caplog.records
    assert (level, text) == (record.levelno, record.getMessage())
    assert "high" not in record.msg
    expected = {"event": event, "queue": "high", "job": "Mailer", "worker": "vm:1:high"}
    assert expected == {key: record.__dict__[key] for key in expected}
    assert "CANARY" not in str(record.__dict__)


def test_log_keeps_secrets(caplog: pytest.LogCaptureFixture) -> None:
    """What is masked in the arguments is masked in the error; of no payload nothing is known."""
    finish(
        Failed("ValueError", "bad s3cr3t of 7"),
        b'{"class":"Mailer","args":[{"token":"s3cr3t","id":7}]}',
    )
    finish(Failed("ValueError", "bad s3cr3t"), b"{oops")

    assert [
        "Mailer from queue high failed: ValueError: bad ******************** of 7",
        "(invalid payload) from queue high failed: ValueError: bad s3cr3t",
    ] == [entry.getMessage() for entry in caplog.records]


def test_log_is_one_harmless_line(caplog: pytest.LogCaptureFixture) -> None:
    """Names and errors from strangers can neither forge a line nor steer a terminal."""
    outcome = Failed("Evil\nError", "\x1b[2J\r\nJob forged\u202e" + "x" * 1000)
    finish(outcome, b'{"class":"a\\nb\\u001b\\ud800","args":[]}')

    (record,) = caplog.records
    expected = (
        "a\\nb\\x1b\\ud800 from queue high failed: Evil\\nError: \\x1b[2J\\r\\nJob forged\\u202e"
    )
    assert record.getMessage().startswith(expected)
    assert len(record.getMessage()) < 800
    assert record.__dict__["job"] == "a\\nb\\x1b\\ud800"


def test_log_of_an_invalid_payload(caplog: pytest.LogCaptureFixture) -> None:
    """What names no job is told as such."""
    finish(Failed("DecodeError", "payload is not JSON"), b"\xff")

    assert "(invalid payload) from queue high failed" in caplog.text


def test_nothing_is_worked_out_for_a_log_that_nobody_keeps(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where INFO is off, a successful job costs no look into its payload."""
    caplog.set_level(logging.WARNING, "django_resque")
    monkeypatch.setattr(receivers, "job_name", lambda _: pytest.fail("the payload was decoded"))
    finish(Succeeded())

    assert [] == caplog.records


@pytest.mark.parametrize(
    ("signal", "event", "text"),
    [
        (signals.before_first_fork, "worker.started", "Worker vm:1:high\\n starts"),
        (signals.before_pause, "worker.paused", "Worker vm:1:high\\n is paused"),
        (signals.after_pause, "worker.resumed", "Worker vm:1:high\\n goes on"),
        (signals.shutdown, "worker.stopping", "Worker vm:1:high\\n was told to leave"),
        (signals.worker_exit, "worker.left", "Worker vm:1:high\\n leaves"),
    ],
)
def test_log_of_a_worker(
    caplog: pytest.LogCaptureFixture, signal: Signal, event: str, text: str
) -> None:
    """The log tells when a worker starts, pauses, goes on and leaves."""
    caplog.set_level(logging.INFO, "django_resque")

    class Worker:
        id = "vm:1:high\n"

    signal.send(Worker())

    (record,) = caplog.records
    assert (text, event, "vm:1:high\\n") == (
        record.getMessage(),
        record.__dict__["event"],
        record.__dict__["worker"],
    )
