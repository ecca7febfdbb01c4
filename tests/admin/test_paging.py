"""Links lead to the parts before and after, and keep what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque.admin.paging import Pages, here

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.admin.visit import Visit


@pytest.mark.parametrize(
    ("query", "changes", "expected"),
    [
        ("", {}, "/a/"),
        ("?q=x", {"start": 5}, "/a/?q=x&start=5"),
        ("?q=x&start=5&format=fragment", {"start": None}, "/a/?q=x"),
        ("?start=5", {"start": None}, "/a/"),
        ("?q=%22%26", {"sort": "size"}, "/a/?q=%22%26&sort=size"),
    ],
)
def test_here(
    visit: Callable[..., Visit], query: str, changes: dict[str, object], expected: str
) -> None:
    """The page itself with other values in its query, and never its live part."""
    assert expected == here(visit(f"/a/{query}"), **changes)


@pytest.mark.parametrize(
    ("start", "previous", "following"),
    [
        (0, "", "?start=10"),
        (10, "/a/", "?start=20"),
        (20, "?start=10", ""),
        (5, "/a/", "?start=15"),
    ],
)
def test_of(visit: Callable[..., Visit], start: int, previous: str, following: str) -> None:
    """Pages follow each other without a gap; there is none beyond the ends."""
    pages = Pages.of(visit("/a/"), start, 10, 30)

    assert (previous.removeprefix("/a/"), following) == (
        pages.previous.removeprefix("/a/"),
        pages.next.removeprefix("/a/"),
    )


def test_around(visit: Callable[..., Visit]) -> None:
    """Where there is nothing before or after, there is no link."""
    assert Pages("", "") == Pages.around(visit("/a/"), None, None)
    assert Pages("/a/", "/a/?start=7") == Pages.around(visit("/a/?start=3"), 0, 7)
