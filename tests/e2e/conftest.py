"""Fixtures for tests of real commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.browsing import Tabs, browsers
from tests.e2e.running import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from django_resque.embedded import EmbeddedServer
    from tests.e2e.browsing import OpenPage


@pytest.fixture
def project(redis_server: EmbeddedServer, tmp_path: Path) -> Iterator[Project]:
    """The project, led to the private server; its processes end with the test."""
    with Project(tmp_path, redis_server.url) as project:
        yield project


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a real browser; its driver's event loop must be gone before other tests."""
    yield from browsers()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open pages of one visit; at its end nothing may have been refused and no script failed."""
    tabs = Tabs(browser)
    yield tabs.open
    tabs.close()

    assert [] == tabs.complaints
