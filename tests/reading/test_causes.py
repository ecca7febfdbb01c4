"""Why a job died is read from the words of django-resque itself, of Ruby, PHP and Node."""

from __future__ import annotations

import os
import resource
import signal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from django_resque.exceptions import (
    DecodeError,
    DirtyExit,
    JobTimeout,
    MemoryLimitExceeded,
    PruneDeadWorkerDirtyExit,
    TermException,
    UnknownJob,
)
from django_resque.execution.outcome import Failed
from django_resque.process.channel import Channel
from django_resque.process.limits import Limits
from django_resque.process.performer import Performer
from django_resque.reading.causes import Cause, cause_of
from django_resque.wire.failure import INVALID_PAYLOAD, FailureRecord
from django_resque.wire.worker import Reservation

USED = ("212 MB", "0.31 s")
USAGE = "peak memory 212 MB, CPU 0.31 s"


def told(error: BaseException) -> Cause:
    """Return the cause that is read from the record of an exception."""
    claim = Reservation("host:1:mail", "mail", "", b'{"class":"A","args":[]}')
    return cause_of(Failed.from_exception(error).record(claim))


def foreign(exception: str, error: str) -> Cause:
    """Return the cause that is read from another client's record."""
    return cause_of(FailureRecord("", b"{}", exception, error, [], "ruby:7:mail", "mail"))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DirtyExit.from_wait_status(7, signal.SIGSEGV, USAGE), ("signal", "SIGSEGV")),
        (
            DirtyExit.from_wait_status(7, signal.SIGKILL, USAGE),
            ("signal", "SIGKILL (possibly out of memory)"),
        ),
        (DirtyExit.from_wait_status(7, signal.SIGKILL, USAGE, stopped=True), ("killed", "SIGKILL")),
        (DirtyExit.from_wait_status(7, 60, USAGE), ("signal", "SIG60")),
        (DirtyExit.from_wait_status(7, 3 << 8, USAGE), ("exit", "3")),
        (DirtyExit(f"Child process did not start; {USAGE}"), ("killed", "did not start")),
    ],
)
def test_deaths(error: DirtyExit, expected: tuple[str, str]) -> None:
    """How a process ended is told with what it had used."""
    assert (*expected, *USED) == _parts(told(error))


def test_a_real_death(monkeypatch: pytest.MonkeyPatch) -> None:
    """A performer's own words are understood, what its process had used as well."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    monkeypatch.setattr(os, "wait4", lambda pid, _flags: (pid, 3 << 8, usage))
    monkeypatch.setattr(os, "killpg", lambda *_: None)
    ours, theirs = Channel.pair()
    theirs.close()

    failed = Performer(1, ours).ended()

    ours.close()
    assert isinstance(failed, Failed)
    cause = cause_of(failed.record(Reservation("host:1:mail", "mail", "", b"{}")))
    assert ("exit", "3") == (cause.kind, cause.detail)
    assert f"{usage.ru_maxrss / 1024:.0f} MB" == cause.peak_memory
    assert f"{usage.ru_utime + usage.ru_stime:.2f} s" == cause.cpu


class Stopped:
    """Stands for a performer: remembers why it was stopped."""

    def memory(self) -> int:
        """Use 210 MB."""
        return 210 * 1024 * 1024

    def stop(self, _steps: object, reason: DirtyExit) -> None:
        """Take the reason down."""
        self.reason = reason

    def tick(self) -> None:
        """Nothing is due."""


@pytest.mark.parametrize(
    ("timeout", "max_memory", "expected"),
    [
        (1e-09, None, ("timeout", "1e-09 s")),
        (None, 200 * 1024 * 1024, ("memory", "210 MB of 200 MB")),
    ],
)
def test_limits(timeout: float | None, max_memory: int | None, expected: tuple[str, str]) -> None:
    """A limit that a job went past is told in its own numbers."""
    limits, stopped = Limits(0), cast("Any", Stopped())
    limits.begin(cast("Any", SimpleNamespace(timeout=timeout, max_memory=max_memory)))
    limits.watch(stopped)

    assert (*expected, *USED) == _parts(told(type(stopped.reason)(f"{stopped.reason}; {USAGE}")))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (PruneDeadWorkerDirtyExit("host:1:mail", "A"), ("lost", "host:1:mail")),
        (
            DirtyExit("Worker x was removed while the job was being processed"),
            ("lost", "host:1:mail"),
        ),
        (TermException("SIGTERM"), ("killed", "SIGTERM")),
        (UnknownJob("A", []), ("unknown_job", "")),
        (JobTimeout("in other words"), ("timeout", "")),
        (MemoryLimitExceeded("in other words"), ("memory", "")),
        (ValueError("timeout of 5 s"), ("exception", "ValueError")),
        (DecodeError("not ours to read"), ("exception", "django_resque.exceptions.DecodeError")),
    ],
)
def test_without_usage(error: BaseException, expected: tuple[str, str]) -> None:
    """Where nothing was measured, nothing is told of it."""
    assert (*expected, "", "") == _parts(told(error))


@pytest.mark.parametrize(
    ("exception", "error", "expected"),
    [
        (
            "Resque::DirtyExit",
            "Child process received unhandled signal pid 1 SIGKILL (signal 9)",
            ("signal", "SIGKILL"),
        ),
        (
            "Resque::DirtyExit",
            "Child process received unhandled signal pid 1 SIGSEGV (signal 11) (core dumped)",
            ("signal", "SIGSEGV (core dumped)"),
        ),
        ("Resque::DirtyExit", "Job still being processed", ("lost", "ruby:7:mail")),
        (
            "Resque::PruneDeadWorkerDirtyExit",
            "Worker a:1:b did not gracefully exit while processing A",
            ("lost", "ruby:7:mail"),
        ),
        ("Resque::TermException", "SIGTERM", ("killed", "SIGTERM")),
        ("SignalException", "SIGHUP", ("signal", "SIGHUP")),
        ("Resque_Job_DirtyExitException", "Job exited with exit code 255", ("exit", "255")),
        ("Resque\\Exceptions\\DirtyExitException", "Job exited with code 1", ("exit", "1")),
        ("Worker Timeout (killed manually)", "", ("lost", "ruby:7:mail")),
        ("shop.DirtyExit", "Child process 1 exited with status 3", ("exception", "shop.DirtyExit")),
        ("UnknownJob", "", ("exception", "UnknownJob")),
        ("", "", ("exception", "")),
    ],
)
def test_foreign(exception: str, error: str, expected: tuple[str, str]) -> None:
    """Other clients' words are understood, an application's own left to it."""
    assert (*expected, "", "") == _parts(foreign(exception, error))


def test_invalid_payload() -> None:
    """A payload that could not be read is why its job failed."""
    record = FailureRecord("", INVALID_PAYLOAD, "JSON::ParserError", "unexpected token", [], "", "")

    assert Cause("invalid_payload", "unexpected token") == cause_of(record)
    assert Cause("invalid_payload", "unexpected token") == cause_of(record, readable=False)


def test_overlong() -> None:
    """Megabytes of text are no cause to wait for."""
    cause = foreign("Resque::DirtyExit", "exit " * 2_000_000 + "7; " + USAGE)

    assert ("lost", "", "") == (cause.kind, cause.peak_memory, cause.cpu)


def _parts(cause: Cause) -> tuple[str, str, str, str]:
    return cause.kind, cause.detail, cause.peak_memory, cause.cpu
