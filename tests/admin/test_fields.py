"""Fields take what type hints allow, say what is wrong, and show values so that they come back."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypedDict

import pytest
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString

from django_resque.admin.fields import (
    OMITTED,
    ChoiceArgument,
    FlagArgument,
    IntegerArgument,
    JSONArgument,
    NumberArgument,
    RefusedArgument,
    TextArgument,
    Unwritable,
    field_for,
)
from django_resque.admin.hints import UNKNOWN, Hint


class Colour(enum.Enum):
    """Simple values, each by a name."""

    RED = "red"
    BLUE = 2


class Place(enum.Enum):
    """Values that no choice can be made of."""

    HERE = (1, 2)


class Options(TypedDict):
    """What is an object in JSON."""

    depth: int


class Pair(NamedTuple):
    """What is a list in JSON."""

    one: int
    other: int


def wrong(field: Any, text: str) -> str:
    """Return what a field complains about."""
    with pytest.raises(ValidationError) as caught:
        field.clean(text)
    return " ".join(caught.value.messages)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (str, TextArgument), (int, IntegerArgument), (float, NumberArgument), (bool, FlagArgument),
        (Literal["a", 1], ChoiceArgument), (Colour, ChoiceArgument), (Place, JSONArgument),
        (Literal[b"raw"], JSONArgument), (list[int], JSONArgument), (Any, JSONArgument),
        (UNKNOWN, JSONArgument), (object, JSONArgument), (dt.datetime, RefusedArgument),
        (Decimal, RefusedArgument), (set[str], JSONArgument), ("unresolved", JSONArgument),
    ],
)  # fmt: skip
def test_kinds(kind: Any, expected: type) -> None:
    """Each hint has the field that fits it; what is not known is JSON."""
    assert expected is type(field_for(Hint(kind)))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (str, " a b ", " a b "), (int, "-7", -7), (int, "9" * 40, int("9" * 40)), (float, "5", 5.0),
        (float, "1e3", 1000.0), (Literal["a", 1], "1", 1), (Literal["a", 1], '"a"', "a"),
        (Colour, '"red"', "red"), (Colour, "2", 2), (list, "[1, null]", [1, None]),
        (Any, '"text"', "text"), (Any, " false ", False), (Options, '{"depth":1}', {"depth": 1}),
        (Pair, "[1,2]", [1, 2]), (dict, "{}", {}),
        (Sequence[int], "[]", []), (Mapping[str, int], "{}", {}),
    ],
)  # fmt: skip
def test_values(kind: Any, text: str, value: Any) -> None:
    """What is filled in is read as what the job asks for."""
    assert value == field_for(Hint(kind)).clean(text)


@pytest.mark.parametrize(
    ("kind", "text", "complaint"),
    [
        (str, "", "required"), (int, "1.5", "whole number"), (int, "9" * 5000, "whole number"),
        (int, "", "required"), (float, "inf", "number"), (float, "nan", "number"),
        (Literal["a"], '"b"', "not one of the available"), (Literal["a"], "", "required"),
        (list, "", "required"), (list, "hello", "double quotes"), (list, "{}", "a list: [1, 2]"),
        (dict, "[]", "an object"), (Any, "[NaN]", "NaN"), (Any, "[" * 99 + "]" * 99, "deeper"),
        (Any, '"\\ud800"', "surrogate"), (Any, "1" * 5000, "integer"), (str, "a\0b", "Null"),
    ],
)  # fmt: skip
def test_complaints(kind: Any, text: str, complaint: str) -> None:
    """What the job could not take is refused at its field."""
    assert complaint in wrong(field_for(Hint(kind)), text)


@pytest.mark.parametrize("kind", [str, int, float, bool, Literal["a"], Colour, list, Any])
def test_empty(kind: Any) -> None:
    """An empty field is None where that may be, else left out where there is a default."""
    assert None is field_for(Hint(kind, nullable=True)).clean("")
    if kind is not bool:
        assert OMITTED is field_for(Hint(kind), has_default=True).clean("")
    assert None is field_for(Hint(kind, nullable=True), has_default=True).clean("")


def test_flag() -> None:
    """A box need not be ticked."""
    field = field_for(Hint(bool))

    assert [False, True] == [field.clean(value) for value in (False, True)]
    assert not field.required


def test_flag_or_nothing() -> None:
    """Yes, no or nothing is a choice of three."""
    field = field_for(Hint(bool, nullable=True))

    assert [None, True, False] == [field.clean(text) for text in ("", "true", "false")]
    assert None is field_for(Hint(Literal["a", None])).clean("")  # noqa: PYI061 it is a way


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (str, "a"), (str, " a  b "), (int, 0), (int, -(10**30)), (float, 0.1), (float, 1e300),
        (float, 3), (bool, True), (bool, False), (Literal["a", 1], 1), (Colour, "red"),
        (list, [{"ä": [1.5, None]}]), (Any, "text"), (Any, None), (dict, {"a\n": "\r\n\0"}),
    ],
)  # fmt: skip
def test_written(kind: Any, value: Any) -> None:
    """A value that is shown comes back as it was, and nothing has changed."""
    field = field_for(Hint(kind))
    written = field.written(value)

    assert value == field.clean(written if isinstance(written, bool) else str(written))
    assert not field.has_changed(written, written)


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (Hint(str), 1), (Hint(str), "a\nb"), (Hint(str), "\0"), (Hint(str), "\ud800"),
        (Hint(str, nullable=True), ""), (Hint(int), "1"), (Hint(int), True), (Hint(int), None),
        (Hint(float), True), (Hint(float), 2**60 + 1), (Hint(bool), 1), (Hint(Literal["a"]), "b"),
        (Hint(Any), {1, 2}), (Hint(Any), float("nan")), (Hint(dt.date), "2026-01-01"),
    ],
)  # fmt: skip
def test_unwritable(hint: Hint, value: Any) -> None:
    """A value that would come back as another is not shown in the field."""
    with pytest.raises(Unwritable):
        field_for(hint).written(value)


def test_enum_default() -> None:
    """A member of an Enum is shown as its value."""
    field = field_for(Hint(Colour))

    assert "red" == field.clean(field.written(Colour.RED))


def test_surrogates_are_shown() -> None:
    """What no page can carry is shown as its escape."""
    assert '"\\ud800"' == field_for(Hint(Any)).written("\ud800")


def test_wiped_out() -> None:
    """A text that was shown and is wiped out is an empty text."""
    field = field_for(Hint(str), has_default=True)
    field.written("welcome")
    asked = field_for(Hint(str))
    asked.written("ann")

    assert "" == field.clean("")
    assert "" == asked.clean("")


def test_json_changes() -> None:
    """Space does not count as a change of JSON, and neither do line ends of browsers."""
    field = JSONArgument()

    assert not field.has_changed('{\n  "a": 1\n}', '{\r\n  "a": 1\r\n}')
    assert field.has_changed("[1]", "[true]")
    assert field.has_changed("[1]", "nonsense")


def test_refused() -> None:
    """What JSON has nothing like cannot be given; why, and what instead, is said."""
    field = field_for(Hint(dt.datetime))

    assert "JSON carries no datetime" in wrong(field, "2026-01-01")
    assert ".isoformat()" in field.help_text
    assert isinstance(field.help_text, SafeString)
    assert OMITTED is field_for(Hint(dt.date), has_default=True).clean("")
    assert None is field_for(Hint(dt.date, nullable=True)).clean("")
