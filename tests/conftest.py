"""Fixtures for all tests: a real private Redis, and settings that lead to it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from django.test import TransactionTestCase

from django_resque import embedded, wiring
from django_resque.embedded import EmbeddedServer
from django_resque.store import scripts
from tests.trips import Trips

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis
    from pytest_django import Settings

    from django_resque.store import Store


class Configure(Protocol):
    """Sets ``settings.RESQUE`` for one test."""

    def __call__(self, **keys: Any) -> None:
        """Lead to the private server, with these further keys."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run first what wants a clean process, last what leaves traces in it.

    Workers are made of one thread, and asynchronous code leaves threads behind. Once a database
    is open, our receivers look after it around every fork and job, as they should; in a test that
    asks for no database, pytest-django forbids them to.
    """
    items.sort(key=lambda item: (_uses_database(item), item.path.parent.name != "process"))


def _uses_database(item: pytest.Item) -> bool:
    if issubclass(getattr(item, "cls", None) or object, TransactionTestCase):
        return True
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(item.get_closest_marker("django_db") or fixtures & {"db", "transactional_db"})


@pytest.fixture(scope="session")
def redis_server() -> Iterator[EmbeddedServer]:
    """A private server, one for each process of a test run, empty at the start of each test.

    That of the package ``RESQUE_TEST_SERVER``, whatever is on the path, if there is one.
    """
    with pytest.MonkeyPatch.context() as patch:
        if package := os.environ.get("RESQUE_TEST_SERVER"):
            patch.setattr(embedded, "_NAMES", ())
            patch.setattr(embedded, "_PACKAGED", {package: embedded._PACKAGED[package]})
        with EmbeddedServer() as server:
            yield server


@pytest.fixture(autouse=True)
def _empty_server(request: pytest.FixtureRequest) -> None:
    """Empty the server before a test that uses it; one that a test has killed is started again."""
    if "redis_server" not in request.fixturenames:
        return
    server: EmbeddedServer = request.getfixturevalue("redis_server")
    server.start()
    with server.client() as client:
        client.flushall()


@pytest.fixture(autouse=True)
def _signal_mask() -> Iterator[None]:
    """Undo what a failing test left of its signal mask: servers started later would inherit it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.fixture
def redis_client(redis_server: EmbeddedServer) -> Iterator[redis.Redis]:
    """Give a plain redis-py client of the private server: the view of any other program."""
    with redis_server.client() as client:
        yield client


@pytest.fixture
def resque_settings(redis_server: EmbeddedServer, settings: Settings) -> Configure:
    """Lead ``settings.RESQUE`` to the private server; call it to give further keys."""

    def configure(**keys: Any) -> None:
        settings.RESQUE = {"URL": redis_server.url, **keys}

    configure()
    return configure


@pytest.fixture
def resque_store(resque_settings: Configure) -> Store:
    """Give the store that the settings lead to: the private server's."""
    return wiring.store()


@pytest.fixture
def trips(redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> Trips:
    """Count the round trips of our own code to a server that has our scripts already."""
    for path in Path(scripts.__file__).parent.glob("*.lua"):
        redis_client.script_load(scripts.Script(path.stem).source)
    return Trips(monkeypatch)
