"""A worker parts from Redis as well as Redis lets it, in the time that it may take."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest

from django_resque.exceptions import StoreUnavailable
from django_resque.process import farewell as farewell_module
from django_resque.process.farewell import Farewell


class Parting:
    """A worker's claims, orders and store in one: the first attempts fail, each after a time."""

    def __init__(self, failures: int, *, hurried: bool = False, seconds: float = 0.0) -> None:
        """Fail so often."""
        self.failures, self.seconds = failures, seconds
        self.hurried = hurried
        self.unsettled = True
        self.notes: list[Any] = []

    @property
    def workers(self) -> Parting:
        """The noun of a store."""
        return self

    def flush(self) -> None:
        """Settle, unless Redis is away."""
        self.notes.append("flush")
        if self.failures:
            self.failures -= 1
            self.pass_time()
            raise StoreUnavailable("away")
        self.unsettled = False

    def pass_time(self) -> None:
        """Let an attempt take as long as it takes."""
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            pass

    def strike(self, worker: str, *, claim: bytes | None) -> None:
        """Note who is struck off."""
        self.notes.append((worker, claim))

    def give_up(self) -> None:
        """Note that the ending is given up."""
        self.notes.append("given up")

    def wait_out(self, _error: Exception, until: float) -> None:
        """Note how long it may wait."""
        self.notes.append(round(until - time.monotonic()) if until < float("inf") else None)

    def farewell(self) -> Farewell:
        """Return what is tested."""
        me = cast("Any", self)
        return Farewell("w", me, me, me, self.wait_out)


def test_settle() -> None:
    """It tries until Redis takes the ending, without a limit."""
    parting = Parting(2)

    assert parting.farewell().settle()
    assert ["flush", None, "flush", None, "flush"] == parting.notes


def test_nothing_to_settle() -> None:
    """Where nothing is left, Redis is not asked."""
    parting = Parting(0)
    parting.unsettled = False

    assert parting.farewell().settle()
    assert [] == parting.notes


def test_settle_in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to leave at once, it gives up when its time is over."""
    monkeypatch.setattr(farewell_module, "LAST_TRIES", 0.02)
    parting = Parting(9**9, hurried=True)

    assert not parting.farewell().settle()
    assert ["flush", 0, "flush"] == parting.notes[:3]
    assert "given up" == parting.notes[-1]


@pytest.mark.parametrize("failures", [0, 1])
def test_unregister(failures: int, caplog: pytest.LogCaptureFixture) -> None:
    """A connection that broke a while ago is no reason not to unregister over a new one."""
    parting = Parting(failures)

    parting.farewell().unregister()

    assert ["flush"] * (1 + failures) + [("w", None)] == parting.notes
    assert "" == caplog.text


@pytest.mark.parametrize(("seconds", "attempts"), [(0.0, 2), (0.02, 1)])
def test_unregister_in_vain(
    seconds: float,
    attempts: int,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Redis that is away is not waited for, and one that does not answer is asked once only."""
    monkeypatch.setattr(farewell_module, "_AT_ONCE", 0.01)
    parting = Parting(9, seconds=seconds)

    parting.farewell().unregister()

    assert ["flush"] * attempts == parting.notes
    assert 1 == caplog.text.count("Could not unregister: away")
