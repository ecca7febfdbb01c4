"""Fixtures for the store's tests: the nouns over a private server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque.embedded import EmbeddedServer
from django_resque.store import Store
from django_resque.store.commander import PooledCommander
from django_resque.store.connection import from_unix_socket

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def commander(redis_server: EmbeddedServer) -> Iterator[PooledCommander]:
    """Give commands over a pool of connections to the private server."""
    commander = PooledCommander(from_unix_socket(redis_server.socket)())
    yield commander
    commander.close()


@pytest.fixture
def store(commander: PooledCommander) -> Store:
    """Give the store in the namespace ``resque``."""
    return Store(commander, "resque")


@pytest.fixture
def full_server() -> Iterator[EmbeddedServer]:
    """A server of the test's own, which ``maxmemory`` of 1 leaves without room for writes."""
    with EmbeddedServer("--maxmemory-policy", "noeviction") as server:
        yield server


@pytest.fixture
def full_store(full_server: EmbeddedServer) -> Iterator[Store]:
    """Give the store on that server."""
    commander = PooledCommander(from_unix_socket(full_server.socket)())
    yield Store(commander, "resque")
    commander.close()
