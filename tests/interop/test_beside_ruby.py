"""Ruby's tools see our workers, and its pruning leaves them alone; ours see Ruby's."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError

from django_resque.wire.worker import WorkerId
from tests.interop.forked import ForkedWorker
from tests.interop.operations import call
from tests.interop.replay import Replay
from tests.interop.transcript import FOLDER, Ended, Snapshot, Step, transcript
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_resque.embedded import EmbeddedServer
    from tests.conftest import Configure

# What Ruby runs when one of its workers starts; those not listed by it are struck off.
RUBYS_PS = (
    r'ps -A -o pid,command | grep -E "[r]esque:work|[r]esque:\sStarting|[r]esque-[0-9]"'
    " | grep -v resque-web"
)


@pytest.fixture
def worker(resque_settings: Configure, redis_server: EmbeddedServer) -> Iterator[ForkedWorker]:
    """Run an idle worker for ``high`` and everything else."""
    started = ForkedWorker(lambda: None, environment={"QUEUE": "high,*", "INTERVAL": "60"})
    yield started
    started.clean_up()


def test_ruby_finds_our_process(worker: ForkedWorker, redis_server: EmbeddedServer) -> None:
    """By the time it is registered, a worker of ours bears a title that Ruby's ps finds."""
    with redis_server.client() as client:
        eventually(lambda: client.scard("resque:workers"))
    found = subprocess.run(RUBYS_PS, shell=True, capture_output=True, text=True, check=True)
    assert str(worker.pid) in [line.split()[0] for line in found.stdout.splitlines()]


def test_titles_that_are_kept() -> None:
    """Titles of our form were kept by Ruby, php-resque and resque-perl; pyres keeps its own."""
    text = (FOLDER / "prune-by-process-title.txt").read_text("utf-8")
    verdicts = re.findall(r"'resque-0.1.0: Waiting for q' +pruned by (\w+) +: (\w+)", text)
    expected = {"ruby": "kept", "php": "kept", "perl": "kept", "pyres": "PRUNED"}
    assert expected == dict(verdicts)


def test_our_host_is_nobody_elses(worker: ForkedWorker, redis_server: EmbeddedServer) -> None:
    """Even pyres prunes only workers of its own host name, and ours has a token in it."""
    with redis_server.client(decode_responses=True) as client:
        (worker_id,) = eventually(lambda: client.smembers("resque:workers"))
    identity = WorkerId.parse(worker_id)
    host, pid, queues = worker_id.split(":", 2)
    assert host != os.uname().nodename
    assert str(worker.pid) == pid
    assert queues == "high,*"
    assert (identity.pid, identity.queues) == (worker.pid, "high,*")


def test_list_and_remove(resque_settings: Configure, redis_server: EmbeddedServer) -> None:
    """``resque_list`` and ``resque_remove`` do to workers of others what Ruby's commands do."""
    events = transcript("ruby2.7.0", "cli").events
    with redis_server.client(decode_responses=True) as client:
        replay = Replay(resque_settings, client)
        for event in events:
            if isinstance(event, Step) and event.line.startswith("redis "):
                replay.do(event)
        listed = next(event for event in events if isinstance(event, Ended))
        assert listed.lines == call("resque_list")
        call("resque_remove", "other:5:low")
        final = events[-1]
        assert isinstance(final, Snapshot)
        (expected,) = (json.loads(raw) for raw in final.keys["resque:failed"][1])
        (found,) = (json.loads(raw) for raw in client.lrange("resque:failed", 0, -1))
        assert list(expected) == list(found)
        for name in ("payload", "backtrace", "worker", "queue"):
            assert expected[name] == found[name]
        assert client.smembers("resque:workers") == {"vm:999999:high"}
        assert not client.exists("resque:worker:other:5:low")
        with pytest.raises(CommandError, match="does not run on this machine"):
            call("resque_kill", "vm:999999:high")
        with pytest.raises(CommandError, match="No worker nosuch:1:x is registered"):
            call("resque_remove", "nosuch:1:x")
        call("resque_remove", "vm:999999:high")
        assert call("resque_list") == ["None"]
        replay.clean_up()
