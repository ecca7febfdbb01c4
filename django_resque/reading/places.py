"""Where in an application an exception was raised, from the traceback of any client."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LONGEST = 1000  # characters of a line that are looked at; a path is shorter


@dataclass(frozen=True, slots=True)
class Place:
    """A line of code."""

    file: str
    line: str
    function: str

    def __str__(self) -> str:
        """Show it as people write it."""
        where = f"{self.file}:{self.line}"
        return f"{where} in {self.function}" if self.function else where

    @property
    def address(self) -> str:
        """What stays the same when code moves within its file, or its file with a deployment."""
        return f"{_CHANGING.sub('#', self.file)} in {self.function}"


# What a release, a container or a temporary folder puts into a path.
_CHANGING = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    r"|(?<![0-9a-z])(?=[a-f]*[0-9])[0-9a-f]{6,}(?![0-9a-z])|[0-9]+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Language:
    mark: str  # in every frame, and found faster than a pattern
    frame: re.Pattern[str]
    library: re.Pattern[str]
    newest_last: bool = False


_LANGUAGES = {
    "python": _Language(
        'File "',
        re.compile(
            r'[\s|+-]*File "(?P<file>[^"\n]*)", line (?P<line>\d+), in (?P<function>[^\n]*)'
        ),
        re.compile(
            r"[/\\](?:site|dist)-packages[/\\]|/lib(?:64)?/python\d|[/\\]python\d+[/\\]lib[/\\]|^<|^$",
            re.IGNORECASE,
        ),
        newest_last=True,
    ),
    "ruby": _Language(
        ":in ",
        re.compile(r"\s*(?P<file>[^\n]+?):(?P<line>\d+):in [`'](?P<function>[^\n]*)'"),
        re.compile(r"/gems/|/rubygems/|/lib/ruby/|/vendor/|^<"),
    ),
    "php": _Language(
        "): ",
        re.compile(r"#\d+ (?P<file>[^\n]+?)\((?P<line>\d+)\): (?P<function>[^(\n]*)"),
        re.compile(r"/vendor/|^[\[{]"),
    ),
    "javascript": _Language(
        "at ",
        re.compile(
            r"\s*at (?:async )?(?:(?P<function>[^(\n]+) \()?"
            r"(?:file://)?(?P<file>[^()\n]+):(?P<line>\d+):\d+\)?\s*$"
        ),
        re.compile(r"/node_modules/|^node:|^internal/|^<"),
    ),
}


def own_place(backtrace: Sequence[str]) -> Place | None:
    """Return the frame of the application that is nearest to where it was raised.

    That of a library if there are none but those; None if no line is a frame.
    """
    for language in _LANGUAGES.values():
        lines = reversed(backtrace) if language.newest_last else backtrace
        frame = _own_frame(language, lines)
        if frame is not None:
            return Place(*((frame[name] or "").strip() for name in ("file", "line", "function")))
    return None


def is_library(language: str, file: str) -> bool:
    """Tell whether a file is of a library: ``python``, ``ruby``, ``php`` or ``javascript``."""
    return bool(_LANGUAGES[language].library.search(file))


def _own_frame(language: _Language, lines: Iterable[str]) -> re.Match[str] | None:
    nearest = None
    for line in lines:
        frame = language.frame.match(line, 0, _LONGEST) if language.mark in line else None
        if frame:
            if not language.library.search(frame["file"]):
                return frame
            nearest = nearest or frame
    return nearest
