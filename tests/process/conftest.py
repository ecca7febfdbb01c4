"""Fixtures for the tests of long-running processes: they fork, so each cleans up after itself."""

from __future__ import annotations

import gc
import os
import time
from typing import TYPE_CHECKING

import pytest

from django_resque.jobs.registry import registry
from django_resque.process.mailbox import Mailbox
from django_resque.store import Store
from django_resque.store.commander import PooledCommander
from django_resque.store.connection import from_unix_socket
from tests.e2e.project.effects import VARIABLE, noted
from tests.e2e.running import children

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from django_resque.embedded import EmbeddedServer


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget after each test the jobs that it registered."""
    monkeypatch.setattr(registry, "_jobs", dict(registry._jobs))


@pytest.fixture(autouse=True)
def _no_child_left() -> Iterator[None]:
    """Fail a test that leaves a child of its own, dead or alive."""
    before = set(children(os.getpid()))
    yield
    gc.unfreeze()  # what a worker froze in this process
    assert set() == set(children(os.getpid())) - before


@pytest.fixture
def store(redis_server: EmbeddedServer) -> Iterator[Store]:
    """A store on the private server."""
    commander = PooledCommander(from_unix_socket(redis_server.socket)())
    yield Store(commander, "resque")
    commander.close()


@pytest.fixture
def effects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What jobs and children have noted, in this process or another."""
    path = tmp_path / "effects"
    monkeypatch.setenv(VARIABLE, str(path))
    return lambda: noted(path)


class Attendant:
    """Passes the time as a worker does, without one."""

    def __init__(self, mailbox: Mailbox) -> None:
        """Hear signals through ``mailbox``."""
        self._mailbox = mailbox

    def __call__(self, until: float, descriptors: Sequence[int] = ()) -> bool:
        """Wait until then, a signal or a readable descriptor."""
        return bool(self._mailbox.wait(max(0.0, until - time.monotonic()), descriptors))


@pytest.fixture
def attend() -> Iterator[Attendant]:
    """The worker's way to wait."""
    mailbox = Mailbox()
    mailbox.open()
    yield Attendant(mailbox)
    mailbox.close()
