"""A visit knows what its user may do, and trusts nothing that the request says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.admin import AdminSite
from django.contrib.auth.models import AnonymousUser

from django_resque.admin.visit import Visit
from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.admin.conftest import MakeUser


def test_permissions(visit: Callable[..., Visit], staff: MakeUser) -> None:
    """Each permission is asked for by its short name."""
    may = visit(user=staff("view_resque", "retry_job")).may

    assert may["retry_job"]
    assert not may["delete_job"]
    assert not visit(user=AnonymousUser()).may["view_resque"]
    assert visit().may["delete_job"]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("?at=7", 7),
        ("", 3),
        ("?at=", 3),
        ("?at=-1", 3),
        ("?at=abc", 3),
        ("?at=1e5", 3),
        ("?at=\u0663", 3),
        ("?at=" + "9" * 100_000, 10**9),
    ],
)
def test_number(visit: Callable[..., Visit], query: str, number: int) -> None:
    """A number from the query is one, however it was written."""
    assert number == visit(ROOT + query).number("at", 3)


@pytest.mark.parametrize(
    ("named", "led"),
    [
        ("/admin/django_resque/resque/queues/?q=a", "/admin/django_resque/resque/queues/?q=a"),
        ("", "/start/"),
        ("https://evil.example/", "/start/"),
        ("//evil.example/", "/start/"),
        ("javascript:alert(1)", "/start/"),
        ("http:///evil.example", "/start/"),
    ],
)
def test_back(visit: Callable[..., Visit], named: str, led: str) -> None:
    """A form leads back to a page of this server only."""
    assert led == visit(data={"next": named}).back("/start/")


def test_confirmed(visit: Callable[..., Visit]) -> None:
    """A change is confirmed by its form alone, never by a link."""
    assert visit(data={"confirmed": "1"}).confirmed
    assert not visit(data={}).confirmed
    assert not visit(f"{ROOT}?confirmed=1").confirmed


def test_site(visit: Callable[..., Visit]) -> None:
    """URLs lead to the site that the visit came by."""
    own = Visit(visit().request, AdminSite(name="operations"))

    assert "/operations/django_resque/resque/queues/" == own.url("queues")


def test_text(visit: Callable[..., Visit]) -> None:
    """A text from the query comes without the space around it."""
    assert "a b" == visit(f"{ROOT}?q=%20a+b%20").text("q")
    assert "" == visit().text("q")
