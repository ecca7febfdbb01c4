"""``resque_status`` shows all that matters, for people and for programs."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from django_resque.management.commands import resque_status
from tests.management.commands import run
from tests.records import claim, record

if TYPE_CHECKING:
    import redis

    from django_resque.embedded import EmbeddedServer
    from tests.conftest import Configure

WORKER = "host~0123456789ab:7:mail"


@pytest.fixture(autouse=True)
def _state(resque_settings: Configure, redis_client: redis.Redis) -> None:
    """A queue, a worker at work, and a failure."""
    del resque_settings
    redis_client.sadd("resque:queues", "mail", "file")
    redis_client.rpush("resque:queue:mail", '{"class":"shop.next","args":[]}', "{}")
    redis_client.sadd("resque:queues:paused", "file")
    redis_client.sadd("resque:workers", WORKER)
    redis_client.set(f"resque:worker:{WORKER}", claim())
    redis_client.rpush("resque:failed", record())


def test_text(redis_client: redis.Redis) -> None:
    """Figures, queues, workers and failed lists are there, and a pause stands out."""
    printed = run("resque_status")

    assert "2 pending, 0 processed, 1 failed, 1 of 1 workers working" in printed
    assert ["file      0  paused", "mail      2          shop.next"] == [
        line for line in printed.splitlines() if line.startswith(("file ", "mail "))
    ]
    assert f"{WORKER}  working" in printed
    assert "shop.send from mail since 2026-11-21T04:48:58Z" in printed
    assert "All workers are paused" not in printed

    redis_client.set("resque:pause-all-workers", "true")
    assert "All workers are paused" in run("resque_status")


def test_json() -> None:
    """The same as JSON."""
    state = json.loads(run("resque_status", "--json"))

    assert (2, 1, 1, False) == (
        state["pending"],
        state["failed"],
        state["working"],
        state["paused"],
    )
    assert [
        {"name": "file", "size": 0, "paused": True, "next": None},
        {"name": "mail", "size": 2, "paused": False, "next": "shop.next"},
    ] == state["queues"]
    (worker,) = state["workers"]
    assert (WORKER, "working", "shop.send", "mail") == (
        worker["id"],
        worker["state"],
        worker["job"],
        worker["queue"],
    )


def test_where(redis_server: EmbeddedServer, resque_settings: Configure) -> None:
    """With -v 2, and for programs, it says which Redis and namespace it looks at."""
    resque_settings(NAMESPACE="other")
    expected = f"unix://{redis_server.socket}?db=0"

    assert f"{expected}, namespace other" == run("resque_status", "-v", "2").splitlines()[0]
    state = json.loads(run("resque_status", "--json"))
    assert (expected, "other", []) == (state["redis"], state["namespace"], state["queues"])


def test_unreadable(redis_client: redis.Redis) -> None:
    """A worker whose records cannot be read says so in its line."""
    redis_client.set(f"resque:worker:{WORKER}", "{oops")
    redis_client.hset("resque:workers:heartbeat", WORKER, "yesterday")

    (line,) = (line for line in run("resque_status").splitlines() if line.startswith(WORKER))

    assert "working" in line
    assert "unreadable: claim is not JSON" in line
    (worker,) = json.loads(run("resque_status", "--json"))["workers"]
    assert worker["error"].endswith("heartbeat is not a date")


def test_watch_for_programs(
    redis_server: EmbeddedServer,
    resque_settings: Configure,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each look is one line of JSON; an outage is told, and watching goes on when it is over."""
    looks = 0

    def sleep(_seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            redis_server.kill()
        elif looks == 2:
            redis_server.restart()
        else:
            raise KeyboardInterrupt

    monkeypatch.setattr(resque_status, "time", SimpleNamespace(sleep=sleep))
    resque_settings()
    call_command("resque_status", "--json", "--watch")

    out, err = capsys.readouterr()
    assert [2, 0] == [json.loads(line)["pending"] for line in out.splitlines()]
    assert "Redis is unavailable" in err


def test_watch(redis_server: EmbeddedServer) -> None:
    """Watching shows the state again and again, and Ctrl-C ends it without a traceback."""
    resque = {"URL": redis_server.url}
    code = (
        "import django; from django.conf import settings\n"
        f"settings.configure(INSTALLED_APPS=['django_resque'], RESQUE={resque!r})\n"
        "django.setup(); from django.core.management import call_command\n"
        "call_command('resque_status', '--watch', '0.01')"
    )
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", code], stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    while seen.count(b"2 pending") < 3:
        seen += os.read(ours, 4096)

    process.send_signal(2)
    with suppress(OSError):  # how a terminal says that nobody writes to it any more
        while more := os.read(ours, 4096):
            seen += more
    os.close(ours)

    assert 0 == process.wait(timeout=10)
    assert b"Traceback" not in seen
