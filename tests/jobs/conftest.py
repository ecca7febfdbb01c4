"""Fixtures for the tests of defining, enqueueing and performing jobs."""

from __future__ import annotations

import pytest

from django_resque.jobs.registry import registry


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget after each test the jobs that it registered."""
    monkeypatch.setattr(registry, "_jobs", dict(registry._jobs))


@pytest.fixture
def events() -> list[object]:
    """A list for hooks and jobs to note what happened in which order."""
    return []
