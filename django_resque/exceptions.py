"""Every exception of django-resque, apart from its users to avoid import loops."""

from __future__ import annotations

import signal

from django.core.exceptions import ImproperlyConfigured


class ResqueError(Exception):
    """Base class of django-resque's exceptions. Do not raise directly."""


class ConfigurationError(ResqueError, ImproperlyConfigured):
    """Raised when ``settings.RESQUE`` or a job's options are wrong."""


class DuplicateJob(ConfigurationError):
    """Raised when two functions are registered under one job name."""

    def __init__(self, name: str, first: str, second: str) -> None:
        """Name the job and both places that claim it."""
        super().__init__(
            f"Two jobs are named {name!r}: {first} and {second}. "
            f"Give one of them another name with @job(name=...)."
        )


class DecodeError(ResqueError, ValueError):
    """Raised when bytes from Redis are not the document they should be; keeps the bytes."""

    def __init__(self, reason: str, raw: bytes = b"") -> None:
        """Keep the undecodable ``raw`` bytes beside the reason."""
        super().__init__(reason)
        self.raw = raw


class ArgumentError(ResqueError, TypeError):
    """Raised at enqueue for an argument that JSON or the job's signature cannot carry."""


class DependencyError(ResqueError, ValueError):
    """Raised for a job that is to wait for one of whose end nobody would tell it."""


class InvalidQueueName(ResqueError, ValueError):
    """Raised for a queue name that Resque's clients could not share; keeps the name."""

    def __init__(self, message: str, name: object = "") -> None:
        """Keep the refused ``name`` beside what is wrong with it."""
        super().__init__(message)
        self.name = name


class InvalidSchedule(ResqueError, ValueError):
    """Raised for a recurring job that is never due, or of which it cannot be told when."""


class NoQueueError(ResqueError, ValueError):
    """Raised when no queue is known for a job, or a worker is given none to work on."""


class UnknownJob(ResqueError, LookupError):
    """Raised when a payload names a job that is not registered in this process."""

    def __init__(self, name: str, near: list[str]) -> None:
        """Name the job and the registered names most like it."""
        hint = f"Did you mean {', '.join(near)}? " if near else ""
        super().__init__(
            f"{name!r} is not a registered job. {hint}"
            "Is its app in INSTALLED_APPS and its module called jobs or tasks? "
            "After renaming a job, @job(name=...) keeps its old name"
        )
        self.name = name


class DontPerform(ResqueError):
    """Raise in a ``before_perform`` hook to leave the job unperformed, without a failure."""


class DirtyExit(ResqueError):
    """Raised for a job whose process ended without giving an outcome."""

    @classmethod
    def from_wait_status(
        cls, pid: int, status: int, usage: str = "", *, stopped: bool = False
    ) -> DirtyExit:
        """Say how process ``pid`` ended, from its ``os.wait`` status and resource usage.

        ``stopped`` tells that its worker was told to kill it.
        """
        code = _exit_code(status)
        if code >= 0:
            text = f"Child process {pid} exited with status {code} before the job ended"
        else:
            hint = ""
            if -code == signal.SIGKILL:
                hint = (
                    " (sent by its worker on request)" if stopped else " (possibly out of memory)"
                )
            text = (
                f"Child process received unhandled signal pid {pid} "
                f"{_signal_name(-code)} (signal {-code}){hint}"
            )
        return cls(f"{text}; {usage}" if usage else text)


class PruneDeadWorkerDirtyExit(DirtyExit):
    """Raised for the job of a worker that stopped giving signs of life."""

    def __init__(self, worker: str, job: str | None) -> None:
        """Name the worker and the job it held."""
        super().__init__(
            f"Worker {worker} did not gracefully exit while processing {job or '<Unknown Job>'}"
        )


class JobTimeout(DirtyExit):
    """Raised for a job that was stopped because it ran longer than its ``timeout``."""


class MemoryLimitExceeded(DirtyExit):
    """Raised for a job that was stopped because it used more than its ``max_memory``."""


class WorkerStopped(DirtyExit):
    """Raised for a job with ``on_worker_loss="requeue"`` that was stopped with its worker."""


class PoisonJob(DirtyExit):
    """Raised for a job whose workers were lost again and again: it may well be the reason."""

    def __init__(self, times: int, last: str) -> None:
        """Tell how often, and what was seen the last time."""
        super().__init__(
            f"Its worker was lost {times} times while performing it; the job is not tried again. "
            f"The last time: {last}"
        )


class FailureNotFound(ResqueError, LookupError):
    """Raised when the failure to retry or remove is no longer in the failed list."""


class WorkerNotFound(ResqueError, LookupError):
    """Raised when no worker of that id is registered (any more)."""


class WorkerElsewhere(ResqueError):
    """Raised when a worker cannot be reached: by a signal from here, or by orders through Redis."""


class JobNotFound(ResqueError, LookupError):
    """Raised when the job to kill is no longer the one that its worker has."""


class ScheduleNotFound(ResqueError, LookupError):
    """Raised when no recurring job of that name is scheduled (any more)."""


class JobFailed(ResqueError):
    """Raised when the result is asked for of a job that failed, was cancelled or has expired."""

    def __init__(self, status: str, exception: str = "", error: str = "") -> None:
        """Keep the name of the job's exception and its text."""
        told = ": ".join(filter(None, (exception, error)))
        super().__init__(f"the job {_ENDS.get(status, status)}" + (f": {told}" if told else ""))
        self.status = status
        self.exception = exception
        self.error = error


class ResultNotReady(ResqueError):
    """Raised when the result is asked for of a job that has not ended, or keeps no result."""


class ResultLost(ResqueError):
    """Raised when a job succeeded, but JSON cannot carry the value it returned."""


class StoreError(ResqueError):
    """Raised when Redis refuses a command."""


class AccessDenied(StoreError):
    """Raised when Redis does not accept the credentials, or they may not do what is needed."""


class StoreUnavailable(StoreError):
    """Raised when Redis cannot be reached or cannot serve for now; trying again may help.

    ``uncertain`` is true when the connection broke after the command was sent: Redis may have
    carried it out all the same.
    """

    def __init__(self, message: str, *, uncertain: bool = False) -> None:
        """Keep whether the command may have been carried out."""
        super().__init__(message)
        self.uncertain = uncertain


class EnqueueUncertain(StoreUnavailable):
    """Raised when the connection broke while enqueueing: the job may or may not be queued.

    Also when only some of several jobs are queued, or one in a queue that could not be made known.
    """


class TermException(BaseException):
    """Raised inside a running job when its worker was told to stop (``--term-child``).

    Not an ``Exception``, so that a job's own ``except Exception`` lets it pass. Raised at a
    job's timeout too; ``reason`` is then what hooks, backends and the record are told instead.
    """

    def __init__(self, message: str = "", reason: DirtyExit | None = None) -> None:
        """Keep why the job is stopped, if it is not for its worker's sake."""
        super().__init__(message)
        self.reason = reason


_ENDS = {
    "failed": "failed",
    "cancelled": "was cancelled",
    "expired": "waited too long and was dropped",
    "skipped": "was left unperformed by a hook, or with its group",
}


def cause_of(error: BaseException) -> BaseException:
    """Return what is to be told of a job that raised ``error``: why it was stopped, if it was."""
    if isinstance(error, TermException) and error.reason is not None:
        return error.reason.with_traceback(error.__traceback__)
    return error


def _exit_code(status: int) -> int:
    return -(status & 0x7F) if status & 0x7F else status >> 8


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"
