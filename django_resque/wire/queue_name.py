"""Which queue names all of Resque's clients can share."""

from __future__ import annotations

from django_resque.exceptions import InvalidQueueName
from django_resque.wire.printable import printable

MAX_LENGTH = 200
"""Longest queue name, in characters."""

RESERVED = ",*?[]{}!\\"
"""Signs that no queue name has: the comma separates names in ``QUEUES`` and in a worker's id, the
others are pattern signs there."""


def check_queue_name(name: object) -> None:
    """Raise InvalidQueueName, naming what is wrong, unless every client can use the name.

    A colon is fine, as in ``shop:mail``: Ruby takes all after the second colon of a worker's id
    for its queues. A slash is fine too, only Ruby's pages do not find workers of such a queue.
    """
    if not isinstance(name, str):
        raise InvalidQueueName(f"A queue name is a string, not {type(name).__name__}.", name)
    if not name:
        raise InvalidQueueName("A queue name must not be empty.", name)
    shown = printable(name, 60)
    if len(name) > MAX_LENGTH:
        raise InvalidQueueName(
            f"Queue name '{shown}' has {len(name)} characters; at most {MAX_LENGTH} are allowed.",
            name,
        )
    for position, character in enumerate(name):
        if character in RESERVED or character.isspace() or not character.isprintable():
            raise InvalidQueueName(
                f"Queue name '{shown}' must not contain {_described(character)} "
                f"(at position {position}).",
                name,
            )


def _described(character: str) -> str:
    if character == " ":
        return "a space"
    if character.isprintable():
        return f"'{character}'"
    return f"the character U+{ord(character):04X}"
