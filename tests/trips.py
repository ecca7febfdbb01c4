"""Counts what goes to Redis and what comes back, for tests that bound it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque.store.commander import PooledCommander

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from django_resque.store.commander import Command


class Trips:
    """The round trips to Redis since the last look."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Listen to every commander of this process."""
        self._count = self._received = 0
        exchange = PooledCommander.exchange

        def counting(commander: PooledCommander, commands: Sequence[Command]) -> list[Any]:
            replies = exchange(commander, commands)
            self._count += 1
            self._received += _size(replies)
            return replies

        monkeypatch.setattr(PooledCommander, "exchange", counting)

    def count(self) -> int:
        """Return how many there were since the last look."""
        count, self._count, self._received = self._count, 0, 0
        return count

    def received(self) -> int:
        """Return how many bytes came back since the last look."""
        received, self._count, self._received = self._received, 0, 0
        return received


def _size(reply: Any) -> int:
    if isinstance(reply, (list, set, tuple)):
        return sum(_size(item) for item in reply)
    return len(reply) if isinstance(reply, bytes) else 8
