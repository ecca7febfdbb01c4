"""Times, sizes and texts are told in the fewest words."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from django.utils import translation

from django_resque.templatetags import resque


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (-5, "0 s"),
        (0.4, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (2 * 86400 - 1, "47 h"),
        (2 * 86400, "2 d"),
        (400 * 86400, "400 d"),
    ],
)
def test_duration(seconds: float | None, text: str) -> None:
    """A span is told in one unit."""
    assert text == resque.duration(seconds)


def test_ago() -> None:
    """A moment is told by its age, with the moment itself for programs and on hovering."""
    moment = datetime.now(timezone.utc) - timedelta(minutes=5)

    told = resque.ago(moment)

    assert told.startswith(f'<time datetime="{moment.isoformat()}" title="')
    assert told.endswith(">5 min</time>")
    assert "" == resque.ago(None)


def test_ago_of_the_future() -> None:
    """A clock that goes ahead makes nothing negative."""
    assert ">0 s<" in resque.ago(datetime.now(timezone.utc) + timedelta(hours=1))


def test_shown() -> None:
    """A text of other people is one line, its controls spelt out, and not too long."""
    assert "a\\nb\\x1b[2J" == resque.shown("a\nb\x1b[2J")
    assert "aaaa…" == resque.shown("a" * 100, 5)
    assert "" == resque.shown(None)
    assert "\\udcff" == resque.shown("\udcff")


def test_size() -> None:
    """Bytes are told in the largest fitting unit."""
    with translation.override("en"):
        assert "1.5\xa0KB" == resque.size(1536)
    assert "" == resque.size(None)


@pytest.mark.parametrize(
    ("per_minute", "text"),
    [
        (None, ""),
        (0, "0 / min"),
        (0.26, "0.3 / min"),
        (9.96, "10.0 / min"),
        (1234.5, "1234 / min"),
    ],
)
def test_rate(per_minute: float | None, text: str) -> None:
    """A rate is told as finely as it matters."""
    assert text == resque.rate(per_minute)


def test_until() -> None:
    """A moment to come is told by when, one that has passed by since when."""
    now = datetime.now(timezone.utc)

    assert ">in 2 h<" in resque.until(now + timedelta(hours=2, minutes=1))
    assert ">5 min overdue<" in resque.until(now - timedelta(minutes=5, seconds=1))
    assert "" == resque.until(None)
