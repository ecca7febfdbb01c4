"""Fixtures for the store's tests: the nouns over a private server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from django_resque.store import Store
from django_resque.store.commander import PooledCommander
from django_resque.store.connection import from_unix_socket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_resque.embedded import EmbeddedServer


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
