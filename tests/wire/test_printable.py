"""Text from strangers can neither move the cursor nor look like another line."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_resque.wire.printable import printable
from tests.wire.strategies import ANY_TEXT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("shop.jobs.send", "shop.jobs.send"),
        ("App\\Jobs\\Send", "App\\Jobs\\Send"),
        ("é 漢 😀", "é 漢 😀"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("exe\u202egpj", "exe\\u202egpj"),
        ("\u2066\u200f\u061c", "\\u2066\\u200f\\u061c"),
        ("a\u2028b\u2029", "a\\u2028b\\u2029"),
        ("\ud800", "\\ud800"),
        ("", ""),
    ],
)
def test_printable(text: str, expected: str) -> None:
    """Controls, line ends, bidi controls and half characters are escaped, letters are not."""
    assert expected == printable(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a" * 10, "a" * 10), ("a" * 11, "a" * 9 + "…"), ("\n" * 6, "\\n" * 4 + "\\…")],
)
def test_is_cut_at_the_limit(text: str, expected: str) -> None:
    """What is too long, escapes counted, ends in an ellipsis."""
    assert expected == printable(text, 10)


@given(ANY_TEXT, st.integers(1, 50))
def test_is_always_one_safe_line(text: str, limit: int) -> None:
    """Whatever the text, it fits, can be written as UTF-8, is one line and holds no control."""
    shown = printable(text, limit)

    assert len(shown) <= limit
    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert not [character for character in shown if unicodedata.category(character) == "Cc"]
