"""When a job that failed is performed again: ``@job(retry=Retry(max_attempts=5))``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isfinite
from random import SystemRandom
from typing import Any, Literal

from django_resque.exceptions import ConfigurationError

MOST_ATTEMPTS = 1000
"""The most performances that a policy may allow: a job that never succeeds must come to an end."""
LONGEST_DELAY = 366 * 86_400.0
"""The most seconds between two performances."""

_chance = SystemRandom()


@dataclass(frozen=True, slots=True)
class Exponential:
    """Delays that double: ``base`` seconds after the first attempt, never more than ``cap``."""

    base: float = 10.0
    cap: float = 3600.0

    def __post_init__(self) -> None:
        """Raise ConfigurationError for what is no number of seconds."""
        for name in ("base", "cap"):
            value = getattr(self, name)
            if not _is_seconds(value):
                raise ConfigurationError(f"Exponential({name}={value!r}): {_SECONDS}.")
        if self.cap < self.base:
            raise ConfigurationError(
                f"Exponential(base={self.base!r}, cap={self.cap!r}): the cap is below the base."
            )

    def delay(self, attempt: int) -> float:
        """Return the seconds to wait after that attempt."""
        # Beyond this the cap is long reached, and the power would be no float any more.
        return float(min(self.cap, self.base * 2.0 ** min(attempt - 1, 64)))


Backoff = (
    Exponential | float | Sequence[float] | Callable[[int, BaseException], "float | int | None"]
)
"""Delays in seconds: exponential, one for all, one for each attempt, or a function's answer."""
Kind = type[BaseException] | str
"""A class of exceptions, or its dotted name where importing it would cost too much."""


@dataclass(frozen=True)
class Retry:
    """A policy of retries: how often a job that failed is performed again, when, and for what.

    ``backoff`` tells the seconds before the next attempt: ``Exponential(base, cap)``, a number,
    a list with one for each attempt (the last one also for those that follow), or a function of
    the attempt, counted from 1, and its exception, which returns None to give up. ``jitter`` is
    the part of a delay by which it may be longer or shorter, at random, so that jobs that failed
    together do not come back together. Override :meth:`delay` for what none of these can tell.
    """

    max_attempts: int = 5
    """How often the job is performed at most, the first time included."""
    backoff: Backoff = field(default_factory=Exponential)
    """What tells the seconds before the next attempt."""
    on: Sequence[Kind] | Kind = (Exception,)
    """The exceptions to retry after, subclasses included."""
    never: Sequence[Kind] | Kind = ()
    """Those among them not to retry after."""
    jitter: float = 0.1
    """The part of a delay by which it is longer or shorter at random, from 0 to 1."""
    record: Literal["last", "each"] = "last"
    """Whether a failure is recorded when retries are spent, or at each attempt."""

    def __post_init__(self) -> None:
        """Raise ConfigurationError for a policy that could not be followed."""
        _check_attempts(self.max_attempts)
        _check_backoff(self.backoff)
        for name in ("on", "never"):
            kinds = getattr(self, name)
            if isinstance(kinds, (str, type)):
                kinds = (kinds,)
            if not isinstance(kinds, Sequence) or not all(map(_is_kind, kinds)):
                raise _wrong(name, kinds, "exception classes or their dotted names")
            object.__setattr__(self, name, tuple(kinds))
        if not self.on:
            raise _wrong("on", (), "one exception class at least")
        if not _is_number(self.jitter) or not 0 <= self.jitter <= 1:
            raise _wrong("jitter", self.jitter, "a part of the delay, from 0 to 1")
        if self.record not in ("last", "each"):
            raise _wrong("record", self.record, '"last" or "each"')

    @property
    def is_data(self) -> bool:
        """Whether the policy can be followed without running code of the application."""
        return type(self) is Retry and not callable(self.backoff)

    def delay(self, attempt: int, exception: BaseException) -> float | None:
        """Return the seconds after which a job that failed is performed again; None to give up.

        ``attempt`` is the number of the performance that failed, counted from 1.
        """
        if attempt >= self.max_attempts or not self.covers(exception):
            return None
        seconds = self._backoff(attempt, exception)
        if seconds is None:
            return None
        if self.jitter:
            seconds *= 1 + self.jitter * _chance.uniform(-1, 1)
        return min(seconds, LONGEST_DELAY)

    def covers(self, exception: BaseException) -> bool:
        """Tell whether the policy retries after such an exception."""
        return _is_one_of(exception, self.on) and not _is_one_of(exception, self.never)

    def _backoff(self, attempt: int, exception: BaseException) -> float | None:
        backoff = self.backoff
        if isinstance(backoff, Exponential):
            return backoff.delay(attempt)
        if isinstance(backoff, (int, float)):
            return float(backoff)
        if isinstance(backoff, Sequence):
            return float(backoff[min(attempt, len(backoff)) - 1])
        return checked_delay(backoff(attempt, exception))


def checked_delay(answer: Any) -> float | None:
    """Return what a policy of somebody's own has answered. Raises ValueError for no delay."""
    if answer is None:
        return None
    if not _is_seconds(answer):
        msg = f"the retry policy answers {answer!r}, which is no number of seconds, nor None"
        raise ValueError(msg)
    return min(float(answer), LONGEST_DELAY)


_SECONDS = "give it a number of seconds from 0 on"


def _check_attempts(value: Any) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not 1 <= value <= MOST_ATTEMPTS:
        raise _wrong("max_attempts", value, f"a whole number from 1 to {MOST_ATTEMPTS}")


def _check_backoff(value: Any) -> None:
    if isinstance(value, Exponential) or _is_seconds(value):
        return
    if isinstance(value, type) or not callable(value):
        is_list = isinstance(value, Sequence) and not isinstance(value, (str, bytes))
        if not is_list or not value or not all(map(_is_seconds, value)):
            raise _wrong(
                "backoff",
                value,
                "Exponential(base, cap), seconds, a list of seconds, "
                "or a function of attempt and exception",
            )


def _is_kind(value: Any) -> bool:
    if isinstance(value, str):
        return all(part.isidentifier() for part in value.split("."))
    return isinstance(value, type) and issubclass(value, BaseException)


def _is_one_of(exception: BaseException, kinds: Any) -> bool:
    names: set[str] = set()
    for kind in type(exception).__mro__:
        names.add(f"{kind.__module__}.{kind.__qualname__}")
        if kind.__module__ == "builtins":
            names.add(kind.__qualname__)
    return any(
        each in names if isinstance(each, str) else isinstance(exception, each) for each in kinds
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _is_seconds(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _wrong(name: str, value: Any, wanted: str) -> ConfigurationError:
    return ConfigurationError(f"Retry({name}={value!r}): give it {wanted}.")
