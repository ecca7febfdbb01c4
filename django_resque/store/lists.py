"""Reading long lists in bounded pieces: a window of one, or one item by its digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_resque.store.scripts import Script

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django_resque.store.commander import Command, Commander

MOST_BYTES = 8_000_000
"""Bytes after which a window ends, unless told otherwise: decoded within a part of a second."""

_WINDOW = Script("window")
_FIND = Script("find")
_MOST_ITEMS = 10_000  # bounds what one script looks at: Redis serves nobody else meanwhile
_MOST_FOUND = 64_000_000  # bytes that one search looks at; no more than their SHA-1 is taken
_FAR = 2**40  # beyond the end of every list, and a number that Redis can read


@dataclass(frozen=True, slots=True)
class Window:
    """Some neighbouring items of a list, read in one step."""

    total: int
    """Length of the list when it was read."""
    start: int
    """Index of the first item."""
    items: list[bytes]
    """The items in the order in which they were read."""
    down: bool = False
    """Whether they were read towards the head: the later ones have the lower indexes."""

    @property
    def next(self) -> int | None:
        """The index to go on from; None at the end of the list."""
        if not self.items:
            return None
        index = self.start - len(self.items) if self.down else self.start + len(self.items)
        return index if 0 <= index < self.total else None

    def indexed(self) -> Iterator[tuple[int, bytes]]:
        """Iterate over the items with their indexes, in the order in which they were read."""
        step = -1 if self.down else 1
        for offset, item in enumerate(self.items):
            yield self.start + step * offset, item


def read_window(
    commander: Commander,
    key: str,
    start: int,
    count: int,
    *,
    down: bool = False,
    most_bytes: int = MOST_BYTES,
) -> Window:
    """Read up to ``count`` items of a list from index ``start`` (-1: its last) in one round trip.

    The window is shorter if the items are large: it ends before the one that would take it past
    ``most_bytes``, but has one item at least. A key that is no list is an empty one.
    """
    direction = "down" if down else "up"
    words = (_index(start), max(0, min(count, _MOST_ITEMS)), most_bytes, direction)
    total, first, items = commander.script(_WINDOW, [key], words)
    return Window(total, first, items, down)


def find_digest(
    commander: Commander, key: str, digest: str, hint: int, *, within: int = _MOST_ITEMS
) -> tuple[int, bytes] | None:
    """Return index and bytes of the item with this SHA-1, in one round trip.

    It is looked for outward from index ``hint``, among the nearest ``within`` items.
    """
    return _found(commander.script(_FIND, [key], _looking(digest, hint, within)))


def find_digests(
    commander: Commander, key: str, addresses: Sequence[tuple[str, int]]
) -> list[tuple[int, bytes] | None]:
    """Find several items by their digests and hints, in two round trips."""
    if not addresses:
        return []
    # The first one makes sure that Redis has the script; the others need not.
    first = commander.script(_FIND, [key], _looking(*addresses[0]))
    commands: list[Command] = [
        ("EVALSHA", _FIND.sha, 1, key, *_looking(*address)) for address in addresses[1:]
    ]
    return [_found(reply) for reply in [first, *(commander.pipe(commands) if commands else [])]]


def _looking(digest: str, hint: int, within: int = _MOST_ITEMS) -> tuple[str, int, int, int]:
    return digest.lower(), _index(hint), within, _MOST_FOUND


def _found(reply: Any) -> tuple[int, bytes] | None:
    return (reply[0], reply[1]) if reply else None


def _index(given: int) -> int:
    return max(-1, min(given, _FAR))
