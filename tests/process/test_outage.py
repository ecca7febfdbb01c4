"""An outage is told when it begins, now and then, and when it is over; attempts grow rarer."""

from __future__ import annotations

import time

import pytest

from django_resque.exceptions import StoreUnavailable
from django_resque.process.outage import Outage

_ERROR = StoreUnavailable("Redis is unavailable: connection refused")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, for a test to move."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_delays(clock: list[float]) -> None:
    """Delays double from a twentieth of a second to five seconds, give or take a fifth."""
    outage = Outage("id")

    delays = [outage.tell(_ERROR) for _ in range(10)]

    expected = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
    for delay, middle in zip(delays, expected, strict=True):
        assert 0.8 * middle <= delay <= 1.2 * middle


def test_spread(clock: list[float]) -> None:
    """Workers do not all try at the same moment."""
    assert len({Outage("id").tell(_ERROR) for _ in range(20)}) > 10


def test_told(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    """The log has a line at the start and one a minute, and one at the end."""
    outage = Outage("host:1:q")
    for _ in range(125):
        outage.tell(_ERROR)
        clock[0] += 1.0

    line = "Redis is unavailable: connection refused; trying again until it answers"
    assert [line] * 3 == caplog.messages
    assert {"worker.outage"} == {vars(record)["event"] for record in caplog.records}
    assert {"host:1:q"} == {vars(record)["worker"] for record in caplog.records}

    caplog.clear()
    outage.over()
    outage.over()
    assert ["Redis answers again"] == caplog.messages


def test_again(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    """The next outage is told at once, and begins with short delays."""
    outage = Outage("id")
    for _ in range(10):
        outage.tell(_ERROR)
    outage.over()
    caplog.clear()

    assert 0.06 >= outage.tell(_ERROR)
    assert 1 == len(caplog.messages)


def test_nothing_to_tell(caplog: pytest.LogCaptureFixture) -> None:
    """Without an outage its end is no news."""
    Outage("id").over()

    assert [] == caplog.messages
