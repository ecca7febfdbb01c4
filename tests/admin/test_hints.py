"""Signatures and type hints are read from the code of jobs, however they are written."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated, Any, NewType, Optional

import pytest

from django_resque import job
from django_resque.admin.hints import UNKNOWN, Hint, in_words, parameters, signature
from django_resque.jobs.registry import registry

if TYPE_CHECKING:
    from decimal import Decimal

    from django_resque.jobs.definition import Job

UserId = NewType("UserId", int)
_OPTIONAL = Optional[str]  # noqa: UP045 as older code writes it


class Colour(enum.Enum):
    """What a job may be asked for."""

    RED = "red"


def take(
    plain: int,
    unknown: Decimal,
    nonsense: str,
    user: Annotated[UserId | None, "of the shop"] = None,
    *more: str,
    colour: Colour = Colour.RED,
    token: str = "s3cr3t",
    bare: int = 1,
) -> None:
    """Take what is hinted at in every way."""


class InClass:
    """A job as a class."""

    def perform(self, user: UserId) -> None:
        """Do nothing."""


@pytest.fixture
def hinted(monkeypatch: pytest.MonkeyPatch) -> Job[..., Any]:
    """Give a job with hints as authors write them, and as they should not."""
    monkeypatch.setattr(registry, "_jobs", {})
    annotations = {**take.__annotations__, "nonsense": "1 +"}
    del annotations["bare"]
    monkeypatch.setattr(take, "__annotations__", annotations)
    return job(take)


def test_parameters(hinted: Job[..., Any]) -> None:
    """Hints that are strings are made types; one that cannot be harms no other."""
    kinds = {name: each.annotation for name, each in parameters(hinted).items()}

    assert int is kinds["plain"]
    assert UNKNOWN is kinds["unknown"]
    assert UNKNOWN is kinds["nonsense"]
    assert UNKNOWN is kinds["bare"]
    assert Colour is kinds["colour"]
    assert str is kinds["more"]
    assert UserId is parameters(job(InClass))["user"].annotation


@pytest.mark.parametrize(
    ("annotation", "kind", "nullable"),
    [
        (int, int, False), (int | None, int, True), (_OPTIONAL, str, True),
        (int | str, UNKNOWN, False), (int | str | None, UNKNOWN, True),
        (None, None, True), (UNKNOWN, UNKNOWN, False), (Any, Any, False), (UserId, int, False),
        (Annotated[UserId, 1] | None, int, True), (list[int], list[int], False),
    ],
)  # fmt: skip
def test_hint(annotation: Any, kind: Any, nullable: bool) -> None:
    """A hint says which type it is, and whether it may be None."""
    assert Hint(kind, nullable) == Hint.read(annotation)


def test_hint_with_default() -> None:
    """What has None for its default may be None."""
    assert Hint(int, nullable=True) == Hint(int).with_default(None)
    assert Hint(int) == Hint(int).with_default(UNKNOWN)


def test_alias() -> None:
    """A type by another name is that type."""

    class TypeAliasType:
        __value__ = int | None

    assert Hint(int, nullable=True) == Hint.read(TypeAliasType())


def test_in_words() -> None:
    """A hint is shown as it is written in code."""
    assert "" == in_words(UNKNOWN)
    assert "shop.Order | None" == in_words("shop.Order | None")
    assert "int" == in_words(int)
    assert "list[int]" == in_words(list[int])


def test_signature(hinted: Job[..., Any]) -> None:
    """A signature is shown as code, without the defaults of what is secret."""
    assert (
        "(plain: int, unknown: Decimal, nonsense: 1 +, "
        "user: Annotated[UserId | None, 'of the shop'] = None, *more: str, "
        "colour: Colour = Colour.RED, token: str = …, bare=1)"
    ) == signature(hinted, {"token"})
