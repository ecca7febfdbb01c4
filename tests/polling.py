"""Waiting in tests: ask again until it is so, never sleep and hope."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def eventually(condition: Callable[[], T], timeout: float = 10.0, message: str = "") -> T:
    """Return the first true value of ``condition()``; fail when there is none in time."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            what = message or "no true value"
            msg = f"{what} within {timeout:g} s; last was {value!r}"
            raise AssertionError(msg)
        time.sleep(0.005)
    return value
