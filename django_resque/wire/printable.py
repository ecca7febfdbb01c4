"""Text of other people made fit for one line of a log, a terminal or a process title."""

from __future__ import annotations

import re

# C0, DEL and C1 move the cursor or colour the terminal; line and paragraph separators and bidi
# controls make a line read as another; lone surrogates cannot be written out at all.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str, limit: int = 200) -> str:
    """Return ``text`` with controls escaped by backslashes, at most ``limit`` characters long."""
    cut = text if len(text) <= limit else text[: limit + 1]
    if not cut.isprintable():  # settles nearly every text without a search
        cut = _UNSAFE.sub(_escape, cut)
    return cut if len(cut) <= limit else cut[: limit - 1] + "…"


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
