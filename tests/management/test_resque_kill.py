"""``resque_kill`` kills a worker of this machine, and no other process."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from django.core.management.base import CommandError

from django_resque.execution.identity import hostname, machine
from tests.management.commands import run

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store


def test_kill(resque_store: Store, redis_client: redis.Redis) -> None:
    """The process dies and the worker is struck off; one of another machine is refused."""
    process = subprocess.Popen(
        [sys.executable, "-c", "input()", "resque-0: Waiting"], stdin=subprocess.PIPE
    )
    worker = f"{hostname()}~{machine()}0000:{process.pid}:mail"
    redis_client.sadd("resque:workers", worker, "elsewhere:1:mail")

    assert f"{worker} killed\n" == run("resque_kill", worker)

    assert -signal.SIGKILL == process.wait(timeout=10)
    process.communicate()
    with pytest.raises(CommandError, match="does not run on this machine"):
        run("resque_kill", "elsewhere:1:mail")
    assert ["elsewhere:1:mail"] == resque_store.workers.ids()
