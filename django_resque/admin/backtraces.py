"""Backtraces of any language, cut into parts by what they tell: own code, libraries, the error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from django_resque.reading.places import is_library
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_MOST_LINES = 1_000
_LONGEST_LINE = 1_000

# What stands before each line of an exception group: "  | ", "  +-", "    +---- 1 ----".
_RAIL = re.compile(r"^ *(?:[|+](?: |-\+-* \d+ -+$|-+$)? ?)+")
_START = re.compile(r"(?:Exception Group )?Traceback \(most recent call last\):$")
_FRAME = re.compile(
    r"""(?:
        [ ]{2}File[ ]"(?P<python>[^"]+)",[ ]line[ ]\d+
      | \#\d+[ ](?P<php>\S.*)                              # #0 /app/mail.php(7): send()
      | [ ]*at[ ](?:async[ ])?(?:[^(]+[ ]\()?(?P<javascript>[^()]+)   # at send (/app/mail.js:7:3)
      | (?:from[ ])?(?P<ruby>\S.*?):\d+(?::in\b|$)         # /app/mail.rb:7:in `send'
    )""",
    re.VERBOSE,
)
_CHAIN = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a backtrace that tell of the same kind of thing."""

    kind: str
    """``frame`` and ``source`` (own code), ``frame-elsewhere``, ``error``, ``chain``, ``other``."""
    text: str


def parts(lines: Sequence[str]) -> list[Part]:
    """Cut a backtrace into parts, whatever its form; their texts are fit to be seen."""
    single = [each for line in lines for each in line.split("\n")]
    named = list(_named(_shortened(single)))
    return [
        Part(kind, "".join(f"{line}\n" for _kind, line in group))
        for kind, group in groupby(named, key=lambda each: each[0])
    ]


def _shortened(lines: list[str]) -> Iterator[str]:
    """Leave out what is in the middle: Ruby begins with what matters, Python ends with it."""
    if len(lines) > _MOST_LINES:
        half = _MOST_LINES // 2
        lines = [*lines[:half], f"  … {len(lines) - 2 * half} …", *lines[-half:]]
    for line in lines:
        yield printable(line[: _LONGEST_LINE + 1].rstrip("\r").expandtabs(4), _LONGEST_LINE)


def _named(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Tell of each line what it is; a line in itself means little without those before it."""
    kind, python = "other", False
    for line in lines:
        bare = _RAIL.sub("", line) if line.lstrip()[:1] in ("|", "+") else line
        if _START.match(bare.strip()):
            kind, python = "other", True
        elif bare in _CHAIN:
            kind, python = "chain", False
        elif (frame := _FRAME.match(_indented(bare))) and not (python and frame["python"] is None):
            kind = "frame-elsewhere" if _is_elsewhere(frame) else "frame"
            yield kind, line
            kind = "source" if kind == "frame" else kind
            continue
        elif python and bare.strip() and not bare.startswith("  "):
            kind = "error"
        yield kind, line


def _indented(line: str) -> str:
    """Give frames inside a rail, which eats a space of theirs, the usual two in front."""
    return f"  {line.lstrip()}" if line.lstrip().startswith('File "') else line


def _is_elsewhere(frame: re.Match[str]) -> bool:
    language = frame.lastgroup or ""
    return is_library(language, frame[language])
