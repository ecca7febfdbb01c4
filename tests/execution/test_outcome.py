"""An outcome survives the way from child to worker, and a failure is told whatever it is."""

from __future__ import annotations

import json
from typing import NoReturn

import pytest

from django_resque.exceptions import (
    DecodeError,
    DirtyExit,
    JobTimeout,
    MemoryLimitExceeded,
    PoisonJob,
    PruneDeadWorkerDirtyExit,
    ResqueError,
    WorkerStopped,
)
from django_resque.execution.outcome import (
    Expired,
    Failed,
    Outcome,
    Requeued,
    Retrying,
    Skipped,
    Succeeded,
    decode,
    encode,
    failure_in,
)
from tests.claims import reservation


class UnprintableError(Exception):
    """An exception that cannot be printed."""

    def __str__(self) -> str:
        """Fail."""
        msg = "no text"
        raise RuntimeError(msg)

    __repr__ = __str__


class LeavingError(Exception):
    """An exception that ends the program when printed."""

    def __str__(self) -> str:
        """Leave."""
        raise SystemExit(3)


class UnframedError(Exception):
    """An exception whose cause cannot be formatted."""

    @property
    def __notes__(self) -> NoReturn:
        """Fail where tracebacks are formatted."""
        raise SystemExit(4)


def failure_of(error: BaseException) -> Failed:
    """Return the failure told of an exception raised here."""
    try:
        raise error  # noqa: TRY301 its traceback begins here
    except BaseException as raised:  # noqa: BLE001 all kinds are tried
        return Failed.from_exception(raised)


@pytest.mark.parametrize(
    "outcome",
    [
        Succeeded('{"a":1}', "fault"),
        Retrying(Failed("E", "x", ["line"]), 7.5, 2, 5, is_recorded=True),
        Requeued(Failed("E", "x"), is_counted=True),
        Expired(3.5),
        Succeeded(),
        Skipped(),
        Failed("ValueError", "boom", ["line one", "line two"]),
        Failed("shop.Ouch", "ü \x00 \n"),
    ],
)
def test_there_and_back(outcome: Outcome) -> None:
    """What a child answers is what its worker reads."""
    assert outcome == decode(encode(outcome))


def test_failure_in() -> None:
    """What went wrong can be had of every outcome that has it."""
    failed = Failed("E", "x")
    outcomes: list[Outcome] = [
        failed,
        Retrying(failed, 1, 2, 3),
        Requeued(failed),
        Succeeded(),
        Expired(1),
    ]

    assert [failed, failed, failed, None, None] == [failure_in(each) for each in outcomes]


def test_surrogates() -> None:
    """Text that UTF-8 cannot carry is escaped, not refused."""
    failed = Failed("E\ud800", "caf\udce9", ["\udfff"])

    assert Failed("E\\ud800", "caf\\udce9", ["\\udfff"]) == decode(encode(failed))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        b"{",
        b"null",
        b"5",
        b'"Succeeded"',
        b"[]",
        b'["Succeeded"]',
        b'["Retrying",{}]',
        b'[["Failed"],{}]',
        b'["Succeeded",{"error":"x"}]',
        b'["Failed",{"exception":"E"}]',
        b'["Failed",{"exception":5,"error":"x"}]',
        b'["Failed",{"exception":"E","error":"x","backtrace":"line"}]',
        b'["Failed",{"exception":"E","error":"x","backtrace":[1]}]',
        b'["Succeeded",{"value":5}]',
        b'["Succeeded",["failed"]]',
        b'["Expired",{"waited":"long"}]',
        b'["Requeued",{}]',
        b'["Requeued",{"failed":"x"}]',
        b'["Requeued",{"failed":{"exception":"E","error":7}}]',
        b'["Retrying",{"failed":{"exception":"E","error":"x"},"delay":-1,"attempt":2,"most":3}]',
        b'["Retrying",{"failed":{"exception":"E","error":"x"},"delay":1e99,"attempt":2,"most":3}]',
        b'["Retrying",{"failed":{"exception":"E","error":"x"},"delay":1,"attempt":2.5,"most":3}]',
        b'["Retrying",{"failed":{"exception":"E","error":"x"},"delay":true,"attempt":2,"most":3}]',
    ],
)
def test_forged(raw: bytes) -> None:
    """Anything else than an outcome is refused, for a job may write what it likes."""
    with pytest.raises(DecodeError):
        decode(raw)


