"""What came of performing a job: the value a child answers with."""

from __future__ import annotations

import traceback
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import (
    DecodeError,
    DirtyExit,
    JobTimeout,
    MemoryLimitExceeded,
    PoisonJob,
    PruneDeadWorkerDirtyExit,
    WorkerStopped,
    cause_of,
)
from django_resque.wire import timestamps
from django_resque.wire.codec import dumps, loads
from django_resque.wire.failure import FailureRecord

if TYPE_CHECKING:
    from types import TracebackType

    from django_resque.wire.worker import Reservation

# Bounds a failure record: nobody reads on after this, and a page must carry it.
_MAX_TEXT = 100_000
_MAX_LINES = 1_000
_MOST_AMOUNT = 1e9  # more than the seconds or attempts of anything


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The job was performed."""

    value: str = field(default="", repr=False)
    """The JSON of what it returned, where somebody wants it."""
    fault: str = ""
    """Why there is none, although somebody wants it."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A hook asked to leave the job unperformed."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The job raised, or its process ended or was stopped before it could answer."""

    exception: str
    """The dotted path of the exception."""
    error: str
    """Its message."""
    backtrace: list[str] = field(default_factory=list)
    """The lines of the traceback from the job's own code on; none if its process died."""

    @classmethod
    def from_exception(cls, error: BaseException) -> Failed:
        """Describe an exception: its name, message, and traceback from the job's own frame on."""
        error = cause_of(error)
        kind = type(error)
        name = kind.__qualname__
        if kind.__module__ != "builtins":
            name = f"{kind.__module__}.{name}"
        return cls(name, _message(error), _backtrace(error))

    def as_exception(self) -> DirtyExit:
        """Return an exception to hand to ``on_failure`` hooks where the process died."""
        kind = _DEATHS.get(self.exception, DirtyExit)
        return Exception.__new__(kind, self.error)

    def record(self, reservation: Reservation, **extras: Any) -> FailureRecord:
        """Return the record that tells of this failure, dated now, with further keys."""
        return FailureRecord(
            failed_at=timestamps.failed_at(timestamps.now()),
            payload=reservation.payload,
            exception=self.exception,
            error=self.error,
            backtrace=self.backtrace,
            worker=reservation.worker,
            queue=reservation.queue,
            extras=extras,
        )


@dataclass(frozen=True, slots=True)
class Retrying:
    """The job failed and is to be performed again."""

    failed: Failed
    """What went wrong this time."""
    delay: float
    """Seconds from its end until it is to be performed again."""
    attempt: int
    """The number that the next performance bears."""
    most: int
    """How many performances its policy allows."""
    is_recorded: bool = False
    """Whether the failure is recorded all the same."""


@dataclass(frozen=True, slots=True)
class Requeued:
    """The worker was lost or told to leave; the job is the next of its queue again."""

    failed: Failed
    """How its performance ended."""
    is_counted: bool = False
    """Whether this was a loss, of which a job may only have a few."""


@dataclass(frozen=True, slots=True)
class Expired:
    """The job waited longer in its queue than its ``ttl``, and was dropped."""

    waited: float
    """Seconds that it had waited."""


Outcome = Succeeded | Skipped | Failed | Retrying | Requeued | Expired


def failure_in(outcome: Outcome) -> Failed | None:
    """Return what went wrong, whether it is final or not; None if nothing did."""
    if isinstance(outcome, (Retrying, Requeued)):
        return outcome.failed
    return outcome if isinstance(outcome, Failed) else None


_DEATHS = {
    f"{kind.__module__}.{kind.__qualname__}": kind
    for kind in (
        DirtyExit,
        PruneDeadWorkerDirtyExit,
        JobTimeout,
        MemoryLimitExceeded,
        PoisonJob,
        WorkerStopped,
    )
}

_KINDS: dict[str, type[Outcome]] = {
    kind.__name__: kind for kind in (Succeeded, Skipped, Failed, Retrying, Requeued, Expired)
}
# Nearly every answer is one of these two, so they are encoded and decoded once.
_CONSTANT: dict[bytes, Outcome] = {b'["Succeeded",{}]': Succeeded(), b'["Skipped",{}]': Skipped()}


def encode(outcome: Outcome) -> bytes:
    """Return the bytes in which a child answers."""
    for raw, constant in _CONSTANT.items():
        if outcome == constant:
            return raw
    fields = {name: _utf8(value) for name, value in asdict(outcome).items()}
    return dumps([type(outcome).__name__, fields])


def decode(raw: bytes) -> Outcome:
    """Read a child's answer. Raises DecodeError for anything else: a job may have written it."""
    if constant := _CONSTANT.get(raw):
        return constant
    document = loads(raw, "outcome")
    try:
        name, fields = document
        if "failed" in fields:
            fields["failed"] = Failed(**fields["failed"])
        outcome = _KINDS[name](**fields)
    except (TypeError, ValueError, KeyError) as error:
        raise DecodeError(f"outcome is malformed: {error}", raw) from error
    failed = failure_in(outcome)
    if failed is not None and not _is_text(failed):
        raise DecodeError("outcome is malformed: a failure must be told in text", raw)
    if not _is_sound(outcome):
        raise DecodeError("outcome is malformed: its numbers or texts are none", raw)
    return outcome


def _is_sound(outcome: Outcome) -> bool:
    if isinstance(outcome, Succeeded):
        return isinstance(outcome.value, str) and isinstance(outcome.fault, str)
    if isinstance(outcome, Retrying):
        numbers = [outcome.delay, outcome.attempt, outcome.most]
        return all(map(_is_amount, numbers)) and isinstance(outcome.attempt, int)
    return _is_amount(outcome.waited) if isinstance(outcome, Expired) else True


def _is_amount(value: Any) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and isfinite(value) and 0 <= value < _MOST_AMOUNT


def _is_text(failed: Failed) -> bool:
    lines: Any = failed.backtrace
    texts = [failed.exception, failed.error, *lines] if isinstance(lines, list) else [None]
    return all(isinstance(text, str) for text in texts)


def _utf8(value: Any) -> Any:
    if isinstance(value, list):
        return [_utf8(item) for item in value]
    if isinstance(value, dict):
        return {key: _utf8(item) for key, item in value.items()}
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 a job's exception may raise anything when printed
        return f"<unprintable {type(error).__name__}>"
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}… ({len(text)} characters)"


def _backtrace(error: BaseException) -> list[str]:
    frames = _own_frames(error)
    if frames is None:
        return []  # as Ruby has it: the job's own code was not even there
    try:
        report = traceback.TracebackException(type(error), error, frames)
        lines = "".join(report.format()).rstrip("\n").split("\n")
    except BaseException as problem:  # noqa: BLE001 a job's exception may raise anything when printed
        return [f"<no traceback: {type(problem).__name__} while formatting it>"]
    if len(lines) > _MAX_LINES:
        half = _MAX_LINES // 2
        cut = f"  … {len(lines) - _MAX_LINES} lines left out …"
        lines = [*lines[:half], cut, *lines[-half:]]
    return [line[:_MAX_TEXT] for line in lines]


def _own_frames(error: BaseException) -> TracebackType | None:
    """Skip the frames of django-resque that lead to the job: they tell its author nothing."""
    frame = error.__traceback__
    while frame is not None and _is_ours(frame):
        frame = frame.tb_next
    return frame


def _is_ours(frame: TracebackType) -> bool:
    module = frame.tb_frame.f_globals.get("__name__", "")
    return isinstance(module, str) and module.startswith("django_resque.")
