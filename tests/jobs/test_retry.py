"""A policy of retries is checked where it is written, and tells delays as it says."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_resque import Exponential, Retry
from django_resque.exceptions import ConfigurationError, DirtyExit, JobTimeout, TermException
from django_resque.jobs.retry import LONGEST_DELAY, checked_delay

_SECONDS = st.floats(0, 1e5, allow_nan=False)


class Outer:
    """Has an exception inside."""

    class Inner(LookupError):
        """An exception with a dot in its qualified name."""


class Own(Retry):
    """A policy of somebody's own."""

    def delay(self, attempt: int, exception: BaseException) -> float | None:
        """Answer."""
        del exception
        return attempt * 100.0


def never_shaken(**options: Any) -> Retry:
    """Return a policy without chance in it."""
    return Retry(jitter=0, **options)


@given(_SECONDS.filter(bool), st.floats(1, 1e4), st.integers(1, 1000))
def test_exponential(base: float, factor: float, attempt: int) -> None:
    """Delays double from the base on, never fall, and never exceed the cap."""
    cap = base * factor
    backoff = Exponential(base, cap)

    assert base == backoff.delay(1)
    assert backoff.delay(attempt) <= backoff.delay(attempt + 1) <= cap
    if backoff.delay(attempt + 1) < cap:
        assert math.isclose(2 * backoff.delay(attempt), backoff.delay(attempt + 1))


@given(st.lists(_SECONDS, min_size=1, max_size=5), st.integers(1, 99))
def test_list(delays: list[float], attempt: int) -> None:
    """A list has a delay for each attempt, its last one for those that follow."""
    policy = never_shaken(max_attempts=100, backoff=delays)
    expected = delays[attempt - 1] if attempt <= len(delays) else delays[-1]

    assert expected == policy.delay(attempt, ValueError())


@given(_SECONDS, st.floats(0, 1))
def test_jitter(seconds: float, jitter: float) -> None:
    """A delay strays by no more than its part, and never below zero."""
    delay = Retry(backoff=seconds, jitter=jitter).delay(1, ValueError())

    assert delay is not None
    assert delay >= 0
    assert abs(delay - seconds) <= seconds * (jitter * 1.000001 + 1e-9)


def test_jitter_is_there() -> None:
    """Jobs that failed together do not come back together."""
    policy = Retry(backoff=1000)

    assert len({policy.delay(1, ValueError()) for _ in range(5)}) > 1


@pytest.mark.parametrize(("attempt", "delay"), [(1, 10), (2, 20), (4, 80), (5, None), (9, None)])
def test_default(attempt: int, delay: float | None) -> None:
    """There are five attempts, ten seconds after the first and twice as many each time."""
    assert delay == never_shaken().delay(attempt, ValueError())


def test_function() -> None:
    """A function is asked with the attempt and its exception, and may give up."""
    asked: list[Any] = []
    error = ValueError("boom")

    def backoff(attempt: int, exception: BaseException) -> float | None:
        asked.append((attempt, exception))
        return None if attempt == 2 else 7

    policy = never_shaken(backoff=backoff)

    assert [7, None] == [policy.delay(attempt, error) for attempt in (1, 2)]
    assert [(1, error), (2, error)] == asked


@pytest.mark.parametrize(
    ("options", "error", "covered"),
    [
        ({}, ValueError(), True),
        ({}, DirtyExit("gone"), True),
        ({}, TermException("SIGTERM"), False),
        ({}, SystemExit(3), False),
        ({"on": SystemExit}, SystemExit(3), True),
        ({"on": (ValueError, OSError)}, ConnectionError(), True),
        ({"on": (ValueError, OSError)}, KeyError(), False),
        ({"never": DirtyExit}, JobTimeout("slow"), False),
        ({"on": OSError, "never": ["ConnectionError"]}, ConnectionRefusedError(), False),
        ({"on": OSError, "never": ["ConnectionError"]}, FileNotFoundError(), True),
        ({"on": "builtins.ValueError"}, UnicodeError(), True),
        ({"on": "django_resque.exceptions.DirtyExit"}, JobTimeout("slow"), True),
        ({"on": "tests.jobs.test_retry.Outer.Inner"}, Outer.Inner(), True),
        ({"on": "Inner"}, Outer.Inner(), False),
        ({"on": "nowhere.installed.Error"}, ValueError(), False),
    ],
)
def test_kinds(options: dict[str, Any], error: BaseException, covered: bool) -> None:
    """Exceptions are told by class or dotted name, subclasses included."""
    policy = never_shaken(**options)

    assert covered == policy.covers(error)
    assert covered == (policy.delay(1, error) is not None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_attempts": 0}, r"Retry\(max_attempts=0\): give it a whole number from 1 to"),
        ({"max_attempts": True}, "whole number"),
        ({"max_attempts": 2.0}, "whole number"),
        ({"max_attempts": 10**6}, "whole number"),
        ({"backoff": -1}, r"Retry\(backoff=-1\): give it Exponential"),
        ({"backoff": float("nan")}, "give it Exponential"),
        ({"backoff": []}, "give it Exponential"),
        ({"backoff": [1, "2"]}, "give it Exponential"),
        ({"backoff": "10"}, "give it Exponential"),
        ({"backoff": ValueError}, "give it Exponential"),
        ({"backoff": None}, "give it Exponential"),
        ({"on": ()}, "one exception class at least"),
        ({"on": 7}, "exception classes or their dotted names"),
        ({"on": [int]}, "exception classes or their dotted names"),
        ({"never": ["not a name"]}, "exception classes or their dotted names"),
        ({"never": ""}, "exception classes or their dotted names"),
        ({"jitter": 1.5}, "from 0 to 1"),
        ({"jitter": "much"}, "from 0 to 1"),
        ({"record": "all"}, '"last" or "each"'),
    ],
)
def test_wrong(options: dict[str, Any], message: str) -> None:
    """What could not be followed is refused, saying what to write instead."""
    with pytest.raises(ConfigurationError, match=message):
        Retry(**options)


@pytest.mark.parametrize(
    "options", [{"base": -1}, {"base": "1"}, {"cap": float("inf")}, {"base": 10, "cap": 5}]
)
def test_wrong_exponential(options: dict[str, Any]) -> None:
    """The same of its delays."""
    with pytest.raises(ConfigurationError, match="Exponential"):
        Exponential(**options)


def test_data() -> None:
    """A policy is data as long as no function and no subclass is in it."""
    assert Retry().is_data
    assert Retry(backoff=[1, 2]).is_data
    assert not Retry(backoff=lambda _attempt, _error: 1).is_data
    assert not Own().is_data
    assert 300 == Own().delay(3, ValueError())


@pytest.mark.parametrize("answer", ["soon", -1, float("nan"), True, [1]])
def test_wrong_answer(answer: Any) -> None:
    """What a policy of somebody's own answers must be a delay."""
    with pytest.raises(ValueError, match="no number of seconds"):
        checked_delay(answer)


def test_longest() -> None:
    """No delay is longer than the longest."""
    assert LONGEST_DELAY == checked_delay(1e30)
    assert LONGEST_DELAY == never_shaken(backoff=1e30).delay(1, ValueError())
    assert checked_delay(None) is None
