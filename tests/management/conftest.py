"""Fixtures for the tests of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.running import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django_resque.embedded import EmbeddedServer


@pytest.fixture
def project(redis_server: EmbeddedServer, tmp_path: Path) -> Iterator[Project]:
    """A project of its own, led to the private server; its processes end with the test."""
    with Project(tmp_path, redis_server.url) as project:
        yield project
