"""The past, for charts and rates: samples of the counters, and how far each queue had come."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import DecodeError
from django_resque.store.commander import translate
from django_resque.store.scripts import Script
from django_resque.wire.history import QueueSnapshot, Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.store.commander import Command, Commander, Word
    from django_resque.store.keys import Keys

MOST_QUEUES = 2000
"""How many queues, the first by name, a snapshot tells of."""

_SAMPLE = Script("sample")
_MINUTE = 60
_MOST_MINUTES = 75  # an hour and some, for those that came late
_MOST_QUARTERS = 300  # three days and some
_MOST_SNAPSHOTS = 6  # so that the oldest is about five minutes old
_SILENCE = 900  # seconds


class History:
    """Takes samples and reads them; whatever else lies at its keys is passed over."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._keys = keys

    def sample(self, now: int | None = None) -> int:
        """Take this minute's sample unless another has; return the seconds until the next is due.

        ``now`` is the time of Redis, unless given.
        """
        keys = self._keys
        commands: list[Command] = [("TIME",), ("LINDEX", keys.history_minutes, -1)]
        time, newest = self._commander.pipe(commands)
        moment = _seconds(time) if now is None else now
        if not _is_of_minute(newest, moment):
            members = self._commander.call("SMEMBERS", keys.queues)
            names = sorted(member.decode(errors="surrogateescape") for member in members)
            self._take(moment, names[:MOST_QUEUES])
        return _MINUTE - moment % _MINUTE

    def totals(self) -> tuple[list[Sample], list[Sample], Sample]:
        """Return the samples by the minute, by the quarter of an hour, and one taken now.

        The oldest come first. In one round trip.
        """
        keys = self._keys
        # exchange: a key of a wrong type has no samples, and must not hide the others.
        minutes, quarters, processed, failed, time = self._commander.exchange(
            [
                ("LRANGE", keys.history_minutes, 0, -1),
                ("LRANGE", keys.history_quarters, 0, -1),
                ("GET", keys.stat("processed")),
                ("GET", keys.stat("failed")),
                ("TIME",),
            ]
        )
        current = Sample(_seconds(time), _number(processed), _number(failed))
        return _samples(minutes), _samples(quarters), current

    def rates_base(self) -> tuple[QueueSnapshot | None, int]:
        """Return the oldest snapshot of the queues that is readable, and Redis' time."""
        raw, time = self._commander.exchange([("LINDEX", self._keys.history_queues, 0), ("TIME",)])
        now = _seconds(time)
        with suppress(DecodeError):
            return QueueSnapshot.decode(raw if isinstance(raw, bytes) else b""), now
        return None, now

    def finishing(self, queue: str) -> list[Command]:
        """Return the command that counts a job of a queue that has ended."""
        return [("HINCRBY", self._keys.finished, queue, 1)]

    def finished(self, queues: Sequence[str]) -> dict[str, int]:
        """Return how many jobs of each queue our workers have ended, in one round trip."""
        if not queues:
            return {}
        (reply,) = self._commander.exchange([("HMGET", self._keys.finished, *queues)])
        values = [None] * len(queues) if isinstance(reply, Exception) else reply
        return dict(zip(queues, map(_number, values), strict=True))

    def _take(self, now: int, queues: Sequence[str]) -> None:
        keys = self._keys
        names: list[Word] = []
        for queue in queues:
            # ASCII, with escapes: the name of a queue that another client made may be no UTF-8.
            names += [queue, json.dumps(queue)]
        self._commander.script(
            _SAMPLE,
            [
                keys.history_minutes,
                keys.history_quarters,
                keys.history_queues,
                keys.stat("processed"),
                keys.stat("failed"),
                keys.finished,
                *map(keys.queue, queues),
            ],
            [now, _MOST_MINUTES, _MOST_QUARTERS, _MOST_SNAPSHOTS, _SILENCE, *names],
        )


def _seconds(reply: Any) -> int:
    """Return the seconds of Redis' TIME, without which nothing can be reckoned."""
    if isinstance(reply, Exception):
        raise translate(reply)
    return int(reply[0])


def _is_of_minute(raw: bytes | None, now: int) -> bool:
    with suppress(DecodeError):
        return Sample.decode(raw or b"").at // _MINUTE == now // _MINUTE
    return False


def _samples(reply: Any) -> list[Sample]:
    found = []
    for raw in reply if isinstance(reply, list) else ():
        with suppress(DecodeError):
            found.append(Sample.decode(raw))
    return found


def _number(value: Any) -> int:
    # Whatever another client left there, a chart is drawn.
    return int(value) if isinstance(value, bytes) and value.isdigit() and len(value) < 19 else 0  # noqa: PLR2004 as a counter of Redis
