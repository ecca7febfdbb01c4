"""Why a job failed or died: what the records of django-resque and of other clients tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django_resque.wire.failure import INVALID_PAYLOAD

if TYPE_CHECKING:
    from django_resque.wire.failure import FailureRecord

Kind = Literal[
    "exception",
    "signal",
    "exit",
    "timeout",
    "memory",
    "lost",
    "killed",
    "unknown_job",
    "invalid_payload",
]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a job failed."""

    kind: Kind
    """``exception``: it raised. ``signal`` and ``exit``: its process ended so. ``timeout`` and
    ``memory``: it went past its limit. ``killed``: its worker was told to stop it. ``lost``: its
    worker died or was removed. ``unknown_job`` and ``invalid_payload``: it was never begun."""
    detail: str = ""
    """Which exception, signal, exit status, limit or worker."""
    peak_memory: str = ""
    """How much memory its process had used, such as ``212 MB``, if it was measured."""
    cpu: str = ""
    """How much processor time, such as ``0.31 s``."""


_NAME = re.compile(r"(?:django_resque\.exceptions\.|Resque(?:::|\\|_))(?:\w+[\\_])*?([A-Za-z]+)\Z")
_USAGE = re.compile(r"peak memory ([\d.]+ \w+), CPU ([\d.]+ s)\s*\Z")
_SIGNAL = re.compile(r"signal pid \d+ (\w+) \(signal \d+\)(?: \(([^)]*)\))?")
_EXIT = re.compile(r"\bexit\D{0,20}(\d+)")
_TIMEOUT = re.compile(r"timeout of ([\d.e+-]+ s)")
_MEMORY = re.compile(r"at ([\d.]+ \w+) of memory; its max_memory is ([\d.]+ \w+)")
_ON_REQUEST = "sent by its worker on request"
_LONGEST = 2000  # characters of an error that are looked at; those that tell a cause are shorter


def cause_of(record: FailureRecord, *, readable: bool = True) -> Cause:
    """Return why the job of a record failed; ``readable`` tells whether its payload is."""
    error = record.error[:_LONGEST]
    name = _NAME.match(record.exception)
    if name:
        tell = _RESQUE.get(name[1], _exception)
    else:
        tell = _OTHERS.get(record.exception.partition(" (")[0], _exception)
    kind, detail = tell(error, record)
    if kind == "exception" and (not readable or record.payload == INVALID_PAYLOAD):
        kind, detail = "invalid_payload", error
    usage = _USAGE.search(error) if name else None
    return Cause(kind, detail, *(usage.groups() if usage else ("", "")))


def _exception(_error: str, record: FailureRecord) -> tuple[Kind, str]:
    return "exception", record.exception


def _death(error: str, record: FailureRecord) -> tuple[Kind, str]:
    if signal := _SIGNAL.search(error):
        number, remark = signal.groups()
        if remark == _ON_REQUEST:
            return "killed", number
        return "signal", f"{number} ({remark})" if remark else number
    if "did not start" in error:
        return "killed", "did not start"
    if status := _EXIT.search(error):
        return "exit", status[1]
    # "Job still being processed" in Ruby, "was removed while the job was being processed" here
    return "lost", record.worker


def _timeout(error: str, _record: FailureRecord) -> tuple[Kind, str]:
    limit = _TIMEOUT.search(error)
    return "timeout", limit[1] if limit else ""


def _memory(error: str, _record: FailureRecord) -> tuple[Kind, str]:
    sizes = _MEMORY.search(error)
    return "memory", f"{sizes[1]} of {sizes[2]}" if sizes else ""


_Teller = Callable[[str, "FailureRecord"], tuple[Kind, str]]
_RESQUE: dict[str, _Teller] = {
    "DirtyExit": _death,
    "DirtyExitException": _death,  # PHP's
    "PruneDeadWorkerDirtyExit": lambda _error, record: ("lost", record.worker),
    "JobTimeout": _timeout,
    "MemoryLimitExceeded": _memory,
    "TermException": lambda _error, _record: ("killed", "SIGTERM"),
    "UnknownJob": lambda _error, _record: ("unknown_job", ""),
}
_OTHERS: dict[str, _Teller] = {
    "SignalException": lambda error, _record: ("signal", error),  # Ruby's, raised in the child
    "Worker Timeout": lambda _error, record: ("lost", record.worker),  # Node's
}
