"""A delayed item: a payload with the queue it goes to, as resque-scheduler writes it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.exceptions import DecodeError
from django_resque.wire.codec import dumps, loads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_resque.wire.payload import Payload

_SPACE = re.compile(r"[ \t\n\r]*")
_value = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class DelayedItem:
    """What lies under a timestamp: which payload goes to which queue then."""

    queue: str
    payload: bytes
    """The payload for the queue: the item without its queue, else byte for byte as it was."""

    @classmethod
    def decode(cls, raw: bytes) -> DelayedItem:
        """Read an item of any client. Raises DecodeError for one that leads to no queue."""
        document = loads(raw, "delayed item")
        if not isinstance(document, dict):
            raise DecodeError("delayed item is not an object", raw)
        queue = document.get("queue")
        if not isinstance(queue, str) or not queue.strip():
            raise DecodeError("delayed item names no queue", raw)
        try:
            queue.encode()
        except UnicodeEncodeError:
            raise DecodeError("delayed item names a queue that is no UTF-8", raw) from None
        return cls(queue, _without_queue(raw.decode()).encode())


def encode(payload: Payload, queue: str) -> bytes:
    """Return the bytes that lie under a timestamp: class, args, queue, then the extras."""
    extras = {key: value for key, value in payload.extras.items() if key != "queue"}
    return dumps({"class": payload.name, "args": payload.args, "queue": queue, **extras})


def _without_queue(text: str) -> str:
    """Cut ``queue`` out of the text of an object, with one of the commas beside it."""
    members = list(_members(text))
    kept = [at for at, (key, _, _) in enumerate(members) if key != "queue"]
    # All up to the first kept member and from the last one on stays; between two kept ones
    # that had the queue between them, what stood before the later one goes.
    parts = [text[: members[0][1]]]
    for place, at in enumerate(kept):
        _, start, end = members[at]
        if place:
            before = at if at - 1 == kept[place - 1] else kept[place - 1] + 1
            parts.append(text[members[before - 1][2] : members[before][1]])
        parts.append(text[start:end])
    parts.append(text[members[-1][2] :])
    return "".join(parts)


def _members(text: str) -> Iterator[tuple[str, int, int]]:
    """Iterate over key, start and end of each member of a well-formed object."""
    at = _after_space(text, text.index("{") + 1)
    while text[at] != "}":
        start = at
        key, at = _value(text, start)
        colon = _after_space(text, at)
        _, end = _value(text, _after_space(text, colon + 1))
        yield key, start, end
        at = _after_space(text, end)
        if text[at] == ",":
            at = _after_space(text, at + 1)


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
