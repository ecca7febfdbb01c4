"""Fixtures for the tests of defining, enqueueing and performing jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from django_resque import job
from django_resque.jobs.registry import registry

if TYPE_CHECKING:
    from django_resque import Job
    from django_resque.store import Store


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget after each test the jobs that it registered."""
    monkeypatch.setattr(registry, "_jobs", dict(registry._jobs))


@pytest.fixture
def events() -> list[object]:
    """A list for hooks and jobs to note what happened in which order."""
    return []


@pytest.fixture
def send(resque_store: Store) -> Job[..., Any]:
    """A job that keeps results."""

    @job(name="send", queue="q", result_ttl=60)
    def send(number: int = 0) -> int:
        return number

    return send
