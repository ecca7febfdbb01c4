"""The hooks of jobs and workers run in Ruby's order, in the processes in which Ruby runs them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import enqueue_to, job, signals
from django_resque.exceptions import DontPerform
from tests.interop.forked import ForkedWorker
from tests.interop.transcript import Ended, transcript

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Configure

WORKER_HOOKS = ["before_first_fork", "before_fork", "after_fork", "queue_empty", "worker_exit"]


@pytest.mark.parametrize("client", ["ruby2.7.0", "ruby3.0.0"])
def test_order(client: str, resque_settings: Configure, tmp_path: Path) -> None:
    """A job with hooks and one that refuses to be performed leave Ruby's two logs."""
    ends = [each for each in transcript(client, "hooks").events if isinstance(each, Ended)]
    worker_pid, *lines = ends[-1].lines
    pid = json.loads(worker_pid)["worker"].split(":")[1]
    expected_worker = [
        [line.split()[0], "worker" if line.endswith(f"={pid}") else "child"]
        for line in lines
        if " pid=" in line
    ]
    documents = [json.loads(line) for line in lines if line.startswith("{")]
    expected_jobs = [
        [each["event"], each["class"], each["args"]] for each in documents if "class" in each
    ]
    worker_log, job_log = tmp_path / "worker", tmp_path / "jobs"
    enqueue_to("high", "H", 1)
    enqueue_to("high", "N", 2)

    worker = ForkedWorker(
        lambda: _prepare(worker_log, job_log), environment={"QUEUE": "high", "INTERVAL": "0"}
    )
    assert not worker.wait()
    assert expected_worker == _read(worker_log)
    assert expected_jobs == _read(job_log)


def _prepare(worker_log: Path, job_log: Path) -> None:
    worker = os.getpid()
    for name in WORKER_HOOKS:

        def receive(name: str = name, **_: Any) -> None:
            _note(worker_log, name, "worker" if os.getpid() == worker else "child")

        getattr(signals, name).connect(receive, weak=False)
    job(name="H")(_with_hooks(job_log))
    job(name="N")(_refusing(job_log))


def _with_hooks(log: Path) -> type:
    class H:
        def before_perform_a(self, *args: Any) -> None:
            _note(log, "before_perform_a", "H", args)

        def before_perform_b(self, *args: Any) -> None:
            _note(log, "before_perform_b", "H", args)

        def around_perform_1(self, *args: Any) -> Iterator[None]:
            _note(log, "around_perform_1>", "H", args)
            yield
            _note(log, "around_perform_1<", "H", args)

        def around_perform_2(self, *args: Any) -> Iterator[None]:
            _note(log, "around_perform_2>", "H", args)
            yield
            _note(log, "around_perform_2<", "H", args)

        def perform(self, *args: Any) -> None:
            _note(log, "perform", "H", args)

        def after_perform(self, *args: Any) -> None:
            _note(log, "after_perform", "H", args)

    return H


def _refusing(log: Path) -> type:
    class N:
        def before_perform_a(self, *args: Any) -> None:
            _note(log, "before_perform_a", "N", args)
            raise DontPerform

        def perform(self, *args: Any) -> None:
            _note(log, "perform", "N", args)

        def after_perform(self, *args: Any) -> None:
            _note(log, "after_perform", "N", args)

    return N


def _note(log: Path, *words: Any) -> None:
    with log.open("a") as file:
        file.write(json.dumps(words) + "\n")


def _read(log: Path) -> list[Any]:
    return [json.loads(line) for line in log.read_text().splitlines()]
