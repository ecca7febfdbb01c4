"""An idle worker looks when told to, and at times unasked; others' pushes hold it back."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, cast

import pytest

from django_resque.process.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.store.link import Link

_NEVER = float("inf")


class FakeLink:
    """A link that says what a test tells it to."""

    def __init__(self) -> None:
        """Track, and hear nothing."""
        self.tracking = True
        self.announced = False
        self.descriptor: int | None = 7

    def heard(self) -> bool:
        """Tell whether something has arrived."""
        return self.announced

    def fileno(self) -> int | None:
        """Return the descriptor."""
        return self.descriptor


class Time:
    """Passes as a test wants it to, and remembers every wait."""

    def __init__(self) -> None:
        """Begin now."""
        self.now = 1000.0
        self.waits: list[tuple[float, list[int]]] = []
        self.cut: float | None = None
        self.signals = False

    def attend(self, until: float, descriptors: Sequence[int] = ()) -> bool:
        """Wait, until cut short."""
        self.waits.append((until - self.now, list(descriptors)))
        self.now = until if self.cut is None else min(until, self.now + self.cut)
        return self.signals


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Time:
    """Time that a test lets pass; chance always takes the middle."""
    passing = Time()
    monkeypatch.setattr(time, "monotonic", lambda: passing.now)
    monkeypatch.setattr(random, "uniform", lambda low, high: (low + high) / 2)
    return passing


@pytest.fixture
def link() -> FakeLink:
    """A link that tracks."""
    return FakeLink()


@pytest.fixture
def watch(link: FakeLink, passing: Time) -> Watch:
    """A watch with an interval of five seconds."""
    return Watch(cast("Link", link), 5.0, passing.attend)


def test_arms_first(watch: Watch, passing: Time) -> None:
    """Before it waits it has the next look ask for an announcement."""
    assert not watch.armed

    watch.wait(_NEVER)

    assert watch.armed
    assert [] == passing.waits


def test_interval(watch: Watch, passing: Time) -> None:
    """Unasked it looks again after the interval, having waited on the link."""
    watch.wait(_NEVER)
    watch.wait(_NEVER)

    assert [(5.0, [7])] == passing.waits


def test_until(watch: Watch, passing: Time) -> None:
    """It does not wait for longer than it may."""
    watch.wait(_NEVER)
    watch.wait(passing.now + 2.0)

    assert [(2.0, [7])] == passing.waits


def test_spread(watch: Watch, passing: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals vary by a tenth, so that workers started together drift apart."""
    ranges: list[tuple[float, float]] = []

    def chance(low: float, high: float) -> float:
        ranges.append((low, high))
        return 1.0

    monkeypatch.setattr(random, "uniform", chance)
    watch.wait(_NEVER)
    watch.wait(_NEVER)

    assert [(0.9, 1.1)] == ranges


def test_already_there(watch: Watch, link: FakeLink, passing: Time) -> None:
    """An announcement that has arrived is not waited for."""
    watch.wait(_NEVER)
    link.announced = True

    watch.wait(_NEVER)

    assert [] == passing.waits


def test_holds_back(watch: Watch, passing: Time) -> None:
    """Each push in a row that others were quicker to take holds it back more, up to a limit."""
    passing.cut = 0.0
    watch.wait(_NEVER)
    for _ in range(12):
        watch.wait(_NEVER)

    held = [seconds for seconds, descriptors in passing.waits if not descriptors]
    expected = [0.001 * 2**power for power in range(7)] + [0.1] * 4
    assert [pytest.approx(most / 2) for most in expected] == held


def test_not_held_back_by_time(watch: Watch, passing: Time) -> None:
    """Looks at the interval, and signals, are no misses."""
    watch.wait(_NEVER)
    watch.wait(_NEVER)
    passing.cut, passing.signals = 0.0, True
    watch.wait(_NEVER)
    passing.signals = False
    watch.wait(_NEVER)

    assert all(descriptors for _, descriptors in passing.waits)


def test_reset(watch: Watch, passing: Time) -> None:
    """After a job it begins anew: unarmed, and held back by nothing."""
    passing.cut = 0.0
    for _ in range(6):
        watch.wait(_NEVER)
    passing.waits.clear()

    watch.reset()

    assert not watch.armed
    watch.wait(_NEVER)
    watch.wait(_NEVER)
    assert [[7]] == [descriptors for _, descriptors in passing.waits]


def test_untracked(watch: Watch, link: FakeLink, passing: Time) -> None:
    """Where Redis announces nothing it looks each second, or more often if told to."""
    link.tracking, link.descriptor = False, None
    watch.wait(_NEVER)
    Watch(cast("Link", link), 0.5, passing.attend).wait(_NEVER)

    assert not watch.armed
    assert [(1.0, []), (0.5, [])] == passing.waits


def test_tracking_lost(watch: Watch, link: FakeLink) -> None:
    """An armed look is not taken over a link that does not track."""
    watch.wait(_NEVER)
    link.tracking = False

    assert not watch.armed


def test_no_interval(link: FakeLink, passing: Time) -> None:
    """An interval of nothing is not a busy loop."""
    watch = Watch(cast("Link", link), 0.0, passing.attend)
    watch.wait(_NEVER)
    watch.wait(_NEVER)

    assert pytest.approx(0.01) == passing.waits[0][0]
