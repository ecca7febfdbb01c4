"""Every tab leads to a page that there is, and one is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import resolve

from django_resque.admin.navigation import tabs

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.admin.visit import Visit


def test_tabs(visit: Callable[..., Visit]) -> None:
    """The tabs lead to pages, and the current one alone is marked."""
    found = tabs(visit(), "queues")

    assert ["Queues"] == [str(tab.title) for tab in found if tab.current]
    names = [resolve(tab.url).url_name for tab in found]
    assert "django_resque_resque_changelist" == names[0]
    assert len(set(names)) == len(names)
