"""Which queues a worker looks into, in which order: Resque's list syntax, measured on Ruby."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.exceptions import NoQueueError

if TYPE_CHECKING:
    from collections.abc import Iterable

# As in Ruby, a brace makes a list dynamic although File.fnmatch does not expand it.
_DYNAMIC = frozenset("*?[]{}")


@dataclass(frozen=True, slots=True)
class QueuePatterns:
    """The queues a worker was given: names, globs and ``!`` exclusions, in order of priority."""

    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]

    @classmethod
    def parse(cls, entries: Iterable[str]) -> QueuePatterns:
        """Read entries such as ``["critical", "mail_*", "!mail_slow", "*"]``.

        Raises NoQueueError when nothing is left to work on.
        """
        trimmed = [entry.strip() for entry in entries]
        wanted = tuple(entry for entry in trimmed if entry and not entry.startswith("!"))
        unwanted = tuple(entry[1:] for entry in trimmed if entry.startswith("!") and entry[1:])
        if not wanted:
            msg = "No queues to work on: name some, such as --queues critical,high or --queues '*'"
            raise NoQueueError(msg)
        return cls(wanted, unwanted)

    @property
    def dynamic(self) -> bool:
        """Whether the queues must be matched with those that exist."""
        return bool(self.unwanted) or any(_DYNAMIC.intersection(entry) for entry in self.wanted)

    @property
    def label(self) -> str:
        """The queues as they stand in a worker's id: joined as given, without exclusions."""
        return ",".join(self.wanted)

    def expand(self, known: Iterable[str]) -> list[str]:
        """Return the names to look into, in order.

        A plain list stands as it is, repetitions and all. With any glob or exclusion in it, every
        entry is matched with the ``known`` names, the matches of each in byte order.
        """
        if not self.dynamic:
            return list(self.wanted)
        names = sorted(known, key=lambda name: name.encode(errors="surrogateescape"))
        names = [n for n in names if not any(matches(pattern, n) for pattern in self.unwanted)]
        found = (n for pattern in self.wanted for n in names if matches(pattern, n))
        return list(dict.fromkeys(found))


def matches(pattern: str, name: str) -> bool:
    """Tell whether a name matches a glob as in Ruby's ``File.fnmatch``.

    ``*`` any characters (``/`` too), ``?`` one, ``[a-c]``, ``[!a]`` or ``[^a]`` one of a set, a
    backslash takes the next character literally; a wildcard does not match a leading dot. Takes
    time in proportion to pattern times name at most, whatever the pattern.
    """
    tokens = _tokens(pattern)
    if name.startswith(".") and tokens and not isinstance(tokens[0], str):
        return False
    token = position = 0
    star, resume = -1, 0
    while position < len(name):
        if token < len(tokens) and tokens[token] is None:
            star, resume, token = token, position, token + 1
        elif token < len(tokens) and _matches_one(tokens[token], name[position]):
            token, position = token + 1, position + 1
        elif star >= 0:
            # The latest star takes one character more; earlier ones never need to.
            resume += 1
            token, position = star + 1, resume
        else:
            return False
    return all(rest is None for rest in tokens[token:])


# A token: a character to match, None for a star, or (negated, ranges) for ? and [...].
_Set = tuple[bool, tuple[tuple[str, str], ...]]
_Token = str | None | _Set
_ANY: _Set = (True, ())


def _matches_one(token: _Token, character: str) -> bool:
    if isinstance(token, tuple):
        negated, ranges = token
        return negated != any(low <= character <= high for low, high in ranges)
    return token == character


def _tokens(pattern: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "*":
            tokens.append(None)
        elif character == "?":
            tokens.append(_ANY)
        elif character == "[":
            found = _set(pattern, position)
            if found is None:
                # Like Ruby: a set that is never closed matches nothing.
                tokens.append((False, ()))
                break
            token, position = found
            tokens.append(token)
        else:
            if character == "\\" and position < len(pattern):
                character = pattern[position]
                position += 1
            tokens.append(character)
    return tokens


def _set(pattern: str, position: int) -> tuple[_Set, int] | None:
    negated = pattern[position : position + 1] in ("!", "^")
    position += negated
    ranges: list[tuple[str, str]] = []
    while position < len(pattern):
        if pattern[position] == "]" and ranges:
            return (negated, tuple(ranges)), position + 1
        if pattern[position] == "]":
            # Like Ruby: an empty set matches nothing.
            return (negated, ()), position + 1
        low, position = _literal(pattern, position)
        high = low
        if pattern[position : position + 1] == "-" and pattern[position + 1 : position + 2] not in (
            "]",
            "",
        ):
            high, position = _literal(pattern, position + 1)
        ranges.append((low, high))
    return None


def _literal(pattern: str, position: int) -> tuple[str, int]:
    if pattern[position] == "\\" and position + 1 < len(pattern):
        position += 1
    return pattern[position], position + 1
