"""Which calls belong together is told by parameters or by a function."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from django_resque.exceptions import ArgumentError, ConfigurationError
from django_resque.jobs.arguments import Parameters
from django_resque.jobs.grouping import canonical, check_names, checked_by, group


def work(customer: int, day: str = "today", *, kind: Any = None) -> None:
    """Do nothing."""


PARAMETERS = Parameters("shop.work", inspect.signature(work))


@pytest.mark.parametrize(
    ("by", "packed", "expected"),
    [
        (("customer",), [7], b"7"),
        (("customer",), [7, "x"], b"7"),
        (("day",), [7], b'"today"'),
        (("kind", "customer"), [7, {"**": {"kind": {"b": 1, "a": 2}}}], b'[{"a":2,"b":1},7]'),
        (lambda customer, day="": [customer, day], [7, "x"], b'[7,"x"]'),
        (lambda *_args, **kwargs: kwargs, [7, {"**": {"kind": 1}}], b'{"kind":1}'),
    ],
)
def test_group(by: Any, packed: list[Any], expected: bytes) -> None:
    """Defaults count as what they are; the order of keys in objects does not count."""
    assert expected == group("unique_by", by, PARAMETERS, packed)


def test_group_of_what_does_not_fit() -> None:
    """Arguments that the job does not take, and answers that are no JSON, are refused."""
    with pytest.raises(ArgumentError, match="missing a required argument"):
        group("unique_by", ("customer",), PARAMETERS, [])
    with pytest.raises(ArgumentError, match="unique_by returns"):
        group("unique_by", lambda _customer: object(), PARAMETERS, [7])


def test_checked_by() -> None:
    """One name or several become a tuple; a function stays what it is."""
    assert ("customer",) == checked_by("unique_by", "customer")
    assert ("customer", "day") == checked_by("unique_by", ["customer", "day"])
    assert work is checked_by("unique_by", work)


@pytest.mark.parametrize("value", [7, "", "two words", [], ["a", 7], {"customer"}])
def test_checked_by_refuses(value: Any) -> None:
    """Anything else is refused, with what to give instead."""
    with pytest.raises(ConfigurationError, match="name of a parameter"):
        checked_by("unique_by", value)


def test_check_names() -> None:
    """A name that is no parameter is refused with those that are."""
    check_names("limit_by", ("customer", "kind"), PARAMETERS)
    check_names("limit_by", work, PARAMETERS)
    check_names("limit_by", None, PARAMETERS)
    with pytest.raises(ConfigurationError, match="'costumer' is no parameter; there are customer"):
        check_names("limit_by", ("costumer",), PARAMETERS)


def test_canonical() -> None:
    """Keys are sorted at each depth, and tuples are lists."""
    assert [{"a": [{"c": 1, "d": 2}], "b": 1}] == canonical(({"b": 1, "a": [{"d": 2, "c": 1}]},))
