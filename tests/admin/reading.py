"""Reads pages of the admin as a person and as a program does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from django.test import Client


def data(client: Client, url: str, **query: Any) -> Any:
    """Return what a page shows, as a program reads it."""
    given = urlencode({**query, "format": "json"})
    return client.get(f"{url}{'&' if '?' in url else '?'}{given}").json()


def data_of_whole(client: Client, url: str, *, status: int = 200, **query: Any) -> Any:
    """Return what a page shows, whose other forms have nothing missing or foreign in them."""
    for form in ({}, {"format": "fragment"}):
        answer = client.get(url, {**query, **form})
        found = answer.content.decode()
        assert status == answer.status_code
        assert "%missing" not in found
        assert "<script>alert" not in found
        assert "<img" not in found
    answer = client.get(url, {**query, "format": "json"})
    assert status == answer.status_code
    return answer.json()


def text(client: Client, url: str, **query: Any) -> str:
    """Return a page that knows all that it asks for, and lets no script of others in."""
    answer = client.get(url, query)
    found = answer.content.decode()
    assert 200 == answer.status_code
    assert "%missing" not in found
    assert "<script>alert" not in found
    return found
