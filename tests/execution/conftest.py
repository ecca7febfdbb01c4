"""Fixtures for the tests of a job's way from reserve to settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque.jobs.registry import registry
from django_resque.store import Store
from django_resque.store.commander import PooledCommander
from django_resque.store.connection import from_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_resque.embedded import EmbeddedServer


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget after each test the jobs that it registered."""
    monkeypatch.setattr(registry, "_jobs", dict(registry._jobs))


@pytest.fixture
def store(redis_server: EmbeddedServer) -> Iterator[Store]:
    """A store on the private server."""
    commander = PooledCommander(from_url(redis_server.url)())
    yield Store(commander, "resque")
    commander.close()
