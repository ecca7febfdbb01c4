"""Names of any bytes have a place in URLs and in the admin's log, and lead back to themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import resolve
from hypothesis import given
from hypothesis import strategies as st

from django_resque.admin.addresses import address, locate, spell, unspell
from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.admin.visit import Visit


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("critical", "critical"),
        ("web1~50e7c95d73be:411:a,b_*", "web1~50e7c95d73be:411:a!2Cb_!2A"),
        ("a/b", "a!2Fb"),
        ("é", "!C3!A9"),
        ("\udcff", "!FF"),
        ("", "!"),
        ("_", "_"),
        ("!", "!21"),
        ("..", ".."),
    ],
)
def test_spelling(name: str, segment: str) -> None:
    """A name is spelt by its bytes, and read back."""
    assert segment == spell(name)
    assert name == unspell(segment)


def test_half_a_character() -> None:
    """What an escape in JSON can hold, but no name in Redis, has a spelling all the same."""
    assert "!ED!A0!80x" == spell("\ud800x")


@given(st.binary(max_size=20))
def test_any_bytes(raw: bytes) -> None:
    """Whatever bytes a name has, its spelling is plain and leads back to it."""
    name = raw.decode(errors="surrogateescape")

    assert spell(name).isascii()
    assert name == unspell(spell(name))


@pytest.mark.parametrize("queue", ["critical", "a/b", "../..", "é", "\udcff", "", "<script>", "_"])
def test_round_trip_by_url(visit: Callable[..., Visit], queue: str) -> None:
    """The URL of a page resolves to just the name it was made for."""
    match = resolve(visit().url("queue", queue=queue))

    assert ("django_resque_queue", {"queue": queue}) == (match.url_name, match.kwargs)


def test_located(visit: Callable[..., Visit]) -> None:
    """An address in the log leads to the page of its thing, and a strange one to the overview."""
    here = visit()
    digest = "0" * 40

    assert f"{ROOT}queues/a!2Fb/" == locate(here, address("queue", "a/b"))
    assert f"{ROOT}failed/failed/{digest}/" == locate(here, address("failure", "failed", digest))
    assert f"{ROOT}workers/h:1:q/" == locate(here, address("worker", "h:1:q"))
    for strange in ("", "queue", "queue/a/b", "failure/failed/xyz", "no/such", "7"):
        assert ROOT == locate(here, strange)
