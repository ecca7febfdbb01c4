"""``resque_pause`` pauses queues or everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.management.base import CommandError

from django_resque.wire.order import Order
from django_resque.wire.vitals import Vitals
from tests.management.commands import run

if TYPE_CHECKING:
    from django_resque.store import Store


def test_queues(resque_store: Store) -> None:
    """The queues named are paused; one that was already, or does not exist yet, is told."""
    resque_store.queues.push("mail", b"{}")
    expected = "mail is already paused\nmial is now paused, though there is no such queue yet\n"

    assert "mail is now paused\n" == run("resque_pause", "mail")
    assert expected == run("resque_pause", "mail", "mial")
    assert ["mail", "mial"] == resque_store.queues.paused()


def test_queue_of_another_client(resque_store: Store) -> None:
    """A queue that exists is paused whatever its name, and named without harm."""
    resque_store.queues.push("a\x1b[2J b", b"{}")

    assert "a\\x1b[2J b is now paused\n" == run("resque_pause", "a\x1b[2J b")
    assert "a\\x1b[2J b is resumed\n" == run("resque_resume", "a\x1b[2J b")


def test_all(resque_store: Store) -> None:
    """All workers are paused."""
    assert "All workers take no further jobs\n" == run("resque_pause", "--all")
    assert resque_store.workers.all_paused()


def test_worker(resque_store: Store) -> None:
    """One worker is told to pause, and to go on; one that is not there is a mistake."""
    worker = "host~0123456789ab:42:mail"
    resque_store.workers.register(worker, "then", Vitals("idle").encode())

    assert f"{worker} takes no further jobs\n" == run("resque_pause", "--worker", worker)
    assert f"{worker} takes jobs again\n" == run("resque_resume", "--worker", worker)

    told = [Order.decode(raw).kind for raw in resque_store.workers.take_orders(worker)]
    assert ["pause", "resume"] == told
    with pytest.raises(CommandError, match="No worker gone:1:mail is registered"):
        run("resque_pause", "--worker", "gone:1:mail")


@pytest.mark.parametrize(
    ("argv", "status"),
    [
        ([], 2),
        (["--all", "mail"], 2),
        (["--all", "--worker", "x"], 2),
        (["--worker", "x", "mail"], 2),
        (["a b"], 1),
        ([""], 1),
        (["mail", ""], 1),
    ],
)
def test_refused(resque_store: Store, argv: list[str], status: int) -> None:
    """Neither or both is unclear, and a name no queue can have is a mistake."""
    with pytest.raises(CommandError) as raised:
        run("resque_pause", *argv)

    assert status == raised.value.returncode
    assert ([], False) == (resque_store.queues.paused(), resque_store.workers.all_paused())
