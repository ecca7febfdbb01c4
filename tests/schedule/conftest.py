"""Fixtures for the tests of scheduling: a store, and a registry that forgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque.jobs.registry import registry

if TYPE_CHECKING:
    from django_resque.store import Store


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget after each test the jobs that it registered."""
    monkeypatch.setattr(registry, "_jobs", dict(registry._jobs))


@pytest.fixture
def store(resque_store: Store) -> Store:
    """Give the store that the settings lead to."""
    return resque_store


@pytest.fixture
def master(store: Store) -> str:
    """Hold the master lock by this name."""
    assert "me:1" == store.schedules.look("me:1", 60).holder
    return "me:1"
