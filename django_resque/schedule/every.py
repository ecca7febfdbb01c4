"""Spans such as ``30s``, ``5m`` or ``1h30m``, as rufus-scheduler writes them; pure."""

from __future__ import annotations

import re

from django_resque.exceptions import InvalidSchedule

_UNITS = {
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 86_400,
    "w": 604_800,
    "M": 2_592_000,
    "y": 31_536_000,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdwMy])")
_WORDS = (("d", "day"), ("h", "hour"), ("m", "minute"), ("s", "second"))
_LONGEST = 10 * 31_536_000


def seconds(span: str) -> int:
    """Return the seconds of a span; a number alone counts seconds.

    Raises InvalidSchedule for what is no span, or less than a second or more than ten years.
    """
    text = span.strip()
    try:
        total = float(text)
    except ValueError:
        parts = _PART.findall(text)
        if not parts or "".join(number + unit for number, unit in parts) != text:
            raise InvalidSchedule(
                f'every {span!r} is no span: write "30s", "5m", "1h30m", "2d" or seconds'
            ) from None
        total = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if not 1 <= total <= _LONGEST:
        raise InvalidSchedule(f"every {span!r} is not between one second and ten years")
    return round(total)


def next_due(interval: int, after: int, now: float) -> int:
    """Return the next time, in steps of an interval from ``after``, that lies beyond ``now``."""
    return after + interval * (max(0, int((now - after) // interval)) + 1)


def last_due(interval: int, after: int, until: float) -> int | None:
    """Return the last time, in steps of an interval from ``after``, up to ``until``."""
    steps = int((until - after) // interval)
    return after + interval * steps if steps > 0 else None


def explain(interval: int) -> str:
    """Say a span of seconds in words."""
    words: list[str] = []
    for unit, word in _WORDS:
        number, interval = divmod(interval, _UNITS[unit])
        if number:
            words.append(f"{number} {word}s" if number > 1 else word if not words else f"1 {word}")
    return f"Every {' '.join(words)}"
