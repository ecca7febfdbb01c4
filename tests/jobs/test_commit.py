"""An action waits until every open transaction has committed, and is dropped on rollback."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import pytest
from django.db import connections, transaction
from django.test import TestCase
from django.utils.connection import ConnectionDoesNotExist

from django_resque.jobs.commit import after_commit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_django import DjangoDbBlocker

ALIASES = ("one", "two", "three")


class Rollback(Exception):
    """Raised to leave an atomic block by rolling back."""


@pytest.fixture
def databases(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Three databases of which none has been used yet."""
    for alias in ALIASES:
        connections.settings[alias] = {
            **connections.settings["default"],
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": tmp_path / alias,
        }
    with django_db_blocker.unblock():
        yield
        for alias in ALIASES:
            connections[alias].close()
            del connections[alias]
            del connections.settings[alias]


@pytest.fixture
def done() -> list[str]:
    """A list that :func:`note` writes to."""
    return []


def note(done: list[str], on_commit: bool | str | list[str] = True) -> None:
    """Have "done" appended after commit."""
    after_commit(lambda: done.append("done"), on_commit)


def roll_back(done: list[str]) -> None:
    """Have "done" appended after a commit that does not come."""
    with suppress(Rollback), transaction.atomic("one"):
        note(done)
        raise Rollback


@pytest.mark.usefixtures("databases")
def test_outside_a_transaction_it_runs_at_once(done: list[str]) -> None:
    """Nothing to wait for."""
    note(done)
    assert ["done"] == done


@pytest.mark.usefixtures("databases")
def test_databases_that_were_not_used_are_left_alone(done: list[str]) -> None:
    """Looking for open transactions opens no connection, not even a wrapper of one."""
    with transaction.atomic("one"):
        note(done)
    initialized = {each.alias for each in connections.all(initialized_only=True)}
    assert not {"two", "three"} & initialized


@pytest.mark.usefixtures("databases")
def test_it_waits_for_the_commit(done: list[str]) -> None:
    """Inside a transaction it runs once it has committed, not before, and once."""
    with transaction.atomic("one"):
        note(done)
        assert [] == done
    assert ["done"] == done


@pytest.mark.usefixtures("databases")
def test_it_waits_for_the_outermost_block(done: list[str]) -> None:
    """The end of a savepoint is no commit."""
    with transaction.atomic("one"):
        with transaction.atomic("one"):
            note(done)
        assert [] == done
    assert ["done"] == done


@pytest.mark.usefixtures("databases")
def test_a_rollback_drops_it(done: list[str]) -> None:
    """What belongs to work that is undone does not happen."""
    roll_back(done)
    assert [] == done


@pytest.mark.usefixtures("databases")
def test_the_rollback_of_a_savepoint_drops_it(done: list[str]) -> None:
    """Though the transaction itself commits."""
    with transaction.atomic("one"):
        roll_back(done)
    assert [] == done


@pytest.mark.usefixtures("databases")
@pytest.mark.parametrize("order", [("one", "two", "three"), ("three", "one", "two")])
def test_it_waits_for_every_open_database(done: list[str], order: tuple[str, ...]) -> None:
    """Whichever commits last lets it run."""
    stacks = {alias: ExitStack() for alias in ALIASES}
    for alias in ALIASES:
        stacks[alias].enter_context(transaction.atomic(alias))
    note(done)
    seen = []
    for alias in order:
        stacks[alias].close()
        seen.append(len(done))
    assert [0, 0, 1] == seen


@pytest.mark.usefixtures("databases")
@pytest.mark.parametrize("loser", ALIASES)
def test_a_rollback_of_any_database_drops_it(done: list[str], loser: str) -> None:
    """Be it the first, the last or one between."""
    stacks = {alias: ExitStack() for alias in ALIASES}
    for alias in ALIASES:
        stacks[alias].enter_context(transaction.atomic(alias))
    note(done)
    for alias in ALIASES:
        if alias == loser:
            transaction.set_rollback(True, using=alias)
        stacks[alias].close()
    assert [] == done


@pytest.mark.usefixtures("databases")
def test_a_transaction_begun_later_is_not_waited_for(done: list[str]) -> None:
    """Only what is open when it is asked for counts."""
    with transaction.atomic("one"):
        note(done)
        with transaction.atomic("two"):
            pass
        assert [] == done
    assert ["done"] == done


@pytest.mark.usefixtures("databases")
def test_false_waits_for_nothing(done: list[str]) -> None:
    """It can be told to go at once."""
    with transaction.atomic("one"):
        note(done, on_commit=False)
        assert ["done"] == done


@pytest.mark.usefixtures("databases")
def test_a_named_database_alone_is_waited_for(done: list[str]) -> None:
    """The others do not matter then."""
    with transaction.atomic("two"):
        with transaction.atomic("one"):
            note(done, on_commit="one")
            assert [] == done
        assert ["done"] == done


@pytest.mark.usefixtures("databases")
def test_named_databases_are_all_waited_for(done: list[str]) -> None:
    """One that is in no transaction counts as committed, and one named twice as one."""
    with transaction.atomic("two"):
        with transaction.atomic("one"):
            note(done, on_commit=["one", "two", "three", "one"])
        assert [] == done
    assert ["done"] == done


@pytest.mark.usefixtures("databases")
def test_named_databases_without_a_transaction_do_not_delay(done: list[str]) -> None:
    """It runs at once, and once."""
    note(done, on_commit=["one", "two"])
    assert ["done"] == done


def test_an_unknown_database_is_refused(done: list[str]) -> None:
    """A mistyped alias is told, not waited for for ever."""
    with pytest.raises(ConnectionDoesNotExist, match="typo"):
        note(done, on_commit="typo")


@pytest.mark.usefixtures("databases")
def test_what_it_raises_is_raised_at_the_commit() -> None:
    """A failing Redis is not hidden from the request that enqueued."""

    def fail() -> None:
        raise Rollback

    with pytest.raises(Rollback), transaction.atomic("one"):
        after_commit(fail, on_commit=True)


class DeferredTests(TestCase):
    """Django's own test case, in which no transaction ever commits."""

    def test_django_can_capture_it(self) -> None:
        """``captureOnCommitCallbacks`` runs what waits, as Django's users expect."""
        done: list[str] = []
        with self.captureOnCommitCallbacks(execute=True) as callbacks:
            note(done)
            assert [] == done
        assert 1 == len(callbacks)
        assert ["done"] == done
