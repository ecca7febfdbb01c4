"""A queue name that some client could not use is refused, naming what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from django_resque.exceptions import InvalidQueueName
from django_resque.wire.queue_name import MAX_LENGTH, check_queue_name
from tests.wire.strategies import ANY_TEXT


@pytest.mark.parametrize(
    "name", ["default", "file_serve", "shop:mail", "a/b", "high-1.2", "é漢", "x" * MAX_LENGTH]
)
def test_accepts_what_every_client_can_use(name: str) -> None:
    """Letters of any script, digits, colon, slash, dash, dot and underscore are fine."""
    check_queue_name(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (None, "A queue name is a string, not NoneType."),
        (b"mail", "A queue name is a string, not bytes."),
        (5, "A queue name is a string, not int."),
        ("", "A queue name must not be empty."),
        ("x" * 201, f"Queue name '{'x' * 59}…' has 201 characters; at most 200 are allowed."),
        ("a b", "Queue name 'a b' must not contain a space (at position 1)."),
        ("a,b", "Queue name 'a,b' must not contain ',' (at position 1)."),
        ("*", "Queue name '*' must not contain '*' (at position 0)."),
        ("a?", "Queue name 'a?' must not contain '?' (at position 1)."),
        ("[a", "Queue name '[a' must not contain '[' (at position 0)."),
        ("!slow", "Queue name '!slow' must not contain '!' (at position 0)."),
        ("a\\b", "Queue name 'a\\b' must not contain '\\' (at position 1)."),
        ("a\n", "Queue name 'a\\n' must not contain the character U+000A (at position 1)."),
        ("\x00", "Queue name '\\x00' must not contain the character U+0000 (at position 0)."),
        ("\u202e", "Queue name '\\u202e' must not contain the character U+202E (at position 0)."),
        ("\ud800", "Queue name '\\ud800' must not contain the character U+D800 (at position 0)."),
        ("\u3000", "Queue name '\u3000' must not contain the character U+3000 (at position 0)."),
    ],
)
def test_refuses_naming_the_fault(name: Any, expected: str) -> None:
    """The message shows the name, escaped, and the character that is wrong."""
    with pytest.raises(InvalidQueueName) as caught:
        check_queue_name(name)

    assert expected == str(caught.value)


@given(ANY_TEXT)
def test_what_passes_is_one_word_without_pattern_signs(name: str) -> None:
    """No accepted name is a pattern, splits a list of names, or needs an escape to be shown."""
    try:
        check_queue_name(name)
    except InvalidQueueName:
        return

    assert [name] == name.split()
    assert name.isprintable()
    assert not set(",*?[]{}!\\") & set(name)
