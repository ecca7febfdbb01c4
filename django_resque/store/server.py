"""Redis itself: what it tells of its state, and the keys of one namespace, whoever wrote them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import StoreError, StoreUnavailable
from django_resque.store.commander import Command
from django_resque.store.lists import read_window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.store.commander import Commander
    from django_resque.store.keys import Keys

_SIGNS = re.compile(r"([\\*?\[\]])")
_SIZES = {
    "string": "STRLEN",
    "list": "LLEN",
    "set": "SCARD",
    "zset": "ZCARD",
    "hash": "HLEN",
    "stream": "XLEN",
}


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What a key is: ``none`` if there is no such key (any more)."""

    key: str
    type: str
    size: int | None
    """Entries, or bytes of a string; None if it is of no known type."""
    ttl: float | None
    """Seconds until it expires; None if it does not."""


class Server:
    """Looks at the server and at its keys under one namespace; keys are text."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._prefix = f"{keys.namespace}:"

    def info(self) -> dict[str, str]:
        """Return what Redis tells of itself, by the names that ``INFO`` gives it.

        Beside these ``save``, the rules for snapshots, if Redis tells its configuration. Raises
        AccessDenied, or StoreError where the command does not exist, if Redis tells nothing.
        """
        told, config = self._commander.exchange([("INFO",), ("CONFIG", "GET", "save")])
        if isinstance(told, Exception):
            told = self._commander.call("INFO")  # raises what was refused
        lines = (line.partition(":") for line in told.decode(errors="replace").splitlines())
        info = {name: value for name, colon, value in lines if colon and not name.startswith("#")}
        if isinstance(config, (list, tuple)) and len(config) > 1:
            info["save"] = config[1].decode(errors="replace")
        return info

    def owns(self, key: str) -> bool:
        """Tell whether a key lies in the namespace."""
        return key.startswith(self._prefix)

    def scan(self, cursor: str = "0", count: int = 1000) -> tuple[str, list[str]]:
        """Look at about ``count`` keys of the database from ``cursor``; return those of ours.

        Before them stands the cursor to go on from, ``0`` at the end. Keys that are there all
        the time are found at least once.
        """
        pattern = _SIGNS.sub(r"\\\1", self._prefix) + "*"
        after, found = self._commander.call("SCAN", cursor, "MATCH", pattern, "COUNT", count)
        return after.decode(), sorted({_text(key) for key in found})

    def facts(self, keys: Sequence[str]) -> list[KeyFacts]:
        """Return type, size and time to live of each key, in two round trips."""
        if not keys:
            return []
        asked: list[Command] = []
        for key in keys:
            asked += [("TYPE", key), ("PTTL", key)]
        replies = self._commander.exchange(asked)
        types = [_type(reply) for reply in replies[::2]]
        sized = [
            (_SIZES[kind], key) for kind, key in zip(types, keys, strict=True) if kind in _SIZES
        ]
        sizes = iter(self._commander.exchange(sized) if sized else ())
        return [
            KeyFacts(key, kind, _size(next(sizes)) if kind in _SIZES else None, _ttl(left))
            for key, kind, left in zip(keys, types, replies[1::2], strict=True)
        ]

    def head(self, key: str, kind: str, count: int, limit: int) -> list[tuple[str, bytes]]:
        """Return up to ``count`` entries of a key of the type ``kind``, in one round trip.

        Each has its index, field or score before it, as far as its type gives one. Of a string
        the first ``limit`` bytes are read, of a list the items that fit in them, one at least.
        A key that has changed its type meanwhile is empty.
        """
        if kind == "list":
            items = read_window(self._commander, key, 0, count, most_bytes=limit).items
            return [(str(index), item) for index, item in enumerate(items)]
        reading = _HEADS.get(kind)
        if reading is None:
            return []
        command, entries = reading
        try:
            reply = self._commander.call(*command(key, count, limit))
        except StoreUnavailable:
            raise
        except StoreError:
            return []
        return entries(reply)[:count]


_Reading = tuple[Callable[[str, int, int], Command], Callable[[Any], list[tuple[str, bytes]]]]
# By type: what asks for the first entries, and what takes them out of the reply.
_HEADS: dict[str, _Reading] = {
    "string": (
        lambda key, _count, limit: ("GETRANGE", key, 0, limit - 1),
        lambda reply: [("", reply)],
    ),
    "set": (
        lambda key, count, _limit: ("SSCAN", key, 0, "COUNT", count),
        lambda reply: [("", member) for member in reply[1]],
    ),
    "hash": (
        lambda key, count, _limit: ("HSCAN", key, 0, "COUNT", count),
        lambda reply: _pairs(reply[1][::2], reply[1][1::2]),
    ),
    "zset": (
        lambda key, count, _limit: ("ZRANGE", key, 0, count - 1, "WITHSCORES"),
        lambda reply: _pairs(reply[1::2], reply[::2]),
    ),
    "stream": (
        lambda key, count, _limit: ("XRANGE", key, "-", "+", "COUNT", count),
        lambda reply: [(_text(id_), b" ".join(fields)) for id_, fields in reply],
    ),
}


def _pairs(names: Sequence[bytes], values: Sequence[bytes]) -> list[tuple[str, bytes]]:
    return list(zip(map(_text, names), values, strict=True))


def _type(reply: Any) -> str:
    return "" if isinstance(reply, Exception) else _text(reply)


def _size(reply: Any) -> int | None:
    return reply if isinstance(reply, int) else None


def _ttl(reply: Any) -> float | None:
    return reply / 1000 if isinstance(reply, int) and reply >= 0 else None


def _text(value: bytes) -> str:
    # surrogateescape: a key that is no UTF-8 must lead back to itself.
    return value.decode(errors="surrogateescape")
