"""Numbers and names on the command line are read, or refused with what would do."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Any

import pytest

from django_resque.management.arguments import count, name, number, seconds

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (seconds, "0", 0.0),
        (seconds, "0.5", 0.5),
        (count, "1", 1),
        (number, "0", 0),
        (name, "mail", "mail"),
    ],
)
def test_read(read: Callable[[str], Any], text: str, expected: object) -> None:
    """What fits is read."""
    assert expected == read(text)


@pytest.mark.parametrize(
    ("read", "text", "told"),
    [
        (seconds, "soon", "soon is not a number of seconds: give 0 or more"),
        (seconds, "-1", "give 0 or more"),
        (seconds, "inf", "give 0 or more"),
        (seconds, "nan", "give 0 or more"),
        (count, "0", "0 is too few: give 1 or more"),
        (count, "many", "many is not a whole number: give 1 or more"),
        (number, "-1", "-1 is too few: give 0 or more"),
        (name, "", "a name must not be empty"),
    ],
)
def test_refusal(read: Callable[[str], Any], text: str, told: str) -> None:
    """What does not fit is refused with what would."""
    with pytest.raises(ArgumentTypeError) as refusal:
        read(text)

    assert str(refusal.value).endswith(told)
