"""``resque_resume`` ends pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.management.base import CommandError

from tests.management.commands import run

if TYPE_CHECKING:
    from django_resque.store import Store


@pytest.fixture(autouse=True)
def _paused(resque_store: Store) -> None:
    """Two queues and all workers are paused."""
    resque_store.queues.pause("mail")
    resque_store.queues.pause("file")
    resque_store.workers.pause_all()


def test_queues(resque_store: Store) -> None:
    """The queues named go on; one that was not paused is told."""
    assert "mail is resumed\nother is not paused\n" == run("resque_resume", "mail", "other")
    assert ["file"] == resque_store.queues.paused()
    assert resque_store.workers.all_paused()


def test_all(resque_store: Store) -> None:
    """All workers go on; queues that somebody paused by themselves stay so, which is told."""
    printed = run("resque_resume", "--all")

    assert [
        "All workers take jobs again",
        "file is still paused by itself",
        "mail is still paused by itself",
    ] == printed.splitlines()
    assert not resque_store.workers.all_paused()
    assert ["file", "mail"] == resque_store.queues.paused()


def test_refused() -> None:
    """Nothing named is nothing meant."""
    with pytest.raises(CommandError, match="--all") as raised:
        run("resque_resume")

    assert 2 == raised.value.returncode
