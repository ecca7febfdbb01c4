"""Calls become positional arguments by the job's signature, and calls again."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any

import pytest

from django_resque.exceptions import ArgumentError
from django_resque.jobs.arguments import Parameters, unpack

if TYPE_CHECKING:
    from collections.abc import Callable


def plain(a: Any, b: Any = 2, c: Any = 3) -> None:
    """Take three, two of them by default."""


def only_positional(a: Any, b: Any = 2, /) -> None:
    """Take two by position only."""


def keyword_only(a: Any, *, b: Any, c: Any = 3) -> None:
    """Take two by keyword only, one of them required."""


def optional_keyword(a: Any = 1, *, b: Any = 2) -> None:
    """Take one by keyword only."""


def many(a: Any, *rest: Any) -> None:
    """Take any number."""


def anything(*args: Any, **kwargs: Any) -> None:
    """Take anything."""


def parameters(func: Callable[..., Any]) -> Parameters:
    """Return the parameters of a job called X."""
    return Parameters("X", signature(func))


@pytest.mark.parametrize(
    ("func", "args", "kwargs", "packed"),
    [
        (plain, (1,), {}, [1]),
        (plain, (1, 5), {}, [1, 5]),
        (plain, (1, 5, 6), {}, [1, 5, 6]),
        (plain, (), {"a": 1}, [1]),
        (plain, (), {"b": 5, "a": 1}, [1, 5]),
        (plain, (1,), {"c": 9}, [1, 2, 9]),
        (plain, (), {"c": 9, "a": 1}, [1, 2, 9]),
        (plain, ((1, 2),), {}, [(1, 2)]),
        (plain, ({"x": 1},), {}, [{"x": 1}]),
        (plain, ({"**": 1, "x": 2},), {}, [{"**": 1, "x": 2}]),
        (plain, ({"**": 1},), {}, [{"**": 1}]),
        (plain, ({"**": {}}, 5), {}, [{"**": {}}, 5]),
        (only_positional, (1,), {}, [1]),
        (keyword_only, (1,), {"b": 5}, [1, {"**": {"b": 5}}]),
        (keyword_only, (), {"a": 1, "b": 5, "c": 6}, [1, {"**": {"b": 5, "c": 6}}]),
        (keyword_only, ({"**": {}},), {"b": 5}, [{"**": {}}, {"**": {"b": 5}}]),
        (optional_keyword, (), {}, []),
        (optional_keyword, (), {"b": 5}, [{"**": {"b": 5}}]),
        (many, (1, 2, 3), {}, [1, 2, 3]),
        (anything, (1, 2), {}, [1, 2]),
        (anything, (1,), {"z": 2}, [1, {"**": {"z": 2}}]),
        (anything, (), {"self": 1, "name": 2}, [{"**": {"self": 1, "name": 2}}]),
    ],
)
def test_a_call_is_packed(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], packed: list[Any]
) -> None:
    """Whatever can be positional is; the rest follows in a marked object."""
    assert packed == parameters(func).pack(args, kwargs)


@pytest.mark.parametrize(
    ("func", "args", "kwargs", "message"),
    [
        (plain, (), {}, "missing a required argument: 'a'"),
        (plain, (), {"b": 1}, "missing a required argument: 'a'"),
        (plain, (1, 2, 3, 4), {}, "too many positional arguments"),
        (plain, (1,), {"d": 4}, "got an unexpected keyword argument 'd'"),
        (plain, (1,), {"a": 4}, "multiple values for argument 'a'"),
        (keyword_only, (1,), {}, "missing a required.* argument: 'b'"),
        (keyword_only, (1, 2), {}, "too many positional arguments|missing a required"),
        (plain, ({"**": {"c": 5}},), {}, r"one key '\*\*'"),
    ],
)
def test_a_call_that_does_not_fit_is_refused(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], message: str
) -> None:
    """A wrong call is refused at enqueue, with the reason."""
    with pytest.raises(ArgumentError, match=message):
        parameters(func).pack(args, kwargs)


def test_the_refusal_names_the_signature() -> None:
    """The author sees what the job takes, without looking it up."""
    with pytest.raises(ArgumentError) as refusal:
        parameters(plain).pack((), {})
    assert "X(a: 'Any', b: 'Any' = 2, c: 'Any' = 3): missing a required argument: 'a'" == str(
        refusal.value
    )


@pytest.mark.parametrize(
    ("packed", "args", "kwargs"),
    [
        ([], [], {}),
        ([1, 2], [1, 2], {}),
        ([1, {"**": {"b": 5}}], [1], {"b": 5}),
        ([{"**": {"b": 5}}], [], {"b": 5}),
        ([{"**": {"b": 5}}, 1], [{"**": {"b": 5}}, 1], {}),
        ([{"**": {}}, {"**": {"b": 5}}], [{"**": {}}], {"b": 5}),
        ([{"**": 5}], [{"**": 5}], {}),
        ([{"**": {}, "x": 1}], [{"**": {}, "x": 1}], {}),
    ],
)
def test_args_are_unpacked(packed: list[Any], args: list[Any], kwargs: dict[str, Any]) -> None:
    """Only a marked object in the last place is keyword arguments."""
    assert (args, kwargs) == unpack(packed)


def test_what_was_packed_comes_back() -> None:
    """A call and its way back give the function the same arguments."""
    shape = parameters(keyword_only)
    assert ([1], {"b": 5, "c": 6}) == shape.unpack(shape.pack((1,), {"b": 5, "c": 6}))


def test_keyword_arguments_of_another_client_reach_positional_parameters() -> None:
    """Anyone may name arguments in the marked object."""
    assert ([1], {"c": 9}) == parameters(plain).unpack([1, {"**": {"c": 9}}])


@pytest.mark.parametrize("packed", [[], [1, 2, 3, 4], [1, {"**": {"z": 1}}]])
def test_args_that_do_not_fit_are_refused(packed: list[Any]) -> None:
    """A payload with wrong arguments fails with the signature, not inside the function."""
    with pytest.raises(ArgumentError, match=r"X\(a: 'Any'"):
        parameters(plain).unpack(packed)