def test_names() -> None:
    """A built-in exception bears its name, any other its module as well."""
    assert "ValueError" == failure_of(ValueError("boom")).exception
    assert "SystemExit" == failure_of(SystemExit(3)).exception
    expected = "django_resque.exceptions.ResqueError"
    assert expected == failure_of(ResqueError("boom")).exception
    assert f"{__name__}.UnprintableError" == failure_of(UnprintableError()).exception


def test_messages() -> None:
    """The message is the exception's own."""
    assert "boom" == failure_of(ValueError("boom")).error
    assert "" == failure_of(KeyboardInterrupt()).error
    assert "('two', 'parts')" == failure_of(ValueError("two", "parts")).error


@pytest.mark.parametrize("kind", [UnprintableError, LeavingError])
def test_unprintable(kind: type[Exception]) -> None:
    """An exception that cannot be printed is told all the same, with its traceback."""
    failed = failure_of(kind())

    assert f"<unprintable {kind.__name__}>" == failed.error
    assert any("in failure_of" in line for line in failed.backtrace)


def test_unformattable() -> None:
    """One whose traceback cannot be formatted is told without it."""
    failed = failure_of(UnframedError("boom"))

    assert "boom" == failed.error
    assert ["<no traceback: SystemExit while formatting it>"] == failed.backtrace


def test_backtrace() -> None:
    """The traceback is Python's, one line an entry, with the causes."""
    try:
        try:
            raise KeyError("first")  # noqa: TRY301 its traceback begins here
        except KeyError as cause:
            raise ValueError("second") from cause
    except ValueError as raised:
        failed = Failed.from_exception(raised)

    assert "Traceback (most recent call last):" == failed.backtrace[0]
    assert "ValueError: second" == failed.backtrace[-1]
    assert "KeyError: 'first'" in failed.backtrace
    assert not any("\n" in line for line in failed.backtrace)


def test_no_own_frames() -> None:
    """An exception from our own code has no traceback, as in Ruby: the job was not even there."""
    try:
        decode(b"{")
    except DecodeError as error:
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        failed = Failed.from_exception(error)

    assert [] == failed.backtrace


def test_endless() -> None:
    """A deep recursion and an endless message are cut to what a page can show."""

    def deeper(depth: int) -> None:
        if depth == 0:
            raise ValueError("x" * 200_000)
        try:
            deeper(depth - 1)
        except ValueError as error:
            raise ValueError(str(depth)) from error

    try:
        deeper(300)
    except ValueError as error:
        failed = Failed.from_exception(error)

    assert 1001 == len(failed.backtrace)
    assert "lines left out" in failed.backtrace[500]
    assert "ValueError: 300" == failed.backtrace[-1]

    long = failure_of(ValueError("x" * 200_000))
    assert "x" * 100_000 + "… (200000 characters)" == long.error
    assert 100_000 >= max(map(len, long.backtrace))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (DirtyExit("gone"), DirtyExit),
        (JobTimeout("late"), JobTimeout),
        (MemoryLimitExceeded("large"), MemoryLimitExceeded),
        (PruneDeadWorkerDirtyExit("host:1:q", "shop.send"), PruneDeadWorkerDirtyExit),
        (WorkerStopped("leaves"), WorkerStopped),
        (PoisonJob(3, "gone"), PoisonJob),
        (DecodeError("unreadable"), DirtyExit),
    ],
)
def test_as_exception(error: ResqueError, kind: type[DirtyExit]) -> None:
    """Hooks are handed the kind of death and its message, whatever its class takes to be made."""
    exception = failure_of(error).as_exception()

    assert kind is type(exception)
    assert str(error) == str(exception)


def test_record() -> None:
    """The record is Ruby's, with the payload byte for byte."""
    claim = reservation(payload=b'{"class": "shop.send", "args": [1.0]}')

    raw = Failed("ValueError", "boom", ["line"]).record(claim).encode()

    assert b'"payload":{"class": "shop.send", "args": [1.0]},' in raw
    document = json.loads(raw)
    document.pop("failed_at")
    assert {
        "payload": {"class": "shop.send", "args": [1.0]},
        "exception": "ValueError",
        "error": "boom",
        "backtrace": ["line"],
        "worker": claim.worker,
        "queue": "q",
    } == document
