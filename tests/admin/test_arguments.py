"""Arguments are shown masked and cut, to those who may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from django_resque import job
from django_resque.admin.arguments import (
    MOST,
    as_it_lies,
    clean,
    in_one_line,
    one_by_one,
    value_as_json,
)
from django_resque.jobs.registry import registry
from django_resque.wire.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.admin.visit import Visit
    from tests.admin.conftest import MakeUser

MASK = "*" * 20


@pytest.fixture(autouse=True)
def jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register one job."""
    monkeypatch.setattr(registry, "_jobs", {})

    @job(name="send")
    def send(user: int, token: str = "", *rest: int, size: str = "s") -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ([], ""), ([None], "null"), ([[]], "[]"), (["ü", 1.5], '"ü", 1.5'),
        ([{"a": [1], "api_key": "x"}], f'{{"a": [1], "api_key": "{MASK}"}}'),
        (["a\nb"], '"a\\nb"'),
    ],
)  # fmt: skip
def test_in_one_line(visit: Callable[..., Visit], args: list[Any], line: str) -> None:
    """Arguments are one line of JSON."""
    assert line == in_one_line(visit(), Payload("A", args))


def test_long_arguments(visit: Callable[..., Visit]) -> None:
    """Millions of arguments cost no more than the line that is shown."""
    line = in_one_line(visit(), Payload("A", list(range(100_000))))

    assert 300 == len(line)
    assert line.endswith("…")


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("send", [7, "t", 1], [("user", "7"), ("token", f'"{MASK}"'), ("3", "1")]),
        ("send", [7, {"**": {"size": "m"}}], [("user", "7"), ("size", '"m"')]),
        ("send", [7, {"**": {"colour": "m"}}], [("1", "7"), ("colour", '"m"')]),
        ("Ruby", [[1], {"a\x00": None}], [("1", "[\n  1\n]"), ("2", '{\n  "a\\u0000": null\n}')]),
        ("send", [], []),
    ],
)
def test_one_by_one(
    visit: Callable[..., Visit], name: str, args: list[Any], expected: list[tuple[str, str]]
) -> None:
    """Each argument bears the name of its parameter, if they fit the job, else its number."""
    shown = one_by_one(visit(), Payload(name, args))

    assert expected == [(each.name, each.text) for each in shown or ()]


def test_many_arguments(visit: Callable[..., Visit]) -> None:
    """However much there is, a page shows a bounded part of it."""
    shown = one_by_one(visit(), Payload("A", ["x" * 50_000] * 20))

    assert sum(len(each.text) for each in shown or ()) <= MOST


def test_as_it_lies(visit: Callable[..., Visit]) -> None:
    """A payload is shown as JSON, masked also in what other clients add; all else as bytes."""
    payload = Payload("A", [1], {"id": "1f", "api_key": "canary"})

    assert (
        f'{{\n  "class": "A",\n  "args": [\n    1\n  ],\n  "id": "1f",\n  "api_key": "{MASK}"\n}}'
    ) == as_it_lies(visit(), b"", payload)
    assert "{\\x1b\n\\xff" == as_it_lies(visit(), b"{\x1b\n\xff", None)
    assert MOST == len(as_it_lies(visit(), b"x" * 10**6, None) or "")


def test_for_some(visit: Callable[..., Visit], staff: MakeUser) -> None:
    """Who may not see arguments sees nothing of them."""
    looking = visit(user=staff("view_resque"))
    payload = Payload("A", ["canary"])

    assert "hidden" == in_one_line(looking, payload)
    assert None is one_by_one(looking, payload)
    assert None is as_it_lies(looking, b"canary", None)


def test_clean() -> None:
    """Lines stay lines; everything else that moves a cursor is spelt out."""
    assert "a\n\tb".replace("\t", "\\t") + "\\r\n\\u202e" == clean("a\n\tb\r\n\u202e")
    assert "abcd…" == clean("abcdefgh", 5)
    assert 5 == len(clean("\x1b" * 10, 5))


def test_value(visit: Callable[..., Visit], staff: MakeUser) -> None:
    """Any value is shown as JSON, masked by its keys, to those who may see arguments."""
    shown = value_as_json(visit(), {"depth": 1, "password": "canary"})

    assert shown
    assert '"depth": 1' in shown
    assert "canary" not in shown
    assert "null" == value_as_json(visit(), None)
    assert value_as_json(visit(user=staff("view_resque")), 1) is None
