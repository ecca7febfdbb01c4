"""One leads, the others stand by; a name stands for one process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django_resque.schedule.leader import RENEW, TTL, Leader

if TYPE_CHECKING:
    from django_resque.store import Store


def test_one_leads(store: Store) -> None:
    """The second leads when the first has resigned, and not before."""
    first, second = Leader(store), Leader(store)
    for _ in range(2):
        first.look()
        second.look()
        assert (True, False) == (first.is_master, second.is_master)

    first.resign()
    assert not first.is_master
    second.look()
    assert second.is_master
    first.look()
    assert not first.is_master


def test_who_is_not_willing_does_not_lead(store: Store) -> None:
    """A paused scheduler leaves the lead to others."""
    leader = Leader(store)
    leader.look()
    leader.look(willing=False)

    assert not leader.is_master


def test_names(store: Store) -> None:
    """Ruby's ``host:pid``, with a token: two leaders are never one."""
    name = Leader(store).name
    host, pid = name.split(":")

    assert str(os.getpid()) == pid
    assert "~" in host
    assert name != Leader(store).name


def test_a_lock_outlasts_its_renewal() -> None:
    """One renewal may fail without another taking over; a dead master is replaced in seconds."""
    assert 2 * RENEW < TTL <= 15
