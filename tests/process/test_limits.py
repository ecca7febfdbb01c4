"""A job past its time is told and then killed, one past its memory is killed."""

from __future__ import annotations

import time
from signal import SIGKILL, SIGTERM, Signals
from typing import TYPE_CHECKING, Any, cast

import pytest

from django_resque import job
from django_resque.exceptions import DirtyExit, JobTimeout, MemoryLimitExceeded
from django_resque.process.limits import Limits

if TYPE_CHECKING:
    from django_resque.jobs.definition import Job
    from django_resque.process.performer import Performer

_NEVER = float("inf")


class Watched:
    """What a performer shows of itself, and what it was told."""

    def __init__(self, memory: int | None = 0) -> None:
        """Use so much memory."""
        self.used = memory
        self.looks = 0
        self.stops: list[tuple[list[tuple[float, Signals]], DirtyExit | None]] = []
        self.ticks = 0

    def memory(self) -> int | None:
        """Tell the memory."""
        self.looks += 1
        return self.used

    def stop(self, steps: list[tuple[float, Signals]], reason: DirtyExit | None = None) -> None:
        """Remember the stop."""
        self.stops.append((steps, reason))

    def tick(self) -> None:
        """Remember that signals were to be sent."""
        self.ticks += 1

    def watch(self, limits: Limits) -> None:
        """Have the limits look."""
        limits.watch(cast("Performer", self))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, for a test to move."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def limited(**options: Any) -> Job[Any, Any]:
    """Return a job with these options."""

    @job(name="shop.send", **options)
    def send() -> None:
        pass

    return cast("Job[Any, Any]", send)


@pytest.mark.parametrize("unlimited", [True, False])
def test_no_limits(clock: list[float], unlimited: bool) -> None:
    """A job without limits, and one that is not known, is left alone."""
    limits, performer = Limits(4.0), Watched()
    limits.begin(limited() if unlimited else None)
    clock[0] += 1e6

    performer.watch(limits)

    assert _NEVER == limits.next_event()
    assert [] == performer.stops
    assert 0 == performer.looks


def test_timeout(clock: list[float]) -> None:
    """At the timeout, and not before, the job gets TERM, and KILL when its grace is over."""
    limits, performer = Limits(4.0), Watched()
    limits.begin(limited(timeout=30))
    assert 1030.0 == limits.next_event()
    clock[0] = 1029.9
    performer.watch(limits)
    assert [] == performer.stops

    clock[0] = 1030.0
    performer.watch(limits)
    performer.watch(limits)

    ((steps, reason),) = performer.stops
    assert [(0.0, SIGTERM), (4.0, SIGKILL)] == steps
    assert JobTimeout is type(reason)
    assert "The job was stopped after its timeout of 30 s" == str(reason)
    assert 1 == performer.ticks
    assert _NEVER == limits.next_event()


def test_memory(clock: list[float]) -> None:
    """Memory is looked at four times a second, and beyond its limit the job is killed."""
    limits, performer = Limits(4.0), Watched(200 * 2**20)
    limits.begin(limited(max_memory="200M"))
    assert 1000.0 == limits.next_event()
    performer.watch(limits)
    performer.watch(limits)
    assert 1 == performer.looks
    assert [] == performer.stops
    assert 1000.25 == limits.next_event()

    performer.used = 200 * 2**20 + 1
    clock[0] = 1000.25
    performer.watch(limits)
    clock[0] = 1000.5
    performer.watch(limits)

    ((steps, reason),) = performer.stops
    assert [(0.0, SIGKILL)] == steps
    assert MemoryLimitExceeded is type(reason)
    expected = "The job was stopped at 200 MB of memory; its max_memory is 200 MB"
    assert expected == str(reason)
    assert 1 == performer.ticks


def test_memory_unknown(clock: list[float]) -> None:
    """Where the system does not tell, nobody is killed, and it is asked again."""
    limits, performer = Limits(4.0), Watched(None)
    limits.begin(limited(max_memory=1))

    performer.watch(limits)

    assert [] == performer.stops
    assert 1000.25 == limits.next_event()


def test_both(clock: list[float]) -> None:
    """The nearer limit is the next event."""
    limits = Limits(4.0)
    limits.begin(limited(timeout=0.1, max_memory=10**12))
    Watched().watch(limits)

    assert 1000.1 == limits.next_event()


def test_next_job(clock: list[float]) -> None:
    """The limits of one job are not those of the next."""
    limits, performer = Limits(4.0), Watched(10**9)
    limits.begin(limited(timeout=1, max_memory=1))
    limits.begin(limited(timeout=60))
    clock[0] += 30

    performer.watch(limits)

    assert [] == performer.stops
    assert 1060.0 == limits.next_event()
