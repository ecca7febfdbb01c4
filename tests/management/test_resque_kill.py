"""``resque_kill`` kills a worker of this machine, and no other process."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from django.core.management.base import CommandError

from tests.management.commands import run
from tests.records import claim
from tests.standin import stand_in, worker_id

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store


def test_kill(resque_store: Store, redis_client: redis.Redis) -> None:
    """The process dies and the worker is struck off; one of another machine is refused."""
    with stand_in() as idle, stand_in() as working:
        names = [worker_id(process.pid) for process in (idle, working)]
        redis_client.sadd("resque:workers", *names, "elsewhere:1:mail")
        redis_client.set(f"resque:worker:{names[1]}", claim())

        printed = run("resque_kill", *names)

        assert f"{names[0]} killed\n{names[1]} killed; its job failed\n" == printed
        assert [-signal.SIGKILL] * 2 == [process.wait(timeout=10) for process in (idle, working)]
    with pytest.raises(CommandError, match="does not run on this machine"):
        run("resque_kill", "elsewhere:1:mail")
    assert ["elsewhere:1:mail"] == resque_store.workers.ids()


def test_unset_variable() -> None:
    """An empty id is told as the mistake that it is."""
    with pytest.raises(CommandError, match="a name must not be empty"):
        run("resque_kill", "")
